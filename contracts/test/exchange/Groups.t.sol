// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IExchange} from "../../interfaces/IExchange.sol";
import {HostileAccount} from "../../mocks/HostileAccount.sol";
import {BatchEncoder, Match} from "../BatchEncoder.sol";
import {Log} from "../Vm.sol";
import {World} from "../World.sol";

/// @title Matches of one group settle all or none; what stands beside them settles all the same.
contract GroupsTest is World {
    bytes32 private constant SKIPPED = IExchange.Skipped.selector;

    IExchange.Order[] private _orders;
    bytes[] private _signatures;
    Match[] private _matches;

    /// @dev Bob buys 3 kg of Alice and of Carol; then 1 kg more of Alice.
    function setUp() public override {
        super.setUp();
        outfit(ALICE, 100_000, 0);
        outfit(CAROL, 2000, 0);
        outfit(BOB, 0, 1e9);
        _sign(BOB_KEY, aBuy(BOB, 6, 1000));
        _sign(ALICE_KEY, aSell(ALICE, 4, 1000));
        _sign(CAROL_KEY, aSell(CAROL, 3, 1000));
        _sign(BOB_KEY, aBuy(BOB, 1, 1000));
    }

    function test_group__all_can_fill__all_fill() external {
        giveCredits(CAROL, 1000);
        _add(0, 1, 3, 7);
        _add(0, 2, 3, 7);
        _settle();

        checkEq(credit.balanceOf(BOB, classId), 6000, "both");
        checkEq(exchange.leftOf(_orders[0]), 0, "filled");
    }

    function test_group__one_is_not_funded__none_fills_and_the_rest_does() external {
        _add(0, 1, 3, 7);
        _add(0, 2, 3, 7);
        _add(3, 1, 1, 0);
        bytes4[] memory reasons = _settle();

        checkEq(reasons.length, 2, "the group");
        checkEq(reasons[0], IExchange.CreditTransferFailed.selector, "first");
        checkEq(reasons[1], IExchange.CreditTransferFailed.selector, "second");
        checkEq(credit.balanceOf(BOB, classId), 1000, "the one beside it");
        checkEq(exchange.leftOf(_orders[0]), 6000, "untouched");
        checkEq(exchange.leftOf(_orders[1]), 3000, "only the one beside it");
    }

    function test_group__together_more_than_is_left__none_fills() external {
        _add(0, 1, 3, 7);
        _add(3, 1, 1, 7);
        _add(0, 1, 1, 7);
        bytes4[] memory reasons = _settle();

        checkEq(reasons.length, 3, "all");
        checkEq(reasons[0], IExchange.OrderFilled.selector, "the third found nothing left");
        checkEq(exchange.leftOf(_orders[1]), 4000, "given back");
        checkEq(exchange.leftOf(_orders[3]), 1000, "given back");
    }

    /// @dev Only matches that follow each other are one group.
    function test_group__same_id_apart__two_groups() external {
        _add(0, 1, 3, 7);
        _add(3, 1, 1, 0);
        _add(0, 2, 3, 7);
        bytes4[] memory reasons = _settle();

        checkEq(reasons.length, 1, "the last alone");
        checkEq(credit.balanceOf(BOB, classId), 4000, "the others");
    }

    function test_group__one_order_under_two_hashes__refused() external {
        _orders[3].number = _orders[0].number;
        _signatures[3] = signOrder(BOB_KEY, _orders[3]);
        _add(0, 1, 1, 0);
        _add(3, 1, 1, 0);
        VM.expectRevert(abi.encodeWithSelector(IExchange.OrdersNotAscending.selector, 1));
        VM.prank(OPERATOR);
        exchange.settle(BatchEncoder.encode(_orders, _signatures, _matches));
    }

    /// @dev However much of its group's gas a receiver burns before it accepts: no other maker is said to have failed.
    function testFuzz_inv_07__receiver_burns_the_groups_gas__the_group_is_exhausted(uint256 rest) external {
        HostileAccount hostile = new HostileAccount(CAROL);
        outfit(address(hostile), 0, 1e9);
        hostile.setCall(address(this), abi.encodeCall(this.burnDownTo, (bound(rest, 40_000, 400_000))));
        IExchange.Order memory order = aBuy(address(hostile), 1, 1000);
        _orders.push(order);
        _signatures.push(signOrder(CAROL_KEY, order));
        _add(4, 1, 1, 7);
        _add(0, 1, 1, 7);
        _add(3, 1, 1, 0);
        bytes4[] memory reasons = _settle();

        checkEq(reasons.length, 2, "the group");
        checkEq(reasons[0], IExchange.GasExhausted.selector, "first");
        checkEq(reasons[1], IExchange.GasExhausted.selector, "second");
        checkEq(credit.balanceOf(BOB, classId), 1000, "the one beside it");
        checkEq(credit.balanceOf(address(hostile), classId), 0, "undone");
        checkEq(exchange.leftOf(_orders[0]), 6000, "given back");
    }

    function burnDownTo(uint256 rest) external view {
        while (gasleft() > rest) {}
    }

    function _sign(uint256 key, IExchange.Order memory order) private {
        _orders.push(order);
        _signatures.push(signCompact(key, exchange.hashOrder(order)));
    }

    function _add(uint256 buy, uint256 sell, uint256 lots, uint256 group) private {
        _matches.push(Match({buy: buy, sell: sell, lots: lots, pricePerKg: 1000, group: group}));
    }

    function _settle() private returns (bytes4[] memory reasons) {
        VM.recordLogs();
        VM.prank(OPERATOR);
        exchange.settle(BatchEncoder.encode(_orders, _signatures, _matches));
        Log[] memory logs = VM.getRecordedLogs();
        reasons = new bytes4[](countOf(logs, SKIPPED));
        uint256 found;
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].topics[0] == SKIPPED) reasons[found++] = bytes4(logs[i].data);
        }
    }
}
