// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Exchange} from "../../Exchange.sol";
import {Legs} from "../../libraries/Legs.sol";
import {OrderHash} from "../../libraries/OrderHash.sol";
import {Terms} from "../../libraries/Terms.sol";
import {Notes} from "./Notes.sol";
import {Proof} from "./Proof.sol";

/// @title A fill moves cost, fees and grams exactly, for all lots, prices and fee rates that the rules let through.
contract FillProof is Proof {
    address private constant BUYER = address(0xB0B);
    address private constant SELLER = address(0xA11CE);
    address private constant RECIPIENT = address(0xFEE);

    Exchange private _exchange;
    Notes private _money;
    Notes private _credits;

    function setUp() public {
        _money = new Notes();
        _credits = new Notes();
        _exchange =
            new Exchange(address(this), address(_credits), address(_money), address(0xC4A), address(this), RECIPIENT);
    }

    /// @dev The buyer pays cost + fee in all, the seller gets cost - fee, the recipient both fees, nobody else anything.
    function check_fill__conserves_money_and_grams(uint64 lots, uint96 price, uint8 feeBps) external {
        VM.assume(lots != 0 && price != 0 && feeBps <= 100);

        _fill(lots, price, feeBps);

        uint256 cost = uint256(lots) * price;
        (address from, address to, uint256 paid) = _money.moves(0);
        assert(from == BUYER && to == SELLER);
        uint256 fee = cost - paid;
        if (fee == 0) {
            assert(_money.count() == 1);
        } else {
            assert(_money.count() == 2);
            (from, to, paid) = _money.moves(1);
            assert(from == BUYER && to == RECIPIENT && paid == 2 * fee);
        }
        (from, to, paid) = _credits.moves(0);
        assert(_credits.count() == 1);
        assert(from == SELLER && to == BUYER && paid == uint256(lots) * 1000);
    }

    /// @dev The fee is the exact share, rounded down: never above the share that was signed.
    function check_fill__fee_is_the_share_rounded_down(uint64 lots, uint96 price, uint8 feeBps) external {
        VM.assume(lots != 0 && price != 0 && feeBps <= 100);

        _fill(lots, price, feeBps);

        uint256 cost = uint256(lots) * price;
        (,, uint256 paid) = _money.moves(0);
        assert(cost - paid == cost * feeBps / BPS);
    }

    /// @dev The one concrete case, run by forge: products only grow with their factors, so what does not overflow at the
    /// upper bounds of the rules (and the highest fee) overflows nowhere.
    function test_fill__at_every_upper_bound__does_not_overflow() external {
        uint256 lots = type(uint64).max;
        _fill(lots, type(uint96).max, 100);

        (,, uint256 grams) = _credits.moves(0);
        assert(grams == lots * 1000);
    }

    /// @dev From the rate charged to the rate signed: as long as the one is not above the other, so is the fee.
    function check_fee__never_above_the_signed_bound(uint64 lots, uint96 price, uint8 feeBps, uint8 maxFeeBps)
        external
        pure
    {
        VM.assume(feeBps <= maxFeeBps && maxFeeBps <= 100);
        uint256 cost = uint256(lots) * price;

        assert(cost * feeBps / BPS <= cost * maxFeeBps / BPS);
    }

    /// @dev As `settle` does with a match that fits: writes the leg, and hands it to the Exchange.
    function _fill(uint256 lots, uint256 price, uint256 feeBps) private {
        Terms memory buy;
        Terms memory sell;
        (buy.maker, buy.action, buy.beneficiary) = (BUYER, OrderHash.HOLD, BUYER);
        (sell.maker, sell.action, sell.beneficiary) = (SELLER, OrderHash.HOLD, SELLER);
        (buy.leftGco2e, sell.leftGco2e) = (lots * 1000, lots * 1000);
        bytes memory data = Legs.buffer(1);
        Legs.take(data, 0, buy, sell, lots, price, feeBps);
        Legs.setCount(data, 1);
        VM.prank(address(_exchange));
        (bool done,) = address(_exchange).call(data);
        assert(done);
        assert(buy.leftGco2e == 0 && sell.leftGco2e == 0);
    }
}
