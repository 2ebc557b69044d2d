// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IExchange} from "../interfaces/IExchange.sol";
import {Terms} from "./Terms.sol";
import {TypeHashes} from "./TypeHashes.sol";

/// @title The EIP-712 struct hash of an order, where side and action are words, so that a wallet shows words.
library OrderHash {
    bytes32 internal constant BUY = keccak256("buy");
    bytes32 internal constant SELL = keccak256("sell");
    bytes32 internal constant HOLD = keccak256("hold");
    bytes32 internal constant RETIRE = keccak256("retire");
    bytes32 internal constant DONATE = keccak256("donate");

    /// @notice The EIP-712 digest of terms whose first thirteen words are set.
    function digest(bytes32 domainSeparator, Terms memory terms) internal pure returns (bytes32 result) {
        // The words stand in memory as the type has them. Beyond the free pointer, which need not move, nothing is kept.
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            let place := mload(0x40)
            mstore(place, hex"1901")
            mstore(add(place, 0x02), domainSeparator)
            mstore(add(place, 0x22), keccak256(terms, 0x1a0))
            result := keccak256(place, 0x42)
        }
    }

    /// @notice The terms of an order, not yet checked.
    function termsOf(IExchange.Order calldata order) internal pure returns (Terms memory terms) {
        terms.typeHash = TypeHashes.ORDER;
        terms.maker = order.maker;
        terms.beneficiary = order.beneficiary;
        terms.classId = order.classId;
        terms.side = order.side == IExchange.Side.Buy ? BUY : SELL;
        terms.amountGco2e = order.amountGco2e;
        terms.pricePerKg = order.pricePerKg;
        terms.maxFeeBps = order.maxFeeBps;
        terms.expiry = order.expiry;
        terms.number = order.number;
        terms.epoch = order.epoch;
        terms.action = actionWord(uint256(order.action));
        terms.ref = order.ref;
    }

    /// @notice The hashed word of action 0 (hold), 1 (retire) or 2 (donate).
    function actionWord(uint256 action) internal pure returns (bytes32) {
        if (action == 0) return HOLD;
        if (action == 1) return RETIRE;
        return DONATE;
    }
}
