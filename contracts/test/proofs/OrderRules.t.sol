// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IExchange} from "../../interfaces/IExchange.sol";
import {OrderRules} from "../../libraries/OrderRules.sol";
import {Proof} from "./Proof.sol";

/// @title Two orders that may meet, meet within both limits; and no amount of theirs can overflow.
contract OrderRulesProof is Proof {
    function check_well_formed__bounds_every_field_that_is_multiplied(IExchange.Order calldata order) external pure {
        VM.assume(OrderRules.isWellFormed(order));

        assert(order.amountGco2e != 0 && order.amountGco2e <= type(uint128).max);
        assert(order.amountGco2e % 1000 == 0);
        assert(order.pricePerKg != 0 && order.pricePerKg <= type(uint128).max);
        assert(order.beneficiary != address(0) || order.maker == address(0));
        assert(order.side == IExchange.Side.Buy || order.action == IExchange.Action.Hold);
        assert(order.action != IExchange.Action.Hold || order.beneficiary == order.maker);
    }

    function check_match__within_both_orders(
        IExchange.Order calldata buy,
        IExchange.Order calldata sell,
        IExchange.Match calldata pair
    ) external pure {
        VM.assume(OrderRules.isWellFormed(buy) && OrderRules.isWellFormed(sell));
        VM.assume(OrderRules.mismatch(buy, sell, pair) == 0);

        assert(buy.side == IExchange.Side.Buy && sell.side == IExchange.Side.Sell);
        assert(buy.classId == sell.classId && buy.maker != sell.maker);
        assert(pair.lots != 0);
        assert(pair.pricePerKg <= buy.pricePerKg && pair.pricePerKg >= sell.pricePerKg && pair.pricePerKg != 0);
        // No overflow: lots are bounded by amounts below 2^128.
        assert(pair.lots < 2 ** 119);
        assert(pair.lots * 1000 <= buy.amountGco2e && pair.lots * 1000 <= sell.amountGco2e);
    }
}
