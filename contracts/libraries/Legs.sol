// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IExchange} from "../interfaces/IExchange.sol";
import {Terms} from "./Terms.sol";

/// @title Writes the call `fill(Leg[])` that the Exchange makes to itself, without copying terms more than once.
library Legs {
    /// @dev Words of `Terms` and of `Leg` (two terms and three words), in bytes.
    uint256 private constant TERMS_SIZE = 0x240;
    uint256 private constant LEG_SIZE = 0x4e0;

    /// @notice Room for `count` legs.
    function buffer(uint256 count) internal pure returns (bytes memory data) {
        data = new bytes(0x44 + count * LEG_SIZE);
        bytes4 selector = IExchange.fill.selector;
        // The ABI's head of one dynamic array: where it starts, how long it is.
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            mstore(add(data, 0x20), selector)
            mstore(add(data, 0x24), 0x20)
            mstore(add(data, 0x44), count)
        }
    }

    /// @notice Writes leg `index`, which the buffer must have room for.
    function put(
        bytes memory data,
        uint256 index,
        Terms memory buy,
        Terms memory sell,
        uint256 lots,
        uint256 pricePerKg,
        uint256 feeBps
    ) internal pure {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            let leg := add(add(data, 0x64), mul(index, LEG_SIZE))
            mcopy(leg, buy, TERMS_SIZE)
            mcopy(add(leg, TERMS_SIZE), sell, TERMS_SIZE)
            mstore(add(leg, 0x480), lots)
            mstore(add(leg, 0x4a0), pricePerKg)
            mstore(add(leg, 0x4c0), feeBps)
        }
    }
}
