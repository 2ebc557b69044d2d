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

    /// @notice Whether an order is plainly good for the rate and its maker's word of epoch and mark (Cancelling): well
    /// formed, held on fill, not expired, its fee bound and epoch kept, and the maker never cancelled a number. What is
    /// not plainly good may still be good; the rules one by one decide that, and name the reason if it is not. Without a
    /// jump: nearly every order of an honest batch passes here.
    function isPlainlyGood(Terms memory terms, uint256 rateBps, uint256 makerWord) internal view returns (bool result) {
        bytes32 hold = OrderHash.HOLD;
        // Offsets within Terms as in its declaration.
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            let bad := or(iszero(mload(add(terms, 0xa0))), iszero(mload(add(terms, 0xc0)))) // amount, price
            bad := or(bad, xor(mload(add(terms, 0x160)), hold)) // action
            bad := or(bad, lt(mload(add(terms, 0xe0)), rateBps)) // maxFeeBps
            bad := or(bad, iszero(lt(timestamp(), mload(add(terms, 0x100))))) // expiry
            result := iszero(or(bad, xor(makerWord, shl(1, mload(add(terms, 0x140)))))) // epoch
        }
    }

    /// @notice Whether `mismatch` finds nothing, without a jump.
    function fits(Terms memory buy, Terms memory sell, uint256 lots, uint256 pricePerKg)
        internal
        pure
        returns (bool result)
    {
        (bytes32 buySide, bytes32 sellSide) = (OrderHash.BUY, OrderHash.SELL);
        // Offsets within Terms as in its declaration.
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            let bad := or(mload(add(buy, 0x1c0)), mload(add(sell, 0x1c0))) // reason
            bad := or(bad, or(xor(mload(add(buy, 0x80)), buySide), xor(mload(add(sell, 0x80)), sellSide)))
            bad := or(bad, xor(mload(add(buy, 0x60)), mload(add(sell, 0x60)))) // classId
            bad := or(bad, or(iszero(lots), eq(mload(add(buy, 0x20)), mload(add(sell, 0x20))))) // maker
            bad := or(bad, or(gt(pricePerKg, mload(add(buy, 0xc0))), lt(pricePerKg, mload(add(sell, 0xc0)))))
            let grams := mul(lots, 1000)
            bad := or(bad, or(gt(grams, mload(add(buy, 0x240))), gt(grams, mload(add(sell, 0x240))))) // leftGco2e
            result := iszero(bad)
        }
    }

    /// @notice Whether two orders of a batch stand in its order: by number, then by maker; never equal.
    function isBefore(Terms memory earlier, Terms memory later) internal pure returns (bool) {
        if (earlier.number < later.number) return true;
        return earlier.number == later.number && later.number & OWN_SPACE != 0 && earlier.maker < later.maker;
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
