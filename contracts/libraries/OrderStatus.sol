// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IExchange} from "../interfaces/IExchange.sol";
import {OrderRules} from "./OrderRules.sol";

/// @title How much of each order number is filled, at two bits a number.
/// @dev Open (0), partial (1) or done (2); 128 numbers to a word, of whatever makers. Only a partial number needs a
/// word of its own, which holds the grams left and a tag of the order's hash, so that no other order fills under that
/// number. Shared numbers are handed out by the book; own-space numbers (top bit set) are kept per maker.
library OrderStatus {
    struct Numbers {
        mapping(uint256 word => uint256 bits) shared;
        mapping(uint256 number => uint256 leftAndTag) sharedLeft;
        mapping(address maker => mapping(uint256 word => uint256 bits)) own;
        mapping(address maker => mapping(uint256 number => uint256 leftAndTag)) ownLeft;
    }

    uint256 private constant OPEN = 0;
    uint256 private constant PARTIAL = 1;
    uint256 private constant DONE = 2;
    uint256 private constant STATUS_MASK = 3;
    /// @dev The upper half of a hash: tag; the lower half of the word: grams left.
    uint256 private constant LEFT_MASK = type(uint128).max;

    /// @notice Takes `grams` from an order and returns what is left of it.
    function take(
        Numbers storage numbers,
        address maker,
        uint256 number,
        bytes32 orderHash,
        uint256 amount,
        uint256 grams
    ) internal returns (uint256 left) {
        (mapping(uint256 => uint256) storage bits, mapping(uint256 => uint256) storage leftAndTag) =
            _space(numbers, maker, number);
        uint256 word = bits[number >> 7];
        uint256 shift = (number & 0x7f) << 1;
        uint256 status = word >> shift & STATUS_MASK;
        if (status == DONE) revert IExchange.OrderFilled(orderHash);
        left = amount;
        if (status == PARTIAL) {
            uint256 packed = leftAndTag[number];
            if ((packed ^ uint256(orderHash)) & ~LEFT_MASK != 0) revert IExchange.OrderNumberTaken(orderHash);
            left = packed & LEFT_MASK;
        }
        if (grams > left) revert IExchange.LeftInsufficient(grams / OrderRules.GRAMS_PER_LOT);

        // Cannot underflow: grams <= left.
        left -= grams;
        if (left == 0) {
            bits[number >> 7] = word & ~(STATUS_MASK << shift) | DONE << shift;
            if (status == PARTIAL) delete leftAndTag[number];
        } else {
            leftAndTag[number] = uint256(orderHash) & ~LEFT_MASK | left;
            if (status == OPEN) bits[number >> 7] = word | PARTIAL << shift;
        }
    }

    /// @notice What is left of an order; zero if it is done or another order partly filled under its number.
    function leftOf(Numbers storage numbers, address maker, uint256 number, bytes32 orderHash, uint256 amount)
        internal
        view
        returns (uint256)
    {
        (mapping(uint256 => uint256) storage bits, mapping(uint256 => uint256) storage leftAndTag) =
            _space(numbers, maker, number);
        uint256 status = bits[number >> 7] >> ((number & 0x7f) << 1) & STATUS_MASK;
        if (status == OPEN) return amount;
        if (status == DONE) return 0;
        uint256 packed = leftAndTag[number];
        return (packed ^ uint256(orderHash)) & ~LEFT_MASK == 0 ? packed & LEFT_MASK : 0;
    }

    function _space(Numbers storage numbers, address maker, uint256 number)
        private
        view
        returns (mapping(uint256 => uint256) storage bits, mapping(uint256 => uint256) storage leftAndTag)
    {
        if (number & OrderRules.OWN_SPACE == 0) return (numbers.shared, numbers.sharedLeft);
        return (numbers.own[maker], numbers.ownLeft[maker]);
    }
}
