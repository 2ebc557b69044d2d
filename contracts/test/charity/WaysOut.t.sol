// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {ICarbonCredit} from "../../interfaces/ICarbonCredit.sol";
import {ICharity} from "../../interfaces/ICharity.sol";
import {ISignedActs} from "../../interfaces/ISignedActs.sol";
import {HostileAccount} from "../../mocks/HostileAccount.sol";
import {Log} from "../Vm.sol";
import {World} from "../World.sol";

/// @title Retirement, grant, refund: the only ways a gift leaves.
contract WaysOutTest is World {
    bytes32 private constant GRANT_SKIPPED = keccak256("GrantSkipped(uint256,uint256,bytes4)");
    bytes32 private constant REFUND_SKIPPED = keccak256("RefundSkipped(uint256,uint256,bytes4)");

    uint256 private _pool;
    uint256 private _aid;
    uint256 private _goal;

    function setUp() public override {
        super.setUp();
        giveCredits(ALICE, 50_000);
        _pool = openCampaign(POOL, ICharity.Kind.RetirePool, ICharity.Funding.KeepWhatYouRaise, 0);
        _aid = openCampaign(AID, ICharity.Kind.Aid, ICharity.Funding.KeepWhatYouRaise, 0);
        _goal = openCampaign(POOL, ICharity.Kind.RetirePool, ICharity.Funding.AllOrNothing, 20_000);
        _give(ALICE, _pool, 10_000);
        _give(ALICE, _aid, 10_000);
        _give(ALICE, _goal, 10_000);
    }

    function test_retire_early__for_the_charity_and_told() external {
        ICharity.SecondSignature memory second = secondForRetirement(SECOND_KEY, _pool, classId, 6000);
        VM.expectEmit(address(charity));
        emit ICharity.CampaignRetired(_pool, classId, 6000);
        VM.expectEmit(address(credit));
        emit ICarbonCredit.Retired(address(charity), POOL, classId, 6000, "charity", bytes32(_pool));
        VM.prank(POOL);
        charity.retireEarly(_pool, classId, 6000, second);

        checkEq(credit.retiredOf(POOL, classId), 6000, "retired");
        checkEq(charity.heldOf(_pool, classId), 4000, "held");
        _checkTotals(_pool);
    }

    function test_retire_held__by_anyone_once_succeeded__even_paused() external {
        VM.expectRevert(abi.encodeWithSelector(ICharity.NotSucceeded.selector, _pool));
        VM.prank(POOL);
        charity.retireHeld(_pool, classId, 1);
        VM.warp(START + 30 days);
        charity.finalise(_pool);
        VM.prank(PAUSER);
        charity.pause();
        VM.prank(STRANGER);
        charity.retireHeld(_pool, classId, 10_000);

        checkEq(charity.heldOf(_pool, classId), 0, "held");
        _checkTotals(_pool);
    }

    function test_retire_early__bad_terms__revert() external {
        _expectEarlyRevert(abi.encodeWithSelector(ICharity.AmountZero.selector), POOL, _pool, 0);
        _expectEarlyRevert(
            abi.encodeWithSelector(ICharity.HeldInsufficient.selector, _pool, classId, 10_001, 10_000),
            POOL,
            _pool,
            10_001
        );
        _expectEarlyRevert(abi.encodeWithSelector(ICharity.NotSucceeded.selector, _goal), POOL, _goal, 1);
        _expectEarlyRevert(abi.encodeWithSelector(ICharity.KindWrong.selector, _aid), AID, _aid, 1);
        _expectEarlyRevert(abi.encodeWithSelector(ICharity.NotCharityOf.selector, _pool, AID), AID, _pool, 1);
        _expectEarlyRevert(abi.encodeWithSelector(ICharity.CampaignUnknown.selector, 99), POOL, 99, 1);
        VM.prank(PAUSER);
        charity.pause();
        _expectEarlyRevert(abi.encodeWithSelector(Pausable.EnforcedPause.selector), POOL, _pool, 1);
        VM.prank(PAUSER);
        charity.unpause();
        VM.prank(REGISTRAR);
        charity.delistCharity(POOL);
        _expectEarlyRevert(abi.encodeWithSelector(ICharity.CharityNotListed.selector, POOL), POOL, _pool, 1);
    }

    /// @dev One key of a charity spends nothing: neither alone, nor with a signature for other terms, nor twice.
    function test_spending__without_its_second_signer__reverts() external {
        bytes memory invalid = abi.encodeWithSelector(ISignedActs.SignatureInvalid.selector, SECOND);
        ICharity.SecondSignature memory forged = secondForRetirement(BOB_KEY, _pool, classId, 5);
        VM.startPrank(POOL);
        VM.expectRevert(invalid);
        charity.retireEarly(_pool, classId, 5, forged);
        ICharity.SecondSignature memory second = secondForRetirement(SECOND_KEY, _pool, classId, 5);
        VM.expectRevert(invalid);
        charity.retireEarly(_pool, classId, 6, second);
        charity.retireEarly(_pool, classId, 5, second);
        VM.expectRevert(abi.encodeWithSelector(ISignedActs.NumberAlreadyUsed.selector, SECOND, second.number));
        charity.retireEarly(_pool, classId, 5, second);
        VM.stopPrank();
        (uint256[] memory amounts, bytes32[] memory refs) = (new uint256[](1), new bytes32[](1));
        (amounts[0], refs[0]) = (5, "a");
        second = secondForGrants(SECOND_KEY, _aid, classId, amounts, refs);
        refs[0] = "b";
        VM.expectRevert(invalid);
        VM.prank(AID);
        charity.grant(_aid, classId, amounts, refs, second);
        second.deadline = block.timestamp;
        VM.expectRevert(abi.encodeWithSelector(ISignedActs.SignatureExpired.selector, block.timestamp));
        VM.prank(AID);
        charity.grant(_aid, classId, amounts, refs, second);
    }

    function test_spending__charity_and_second_signer__may_be_wallet_contracts() external {
        HostileAccount wallet = new HostileAccount(BOB);
        HostileAccount second = new HostileAccount(CAROL);
        VM.prank(REGISTRAR);
        charity.listCharity(address(wallet), address(second));
        Opening memory opening =
            anOpening(address(wallet), ICharity.Kind.RetirePool, ICharity.Funding.KeepWhatYouRaise, 1);
        wallet.execute(address(charity), openingCall(CAROL_KEY, opening));
        uint256 campaignId = charity.campaignCount();
        _give(ALICE, campaignId, 100);
        ICharity.SecondSignature memory word = secondForRetirement(CAROL_KEY, campaignId, classId, 60);
        bytes memory spending = abi.encodeCall(ICharity.retireEarly, (campaignId, classId, 60, word));
        second.setAnswering(HostileAccount.Answering.No);
        word = secondForRetirement(BOB_KEY, campaignId, classId, 60);
        VM.expectRevert(abi.encodeWithSelector(ISignedActs.SignatureInvalid.selector, address(second)));
        wallet.execute(address(charity), abi.encodeCall(ICharity.retireEarly, (campaignId, classId, 60, word)));
        second.setAnswering(HostileAccount.Answering.Honest);
        wallet.execute(address(charity), spending);

        checkEq(credit.retiredOf(address(wallet), classId), 60, "retired");
        word = secondForClosing(CAROL_KEY, campaignId);
        wallet.execute(address(charity), abi.encodeCall(ICharity.closeEarly, (campaignId, word)));
        checkEq(charity.campaignOf(campaignId).closes, START, "closed");
    }

    /// @dev To the second: 90 days from the close, not from the decision.
    function test_retire_held__what_aid_did_not_grant__by_anyone_90_days_after_the_close() external {
        _grantOne(AID, _aid, 3000, "deficit");
        VM.expectRevert(abi.encodeWithSelector(ICharity.NotSucceeded.selector, _aid));
        charity.retireHeld(_aid, classId, 7000);
        VM.warp(START + 120 days - 1);
        charity.finalise(_aid);
        VM.expectRevert(abi.encodeWithSelector(ICharity.LeftoverNotDue.selector, _aid, START + 120 days));
        VM.prank(STRANGER);
        charity.retireHeld(_aid, classId, 7000);
        VM.warp(START + 120 days);
        VM.prank(REGISTRAR);
        charity.delistCharity(AID);
        VM.prank(STRANGER);
        charity.retireHeld(_aid, classId, 7000);

        checkEq(charity.heldOf(_aid, classId), 0, "nothing is stranded");
        checkEq(credit.retiredOf(AID, classId), 7000, "for the charity");
        _checkTotals(_aid);
    }

    function test_retire_held__more_than_held_or_of_an_unknown_campaign__reverts() external {
        VM.warp(START + 30 days);
        charity.finalise(_pool);
        VM.expectRevert(abi.encodeWithSelector(ICharity.HeldInsufficient.selector, _pool, classId, 10_001, 10_000));
        charity.retireHeld(_pool, classId, 10_001);
        VM.expectRevert(abi.encodeWithSelector(ICharity.AmountZero.selector));
        charity.retireHeld(_pool, classId, 0);
        VM.expectRevert(abi.encodeWithSelector(ICharity.CampaignUnknown.selector, 99));
        charity.retireHeld(99, classId, 1);
    }

    /// @dev What one campaign holds, another cannot spend.
    function test_inv_06__campaigns__do_not_share() external {
        uint256 other = openCampaign(POOL, ICharity.Kind.RetirePool, ICharity.Funding.KeepWhatYouRaise, 0);
        bytes memory reason = abi.encodeWithSelector(ICharity.HeldInsufficient.selector, other, classId, 1, 0);
        _expectEarlyRevert(reason, POOL, other, 1);
    }

    function test_grant__retires_for_nobody_in_particular() external {
        VM.expectEmit(address(charity));
        emit ICharity.Granted(_aid, classId, 3000, "deficit");
        VM.expectEmit(address(credit));
        emit ICarbonCredit.Retired(address(charity), address(charity), classId, 3000, "grant", "deficit");
        _grantOne(AID, _aid, 3000, "deficit");

        check(charity.grantRefUsed("deficit"), "used");
        checkEq(credit.retiredOf(AID, classId), 0, "not the charity's own");
        _checkTotals(_aid);
    }

    function test_inv_07__grants__skip_with_a_reason_and_go_on() external {
        uint256[] memory amounts = new uint256[](5);
        bytes32[] memory refs = new bytes32[](5);
        (amounts[0], amounts[1], amounts[2], amounts[3], amounts[4]) = (4000, 4000, 0, 7000, 6000);
        (refs[0], refs[1], refs[2], refs[3], refs[4]) = ("a", "a", "c", "d", "e");
        ICharity.SecondSignature memory second = secondForGrants(SECOND_KEY, _aid, classId, amounts, refs);
        VM.recordLogs();
        VM.prank(AID);
        charity.grant(_aid, classId, amounts, refs, second);

        Log[] memory logs = VM.getRecordedLogs();
        checkEq(countOf(logs, GRANT_SKIPPED), 3, "skips");
        bytes4[3] memory reasons =
            [ICharity.GrantRefUsed.selector, ICharity.AmountZero.selector, ICharity.HeldInsufficient.selector];
        uint256 seen;
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].topics[0] != GRANT_SKIPPED) continue;
            checkEq(uint256(logs[i].topics[2]), seen + 1, "index");
            checkEq(abi.decode(logs[i].data, (bytes4)), reasons[seen], "reason");
            ++seen;
        }
        checkEq(charity.campaignOf(_aid).granted, 10_000, "granted");
        _checkTotals(_aid);
    }

    function test_grant__by_others_or_of_another_kind__reverts() external {
        _expectGrantRevert(abi.encodeWithSelector(ICharity.NotCharityOf.selector, _aid, POOL), POOL, _aid);
        _expectGrantRevert(abi.encodeWithSelector(ICharity.KindWrong.selector, _pool), POOL, _pool);
        uint256 goal = openCampaign(AID, ICharity.Kind.Aid, ICharity.Funding.AllOrNothing, 1);
        _expectGrantRevert(abi.encodeWithSelector(ICharity.NotSucceeded.selector, goal), AID, goal);
        VM.prank(REGISTRAR);
        charity.delistCharity(AID);
        _expectGrantRevert(abi.encodeWithSelector(ICharity.CharityNotListed.selector, AID), AID, _aid);
        VM.prank(PAUSER);
        charity.pause();
        _expectGrantRevert(abi.encodeWithSelector(Pausable.EnforcedPause.selector), AID, _aid);
    }

    function test_grant__lengths_differ__reverts() external {
        ICharity.SecondSignature memory second;
        VM.expectRevert(abi.encodeWithSelector(ICharity.LengthMismatch.selector, 1, 2));
        VM.prank(AID);
        charity.grant(_aid, classId, new uint256[](1), new bytes32[](2), second);
    }

    function test_grant__of_a_campaign_that_reached_its_goal() external {
        uint256 goal = openCampaign(AID, ICharity.Kind.Aid, ICharity.Funding.AllOrNothing, 100);
        _give(ALICE, goal, 100);
        VM.warp(START + 30 days);
        charity.finalise(goal);

        _grantOne(AID, goal, 100, "deficit");

        checkEq(charity.campaignOf(goal).granted, 100, "granted");
    }

    function test_refund__everything_back__even_paused() external {
        giveCredits(BOB, 500);
        _give(BOB, _goal, 500);
        _fail(_goal);
        VM.prank(PAUSER);
        charity.pause();
        address[] memory donors = new address[](2);
        (donors[0], donors[1]) = (ALICE, BOB);
        VM.prank(STRANGER);
        charity.refund(_goal, classId, donors);

        checkEq(credit.balanceOf(ALICE, classId), 30_000, "Alice");
        checkEq(credit.balanceOf(BOB, classId), 500, "Bob");
        checkEq(charity.heldOf(_goal, classId), 0, "held");
        checkEq(charity.donatedOf(_goal, ALICE, classId), 0, "nothing more to refund");
        _checkTotals(_goal);
    }

    function test_refund__of_a_campaign_not_failed__reverts() external {
        VM.expectRevert(abi.encodeWithSelector(ICharity.NotFailed.selector, _goal));
        charity.refund(_goal, classId, new address[](1));
        VM.expectRevert(abi.encodeWithSelector(ICharity.CampaignUnknown.selector, 99));
        charity.refund(99, classId, new address[](1));
    }

    function test_refund_one__by_anyone_but_the_charity__reverts() external {
        _fail(_goal);
        VM.expectRevert(abi.encodeWithSelector(ICharity.OnlySelf.selector));
        charity.refundOne(_goal, classId, ALICE);
    }

    function test_inv_07__refunds__skip_with_a_reason_and_go_on() external {
        _fail(_goal);
        address[] memory donors = new address[](3);
        (donors[0], donors[1], donors[2]) = (BOB, ALICE, ALICE);
        VM.recordLogs();
        charity.refund(_goal, classId, donors);

        Log[] memory logs = VM.getRecordedLogs();
        checkEq(countOf(logs, REFUND_SKIPPED), 2, "who gave nothing, and who has it back");
        checkEq(
            abi.decode(findLog(logs, REFUND_SKIPPED, "skip").data, (bytes4)),
            ICharity.NothingToRefund.selector,
            "reason"
        );
        checkEq(credit.balanceOf(ALICE, classId), 30_000, "once");
    }

    function test_inv_07__hostile_donors__cost_themselves_alone() external {
        HostileAccount hostile = new HostileAccount(BOB);
        giveCredits(address(hostile), 1000);
        _give(address(hostile), _goal, 1000);
        _fail(_goal);
        address[] memory donors = new address[](1);
        donors[0] = address(hostile);
        uint8[4] memory refusals = [1, 2, 4, 5];
        for (uint256 i; i < refusals.length; ++i) {
            hostile.setReceiving(HostileAccount.Receiving(refusals[i]));
            uint256 gasBefore = gasleft();
            VM.recordLogs();
            charity.refund(_goal, classId, donors);

            checkAtMost(gasBefore - gasleft(), 400_000, "bounded gas");
            checkEq(countOf(VM.getRecordedLogs(), REFUND_SKIPPED), 1, "skip");
            checkEq(charity.donatedOf(_goal, address(hostile), classId), 1000, "still owed");
            _checkTotals(_goal);
        }
        donors = new address[](2);
        (donors[0], donors[1]) = (address(hostile), ALICE);
        charity.refund(_goal, classId, donors);
        checkEq(credit.balanceOf(ALICE, classId), 30_000, "the next donor");
        hostile.setReceiving(HostileAccount.Receiving.Accept);
        charity.refund(_goal, classId, donors);
        checkEq(credit.balanceOf(address(hostile), classId), 1000, "for ever: once it behaves");
    }

    function test_inv_06__donor_asks_again_from_inside__is_refunded_once() external {
        HostileAccount hostile = new HostileAccount(BOB);
        giveCredits(address(hostile), 1000);
        _give(address(hostile), _goal, 1000);
        _fail(_goal);
        address[] memory donors = new address[](1);
        donors[0] = address(hostile);
        hostile.setCall(address(charity), abi.encodeCall(ICharity.refund, (_goal, classId, donors)));
        bytes memory data = abi.encodeCall(ICharity.refund, (_goal, classId, donors));

        (bool done,) = address(charity).call(data);

        check(done, "refunded");
        checkEq(hostile.calls(), 1, "asked again");
        checkEq(credit.balanceOf(address(hostile), classId), 1000, "once");
        _checkTotals(_goal);
    }

    function testFuzz_inv_07__starved_refunds__revert_all_or_skip_none(uint256 given) external {
        given = bound(given, 30_000, 1_000_000);
        giveCredits(BOB, 500);
        _give(BOB, _goal, 500);
        _fail(_goal);
        address[] memory donors = new address[](2);
        (donors[0], donors[1]) = (ALICE, BOB);
        bytes memory data = abi.encodeCall(ICharity.refund, (_goal, classId, donors));

        (bool done,) = address(charity).call{gas: given}(data);

        checkEq(charity.campaignOf(_goal).refunded, done ? 10_500 : 0, "all or nothing");
    }

    function _give(address donor, uint256 campaignId, uint256 amount) private {
        bytes memory gift = abi.encode(campaignId, donor);
        VM.prank(donor);
        credit.safeTransferFrom(donor, address(charity), classId, amount, gift);
    }

    function _fail(uint256 campaignId) private {
        VM.warp(START + 30 days);
        charity.finalise(campaignId);
        check(charity.campaignOf(campaignId).state == ICharity.State.Failed, "failed");
    }

    function _grantOne(address caller, uint256 campaignId, uint256 amount, bytes32 ref) private {
        uint256[] memory amounts = new uint256[](1);
        bytes32[] memory refs = new bytes32[](1);
        (amounts[0], refs[0]) = (amount, ref);
        ICharity.SecondSignature memory second = secondForGrants(SECOND_KEY, campaignId, classId, amounts, refs);
        VM.prank(caller);
        charity.grant(campaignId, classId, amounts, refs, second);
    }

    function _expectGrantRevert(bytes memory reason, address caller, uint256 campaignId) private {
        (uint256[] memory amounts, bytes32[] memory refs) = (new uint256[](1), new bytes32[](1));
        ICharity.SecondSignature memory second = secondForGrants(SECOND_KEY, campaignId, classId, amounts, refs);
        VM.expectRevert(reason);
        VM.prank(caller);
        charity.grant(campaignId, classId, amounts, refs, second);
    }

    function _expectEarlyRevert(bytes memory reason, address caller, uint256 campaignId, uint256 amount) private {
        ICharity.SecondSignature memory second = secondForRetirement(SECOND_KEY, campaignId, classId, amount);
        VM.expectRevert(reason);
        VM.prank(caller);
        charity.retireEarly(campaignId, classId, amount, second);
    }

    function _checkTotals(uint256 campaignId) private view {
        ICharity.Campaign memory campaign = charity.campaignOf(campaignId);
        uint256 out = uint256(campaign.retired) + campaign.granted + campaign.refunded;
        checkEq(charity.heldOf(campaignId, classId) + out, campaign.donated, "INV-06");
    }
}
