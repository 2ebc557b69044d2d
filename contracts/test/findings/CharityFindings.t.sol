// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {ICharity} from "../../interfaces/ICharity.sol";
import {ISignedActs} from "../../interfaces/ISignedActs.sol";
import {TypeHashes} from "../../libraries/TypeHashes.sol";
import {World} from "../World.sol";

/// @title What auditors found in Allo v2, Giveth and Endaoment, tried on our Charity.
contract CharityFindingsTest is World {
    uint256 private _campaignId;

    function setUp() public override {
        super.setUp();
        giveCredits(ALICE, 50_000);
        VM.prank(ALICE);
        credit.setApprovalForAll(address(charity), true);
        _campaignId = openCampaign(AID, ICharity.Kind.Aid, ICharity.Funding.KeepWhatYouRaise, 0);
    }

    /// @dev Allo M-7: one second belonged to two windows, and funds were locked. At each second a campaign either takes
    /// gifts or can be decided, never both and never neither.
    function testFuzz_allo_m_7__no_second_is_in_two_windows_or_in_none(uint256 closesIn, uint256 now_, bool early)
        external
    {
        closesIn = bound(closesIn, 2, 30 days);
        Opening memory opening = anOpening(AID, ICharity.Kind.Aid, ICharity.Funding.AllOrNothing, 1);
        opening.closes = uint64(START + closesIn);
        uint256 campaignId = openCampaign(opening);
        uint256 closes = START + closesIn;
        if (early) {
            closes = START + closesIn / 2;
            VM.warp(closes);
            closeEarly(AID, campaignId);
        }
        VM.warp(bound(now_, closes - (early ? 0 : 1), closes + 1));
        VM.prank(ALICE);
        (bool given,) = address(charity).call(abi.encodeCall(ICharity.donate, (campaignId, classId, 1, false)));
        (bool decided,) = address(charity).call(abi.encodeCall(ICharity.finalise, (campaignId)));

        check(given == (block.timestamp < closes), "gifts before the close");
        check(decided == !given, "the decision from the close on");
    }

    /// @dev Allo M-9: what came in after the distribution was stuck. Nothing comes in after a decision, by any door,
    /// nor without naming a campaign.
    function test_allo_m_9__nothing_arrives_after_the_decision() external {
        closeEarly(AID, _campaignId);
        charity.finalise(_campaignId);
        VM.startPrank(ALICE);
        VM.expectRevert(abi.encodeWithSelector(ICharity.CampaignNotOpen.selector, _campaignId));
        charity.donate(_campaignId, classId, 1, false);
        VM.expectRevert(abi.encodeWithSelector(ICharity.CampaignNotOpen.selector, _campaignId));
        credit.safeTransferFrom(ALICE, address(charity), classId, 1, abi.encode(_campaignId, ALICE));
        VM.expectRevert(abi.encodeWithSelector(ICharity.GiftDataInvalid.selector));
        credit.safeTransferFrom(ALICE, address(charity), classId, 1, "");
        VM.stopPrank();
    }

    /// @dev Allo M-9, the other half: what no grant used up is not stuck either.
    function test_allo_m_9__what_is_left_can_always_leave() external {
        VM.prank(ALICE);
        charity.donate(_campaignId, classId, 1000, false);
        VM.warp(START + 120 days);
        VM.startPrank(STRANGER);
        charity.finalise(_campaignId);
        charity.retireHeld(_campaignId, classId, 1000);
        VM.stopPrank();

        checkEq(credit.balanceOf(address(charity), classId), 0, "nothing is stuck");
    }

    /// @dev Allo M-12: a review overwrote a decided status.
    function test_allo_m_12__a_decision_stands() external {
        VM.warp(START + 30 days);
        charity.finalise(_campaignId);
        VM.prank(REGISTRAR);
        charity.delistCharity(AID);
        VM.expectRevert(abi.encodeWithSelector(ICharity.CampaignFinal.selector, _campaignId));
        charity.finalise(_campaignId);
        VM.expectRevert(abi.encodeWithSelector(ICharity.NotFailed.selector, _campaignId));
        charity.refund(_campaignId, classId, new address[](1));

        check(charity.campaignOf(_campaignId).state == ICharity.State.Succeeded, "succeeded");
    }

    /// @dev Allo H-4: a function that opened and closed pools had no access check.
    function test_allo_h_4__whoever_has_no_power__changes_nothing() external {
        ICharity.SecondSignature memory second = secondForClosing(SECOND_KEY, _campaignId);
        bytes[6] memory acts = [
            abi.encodeCall(ICharity.listCharity, (STRANGER, BOB)),
            abi.encodeCall(ICharity.delistCharity, (AID)),
            abi.encodeCall(ICharity.pause, ()),
            abi.encodeCall(ICharity.unpause, ()),
            abi.encodeCall(ICharity.closeEarly, (_campaignId, second)),
            abi.encodeCall(ICharity.refundOne, (_campaignId, classId, ALICE))
        ];
        bytes4[6] memory reasons = [
            IAccessManaged.AccessManagedUnauthorized.selector,
            IAccessManaged.AccessManagedUnauthorized.selector,
            IAccessManaged.AccessManagedUnauthorized.selector,
            IAccessManaged.AccessManagedUnauthorized.selector,
            ICharity.NotCharityOf.selector,
            ICharity.OnlySelf.selector
        ];
        for (uint256 i; i < acts.length; ++i) {
            VM.prank(STRANGER);
            (bool done, bytes memory answer) = address(charity).call(acts[i]);
            check(!done, "refused");
            checkEq(bytes4(answer), reasons[i], "for want of power");
        }
    }

    /// @dev Allo H-5: a bid changed right before its acceptance. What the second signer accepted is what happens, and
    /// a campaign's terms never change once it is open.
    function test_allo_h_5__what_was_accepted_cannot_change() external {
        VM.prank(ALICE);
        charity.donate(_campaignId, classId, 1000, false);
        uint256[] memory amounts = new uint256[](2);
        bytes32[] memory refs = new bytes32[](2);
        (amounts[0], amounts[1], refs[0], refs[1]) = (100, 200, "a", "b");
        ICharity.SecondSignature memory second = secondForGrants(SECOND_KEY, _campaignId, classId, amounts, refs);
        (amounts[0], amounts[1]) = (200, 100);
        VM.expectRevert(abi.encodeWithSelector(ISignedActs.SignatureInvalid.selector, SECOND));
        VM.prank(AID);
        charity.grant(_campaignId, classId, amounts, refs, second);

        ICharity.Campaign memory before = charity.campaignOf(_campaignId);
        VM.prank(REGISTRAR);
        charity.listCharity(AID, BOB);
        ICharity.Campaign memory later = charity.campaignOf(_campaignId);
        checkEq(keccak256(abi.encode(before)), keccak256(abi.encode(later)), "terms");
    }

    /// @dev Giveth: the sum of the amounts was not the total that was authorised.
    function test_giveth__a_batch_moves_the_total_that_was_signed() external {
        VM.prank(ALICE);
        charity.donate(_campaignId, classId, 1000, false);
        uint256[] memory amounts = new uint256[](2);
        bytes32[] memory refs = new bytes32[](2);
        (amounts[0], amounts[1], refs[0], refs[1]) = (100, 200, "a", "b");
        ICharity.SecondSignature memory second = ICharity.SecondSignature(77, FAR, "");
        bytes memory fields =
            abi.encode(TypeHashes.GRANT, _campaignId, classId, 299, keccak256(abi.encode(amounts, refs)), 77, FAR);
        second.signature = signDigest(SECOND_KEY, digestOf(charity.domainSeparator(), keccak256(fields)));
        VM.expectRevert(abi.encodeWithSelector(ISignedActs.SignatureInvalid.selector, SECOND));
        VM.prank(AID);
        charity.grant(_campaignId, classId, amounts, refs, second);
        second = secondForGrants(SECOND_KEY, _campaignId, classId, amounts, refs);
        VM.prank(AID);
        charity.grant(_campaignId, classId, amounts, refs, second);

        checkEq(charity.campaignOf(_campaignId).granted, 300, "granted");
        checkEq(credit.classOf(classId).retired, 300, "retired");
    }

    /// @dev Endaoment A: funds went to a recipient nobody had approved. The allow-list is asked again when credits
    /// leave, and they are retired in no other name than the charity's or the Charity contract's.
    function test_endaoment_a__an_unapproved_charity__takes_and_spends_nothing() external {
        VM.prank(ALICE);
        charity.donate(_campaignId, classId, 1000, false);
        uint256[] memory amounts = new uint256[](1);
        bytes32[] memory refs = new bytes32[](1);
        (amounts[0], refs[0]) = (100, "a");
        ICharity.SecondSignature memory second = secondForGrants(SECOND_KEY, _campaignId, classId, amounts, refs);
        Opening memory opening = anOpening(AID, ICharity.Kind.Aid, ICharity.Funding.AllOrNothing, 1);
        ICharity.SecondSignature memory forOpening = secondForOpening(SECOND_KEY, opening);
        VM.prank(REGISTRAR);
        charity.delistCharity(AID);
        bytes memory notListed = abi.encodeWithSelector(ICharity.CharityNotListed.selector, AID);
        VM.expectRevert(notListed);
        VM.prank(AID);
        charity.grant(_campaignId, classId, amounts, refs, second);
        VM.expectRevert(notListed);
        openCampaign(opening, forOpening);
        VM.expectRevert(notListed);
        VM.prank(ALICE);
        charity.donate(_campaignId, classId, 1, false);
        charity.finalise(_campaignId);
        address[] memory donors = new address[](1);
        donors[0] = ALICE;
        charity.refund(_campaignId, classId, donors);

        checkEq(credit.balanceOf(ALICE, classId), 50_000, "the gift went back");
    }
}
