// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICharity} from "../interfaces/ICharity.sol";
import {IExchange} from "../interfaces/IExchange.sol";
import {World} from "./World.sol";

/// @title One gram's whole life: claimed, sold, retired on fill, donated on fill, granted, refunded.
contract FlowTest is World {
    function test_flow__from_claim_to_grant() external {
        outfit(ALICE, 100_000, 0);
        outfit(BOB, 0, 1e9);
        VM.prank(GOVERNOR);
        exchange.setFee(50);
        uint256 campaignId = openCampaign(AID, ICharity.Kind.Aid, ICharity.Funding.KeepWhatYouRaise, 0);

        IExchange.Order memory sell = aSell(ALICE, 30, 900);
        IExchange.Order memory hold = aBuy(BOB, 10, 1000);
        IExchange.Order memory retire = aBuy(BOB, 10, 1000);
        (retire.action, retire.beneficiary, retire.ref) = (IExchange.Action.Retire, CAROL, "statement");
        IExchange.Order memory donate = aBuy(BOB, 10, 1000);
        (donate.action, donate.ref) = (IExchange.Action.Donate, bytes32(campaignId));
        bytes memory sellSignature = signOrder(ALICE_KEY, sell);
        settlePair(hold, signOrder(BOB_KEY, hold), sell, sellSignature, 10, 1000);
        settlePair(retire, signOrder(BOB_KEY, retire), sell, sellSignature, 10, 950);
        settlePair(donate, signOrder(BOB_KEY, donate), sell, sellSignature, 10, 900);

        checkEq(exchange.leftOf(sell), 0, "the sell is filled");
        checkEq(credit.balanceOf(ALICE, classId), 70_000, "seller");
        checkEq(credit.balanceOf(BOB, classId), 10_000, "holder");
        checkEq(credit.retiredOf(CAROL, classId), 10_000, "beneficiary");
        checkEq(charity.donatedOf(campaignId, BOB, classId), 10_000, "donor");
        uint256 fees = 2 * (50 + 47 + 45);
        checkEq(payment.balanceOf(FEES), fees, "fees");
        checkEq(payment.balanceOf(ALICE), 28_500 - fees / 2, "proceeds");
        checkEq(payment.balanceOf(BOB), 1e9 - 28_500 - fees / 2, "cost");

        uint256[] memory amounts = new uint256[](1);
        bytes32[] memory refs = new bytes32[](1);
        (amounts[0], refs[0]) = (4000, "deficit");
        ICharity.SecondSignature memory second = secondForGrants(SECOND_KEY, campaignId, classId, amounts, refs);
        VM.prank(AID);
        charity.grant(campaignId, classId, amounts, refs, second);

        checkEq(charity.heldOf(campaignId, classId), 6000, "held");
        checkEq(credit.retiredOf(address(charity), classId), 4000, "granted");
        checkEq(credit.classOf(classId).retired, 14_000, "retired in all");
    }

    function test_flow__failed_campaign__refunds() external {
        giveCredits(ALICE, 10_000);
        uint256 campaignId = openCampaign(POOL, ICharity.Kind.RetirePool, ICharity.Funding.AllOrNothing, 20_000);
        VM.startPrank(ALICE);
        credit.setApprovalForAll(address(charity), true);
        charity.donate(campaignId, classId, 10_000, false);
        VM.stopPrank();
        VM.warp(block.timestamp + 30 days);
        charity.finalise(campaignId);

        address[] memory donors = new address[](1);
        donors[0] = ALICE;
        charity.refund(campaignId, classId, donors);

        checkEq(credit.balanceOf(ALICE, classId), 10_000, "refunded");
        checkEq(charity.campaignOf(campaignId).refunded, 10_000, "total");
    }
}
