// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IExchange} from "../interfaces/IExchange.sol";

/// @title What an order must look like and which two orders may meet; pure.
library OrderRules {
    /// @dev One lot is 1 kg.
    uint256 internal constant GRAMS_PER_LOT = 1000;
    /// @dev Numbers with this bit are their maker's own space.
    uint256 internal constant OWN_SPACE = 1 << 255;

    /// @notice Amount a positive multiple of a lot, price positive, both below 2^128 (so no product of ours
    /// overflows); Hold and every sell for the maker itself without a reference.
    function isWellFormed(IExchange.Order calldata order) internal pure returns (bool) {
        uint256 amount = order.amountGco2e;
        uint256 price = order.pricePerKg;
        address beneficiary = order.beneficiary;
        if (amount == 0 || amount % GRAMS_PER_LOT != 0 || amount > type(uint128).max) return false;
        if (price == 0 || price > type(uint128).max) return false;
        if (order.side == IExchange.Side.Sell && order.action != IExchange.Action.Hold) return false;
        if (order.action == IExchange.Action.Hold) return beneficiary == order.maker && order.ref == 0;
        return beneficiary != address(0);
    }

    /// @notice The selector of the reason why two orders cannot meet as the match says; zero if they can.
    function mismatch(IExchange.Order calldata buy, IExchange.Order calldata sell, IExchange.Match calldata pair)
        internal
        pure
        returns (bytes4)
    {
        if (buy.side != IExchange.Side.Buy || sell.side != IExchange.Side.Sell) {
            return IExchange.SidesMismatched.selector;
        }
        if (buy.classId != sell.classId) return IExchange.ClassesMismatched.selector;
        if (buy.maker == sell.maker) return IExchange.SelfMatch.selector;
        if (pair.lots == 0) return IExchange.LotsZero.selector;
        if (pair.pricePerKg > buy.pricePerKg || pair.pricePerKg < sell.pricePerKg) {
            return IExchange.PriceOutsideLimit.selector;
        }
        // Bounds the lots before they are multiplied; what is really left is checked when it is taken.
        if (pair.lots > buy.amountGco2e / GRAMS_PER_LOT || pair.lots > sell.amountGco2e / GRAMS_PER_LOT) {
            return IExchange.LeftInsufficient.selector;
        }
        return 0;
    }
}
