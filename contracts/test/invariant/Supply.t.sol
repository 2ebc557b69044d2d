// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CarbonCredit} from "../../CarbonCredit.sol";
import {ICarbonCredit} from "../../interfaces/ICarbonCredit.sol";
import {Assertions} from "../Assertions.sol";
import {FuzzSelector} from "./Acts.sol";
import {Replay} from "./Replay.sol";
import {SupplyActs} from "./SupplyActs.sol";

/// @title The supply identity and the doors to minting.
contract SupplyInvariants is Assertions {
    SupplyActs private _acts;

    function setUp() external {
        _acts = new SupplyActs();
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(_acts), _acts.acts());
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_acts);
    }

    function invariant_inv_01_02__supply_identity_caps_and_surpluses() external view {
        (CarbonCredit credit,,, uint256 firstClass) = _acts.parts();
        uint256[2] memory ids = [firstClass, _acts.secondClass()];
        for (uint256 i; i < 2; ++i) {
            ICarbonCredit.CreditClass memory class = credit.classOf(ids[i]);
            uint256 held;
            for (uint256 j; j < 5; ++j) {
                held += credit.balanceOf(_acts.actors(j), ids[i]);
            }
            checkEq(held + class.buffer + class.retired + class.cancelled, class.issued, "INV-01 identity");
            checkAtMost(class.issued, class.surplusAnchored, "INV-01 issued <= surpluses");
            checkAtMost(class.surplusAnchored, class.budgetsAnchored, "INV-01 surpluses <= budgets");
            checkAtMost(class.budgetsAnchored, class.cap, "INV-01 budgets <= cap");
            checkAtMost(class.reversed, class.issued, "reversals of what was issued");
            check((class.stoppedAt != 0) == (class.reversed > class.cancelled - class.expired), "stopped while owed");
        }
    }

    function invariant_inv_02_09__roots_mint_within_their_surplus() external view {
        (CarbonCredit credit,,,) = _acts.parts();
        Replay replay = _acts.replay();
        for (uint256 i; i < replay.rootCount(); ++i) {
            ICarbonCredit.BatchRoot memory root = credit.rootOf(replay.roots(i));
            checkAtMost(root.minted, root.surplus, "INV-02 minted <= surplus");
        }
        _acts.compareWithEvents();
    }

    function invariant_inv_06__retired_is_exactly_what_was_retired() external view {
        (CarbonCredit credit,,, uint256 firstClass) = _acts.parts();
        uint256[2] memory ids = [firstClass, _acts.secondClass()];
        for (uint256 i; i < 2; ++i) {
            uint256 sum;
            for (uint256 j; j < 5; ++j) {
                address account = _acts.actors(j);
                checkEq(credit.retiredOf(account, ids[i]), _acts.retired(account, ids[i]), "INV-06 retired");
                sum += _acts.retired(account, ids[i]);
            }
            checkEq(credit.classOf(ids[i]).retired, sum, "INV-06 retired in all");
        }
    }

    function test_supply_acts__reach_mints_and_refusals() external {
        bytes4[] memory acts = _acts.acts();
        for (uint256 i; i < 1000; ++i) {
            uint256 seed = uint256(keccak256(abi.encode(i)));
            (bool done, bytes memory answer) =
                address(_acts).call(abi.encodeWithSelector(acts[seed % acts.length], seed));
            check(done, string(answer));
        }
        check(_acts.minted() > 10, "mints");
        check(_acts.refused() > 10, "refusals");
        check(_acts.resumed() > 10, "stops lived through");
        check(_acts.sunsets() != 0, "buffers at their term");
        check(_acts.claimedInside() != 0, "claims from inside a receipt");
        check(_acts.unheeded() != 0, "mints by an Issuance that heeds nothing");
    }
}
