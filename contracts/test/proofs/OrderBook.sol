// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {OrderHash} from "../../libraries/OrderHash.sol";
import {OrderRules} from "../../libraries/OrderRules.sol";
import {OrderStatus} from "../../libraries/OrderStatus.sol";
import {Terms} from "../../libraries/Terms.sol";

/// @dev What the status of numbers knows of an order.
struct Signed {
    address maker;
    uint256 number;
    bytes32 orderHash;
    uint128 amountGco2e;
}

/// @title Loads, matches and records as `settle` does, behind plain calls, so that a proof can ask before and after.
/// @dev Who the orders meet asks for any amount, so that only their own rules limit a match.
contract OrderBook {
    using OrderStatus for OrderStatus.Numbers;

    error Refused(bytes4 reason);
    error NotOfABatch();

    OrderStatus.Numbers private _numbers;

    /// @notice A batch of one order.
    function take(Signed calldata order, uint256 lots) external returns (uint256) {
        Terms[] memory orders = new Terms[](1);
        orders[0] = _load(order);
        _match(orders[0], lots);
        _numbers.record(orders);
        return orders[0].leftGco2e;
    }

    /// @notice A batch of two orders, which stand as in a batch, and of which so much is left after its matches.
    function recordBoth(Signed[2] calldata pair, uint128[2] calldata lefts) external {
        Terms[] memory orders = new Terms[](2);
        (orders[0], orders[1]) = (_load(pair[0]), _terms(pair[1]));
        if (!OrderRules.isBefore(orders[0], orders[1])) revert NotOfABatch();
        _numbers.loadAfter(orders[0], orders[1]);
        for (uint256 i; i < 2; ++i) {
            if (lefts[i] > orders[i].leftGco2e) revert NotOfABatch();
            orders[i].leftGco2e = lefts[i];
        }
        _numbers.record(orders);
    }

    function leftOf(Signed calldata order) external view returns (uint256) {
        return _load(order).leftGco2e;
    }

    /// @notice The two bits of a number: 0 open, 1 partial, 2 done; 3 is never set.
    function statusOf(address maker, uint256 number) external view returns (uint256) {
        uint256 word =
            number & OrderRules.OWN_SPACE == 0 ? _numbers.shared[number >> 7] : _numbers.own[maker][number >> 7];
        return word >> ((number & 0x7f) << 1) & 3;
    }

    /// @notice The same two bits, and the word of grams left and tag, as they are stored.
    function storedOf(address maker, uint256 number) external view returns (uint256 status, uint256 leftAndTag) {
        bool shared = number & OrderRules.OWN_SPACE == 0;
        uint256 word = shared ? _numbers.shared[number >> 7] : _numbers.own[maker][number >> 7];
        status = word >> ((number & 0x7f) << 1) & 3;
        leftAndTag = shared ? _numbers.sharedLeft[number] : _numbers.ownLeft[maker][number];
    }

    function _load(Signed calldata order) private view returns (Terms memory terms) {
        terms = _terms(order);
        _numbers.load(terms);
    }

    function _terms(Signed calldata order) private pure returns (Terms memory terms) {
        terms.maker = order.maker;
        terms.number = order.number;
        terms.orderHash = order.orderHash;
        terms.amountGco2e = order.amountGco2e;
        terms.side = OrderHash.BUY;
    }

    function _match(Terms memory terms, uint256 lots) private pure {
        if (lots > type(uint64).max) revert NotOfABatch();
        Terms memory other;
        other.maker = address(uint160(terms.maker) ^ 1);
        other.side = OrderHash.SELL;
        other.leftGco2e = type(uint256).max;
        bytes4 reason = OrderRules.mismatch(terms, other, lots, 0);
        if (reason != 0) revert Refused(reason);
        unchecked {
            // As in the Exchange: the rules have to rule out an underflow.
            terms.leftGco2e -= lots * OrderRules.GRAMS_PER_LOT;
        }
    }
}
