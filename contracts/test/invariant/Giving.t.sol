// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CarbonCredit} from "../../CarbonCredit.sol";
import {Charity} from "../../Charity.sol";
import {ICharity} from "../../interfaces/ICharity.sol";
import {Assertions} from "../Assertions.sol";
import {FuzzSelector} from "./Acts.sol";
import {GivingActs} from "./GivingActs.sol";

/// @title Gifts leave a campaign as retirement, grant or refund, and the totals say so.
contract GivingInvariants is Assertions {
    GivingActs private _acts;

    function setUp() external {
        _acts = new GivingActs();
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(_acts), _acts.acts());
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_acts);
    }

    function invariant_inv_06__totals_equal_the_sum_of_gifts() external view {
        (CarbonCredit credit,,, uint256 firstClass) = _acts.parts();
        Charity charity = _acts.charityContract();
        uint256[2] memory ids = [firstClass, _acts.secondClass()];
        uint256[2] memory held;
        for (uint256 id = 1; id <= charity.campaignCount(); ++id) {
            ICharity.Campaign memory campaign = charity.campaignOf(id);
            uint256 heldHere = charity.heldOf(id, ids[0]) + charity.heldOf(id, ids[1]);
            uint256 out = uint256(campaign.retired) + campaign.granted + campaign.refunded;
            checkEq(heldHere + out, campaign.donated, "INV-06 totals");
            uint256 answered = _acts.answered(id, ids[0]) + _acts.answered(id, ids[1]);
            checkEq(_givenTo(id, ids) + answered, campaign.donated, "INV-06 sum of gifts");
            checkAtMost(campaign.refunded, answered, "INV-06 refunds answer gifts");
            if (answered == campaign.donated) checkEq(heldHere, 0, "INV-06 the last refund takes the last gram");
            held[0] += charity.heldOf(id, ids[0]);
            held[1] += charity.heldOf(id, ids[1]);
        }
        checkEq(credit.balanceOf(address(charity), ids[0]), held[0], "INV-06 balance, first class");
        checkEq(credit.balanceOf(address(charity), ids[1]), held[1], "INV-06 balance, second class");
    }

    function invariant_inv_06_09__what_left_was_retired_or_refunded() external view {
        (CarbonCredit credit,,, uint256 firstClass) = _acts.parts();
        Charity charity = _acts.charityContract();
        uint256[2] memory ids = [firstClass, _acts.secondClass()];
        address[2] memory owners = _acts.charities();
        for (uint256 i; i < 2; ++i) {
            checkEq(credit.retiredOf(address(charity), ids[i]), _acts.granted(ids[i]), "INV-06 granted");
            for (uint256 j; j < 2; ++j) {
                checkEq(credit.retiredOf(owners[j], ids[i]), _acts.retired(owners[j], ids[i]), "INV-06 retired");
            }
        }
        _acts.compareWithEvents();
    }

    function test_giving_acts__reach_gifts_and_ways_out() external {
        bytes4[] memory acts = _acts.acts();
        for (uint256 i; i < 600; ++i) {
            uint256 seed = uint256(keccak256(abi.encode(i)));
            (bool done, bytes memory answer) =
                address(_acts).call(abi.encodeWithSelector(acts[seed % acts.length], seed));
            check(done, string(answer));
        }
        check(_acts.gifts() > 20, "gifts");
        check(_acts.outs() > 10, "retirements and grants");
        check(_acts.refunds() > 2, "refunds");
        check(_acts.draws() > 5, "draws");
    }

    function _givenTo(uint256 campaignId, uint256[2] memory ids) private view returns (uint256 sum) {
        for (uint256 i; i < 5; ++i) {
            sum += _acts.given(campaignId, _acts.actors(i), ids[0]) + _acts.given(campaignId, _acts.actors(i), ids[1]);
        }
    }
}
