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
    /// @dev Eighteen words: the struct Terms.
    uint256 private constant TERMS_SIZE = 0x240;
    uint256 private constant COMPACT_SIGNATURE_SIZE = 64;
    uint256 internal constant MATCH_SIZE = 23;

    uint256 private constant SELL_FLAG = 1;
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

    /// @notice Reads the order at `cursor` into `terms`, neither hashed nor checked.
    /// @return signature where its signature lies
    /// @return next where the next order stands
    function order(bytes calldata batch, uint256 cursor, Terms memory terms)
        internal
        pure
        returns (bytes calldata signature, uint256 next)
    {
        uint256 flags = _readFixed(batch, cursor, terms);
        if (flags > FLAGS_MAX) revert IExchange.BatchMalformed(cursor);
        next = cursor + ORDER_SIZE;
        terms.typeHash = TypeHashes.ORDER;
        terms.side = flags & SELL_FLAG == 0 ? OrderHash.BUY : OrderHash.SELL;
        if (flags & OWN_SPACE_FLAG != 0) terms.number |= OrderRules.OWN_SPACE;
        uint256 action = flags >> 1 & 3;
        terms.action = OrderHash.actionWord(action);
        if (action != 0) next = _readBenefit(batch, next, terms);
        uint256 size = COMPACT_SIGNATURE_SIZE;
        if (flags & LONG_SIGNATURE_FLAG != 0) (size, next) = _signatureSize(batch, next);
        if (next + size > batch.length) revert IExchange.BatchMalformed(cursor);
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            signature.offset := add(batch.offset, next)
            signature.length := size
        }
        next += size;
    }

    /// @dev Every word of the terms is written. Reads past the end are zeros; `order` checks the end before anything
    /// read is used.
    function _readFixed(bytes calldata batch, uint256 cursor, Terms memory terms)
        private
        pure
        returns (uint256 flags)
    {
        uint256 class;
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            let place := add(batch.offset, cursor)
            let head := calldataload(place)
            let tail := calldataload(add(place, 30))
            flags := byte(0, head)
            class := byte(1, head)
            calldatacopy(terms, calldatasize(), TERMS_SIZE) // zeros
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
        terms.classId = _class(batch, class);
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
