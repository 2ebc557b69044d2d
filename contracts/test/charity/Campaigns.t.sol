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
        ICharity.SecondSignature[3] memory words;
        for (uint256 i; i < 3; ++i) {
            words[i] = secondForClosing(SECOND_KEY, campaignId);
        }
        VM.expectEmit(address(charity));
        emit ICharity.CampaignClosedEarly(campaignId, uint64(START + 100));
        closeEarly(POOL, campaignId, words[0]);

        checkEq(charity.campaignOf(campaignId).closes, START + 100, "closes");
        VM.expectRevert(abi.encodeWithSelector(ICharity.CampaignNotOpen.selector, campaignId));
        VM.prank(ALICE);
        charity.donate(campaignId, classId, 1, false);
        VM.expectRevert(abi.encodeWithSelector(ICharity.CampaignNotOpen.selector, campaignId));
        closeEarly(POOL, campaignId, words[1]);
        charity.finalise(campaignId);
        check(charity.campaignOf(campaignId).state == ICharity.State.Succeeded, "it had reached its target");
        VM.expectRevert(abi.encodeWithSelector(ICharity.CampaignNotOpen.selector, campaignId));
        closeEarly(POOL, campaignId, words[2]);
    }

    function test_close_early__before_it_opened__takes_nothing_ever() external {
        Opening memory opening = anOpening(POOL, ICharity.Kind.RetirePool, ICharity.Funding.AllOrNothing, 1);
        (opening.opens, opening.closes) = (uint64(START + 5), uint64(START + 10));
        uint256 campaignId = openCampaign(opening);
        closeEarly(POOL, campaignId);
        charity.finalise(campaignId);

        check(charity.campaignOf(campaignId).state == ICharity.State.Failed, "failed");
    }

    function test_close_early__by_others__reverts() external {
        uint256 campaignId = openCampaign(POOL, ICharity.Kind.RetirePool, ICharity.Funding.AllOrNothing, 5);
        ICharity.SecondSignature memory second = secondForClosing(SECOND_KEY, campaignId);
        VM.expectRevert(abi.encodeWithSelector(ICharity.NotCharityOf.selector, campaignId, AID));
        closeEarly(AID, campaignId, second);
        second = secondForClosing(SECOND_KEY, 9);
        VM.expectRevert(abi.encodeWithSelector(ICharity.CampaignUnknown.selector, 9));
        closeEarly(POOL, 9, second);
    }

    /// @dev A pause stops no charity from ending what it began; a delisting does, and fails what is open anyhow.
    function test_close_early__while_paused_or_delisted() external {
        uint256 campaignId = openCampaign(POOL, ICharity.Kind.RetirePool, ICharity.Funding.AllOrNothing, 5);
        uint256 other = openCampaign(POOL, ICharity.Kind.RetirePool, ICharity.Funding.AllOrNothing, 5);
        VM.prank(PAUSER);
        charity.pause();
        closeEarly(POOL, campaignId);
        checkEq(charity.campaignOf(campaignId).closes, START, "closes");
        VM.prank(REGISTRAR);
        charity.delistCharity(POOL);
        ICharity.SecondSignature memory second = secondForClosing(SECOND_KEY, other);
        VM.expectRevert(abi.encodeWithSelector(ICharity.CharityNotListed.selector, POOL));
        closeEarly(POOL, other, second);
    }

    /// @dev At any time, whatever it raised; one that was decided before stays decided.
    function test_finalise__charity_delisted__fails_what_is_open() external {
        uint256 decided = openCampaign(POOL, ICharity.Kind.RetirePool, ICharity.Funding.KeepWhatYouRaise, 0);
        closeEarly(POOL, decided);
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
        Opening memory opening = anOpening(POOL, ICharity.Kind.Aid, ICharity.Funding.AllOrNothing, 77);
        (opening.opens, opening.closes) = (uint64(START + 5), uint64(START + 10));
        ICharity.SecondSignature memory second = secondForOpening(SECOND_KEY, opening);
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
        uint256 campaignId = openCampaign(opening, second);

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
        Opening memory opening = anOpening(STRANGER, ICharity.Kind.Aid, ICharity.Funding.AllOrNothing, 77);
        ICharity.SecondSignature memory second = secondForOpening(SECOND_KEY, opening);
        VM.expectRevert(abi.encodeWithSelector(ICharity.CharityNotListed.selector, STRANGER));
        openCampaign(opening, second);
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
        Opening memory opening = anOpening(POOL, ICharity.Kind.Aid, ICharity.Funding.AllOrNothing, 77);
        ICharity.SecondSignature memory second = secondForOpening(SECOND_KEY, opening);
        VM.expectRevert(abi.encodeWithSelector(Pausable.EnforcedPause.selector));
        openCampaign(opening, second);
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
        Opening memory opening = anOpening(POOL, ICharity.Kind.Aid, ICharity.Funding.AllOrNothing, 77);
        (opening.opens, opening.closes) = (uint64(opens), uint64(closes));
        ICharity.SecondSignature memory second = secondForOpening(SECOND_KEY, opening);
        VM.expectRevert(abi.encodeWithSelector(ICharity.WindowInvalid.selector, opens, closes));
        openCampaign(opening, second);
    }
}
