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

    /// @notice Sets what is left of an order whose hash is known, or the reason why nothing is.
    function load(Numbers storage numbers, Terms memory terms) internal view {
        uint256 slot = _slotOf(numbers, terms.maker, terms.number);
        uint256 word;
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            word := sload(slot)
        }
        _loadFrom(numbers, terms, slot, word);
    }

    /// @notice The same for an order that stands after `before` in a batch: mostly in the same word.
    function loadAfter(Numbers storage numbers, Terms memory before, Terms memory terms) internal view {
        uint256 number = terms.number;
        if ((number ^ before.number) >> 7 | number >> 255 != 0) {
            load(numbers, terms);
        } else {
            _loadFrom(numbers, terms, before.statusSlot, before.statusWord);
        }
    }

    /// @notice Records what was filled of these orders since they were loaded.
    function record(Numbers storage numbers, Terms[] memory orders) internal {
        uint256 count = orders.length;
        // The word that is being changed: orders stand by number, so those of one word mostly follow each other.
        uint256 slot;
        uint256 word;
        for (uint256 i; i < count; ++i) {
            Terms memory terms = orders[i];
            uint256 left = terms.leftGco2e;
            if (left == terms.leftBeforeGco2e) continue;
            uint256 next = terms.statusSlot;
            if (next != slot) {
                // solhint-disable-next-line no-inline-assembly
                assembly ("memory-safe") {
                    // No word's slot is zero, since it is a hash.
                    if slot { sstore(slot, word) }
                    slot := next
                    word := sload(slot)
                }
            }
            uint256 shift = (terms.number & 0x7f) << 1;
            if (left == 0) {
                if (word >> shift & STATUS_MASK == PARTIAL) delete _leftAndTags(numbers, terms)[terms.number];
                word = word & ~(STATUS_MASK << shift) | DONE << shift;
            } else {
                _leftAndTags(numbers, terms)[terms.number] = uint256(terms.orderHash) & ~LEFT_MASK | left;
                word |= PARTIAL << shift;
            }
        }
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            if slot { sstore(slot, word) }
        }
    }

    function _loadFrom(Numbers storage numbers, Terms memory terms, uint256 slot, uint256 word) private view {
        uint256 status = word >> ((terms.number & 0x7f) << 1) & STATUS_MASK;
        uint256 left = terms.amountGco2e;
        if (status != OPEN) (left, terms.reason) = _leftOfUsed(numbers, terms, status);
        terms.statusSlot = slot;
        terms.statusWord = word;
        terms.leftBeforeGco2e = left;
        terms.leftGco2e = left;
    }

    function _leftOfUsed(Numbers storage numbers, Terms memory terms, uint256 status)
        private
        view
        returns (uint256 left, bytes4 reason)
    {
        if (status == DONE) return (0, IExchange.OrderFilled.selector);
        uint256 packed = _leftAndTags(numbers, terms)[terms.number];
        if ((packed ^ uint256(terms.orderHash)) & ~LEFT_MASK != 0) return (0, IExchange.OrderNumberTaken.selector);
        return (packed & LEFT_MASK, 0);
    }

    function _leftAndTags(Numbers storage numbers, Terms memory terms)
        private
        view
        returns (mapping(uint256 => uint256) storage)
    {
        return terms.number & OrderRules.OWN_SPACE == 0 ? numbers.sharedLeft : numbers.ownLeft[terms.maker];
    }

    /// @dev Where Solidity keeps the status word of `number`.
    function _slotOf(Numbers storage numbers, address maker, uint256 number) private view returns (uint256 slot) {
        mapping(uint256 => uint256) storage bits =
            number & OrderRules.OWN_SPACE == 0 ? numbers.shared : numbers.own[maker];
        uint256 place = number >> 7;
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            mstore(0, place)
            mstore(0x20, bits.slot)
            slot := keccak256(0, 0x40)
        }
    }
}
