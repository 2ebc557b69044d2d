// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IExchange} from "../interfaces/IExchange.sol";
import {OrderRules} from "./OrderRules.sol";
import {Terms} from "./Terms.sol";

/// @title How much of each order number is filled, at two bits a number.
/// @dev Open (0), partial (1) or done (2); 128 numbers to a word, of whatever makers. Only a partial number needs a
/// word of its own, which holds the grams left and a tag of the order's hash, so that no other order fills under that
/// number. Shared numbers are handed out by the book; own-space numbers (top bit set) are kept per maker.
/// A batch loads what it needs of each order, reckons in memory, and records all at its end: the lock keeps everybody
/// else out meanwhile, and no two orders of a batch share a number.
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

    /// @notice Sets what is left of an order whose hash is known, or the reason why nothing is. The terms are blank
    /// otherwise.
    function load(Numbers storage numbers, Terms memory terms) internal view {
        uint256 number = terms.number;
        uint256 word =
            number & OrderRules.OWN_SPACE == 0 ? numbers.shared[number >> 7] : numbers.own[terms.maker][number >> 7];
        uint256 status = word >> ((number & 0x7f) << 1) & STATUS_MASK;
        uint256 left = terms.amountGco2e;
        if (status != OPEN) {
            (left, terms.reason) = _leftOfUsed(numbers, status, terms.maker, number, terms.orderHash);
            terms.statusBefore = status;
        }
        terms.leftBeforeGco2e = left;
        terms.leftGco2e = left;
    }

    /// @notice Records what was filled of these orders since they were loaded.
    function record(Numbers storage numbers, Terms[] memory orders) internal {
        uint256 count = orders.length;
        // The word that is being changed: orders stand by number, so those of one word follow each other.
        uint256 slot;
        uint256 word;
        for (uint256 i; i < count; ++i) {
            Terms memory terms = orders[i];
            uint256 left = terms.leftGco2e;
            if (left == terms.leftBeforeGco2e) continue;
            (mapping(uint256 => uint256) storage bits, mapping(uint256 => uint256) storage leftAndTag) =
                _space(numbers, terms.maker, terms.number);
            uint256 next = _slotOf(bits, terms.number >> 7);
            if (next != slot) {
                if (slot != 0) _store(slot, word);
                slot = next;
                word = bits[terms.number >> 7];
            }
            word = _recordOne(leftAndTag, terms, left, word);
        }
        if (slot != 0) _store(slot, word);
    }

    /// @notice What is left of an order; zero if it is done or another order partly filled under its number.
    function leftOf(Numbers storage numbers, address maker, uint256 number, bytes32 orderHash, uint256 amount)
        internal
        view
        returns (uint256 left)
    {
        (mapping(uint256 => uint256) storage bits,) = _space(numbers, maker, number);
        uint256 status = bits[number >> 7] >> ((number & 0x7f) << 1) & STATUS_MASK;
        if (status == OPEN) return amount;
        (left,) = _leftOfUsed(numbers, status, maker, number, orderHash);
    }

    /// @dev Writes the order's word of its own if it is partly filled, and returns the status word with its two bits.
    function _recordOne(mapping(uint256 => uint256) storage leftAndTag, Terms memory terms, uint256 left, uint256 word)
        private
        returns (uint256)
    {
        uint256 shift = (terms.number & 0x7f) << 1;
        if (left == 0) {
            if (terms.statusBefore == PARTIAL) delete leftAndTag[terms.number];
            return word & ~(STATUS_MASK << shift) | DONE << shift;
        }
        leftAndTag[terms.number] = uint256(terms.orderHash) & ~LEFT_MASK | left;
        return word | PARTIAL << shift;
    }

    function _leftOfUsed(Numbers storage numbers, uint256 status, address maker, uint256 number, bytes32 orderHash)
        private
        view
        returns (uint256 left, bytes4 reason)
    {
        if (status == DONE) return (0, IExchange.OrderFilled.selector);
        (, mapping(uint256 => uint256) storage leftAndTag) = _space(numbers, maker, number);
        uint256 packed = leftAndTag[number];
        if ((packed ^ uint256(orderHash)) & ~LEFT_MASK != 0) return (0, IExchange.OrderNumberTaken.selector);
        return (packed & LEFT_MASK, 0);
    }

    function _space(Numbers storage numbers, address maker, uint256 number)
        private
        view
        returns (mapping(uint256 => uint256) storage bits, mapping(uint256 => uint256) storage leftAndTag)
    {
        if (number & OrderRules.OWN_SPACE == 0) return (numbers.shared, numbers.sharedLeft);
        return (numbers.own[maker], numbers.ownLeft[maker]);
    }

    /// @dev Where Solidity keeps `bits[word]`; never zero, since it is a hash.
    function _slotOf(mapping(uint256 => uint256) storage bits, uint256 word) private pure returns (uint256 slot) {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            mstore(0, word)
            mstore(0x20, bits.slot)
            slot := keccak256(0, 0x40)
        }
    }

    function _store(uint256 slot, uint256 word) private {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            sstore(slot, word)
        }
    }
}
