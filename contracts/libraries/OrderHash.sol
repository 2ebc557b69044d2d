// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IExchange} from "../interfaces/IExchange.sol";
import {TypeHashes} from "./TypeHashes.sol";

/// @title The EIP-712 struct hash of an order, where side and action are words, so that a wallet shows words.
library OrderHash {
    bytes32 private constant BUY = keccak256("buy");
    bytes32 private constant SELL = keccak256("sell");
    bytes32 private constant HOLD = keccak256("hold");
    bytes32 private constant RETIRE = keccak256("retire");
    bytes32 private constant DONATE = keccak256("donate");

    function structHash(IExchange.Order calldata order) internal pure returns (bytes32 result) {
        bytes32 typeHash = TypeHashes.ORDER;
        bytes32 side = order.side == IExchange.Side.Buy ? BUY : SELL;
        bytes32 action = _actionWord(order.action);

        // The twelve words of the struct stand in calldata in the order of the type; two of them are replaced. Words
        // with dirty upper bits are refused where the fields are read: the enums here, the addresses by the caller.
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            let start := mload(0x40)
            mstore(start, typeHash)
            calldatacopy(add(start, 0x20), order, 0x180)
            mstore(add(start, 0x80), side)
            mstore(add(start, 0x160), action)
            result := keccak256(start, 0x1a0)
        }
    }

    function _actionWord(IExchange.Action action) private pure returns (bytes32) {
        if (action == IExchange.Action.Hold) return HOLD;
        return action == IExchange.Action.Retire ? RETIRE : DONATE;
    }
}
