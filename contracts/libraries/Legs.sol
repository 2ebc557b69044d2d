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

    uint256 private constant BPS = 10_000;

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

    /// @notice Writes leg `index`, and takes its grams from what is left of both orders; the caller has checked that so
    /// much is left (OrderRules). The fee of each side is its share of the cost, rounded down.
    function take(
        bytes memory data,
        uint256 index,
        Terms memory buy,
        Terms memory sell,
        uint256 lots,
        uint256 pricePerKg,
        uint256 feeBps
    ) internal pure {
        uint256 fee;
        // lots < 2^64, pricePerKg < 2^96, feeBps < 2^16.
        unchecked {
            fee = lots * pricePerKg * feeBps / BPS;
        }
        // Offsets within Terms as in its declaration.
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            let grams := mul(lots, 1000)
            let leftOfBuy := sub(mload(add(buy, 0x240)), grams)
            mstore(add(buy, 0x240), leftOfBuy)
            let leg := add(add(data, 0x64), mul(index, LEG_SIZE))
            mstore(add(leg, 0x140), leftOfBuy)
            let leftOfSell := sub(mload(add(sell, 0x240)), grams)
            mstore(add(sell, 0x240), leftOfSell)
            mstore(add(leg, 0x160), leftOfSell)
            mstore(leg, mload(add(buy, 0x1a0))) // orderHash
            mstore(add(leg, 0x20), mload(add(sell, 0x1a0)))
            mstore(add(leg, 0x40), mload(add(buy, 0x60))) // classId
            mstore(add(leg, 0x60), mload(add(buy, 0x20))) // maker
            mstore(add(leg, 0x80), mload(add(sell, 0x20)))
            mstore(add(leg, 0xa0), lots)
            mstore(add(leg, 0xc0), pricePerKg)
            mstore(add(leg, 0xe0), fee)
            mstore(add(leg, 0x100), mload(add(buy, 0x120))) // number
            mstore(add(leg, 0x120), mload(add(sell, 0x120)))
            mstore(add(leg, 0x180), mload(add(buy, 0x160))) // action
            mstore(add(leg, 0x1a0), mload(add(buy, 0x40))) // beneficiary
            mstore(add(leg, 0x1c0), mload(add(buy, 0x180))) // ref
        }
    }

    /// @notice Emits what a leg in calldata fills: its words stand there as the event has them.
    function emitFilled(IExchange.Leg calldata leg) internal {
        bytes32 topic = IExchange.Filled.selector;
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            let data := mload(0x40)
            calldatacopy(data, add(leg, 0x60), 0x120)
            log4(data, 0x120, topic, calldataload(leg), calldataload(add(leg, 0x20)), calldataload(add(leg, 0x40)))
        }
    }

    /// @notice Who buys and who sells; of a leg that `take` wrote, so that the words are addresses.
    function parties(IExchange.Leg calldata leg) internal pure returns (address buyer, address seller) {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            buyer := calldataload(add(leg, 0x60))
            seller := calldataload(add(leg, 0x80))
        }
    }
}
