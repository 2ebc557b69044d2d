// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IExchange} from "../interfaces/IExchange.sol";
import {OrderHash} from "./OrderHash.sol";
import {Terms} from "./Terms.sol";
import {TypeHashes} from "./TypeHashes.sol";

/// @title Reads what `settle` is handed: classes, orders and matches, packed, big-endian, without padding.
/// @dev The layout stands in IExchange.settle. Calldata is the second largest cost of a small trade after storage; the
/// ABI's words would more than double it.
library BatchReader {
    uint256 private constant CLASS_SIZE = 16;
    uint256 private constant ORDER_SIZE = 61;
    uint256 private constant BENEFIT_SIZE = 52;
    /// @dev Nineteen words: the struct Terms.
    uint256 private constant TERMS_SIZE = 0x260;
    uint256 private constant COMPACT_SIGNATURE_SIZE = 64;
    uint256 private constant MATCH_SIZE = 23;

    uint256 private constant SELL_FLAG = 1;
    uint256 private constant ACTION_FLAGS = 6;
    uint256 private constant OWN_SPACE_FLAG = 8;
    uint256 private constant LONG_SIGNATURE_FLAG = 16;
    uint256 private constant FLAGS_MAX = 31;

    /// @notice Where the orders stand, and blank terms for each.
    function header(bytes calldata batch) internal pure returns (uint256 cursor, Terms[] memory orders) {
        if (batch.length == 0) revert IExchange.BatchMalformed(0);
        cursor = 1 + uint8(batch[0]) * CLASS_SIZE;
        if (cursor >= batch.length) revert IExchange.BatchMalformed(cursor);
        uint256 count = uint8(batch[cursor]);
        if (count == 0) revert IExchange.BatchMalformed(cursor);
        ++cursor;
        // What `new Terms[](count)` gives, in one piece and not yet zeroed: `order` writes every word.
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            orders := mload(0x40)
            mstore(orders, count)
            let place := add(orders, 0x20)
            let terms := add(place, shl(5, count))
            mstore(0x40, add(terms, mul(count, TERMS_SIZE)))
            for {} lt(place, add(add(orders, 0x20), shl(5, count))) { place := add(place, 0x20) } {
                mstore(place, terms)
                terms := add(terms, TERMS_SIZE)
            }
        }
    }

    /// @notice Reads the order at `cursor` into `terms`, neither hashed nor checked. Every word of the terms is
    /// written but those of its hash and its status.
    /// @return signature where its signature lies
    /// @return next where the next order stands
    function order(bytes calldata batch, uint256 cursor, Terms memory terms)
        internal
        pure
        returns (bytes calldata signature, uint256 next)
    {
        uint256 flags;
        // Reads past the end are zeros; the end is checked below, before anything read is used.
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            let place := add(batch.offset, cursor)
            let head := calldataload(place)
            let tail := calldataload(add(place, 30))
            let maker := and(shr(80, head), 0xffffffffffffffffffffffffffffffffffffffff)
            let class := byte(1, head)
            flags := byte(0, head)
            mstore(add(terms, 0x20), maker)
            mstore(add(terms, 0x40), maker)
            mstore(add(terms, 0x60), shr(128, calldataload(add(add(batch.offset, 1), shl(4, class)))))
            mstore(add(terms, 0xa0), mul(shr(192, calldataload(add(place, 22))), 1000))
            mstore(add(terms, 0xc0), shr(160, tail))
            mstore(add(terms, 0xe0), and(shr(40, tail), 0xffff))
            mstore(add(terms, 0x100), and(shr(56, tail), 0xffffffffff))
            mstore(add(terms, 0x120), or(and(shr(96, tail), 0xffffffffffffffff), shl(252, and(flags, OWN_SPACE_FLAG))))
            mstore(add(terms, 0x140), and(shr(8, tail), 0xffffffff))
            mstore(add(terms, 0x180), 0)
            mstore(add(terms, 0x1c0), 0)
            // The first byte of the batch is the number of classes.
            if iszero(lt(class, byte(0, calldataload(batch.offset)))) { flags := not(0) }
        }
        terms.typeHash = TypeHashes.ORDER;
        terms.side = flags & SELL_FLAG == 0 ? OrderHash.BUY : OrderHash.SELL;
        terms.action = OrderHash.HOLD;
        unchecked {
            // A cursor is within calldata.
            next = cursor + ORDER_SIZE;
        }
        uint256 size = COMPACT_SIGNATURE_SIZE;
        if (flags & ~SELL_FLAG != 0) (size, next) = _readRest(batch, next, flags, terms);
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            signature.offset := add(batch.offset, next)
            signature.length := size
        }
        unchecked {
            // A size has two bytes.
            next += size;
        }
        if (next > batch.length) revert IExchange.BatchMalformed(cursor);
    }

    /// @dev What most orders lack: an action with its beneficiary and reference, a signature of any length. (Own space,
    /// `order` has set.)
    function _readRest(bytes calldata batch, uint256 cursor, uint256 flags, Terms memory terms)
        private
        pure
        returns (uint256 size, uint256 next)
    {
        (size, next) = (COMPACT_SIGNATURE_SIZE, cursor);
        if (flags > FLAGS_MAX || flags & ACTION_FLAGS == ACTION_FLAGS) {
            revert IExchange.BatchMalformed(cursor - ORDER_SIZE);
        }
        if (flags & ACTION_FLAGS != 0) {
            terms.action = OrderHash.actionWord(flags >> 1 & 3);
            // solhint-disable-next-line no-inline-assembly
            assembly ("memory-safe") {
                let place := add(batch.offset, next)
                mstore(add(terms, 0x40), shr(96, calldataload(place)))
                mstore(add(terms, 0x180), calldataload(add(place, 20)))
            }
            next += BENEFIT_SIZE;
        }
        if (flags & LONG_SIGNATURE_FLAG != 0) {
            // solhint-disable-next-line no-inline-assembly
            assembly ("memory-safe") {
                size := shr(240, calldataload(add(batch.offset, next)))
            }
            next += 2;
        }
    }

    /// @notice The matches, which start at `cursor`, and how many they are.
    function matches(bytes calldata batch, uint256 cursor) internal pure returns (bytes calldata rest, uint256 count) {
        rest = batch[cursor:];
        if (rest.length == 0) revert IExchange.BatchEmpty();
        if (rest.length % MATCH_SIZE != 0) revert IExchange.BatchMalformed(cursor);
        count = rest.length / MATCH_SIZE;
    }

    /// @notice The word of match `index` of these; the caller has checked that it is there.
    function word(bytes calldata rest, uint256 index) internal pure returns (uint256 result) {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            result := calldataload(add(rest.offset, mul(index, MATCH_SIZE)))
        }
    }

    /// @notice How many matches from `index` on, of `count`, settle all or none.
    function groupLength(bytes calldata rest, uint256 index, uint256 count) internal pure returns (uint256 length) {
        uint256 group = groupOf(word(rest, index));
        length = 1;
        if (group == 0) return length;
        while (index + length < count && groupOf(word(rest, index + length)) == group) ++length;
    }

    /// @notice Where the buy of a match's word stands among the orders.
    function buyOf(uint256 matchWord) internal pure returns (uint256) {
        return matchWord >> 248;
    }

    /// @notice Where its sell stands among the orders.
    function sellOf(uint256 matchWord) internal pure returns (uint256) {
        return matchWord >> 240 & 0xff;
    }

    /// @notice Its group; zero if it stands alone.
    function groupOf(uint256 matchWord) internal pure returns (uint256) {
        return matchWord >> 232 & 0xff;
    }

    /// @notice Its lots, less than 2^64.
    function lotsOf(uint256 matchWord) internal pure returns (uint256) {
        return matchWord >> 168 & type(uint64).max;
    }

    /// @notice Its price, less than 2^96.
    function pricePerKgOf(uint256 matchWord) internal pure returns (uint256) {
        return matchWord >> 72 & type(uint96).max;
    }
}
