// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {BatchReader} from "../../libraries/BatchReader.sol";
import {OrderHash} from "../../libraries/OrderHash.sol";
import {OrderRules} from "../../libraries/OrderRules.sol";
import {Terms} from "../../libraries/Terms.sol";
import {Proof} from "./Proof.sol";

/// @title Two orders that may meet, meet within both limits; and no amount of theirs can overflow.
contract OrderRulesProof is Proof {
    /// @dev What reading and checking together let through. The class is concrete: it is an offset of the calldata.
    function check_read_and_well_formed__bounds_every_field_that_is_multiplied(
        bytes1 flags,
        address maker,
        uint64 lots,
        uint96 pricePerKg,
        uint64 number,
        bytes32[4] calldata rest
    ) external view {
        bytes memory head = abi.encodePacked(uint8(1), uint128(7), uint8(1), flags, uint8(0));
        Terms memory terms = this.read(abi.encodePacked(head, maker, lots, pricePerKg, number, rest), 18);
        VM.assume(OrderRules.isWellFormed(terms));

        assert(terms.maker == maker && terms.classId == 7);
        assert(lots != 0 && terms.amountGco2e == uint256(lots) * 1000);
        assert(pricePerKg != 0 && terms.pricePerKg == pricePerKg);
        assert(terms.number == number || terms.number == OrderRules.OWN_SPACE | number);
        assert(terms.side == OrderHash.BUY || terms.action == OrderHash.HOLD);
        assert(terms.action != OrderHash.HOLD || (terms.beneficiary == maker && terms.ref == 0));
        assert(terms.action == OrderHash.HOLD || terms.beneficiary != address(0));
        assert(terms.reason == 0);
    }

    function check_pair__lots_and_price_cannot_overflow(bytes23 packed) external view {
        (uint256 lots, uint256 pricePerKg) = this.readPair(abi.encodePacked(packed));

        assert(lots <= type(uint64).max && pricePerKg <= type(uint96).max);
    }

    function check_match__within_both_orders(Terms calldata buy, Terms calldata sell, uint64 lots, uint96 pricePerKg)
        external
        pure
    {
        VM.assume(OrderRules.isWellFormed(buy) && OrderRules.isWellFormed(sell));
        VM.assume(OrderRules.mismatch(buy, sell, lots, pricePerKg) == 0);

        assert(buy.reason == 0 && sell.reason == 0);
        assert(buy.side == OrderHash.BUY && sell.side == OrderHash.SELL);
        assert(buy.classId == sell.classId && buy.maker != sell.maker);
        assert(lots != 0);
        assert(pricePerKg <= buy.pricePerKg && pricePerKg >= sell.pricePerKg && pricePerKg != 0);
        assert(uint256(lots) * 1000 <= buy.leftGco2e && uint256(lots) * 1000 <= sell.leftGco2e);
    }

    /// @dev The hot path asks `fits`; only who is refused asks why.
    function check_fits__just_when_nothing_is_mismatched(
        Terms calldata buy,
        Terms calldata sell,
        uint64 lots,
        uint96 pricePerKg
    ) external pure {
        bool fits = OrderRules.fits(buy, sell, lots, pricePerKg);

        assert(fits == (OrderRules.mismatch(buy, sell, lots, pricePerKg) == 0));
    }

    /// @dev What passes without being asked rule by rule, passes every rule; a maker who never cancelled a number and
    /// whose epoch is the order's has that epoch as its word, doubled.
    function check_plainly_good__passes_every_rule(Terms calldata terms, uint16 feeBps, uint64 makerEpoch, bool marked)
        external
        view
    {
        VM.assume(terms.epoch <= type(uint32).max);
        uint256 makerWord = uint256(makerEpoch) << 1 | (marked ? 1 : 0);
        VM.assume(OrderRules.isPlainlyGood(terms, feeBps, makerWord));

        assert(OrderRules.isWellFormed(terms));
        assert(block.timestamp < terms.expiry && terms.maxFeeBps >= feeBps);
        assert(!marked && makerEpoch == terms.epoch);
    }

    /// @dev Orders of a batch stand strictly: no two of them share a number's status.
    function check_before__never_the_same_number(Terms calldata earlier, Terms calldata later) external pure {
        VM.assume(OrderRules.isBefore(earlier, later));

        assert(!OrderRules.isBefore(later, earlier));
        bool ownSpace = earlier.number & OrderRules.OWN_SPACE != 0;
        assert(earlier.number != later.number || (ownSpace && earlier.maker != later.maker));
    }

    function read(bytes calldata batch, uint256 cursor) external pure returns (Terms memory terms) {
        BatchReader.order(batch, cursor, terms);
    }

    function readPair(bytes calldata batch) external pure returns (uint256 lots, uint256 pricePerKg) {
        uint256 word = BatchReader.word(batch, 0);
        (lots, pricePerKg) = (BatchReader.lotsOf(word), BatchReader.pricePerKgOf(word));
    }
}
