// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IExchange} from "../interfaces/IExchange.sol";
import {Terms} from "./Terms.sol";

/// @title Writes the call `fill(Leg[])` that the Exchange makes to itself, each word once, where it is sent from.
/// @dev The ABI's encoder would first want the legs in memory of their own, and then copy them.
library Legs {
    /// @dev Fifteen words, as IExchange.Leg has them.
    uint256 private constant LEG_SIZE = 0x1e0;
    /// @dev Selector, and the head of one dynamic array: where it starts, how long it is.
    uint256 private constant HEAD_SIZE = 0x44;

    /// @notice Room for up to `capacity` legs, not zeroed.
    function buffer(uint256 capacity) internal pure returns (bytes memory data) {
        bytes4 selector = IExchange.fill.selector;
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            data := mload(0x40)
            mstore(add(data, 0x20), selector)
            mstore(add(data, 0x24), 0x20)
            // A whole number of words beyond the head.
            mstore(0x40, add(data, add(0x80, mul(capacity, LEG_SIZE))))
        }
    }

    /// @notice Makes it a call with `count` legs, at most the buffer's capacity.
    function setCount(bytes memory data, uint256 count) internal pure {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            mstore(data, add(HEAD_SIZE, mul(count, LEG_SIZE)))
            mstore(add(data, 0x44), count)
        }
    }

    /// @notice Writes leg `index`: what is left of both orders is after it.
    function put(
        bytes memory data,
        uint256 index,
        Terms memory buy,
        Terms memory sell,
        uint256 lots,
        uint256 pricePerKg,
        uint256 feeBps
    ) internal pure {
        // Offsets within Terms as in its declaration.
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            let leg := add(add(data, 0x64), mul(index, LEG_SIZE))
            mstore(leg, mload(add(buy, 0x1a0))) // orderHash
            mstore(add(leg, 0x20), mload(add(sell, 0x1a0)))
            mstore(add(leg, 0x40), mload(add(buy, 0x60))) // classId
            mstore(add(leg, 0x60), mload(add(buy, 0x20))) // maker
            mstore(add(leg, 0x80), mload(add(sell, 0x20)))
            mstore(add(leg, 0xa0), lots)
            mstore(add(leg, 0xc0), pricePerKg)
            mstore(add(leg, 0xe0), feeBps)
            mstore(add(leg, 0x100), mload(add(buy, 0x120))) // number
            mstore(add(leg, 0x120), mload(add(sell, 0x120)))
            mstore(add(leg, 0x140), mload(add(buy, 0x220))) // leftGco2e
            mstore(add(leg, 0x160), mload(add(sell, 0x220)))
            mstore(add(leg, 0x180), mload(add(buy, 0x160))) // action
            mstore(add(leg, 0x1a0), mload(add(buy, 0x40))) // beneficiary
            mstore(add(leg, 0x1c0), mload(add(buy, 0x180))) // ref
        }
    }
}
