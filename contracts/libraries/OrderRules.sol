// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IExchange} from "../interfaces/IExchange.sol";
import {OrderHash} from "./OrderHash.sol";
import {Terms} from "./Terms.sol";

/// @title What an order must look like and which two orders may meet; pure.
library OrderRules {
    /// @dev One lot is 1 kg.
    uint256 internal constant GRAMS_PER_LOT = 1000;
    /// @dev Numbers with this bit are their maker's own space.
    uint256 internal constant OWN_SPACE = 1 << 255;

    /// @notice Amount and price not zero; only a buy has an action, and an action has a beneficiary. That the amount is
    /// a multiple of a lot, and that hold is for the maker itself without a reference, no batch can say otherwise
    /// (BatchReader). No product of ours overflows: lots < 2^64, price < 2^96.
    function isWellFormed(Terms memory terms) internal pure returns (bool) {
        if (terms.amountGco2e == 0 || terms.pricePerKg == 0) return false;
        if (terms.action == OrderHash.HOLD) return true;
        return terms.side == OrderHash.BUY && terms.beneficiary != address(0);
    }

    /// @notice Whether two orders of a batch stand in its order: by number, then by maker; never equal.
    function isBefore(Terms memory earlier, Terms memory later) internal pure returns (bool) {
        if (earlier.number != later.number) return earlier.number < later.number;
        return later.number & OWN_SPACE != 0 && earlier.maker < later.maker;
    }

    /// @notice The selector of the reason why two orders cannot meet over `lots` at `pricePerKg`; zero if they can.
    function mismatch(Terms memory buy, Terms memory sell, uint256 lots, uint256 pricePerKg)
        internal
        pure
        returns (bytes4)
    {
        if (buy.reason != 0) return buy.reason;
        if (sell.reason != 0) return sell.reason;
        if (buy.side != OrderHash.BUY || sell.side != OrderHash.SELL) return IExchange.SidesMismatched.selector;
        if (buy.classId != sell.classId) return IExchange.ClassesMismatched.selector;
        if (buy.maker == sell.maker) return IExchange.SelfMatch.selector;
        if (lots == 0) return IExchange.LotsZero.selector;
        if (pricePerKg > buy.pricePerKg || pricePerKg < sell.pricePerKg) return IExchange.PriceOutsideLimit.selector;
        bytes4 reason = _shortage(buy, lots);
        return reason == 0 ? _shortage(sell, lots) : reason;
    }

    function _shortage(Terms memory terms, uint256 lots) private pure returns (bytes4) {
        uint256 left = terms.leftGco2e;
        // No overflow: lots < 2^64.
        unchecked {
            if (lots * GRAMS_PER_LOT <= left) return 0;
        }
        return left == 0 ? IExchange.OrderFilled.selector : IExchange.LeftInsufficient.selector;
    }
}
