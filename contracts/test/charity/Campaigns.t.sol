// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {Charity} from "../../Charity.sol";
import {ICharity} from "../../interfaces/ICharity.sol";
import {World} from "../World.sol";

contract CampaignsTest is World {
    function test_list__is_kept_and_told() external {
        VM.startPrank(REGISTRAR);
        VM.expectEmit(address(charity));
        emit ICharity.CharityListed(STRANGER, true, BOB);
        charity.listCharity(STRANGER, BOB);
        check(charity.isListed(STRANGER), "listed");
        charity.listCharity(STRANGER, CAROL);
        checkEq(charity.secondSignerOf(STRANGER), CAROL, "another second signer");
        VM.expectEmit(address(charity));
        emit ICharity.CharityListed(STRANGER, false, address(0));
        charity.delistCharity(STRANGER);
        VM.stopPrank();

        check(!charity.isListed(STRANGER), "delisted");
        checkEq(charity.secondSignerOf(STRANGER), address(0), "no second signer");
    }

    function test_list__without_a_second_signer_of_its_own__reverts() external {
        VM.startPrank(REGISTRAR);
        VM.expectRevert(abi.encodeWithSelector(ICharity.SecondSignerInvalid.selector, address(0)));
        charity.listCharity(STRANGER, address(0));
        VM.expectRevert(abi.encodeWithSelector(ICharity.SecondSignerInvalid.selector, STRANGER));
        charity.listCharity(STRANGER, STRANGER);
        VM.expectRevert(abi.encodeWithSelector(ICharity.CharityNotListed.selector, STRANGER));
        charity.delistCharity(STRANGER);
        VM.stopPrank();
    }

    function test_close_early__ends_the_window_this_second() external {
        uint256 campaignId = openCampaign(POOL, ICharity.Kind.RetirePool, ICharity.Funding.AllOrNothing, 5);
        giveCredits(ALICE, 100);
        VM.startPrank(ALICE);
        credit.setApprovalForAll(address(charity), true);
        charity.donate(campaignId, classId, 10, false);
        VM.stopPrank();
        VM.warp(START + 100);
        VM.expectEmit(address(charity));
        emit ICharity.CampaignClosedEarly(campaignId, uint64(START + 100));
        VM.prank(POOL);
        charity.closeEarly(campaignId);

        checkEq(charity.campaignOf(campaignId).closes, START + 100, "closes");
        VM.expectRevert(abi.encodeWithSelector(ICharity.CampaignNotOpen.selector, campaignId));
        VM.prank(ALICE);
        charity.donate(campaignId, classId, 1, false);
        VM.expectRevert(abi.encodeWithSelector(ICharity.CampaignNotOpen.selector, campaignId));
        VM.prank(POOL);
        charity.closeEarly(campaignId);
        charity.finalise(campaignId);
        check(charity.campaignOf(campaignId).state == ICharity.State.Succeeded, "it had reached its target");
        VM.expectRevert(abi.encodeWithSelector(ICharity.CampaignNotOpen.selector, campaignId));
        VM.prank(POOL);
        charity.closeEarly(campaignId);
    }

    function test_close_early__before_it_opened__takes_nothing_ever() external {
        VM.prank(POOL);
        uint256 campaignId = charity.openCampaign(
            ICharity.Kind.RetirePool, ICharity.Funding.AllOrNothing, uint64(START + 5), uint64(START + 10), 1, "story"
        );
        VM.prank(POOL);
        charity.closeEarly(campaignId);
        charity.finalise(campaignId);

        check(charity.campaignOf(campaignId).state == ICharity.State.Failed, "failed");
    }

    function test_close_early__by_others__reverts() external {
        uint256 campaignId = openCampaign(POOL, ICharity.Kind.RetirePool, ICharity.Funding.AllOrNothing, 5);
        VM.expectRevert(abi.encodeWithSelector(ICharity.NotCharityOf.selector, campaignId, AID));
        VM.prank(AID);
        charity.closeEarly(campaignId);
        VM.expectRevert(abi.encodeWithSelector(ICharity.CampaignUnknown.selector, 9));
        VM.prank(POOL);
        charity.closeEarly(9);
    }

    /// @dev At any time, whatever it raised; one that was decided before stays decided.
    function test_finalise__charity_delisted__fails_what_is_open() external {
        uint256 decided = openCampaign(POOL, ICharity.Kind.RetirePool, ICharity.Funding.KeepWhatYouRaise, 0);
        VM.prank(POOL);
        charity.closeEarly(decided);
        charity.finalise(decided);
        uint256 campaignId = openCampaign(POOL, ICharity.Kind.RetirePool, ICharity.Funding.KeepWhatYouRaise, 0);
        VM.prank(REGISTRAR);
        charity.delistCharity(POOL);
        VM.expectEmit(address(charity));
        emit ICharity.CampaignFinalised(campaignId, ICharity.State.Failed);
        VM.prank(STRANGER);
        charity.finalise(campaignId);

        check(charity.campaignOf(campaignId).state == ICharity.State.Failed, "failed");
        check(charity.campaignOf(decided).state == ICharity.State.Succeeded, "one-way");
        VM.prank(REGISTRAR);
        charity.listCharity(POOL, SECOND);
        VM.expectRevert(abi.encodeWithSelector(ICharity.CampaignFinal.selector, campaignId));
        charity.finalise(campaignId);
    }

    function test_open__is_kept_and_told() external {
        VM.expectEmit(address(charity));
        emit ICharity.CampaignOpened(
            1,
            POOL,
            ICharity.Kind.Aid,
            ICharity.Funding.AllOrNothing,
            uint64(START + 5),
            uint64(START + 10),
            77,
            "story"
        );
        VM.prank(POOL);
        uint256 campaignId = charity.openCampaign(
            ICharity.Kind.Aid, ICharity.Funding.AllOrNothing, uint64(START + 5), uint64(START + 10), 77, "story"
        );

        ICharity.Campaign memory campaign = charity.campaignOf(campaignId);
        checkEq(campaignId, 1, "first id");
        checkEq(charity.campaignCount(), 1, "count");
        checkEq(campaign.charity, POOL, "charity");
        checkEq(campaign.opens, START + 5, "opens");
        checkEq(campaign.closes, START + 10, "closes");
        checkEq(campaign.target, 77, "target");
        check(campaign.state == ICharity.State.Open, "open");
        check(campaign.kind == ICharity.Kind.Aid, "kind");
        check(campaign.funding == ICharity.Funding.AllOrNothing, "funding");
    }

    function test_open__by_an_unlisted_charity__reverts() external {
        VM.expectRevert(abi.encodeWithSelector(ICharity.CharityNotListed.selector, STRANGER));
        VM.prank(STRANGER);
        charity.openCampaign(
            ICharity.Kind.Aid, ICharity.Funding.AllOrNothing, uint64(START), uint64(START + 10), 77, "story"
        );
    }

    function test_open__bad_windows__revert() external {
        _refusesWindow(START + 10, START + 10);
        _refusesWindow(START + 11, START + 10);
        _refusesWindow(START - 10, START);
        _refusesWindow(START, START + 731 days + 1);
    }

    function test_open__paused__reverts() external {
        VM.prank(PAUSER);
        charity.pause();
        VM.expectRevert(abi.encodeWithSelector(Pausable.EnforcedPause.selector));
        VM.prank(POOL);
        charity.openCampaign(
            ICharity.Kind.Aid, ICharity.Funding.AllOrNothing, uint64(START), uint64(START + 10), 77, "story"
        );
    }

    function test_finalise__before_the_window_closes__reverts() external {
        uint256 campaignId = openCampaign(POOL, ICharity.Kind.RetirePool, ICharity.Funding.AllOrNothing, 10);
        VM.warp(START + 30 days - 1);
        VM.expectRevert(abi.encodeWithSelector(ICharity.CampaignStillOpen.selector, campaignId, START + 30 days));
        charity.finalise(campaignId);
    }

    function testFuzz_finalise__decides_by_target_and_funding(uint256 target, uint256 gift, bool keep) external {
        gift = bound(gift, 1, 10_000);
        target = bound(target, 0, 20_000);
        uint256 campaignId = openCampaign(
            POOL,
            ICharity.Kind.RetirePool,
            keep ? ICharity.Funding.KeepWhatYouRaise : ICharity.Funding.AllOrNothing,
            uint64(target)
        );
        giveCredits(ALICE, gift);
        VM.prank(ALICE);
        credit.safeTransferFrom(ALICE, address(charity), classId, gift, abi.encode(campaignId, ALICE));
        VM.warp(START + 30 days);
        ICharity.State expected = keep || gift >= target ? ICharity.State.Succeeded : ICharity.State.Failed;
        VM.expectEmit(address(charity));
        emit ICharity.CampaignFinalised(campaignId, expected);
        VM.prank(STRANGER);
        charity.finalise(campaignId);

        check(charity.campaignOf(campaignId).state == expected, "state");
        VM.expectRevert(abi.encodeWithSelector(ICharity.CampaignFinal.selector, campaignId));
        charity.finalise(campaignId);
    }

    function test_finalise__unknown__reverts() external {
        VM.expectRevert(abi.encodeWithSelector(ICharity.CampaignUnknown.selector, 9));
        charity.finalise(9);
        VM.expectRevert(abi.encodeWithSelector(ICharity.CampaignUnknown.selector, 0));
        charity.finalise(0);
    }

    function test_constructor__no_token__reverts() external {
        VM.expectRevert(abi.encodeWithSelector(ICharity.TokenNotAccepted.selector, address(0)));
        new Charity(address(governance), address(0));
    }

    function _refusesWindow(uint256 opens, uint256 closes) private {
        VM.expectRevert(abi.encodeWithSelector(ICharity.WindowInvalid.selector, opens, closes));
        VM.prank(POOL);
        charity.openCampaign(
            ICharity.Kind.Aid, ICharity.Funding.AllOrNothing, uint64(opens), uint64(closes), 77, "story"
        );
    }
}
