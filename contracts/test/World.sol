// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICharity} from "../interfaces/ICharity.sol";
import {IExchange} from "../interfaces/IExchange.sol";
import {IIssuance} from "../interfaces/IIssuance.sol";
import {TypeHashes} from "../libraries/TypeHashes.sol";
import {BatchEncoder, Match} from "./BatchEncoder.sol";
import {Deployed} from "./Deployed.sol";

/// @title The deployed system, and builders for all that is signed.
abstract contract World is Deployed {
    /// @dev What a charity opens a campaign with, its story apart.
    struct Opening {
        address charity;
        ICharity.Kind kind;
        ICharity.Funding funding;
        uint64 opens;
        uint64 closes;
        uint64 target;
    }

    uint256 private _nextNumber;
    uint256 private _nextRoot;

    // --- Credits and money ---

    /// @dev A batch of one leaf is its own root: the proof is empty.
    function giveCredits(address account, uint256 amount) internal returns (IIssuance.Claim memory leaf) {
        leaf = aClaim(account, amount);
        bytes32 root = anchorOne(leaf, amount * 2);
        issuance.claim(root, leaf, new bytes32[](0));
    }

    function aClaim(address account, uint256 amount) internal returns (IIssuance.Claim memory leaf) {
        bytes32 nullifier = keccak256(abi.encode("nullifier", ++_nextRoot));
        leaf = IIssuance.Claim({
            account: account,
            classId: classId,
            amountGco2e: amount,
            statementDigest: keccak256(abi.encode("statement", nullifier)),
            nullifier: nullifier
        });
    }

    function leafHashOf(IIssuance.Claim memory leaf) internal pure returns (bytes32) {
        return keccak256(
            bytes.concat(
                keccak256(
                    abi.encode(leaf.account, leaf.classId, leaf.amountGco2e, leaf.statementDigest, leaf.nullifier)
                )
            )
        );
    }

    function aBatch(bytes32 root, uint256 surplus) internal view returns (IIssuance.Batch memory) {
        return IIssuance.Batch({
            classId: classId,
            root: root,
            people: 1,
            budgetsGco2e: surplus,
            footprintsGco2e: 0,
            surplusesGco2e: surplus,
            deficitsGco2e: 0,
            policyDigest: "policy",
            factorsDigest: "factors",
            deadline: FAR
        });
    }

    function anchorOne(IIssuance.Claim memory leaf, uint256 surplus) internal returns (bytes32 root) {
        root = leafHashOf(leaf);
        anchorRoot(root, surplus);
    }

    function anchorRoot(bytes32 root, uint256 surplus) internal {
        IIssuance.Batch memory batch = aBatch(root, surplus);
        issuance.anchorBatch(batch, signBatch(batch, 2));
    }

    function signBatch(IIssuance.Batch memory batch, uint256 count) internal view returns (bytes[] memory signatures) {
        signatures = new bytes[](count);
        for (uint256 i; i < count; ++i) {
            signatures[i] = signDigest(verifierKeys[i], issuance.hashBatch(batch));
        }
    }

    function giveMoney(address account, uint256 amount) internal {
        VM.prank(OPERATOR);
        payment.mint(account, amount);
    }

    /// @dev Both approvals a maker needs to trade.
    function approveAll(address account) internal {
        VM.startPrank(account);
        payment.approve(address(exchange), type(uint256).max);
        credit.setApprovalForAll(address(exchange), true);
        VM.stopPrank();
    }

    /// @dev `account` with credits, money and approvals.
    function outfit(address account, uint256 grams, uint256 money) internal {
        if (grams != 0) giveCredits(account, grams);
        if (money != 0) giveMoney(account, money);
        approveAll(account);
    }

    // --- Orders ---

    function nextNumber() internal returns (uint256) {
        return ++_nextNumber;
    }

    function aBuy(address maker, uint256 lots, uint256 pricePerKg) internal returns (IExchange.Order memory) {
        return _anOrder(maker, IExchange.Side.Buy, lots, pricePerKg);
    }

    function aSell(address maker, uint256 lots, uint256 pricePerKg) internal returns (IExchange.Order memory) {
        return _anOrder(maker, IExchange.Side.Sell, lots, pricePerKg);
    }

    function _anOrder(address maker, IExchange.Side side, uint256 lots, uint256 pricePerKg)
        private
        returns (IExchange.Order memory)
    {
        return IExchange.Order({
            maker: maker,
            beneficiary: maker,
            classId: classId,
            side: side,
            amountGco2e: lots * LOT,
            pricePerKg: pricePerKg,
            maxFeeBps: 100,
            expiry: FAR,
            number: nextNumber(),
            epoch: exchange.epochOf(maker),
            action: IExchange.Action.Hold,
            ref: 0
        });
    }

    function signOrder(uint256 key, IExchange.Order memory order) internal view returns (bytes memory) {
        return signDigest(key, exchange.hashOrder(order));
    }

    function signDigest(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = VM.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    /// @dev The same signature in the 64 bytes of EIP-2098.
    function signCompact(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = VM.sign(key, digest);
        return abi.encodePacked(r, bytes32(uint256(s) | uint256(v - 27) << 255));
    }

    /// @dev The digest of a struct hash under a contract's own domain.
    function digestOf(bytes32 domainSeparator, bytes32 structHash) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", domainSeparator, structHash));
    }

    function settlePair(
        IExchange.Order memory buy,
        bytes memory buySignature,
        IExchange.Order memory sell,
        bytes memory sellSignature,
        uint256 lots,
        uint256 pricePerKg
    ) internal {
        (IExchange.Order[] memory orders, bytes[] memory signatures, Match[] memory matches) =
            pairCall(buy, buySignature, sell, sellSignature, lots, pricePerKg);
        VM.prank(OPERATOR);
        exchange.settle(BatchEncoder.encode(orders, signatures, matches));
    }

    function pairCall(
        IExchange.Order memory buy,
        bytes memory buySignature,
        IExchange.Order memory sell,
        bytes memory sellSignature,
        uint256 lots,
        uint256 pricePerKg
    ) internal pure returns (IExchange.Order[] memory orders, bytes[] memory signatures, Match[] memory matches) {
        orders = new IExchange.Order[](2);
        (orders[0], orders[1]) = (buy, sell);
        signatures = new bytes[](2);
        (signatures[0], signatures[1]) = (buySignature, sellSignature);
        matches = new Match[](1);
        matches[0] = Match({buy: 0, sell: 1, lots: lots, pricePerKg: pricePerKg, group: 0});
    }

    // --- Campaigns ---

    function openCampaign(address owner, ICharity.Kind kind, ICharity.Funding funding, uint64 target)
        internal
        returns (uint256)
    {
        return openCampaign(anOpening(owner, kind, funding, target));
    }

    function openCampaign(Opening memory opening) internal returns (uint256) {
        return openCampaign(opening, secondForOpening(SECOND_KEY, opening));
    }

    function openCampaign(Opening memory opening, ICharity.SecondSignature memory second) internal returns (uint256) {
        VM.prank(opening.charity);
        return charity.openCampaign(
            opening.kind, opening.funding, opening.opens, opening.closes, opening.target, "story", second
        );
    }

    function anOpening(address owner, ICharity.Kind kind, ICharity.Funding funding, uint64 target)
        internal
        view
        returns (Opening memory)
    {
        return Opening(owner, kind, funding, uint64(block.timestamp), uint64(block.timestamp + 30 days), target);
    }

    /// @dev Calldata, for who does not call by himself.
    function openingCall(uint256 key, Opening memory opening) internal returns (bytes memory) {
        ICharity.SecondSignature memory second = secondForOpening(key, opening);
        return abi.encodeCall(
            ICharity.openCampaign,
            (opening.kind, opening.funding, opening.opens, opening.closes, opening.target, "story", second)
        );
    }

    function closeEarly(address owner, uint256 campaignId) internal {
        closeEarly(owner, campaignId, secondForClosing(SECOND_KEY, campaignId));
    }

    function closeEarly(address owner, uint256 campaignId, ICharity.SecondSignature memory second) internal {
        VM.prank(owner);
        charity.closeEarly(campaignId, second);
    }

    /// @dev The second signer's word for an opening, under a fresh number.
    function secondForOpening(uint256 key, Opening memory opening) internal returns (ICharity.SecondSignature memory) {
        uint256 number = nextNumber();
        bytes32 kind = keccak256(opening.kind == ICharity.Kind.Aid ? bytes("aid") : bytes("retire-pool"));
        bool keeps = opening.funding == ICharity.Funding.KeepWhatYouRaise;
        bytes32 funding = keccak256(keeps ? bytes("keep-what-you-raise") : bytes("all-or-nothing"));
        bytes memory words = abi.encode(TypeHashes.OPEN_CAMPAIGN, opening.charity, kind, funding);
        bytes32 story = "story";
        bytes memory rest = abi.encode(opening.opens, opening.closes, opening.target, story, number, FAR);
        return _second(key, bytes.concat(words, rest), number);
    }

    /// @dev The same for an early close.
    function secondForClosing(uint256 key, uint256 campaignId) internal returns (ICharity.SecondSignature memory) {
        uint256 number = nextNumber();
        return _second(key, abi.encode(TypeHashes.CLOSE_EARLY, campaignId, number, FAR), number);
    }

    /// @dev The same for a batch of grants.
    function secondForGrants(
        uint256 key,
        uint256 campaignId,
        uint256 classId_,
        uint256[] memory amounts,
        bytes32[] memory refs
    ) internal returns (ICharity.SecondSignature memory) {
        uint256 total;
        for (uint256 i; i < amounts.length; ++i) {
            total += amounts[i];
        }
        uint256 number = nextNumber();
        bytes memory fields = abi.encode(campaignId, classId_, total, keccak256(abi.encode(amounts, refs)), number, FAR);
        return _second(key, bytes.concat(TypeHashes.GRANT, fields), number);
    }

    /// @dev The same for a retirement before the decision.
    function secondForRetirement(uint256 key, uint256 campaignId, uint256 classId_, uint256 amount)
        internal
        returns (ICharity.SecondSignature memory)
    {
        uint256 number = nextNumber();
        bytes memory fields = abi.encode(campaignId, classId_, amount, number, FAR);
        return _second(key, bytes.concat(TypeHashes.RETIRE_EARLY, fields), number);
    }

    function _second(uint256 key, bytes memory message, uint256 number)
        private
        view
        returns (ICharity.SecondSignature memory)
    {
        bytes memory signature = signDigest(key, digestOf(charity.domainSeparator(), keccak256(message)));
        return ICharity.SecondSignature({number: number, deadline: FAR, signature: signature});
    }
}
