// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Anchors} from "../Anchors.sol";
import {CarbonCredit} from "../CarbonCredit.sol";
import {Charity} from "../Charity.sol";
import {Exchange} from "../Exchange.sol";
import {Governance} from "../Governance.sol";
import {Issuance} from "../Issuance.sol";
import {PaymentToken} from "../PaymentToken.sol";
import {RetirementReceipts} from "../RetirementReceipts.sol";
import {ICharity} from "../interfaces/ICharity.sol";
import {IExchange} from "../interfaces/IExchange.sol";
import {IIssuance} from "../interfaces/IIssuance.sol";
import {Roles} from "../libraries/Roles.sol";
import {TypeHashes} from "../libraries/TypeHashes.sol";
import {BatchEncoder, Match} from "./BatchEncoder.sol";
import {Assertions} from "./Assertions.sol";

/// @title A deployed, governed system with one class, three verifiers (two needed), and builders for all that is
/// signed.
/// @dev Roles are set from contracts/roles.json, as the real deployment does.
abstract contract World is Assertions {
    uint256 internal constant START = 1_767_225_600; // 2026-01-01
    uint256 internal constant FAR = 4_000_000_000;
    uint256 internal constant LOT = 1000;
    uint256 internal constant OWN = 1 << 255;
    uint128 internal constant CAP = 1e15;
    uint16 internal constant BUFFER_BPS = 300;

    uint256 internal constant ALICE_KEY = 0xA11CE;
    uint256 internal constant BOB_KEY = 0xB0B;
    uint256 internal constant CAROL_KEY = 0xCA401;
    uint256 internal constant SECOND_KEY = 0x2ECD;

    address internal immutable ALICE = VM.addr(ALICE_KEY);
    address internal immutable BOB = VM.addr(BOB_KEY);
    address internal immutable CAROL = VM.addr(CAROL_KEY);
    address internal immutable GOVERNOR = address(uint160(uint256(keccak256("governor"))));
    address internal immutable OPERATOR = address(uint160(uint256(keccak256("operator"))));
    address internal immutable PAUSER = address(uint160(uint256(keccak256("pauser"))));
    address internal immutable REGISTRAR = address(uint160(uint256(keccak256("registrar"))));
    address internal immutable FEES = address(uint160(uint256(keccak256("fee recipient"))));
    address internal immutable POOL = address(uint160(uint256(keccak256("retire pool"))));
    address internal immutable AID = address(uint160(uint256(keccak256("aid charity"))));
    /// @dev Second signer of both charities.
    address internal immutable SECOND = VM.addr(SECOND_KEY);
    address internal immutable STRANGER = address(uint160(uint256(keccak256("stranger"))));

    Governance internal governance;
    PaymentToken internal payment;
    CarbonCredit internal credit;
    Issuance internal issuance;
    Charity internal charity;
    Exchange internal exchange;
    Anchors internal anchors;
    RetirementReceipts internal retirementReceipts;
    uint256 internal classId;
    /// @dev Ascending by address.
    uint256[] internal verifierKeys;
    uint256 private _nextNumber;
    uint256 private _nextRoot;

    function setUp() public virtual {
        VM.chainId(31_337);
        VM.warp(START);
        _deploy();
        _assignRoles();
        _configure();
    }

    function _deploy() internal {
        governance = new Governance(GOVERNOR);
        payment = new PaymentToken(address(governance));
        credit = new CarbonCredit(address(governance), "https://tanyu.example/credit/{id}.json");
        issuance = new Issuance(address(governance), address(credit));
        charity = new Charity(address(governance), address(credit));
        exchange =
            new Exchange(address(governance), address(credit), address(payment), address(charity), OPERATOR, FEES);
        anchors = new Anchors(address(governance));
        retirementReceipts = new RetirementReceipts(address(credit));
    }

    function _assignRoles() internal {
        _restrict("PaymentToken", address(payment));
        _restrict("CarbonCredit", address(credit));
        _restrict("Issuance", address(issuance));
        _restrict("Charity", address(charity));
        _restrict("Exchange", address(exchange));
        _restrict("Anchors", address(anchors));
        VM.startPrank(GOVERNOR);
        governance.grantRole(Roles.OPERATOR_ROLE, OPERATOR, 0);
        governance.grantRole(Roles.PAUSER_ROLE, PAUSER, 0);
        governance.grantRole(Roles.REGISTRAR_ROLE, REGISTRAR, 0);
        governance.grantRole(Roles.GOVERNOR_ROLE, GOVERNOR, 0);
        VM.stopPrank();
    }

    function _restrict(string memory name, address target) private {
        string memory json = VM.readFile("roles.json");
        string memory functions = string.concat(".functions.", name);
        string[] memory signatures = VM.parseJsonKeys(json, functions);
        for (uint256 i; i < signatures.length; ++i) {
            string memory role = VM.parseJsonString(json, string.concat(functions, "['", signatures[i], "']"));
            bytes4[] memory selectors = new bytes4[](1);
            selectors[0] = bytes4(keccak256(bytes(signatures[i])));
            uint64 roleId = uint64(VM.parseJsonUint(json, string.concat(".roles.", role)));
            VM.prank(GOVERNOR);
            governance.setTargetFunctionRole(target, selectors, roleId);
        }
    }

    function _configure() internal {
        VM.startPrank(GOVERNOR);
        credit.setIssuance(address(issuance));
        credit.setRegisteredOperator(address(exchange), true);
        credit.setRegisteredOperator(address(charity), true);
        classId = credit.createClass("CN-SC", 2025, "SIM", CAP, BUFFER_BPS);
        _sortVerifiers();
        for (uint256 i; i < verifierKeys.length; ++i) {
            issuance.addVerifier(VM.addr(verifierKeys[i]));
        }
        issuance.setThreshold(2);
        VM.stopPrank();
        VM.startPrank(REGISTRAR);
        charity.listCharity(POOL, SECOND);
        charity.listCharity(AID, SECOND);
        VM.stopPrank();
    }

    function _sortVerifiers() private {
        verifierKeys = [uint256(0xF1), 0xF2, 0xF3];
        for (uint256 i = 1; i < verifierKeys.length; ++i) {
            for (uint256 j = i; j > 0 && VM.addr(verifierKeys[j]) < VM.addr(verifierKeys[j - 1]); --j) {
                (verifierKeys[j], verifierKeys[j - 1]) = (verifierKeys[j - 1], verifierKeys[j]);
            }
        }
    }

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
        VM.prank(owner);
        return charity.openCampaign(
            kind, funding, uint64(block.timestamp), uint64(block.timestamp + 30 days), target, "story"
        );
    }

    /// @dev The second signer's word for a batch of grants, under a fresh number.
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
