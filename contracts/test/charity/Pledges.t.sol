// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {ICharity} from "../../interfaces/ICharity.sol";
import {ISignedActs} from "../../interfaces/ISignedActs.sol";
import {TypeHashes} from "../../libraries/TypeHashes.sol";
import {HostileAccount} from "../../mocks/HostileAccount.sol";
import {World} from "../World.sol";

/// @title A standing pledge: drawn by anyone, up to what was signed and while the donor lets it stand.
contract PledgesTest is World {
    uint256 private _campaignId;

    function setUp() public override {
        super.setUp();
        giveCredits(ALICE, 50_000);
        VM.prank(ALICE);
        credit.setApprovalForAll(address(charity), true);
        _campaignId = openCampaign(POOL, ICharity.Kind.RetirePool, ICharity.Funding.AllOrNothing, 20_000);
    }

    function test_draw__is_a_gift_and_told() external {
        ICharity.Pledge memory pledge = _pledge(ALICE);
        bytes32 structHash = keccak256(abi.encode(TypeHashes.PLEDGE, pledge));
        bytes memory signature = _sign(ALICE_KEY, pledge);
        VM.expectEmit(address(charity));
        emit ICharity.Donated(_campaignId, ALICE, classId, 4000);
        VM.expectEmit(address(charity));
        emit ICharity.PledgeDrawn(ALICE, 7, structHash, 4000);
        VM.prank(STRANGER);
        charity.drawPledge(pledge, 4000, signature);

        checkEq(charity.donatedOf(_campaignId, ALICE, classId), 4000, "donor");
        checkEq(credit.balanceOf(address(charity), classId), 4000, "balance");
        checkEq(charity.drawsOf(ALICE, 7).drawn, 4000, "drawn");
        checkEq(bytes32(charity.drawsOf(ALICE, 7).tag), bytes32(bytes24(structHash)), "tag");
        check(!charity.numberUsed(ALICE, 7), "its number stays: it can be drawn again");
    }

    function testFuzz_draws__never_pass_the_maximum(uint256[4] calldata amounts) external {
        ICharity.Pledge memory pledge = _pledge(ALICE);
        bytes memory signature = _sign(ALICE_KEY, pledge);
        uint256 drawn;
        for (uint256 i; i < amounts.length; ++i) {
            uint256 amount = bound(amounts[i], 1, 9000);
            uint256 left = 10_000 - drawn;
            if (amount > left) VM.expectRevert(abi.encodeWithSelector(ICharity.PledgeExceeded.selector, amount, left));
            else drawn += amount;
            charity.drawPledge(pledge, amount, signature);
        }

        checkEq(charity.heldOf(_campaignId, classId), drawn, "held");
        checkEq(charity.drawsOf(ALICE, 7).drawn, drawn, "drawn");
    }

    /// @dev Half-open: valid from `start`, not at `expiry`.
    function test_draw__outside_its_time__reverts() external {
        ICharity.Pledge memory pledge = _pledge(ALICE);
        (pledge.start, pledge.expiry) = (START + 10, START + 20);
        bytes memory signature = _sign(ALICE_KEY, pledge);
        VM.warp(START + 9);
        VM.expectRevert(abi.encodeWithSelector(ICharity.PledgeNotStarted.selector, START + 10));
        charity.drawPledge(pledge, 1, signature);
        VM.warp(START + 10);
        charity.drawPledge(pledge, 1, signature);
        VM.warp(START + 19);
        charity.drawPledge(pledge, 1, signature);
        VM.warp(START + 20);
        VM.expectRevert(abi.encodeWithSelector(ISignedActs.SignatureExpired.selector, START + 20));
        charity.drawPledge(pledge, 1, signature);

        checkEq(charity.drawsOf(ALICE, 7).drawn, 2, "drawn");
    }

    function test_draw__of_terms_not_signed__reverts() external {
        ICharity.Pledge memory pledge = _pledge(ALICE);
        bytes memory signature = _sign(ALICE_KEY, pledge);
        pledge.maxAmountGco2e = 10_001;
        VM.expectRevert(abi.encodeWithSelector(ISignedActs.SignatureInvalid.selector, ALICE));
        charity.drawPledge(pledge, 1, signature);
        pledge = _pledge(ALICE);
        signature = _sign(BOB_KEY, pledge);
        VM.expectRevert(abi.encodeWithSelector(ISignedActs.SignatureInvalid.selector, ALICE));
        charity.drawPledge(pledge, 1, signature);
    }

    function test_draw__of_no_share_or_more_than_all__reverts() external {
        ICharity.Pledge memory pledge = _pledge(ALICE);
        uint256[2] memory shares = [uint256(0), 10_001];
        for (uint256 i; i < 2; ++i) {
            pledge.shareBps = shares[i];
            bytes memory signature = _sign(ALICE_KEY, pledge);
            VM.expectRevert(abi.encodeWithSelector(ICharity.PledgeShareInvalid.selector, shares[i]));
            charity.drawPledge(pledge, 1, signature);
        }
    }

    /// @dev "What is left at year end": all of it, from a time on.
    function test_draw__all_that_is_left() external {
        ICharity.Pledge memory pledge = _pledge(ALICE);
        (pledge.shareBps, pledge.start, pledge.maxAmountGco2e) = (10_000, START + 20 days, 1e9);
        bytes memory signature = _sign(ALICE_KEY, pledge);
        VM.warp(START + 20 days);
        charity.drawPledge(pledge, 50_000, signature);

        checkEq(credit.balanceOf(ALICE, classId), 0, "left");
    }

    function test_draw__of_nothing_or_not_possible__reverts_and_counts_nothing() external {
        ICharity.Pledge memory pledge = _pledge(ALICE);
        bytes memory signature = _sign(ALICE_KEY, pledge);
        VM.expectRevert(abi.encodeWithSelector(ICharity.AmountZero.selector));
        charity.drawPledge(pledge, 0, signature);
        VM.prank(PAUSER);
        charity.pause();
        VM.expectRevert(abi.encodeWithSelector(Pausable.EnforcedPause.selector));
        charity.drawPledge(pledge, 1, signature);

        checkEq(charity.drawsOf(ALICE, 7).drawn, 0, "drawn");
    }

    /// @dev By transaction, by signed message, and by any other act under the number.
    function test_cancelled_pledge__is_never_drawn_again() external {
        ICharity.Pledge memory pledge = _pledge(ALICE);
        bytes memory signature = _sign(ALICE_KEY, pledge);
        charity.drawPledge(pledge, 1, signature);
        uint256 snapshot = VM.snapshotState();
        VM.prank(ALICE);
        charity.useNumber(7);
        _refusesDraw(pledge, signature);
        VM.revertToState(snapshot);
        bytes32 structHash = keccak256(abi.encode(TypeHashes.USE_NUMBER, ALICE, 7, FAR));
        bytes memory word = signDigest(ALICE_KEY, digestOf(charity.domainSeparator(), structHash));
        VM.prank(STRANGER);
        charity.useNumberBySig(ALICE, 7, FAR, word);
        _refusesDraw(pledge, signature);
    }

    function test_two_pledges_under_one_number__only_the_first_drawn_stands() external {
        ICharity.Pledge memory first = _pledge(ALICE);
        ICharity.Pledge memory second = _pledge(ALICE);
        second.maxAmountGco2e = 40_000;
        charity.drawPledge(first, 1, _sign(ALICE_KEY, first));
        bytes memory signature = _sign(ALICE_KEY, second);
        VM.expectRevert(abi.encodeWithSelector(ICharity.PledgeNumberTaken.selector, ALICE, 7));
        charity.drawPledge(second, 1, signature);
        second.number = 8;
        charity.drawPledge(second, 1, _sign(ALICE_KEY, second));

        checkEq(charity.heldOf(_campaignId, classId), 2, "held");
    }

    /// @dev A wallet contract is asked at every draw, so that it can take its word back.
    function test_draw__of_a_wallet_contract__while_it_says_yes() external {
        HostileAccount wallet = new HostileAccount(BOB);
        giveCredits(address(wallet), 1000);
        wallet.execute(address(credit), abi.encodeCall(credit.setApprovalForAll, (address(charity), true)));
        ICharity.Pledge memory pledge = _pledge(address(wallet));
        bytes memory signature = _sign(BOB_KEY, pledge);
        charity.drawPledge(pledge, 100, signature);
        wallet.setAnswering(HostileAccount.Answering.No);
        VM.expectRevert(abi.encodeWithSelector(ISignedActs.SignatureInvalid.selector, address(wallet)));
        charity.drawPledge(pledge, 100, signature);

        checkEq(charity.donatedOf(_campaignId, address(wallet), classId), 100, "once");
    }

    function _refusesDraw(ICharity.Pledge memory pledge, bytes memory signature) private {
        VM.expectRevert(abi.encodeWithSelector(ISignedActs.NumberAlreadyUsed.selector, pledge.donor, pledge.number));
        charity.drawPledge(pledge, 1, signature);
    }

    function _pledge(address donor) private view returns (ICharity.Pledge memory) {
        return ICharity.Pledge({
            donor: donor,
            campaignId: _campaignId,
            classId: classId,
            shareBps: 1000,
            maxAmountGco2e: 10_000,
            start: START,
            expiry: FAR,
            number: 7
        });
    }

    function _sign(uint256 key, ICharity.Pledge memory pledge) private view returns (bytes memory) {
        bytes32 structHash = keccak256(abi.encode(TypeHashes.PLEDGE, pledge));
        return signDigest(key, digestOf(charity.domainSeparator(), structHash));
    }
}
