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
    /// @dev Eighteen words: the struct Terms.
    uint256 private constant TERMS_SIZE = 0x240;
    uint256 private constant COMPACT_SIGNATURE_SIZE = 64;
    uint256 internal constant MATCH_SIZE = 23;

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

    /// @notice Reads the order at `cursor` into `terms`, neither hashed nor checked. Every word of the terms is written.
    /// @return signature where its signature lies
    /// @return next where the next order stands
    function order(bytes calldata batch, uint256 cursor, Terms memory terms)
        internal
        pure
        returns (bytes calldata signature, uint256 next)
    {
        uint256 flags;
        uint256 class;
        // Reads past the end are zeros; the end is checked below, before anything read is used.
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            let place := add(batch.offset, cursor)
            let head := calldataload(place)
            let tail := calldataload(add(place, 30))
            flags := byte(0, head)
            class := byte(1, head)
            calldatacopy(terms, calldatasize(), TERMS_SIZE) // zeros
            let maker := shr(96, shl(16, head))
            mstore(add(terms, 0x20), maker)
            mstore(add(terms, 0x40), maker)
            mstore(add(terms, 0x60), shr(128, calldataload(add(add(batch.offset, 1), mul(class, CLASS_SIZE)))))
            mstore(add(terms, 0xa0), mul(shr(192, calldataload(add(place, 22))), 1000))
            mstore(add(terms, 0xc0), shr(160, tail))
            mstore(add(terms, 0xe0), and(shr(40, tail), 0xffff))
            mstore(add(terms, 0x100), and(shr(56, tail), 0xffffffffff))
            mstore(add(terms, 0x120), or(and(shr(96, tail), 0xffffffffffffffff), shl(252, and(flags, OWN_SPACE_FLAG))))
            mstore(add(terms, 0x140), and(shr(8, tail), 0xffffffff))
            // The first byte of the batch is the number of classes.
            if iszero(lt(class, byte(0, calldataload(batch.offset)))) { flags := not(0) }
        }
        if (flags > FLAGS_MAX || flags & ACTION_FLAGS == ACTION_FLAGS) revert IExchange.BatchMalformed(cursor);
        terms.typeHash = TypeHashes.ORDER;
        terms.side = flags & SELL_FLAG == 0 ? OrderHash.BUY : OrderHash.SELL;
        terms.action = OrderHash.HOLD;
        uint256 size = COMPACT_SIGNATURE_SIZE;
        next = cursor + ORDER_SIZE;
        if (flags & (ACTION_FLAGS | LONG_SIGNATURE_FLAG) != 0) (size, next) = _readRest(batch, next, flags, terms);
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            signature.offset := add(batch.offset, next)
            signature.length := size
        }
        next += size;
        if (next > batch.length) revert IExchange.BatchMalformed(cursor);
    }

    /// @dev What most orders lack: an action with its beneficiary and reference, a signature of any length.
    function _readRest(bytes calldata batch, uint256 cursor, uint256 flags, Terms memory terms)
        private
        pure
        returns (uint256 size, uint256 next)
    {
        (size, next) = (COMPACT_SIGNATURE_SIZE, cursor);
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

    /// @notice Match `index` of those that start at `cursor`; the caller has checked that it is there.
    function pair(bytes calldata batch, uint256 cursor, uint256 index)
        internal
        pure
        returns (uint256 buy, uint256 sell, uint256 lots, uint256 pricePerKg)
    {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            let word := calldataload(add(add(batch.offset, cursor), mul(index, MATCH_SIZE)))
            buy := byte(0, word)
            sell := byte(1, word)
            lots := and(shr(168, word), 0xffffffffffffffff)
            pricePerKg := and(shr(72, word), 0xffffffffffffffffffffffff)
        }
    }

    /// @notice The group of match `index`; zero if it stands alone.
    function group(bytes calldata batch, uint256 cursor, uint256 index) internal pure returns (uint256 id) {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            id := byte(2, calldataload(add(add(batch.offset, cursor), mul(index, MATCH_SIZE))))
        }
    }
}
