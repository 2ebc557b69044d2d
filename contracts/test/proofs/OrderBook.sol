// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {OrderRules} from "../../libraries/OrderRules.sol";
import {OrderStatus} from "../../libraries/OrderStatus.sol";

/// @title The library behind two plain calls, so that a proof can ask before and after.
contract OrderBook {
    using OrderStatus for OrderStatus.Numbers;

    OrderStatus.Numbers private _numbers;

    function take(address maker, uint256 number, bytes32 orderHash, uint256 amount, uint256 grams)
        external
        returns (uint256)
    {
        return _numbers.take(maker, number, orderHash, amount, grams);
    }

    function leftOf(address maker, uint256 number, bytes32 orderHash, uint256 amount) external view returns (uint256) {
        return _numbers.leftOf(maker, number, orderHash, amount);
    }

    /// @dev Both bits of a number's status are never set.
    function isSound(address maker, uint256 number) external view returns (bool) {
        uint256 word =
            number & OrderRules.OWN_SPACE == 0 ? _numbers.shared[number >> 7] : _numbers.own[maker][number >> 7];
        return word >> ((number & 0x7f) << 1) & 3 != 3;
    }
}
