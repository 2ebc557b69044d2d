// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IExchange} from "../interfaces/IExchange.sol";
import {OrderHash} from "./OrderHash.sol";
import {OrderRules} from "./OrderRules.sol";
import {Terms} from "./Terms.sol";
import {TypeHashes} from "./TypeHashes.sol";

/// @title Reads what `settle` is handed: classes, orders and matches, packed, big-endian, without padding.
/// @dev The layout stands in IExchange.settle. Calldata is the second largest cost of a small trade after storage; the
/// ABI's words would more than double it.
library BatchReader {
    uint256 private constant CLASS_SIZE = 16;
    uint256 private constant ORDER_SIZE = 61;
    uint256 private constant BENEFIT_SIZE = 52;
    uint256 private constant COMPACT_SIGNATURE_SIZE = 64;
    uint256 internal constant MATCH_SIZE = 23;

    uint256 private constant SELL_FLAG = 1;
    uint256 private constant OWN_SPACE_FLAG = 8;
    uint256 private constant LONG_SIGNATURE_FLAG = 16;
    uint256 private constant FLAGS_MAX = 31;

    /// @notice Where the orders stand, and how many there are.
    function header(bytes calldata batch) internal pure returns (uint256 cursor, uint256 orderCount) {
        if (batch.length == 0) revert IExchange.BatchMalformed(0);
        cursor = 1 + uint8(batch[0]) * CLASS_SIZE;
        if (cursor >= batch.length) revert IExchange.BatchMalformed(cursor);
        orderCount = uint8(batch[cursor]);
        ++cursor;
    }

    /// @notice The order at `cursor`, its signature, and where the next one stands. Neither hashed nor checked.
    function order(bytes calldata batch, uint256 cursor)
        internal
        pure
        returns (Terms memory terms, bytes calldata signature, uint256 next)
    {
        uint256 flags;
        uint256 class;
        uint256 size = COMPACT_SIGNATURE_SIZE;
        // Reads past the end are zeros; the end is checked below, before anything read is used.
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            let place := add(batch.offset, cursor)
            let head := calldataload(place)
            let tail := calldataload(add(place, 30))
            flags := byte(0, head)
            class := byte(1, head)
            let maker := and(shr(80, head), 0xffffffffffffffffffffffffffffffffffffffff)
            mstore(add(terms, 0x20), maker)
            mstore(add(terms, 0x40), maker)
            mstore(add(terms, 0xa0), mul(shr(192, calldataload(add(place, 22))), 1000))
            mstore(add(terms, 0xc0), shr(160, tail))
            mstore(add(terms, 0xe0), and(shr(40, tail), 0xffff))
            mstore(add(terms, 0x100), and(shr(56, tail), 0xffffffffff))
            mstore(add(terms, 0x120), and(shr(96, tail), 0xffffffffffffffff))
            mstore(add(terms, 0x140), and(shr(8, tail), 0xffffffff))
        }
        if (flags > FLAGS_MAX) revert IExchange.BatchMalformed(cursor);
        terms.typeHash = TypeHashes.ORDER;
        terms.classId = _class(batch, class);
        terms.side = flags & SELL_FLAG == 0 ? OrderHash.BUY : OrderHash.SELL;
        uint256 action = flags >> 1 & 3;
        terms.action = OrderHash.actionWord(action);
        if (flags & OWN_SPACE_FLAG != 0) terms.number |= OrderRules.OWN_SPACE;
        next = cursor + ORDER_SIZE;
        if (action != 0) next = _readBenefit(batch, next, terms);
        if (flags & LONG_SIGNATURE_FLAG != 0) (size, next) = _signatureSize(batch, next);
        if (next + size > batch.length) revert IExchange.BatchMalformed(cursor);
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            signature.offset := add(batch.offset, next)
            signature.length := size
        }
        next += size;
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

    function _class(bytes calldata batch, uint256 index) private pure returns (uint256 classId) {
        if (index >= uint8(batch[0])) revert IExchange.IndexOutOfRange(index, uint8(batch[0]));
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            classId := shr(128, calldataload(add(add(batch.offset, 1), mul(index, CLASS_SIZE))))
        }
    }

    function _readBenefit(bytes calldata batch, uint256 cursor, Terms memory terms) private pure returns (uint256) {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            let place := add(batch.offset, cursor)
            mstore(add(terms, 0x40), shr(96, calldataload(place)))
            mstore(add(terms, 0x180), calldataload(add(place, 20)))
        }
        return cursor + BENEFIT_SIZE;
    }

    function _signatureSize(bytes calldata batch, uint256 cursor) private pure returns (uint256 size, uint256 next) {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            size := shr(240, calldataload(add(batch.offset, cursor)))
        }
        next = cursor + 2;
    }
}
