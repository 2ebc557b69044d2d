// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {OrderRules} from "../../libraries/OrderRules.sol";
import {OrderBook, Signed} from "./OrderBook.sol";
import {Proof} from "./Proof.sol";

/// @title A fill never exceeds what was signed, whatever was filled before.
/// @dev The storage is arbitrary, so these are the steps of an induction: an order never seen has its amount left, each
/// batch takes at most what is left and leaves exactly the rest; so all fills of an order together are at most its
/// amount. What is done stays done. One order of one number cannot touch another, whether the other is in the batch or
/// not. The one fact assumed of the storage, that no number has both its status bits set, is kept by every batch.
contract OrderStatusProof is Proof {
    uint256 private constant DONE = 2;
    uint256 private constant BOTH = 3;

    OrderBook private _fresh;
    OrderBook private _book;

    function setUp() public {
        _fresh = new OrderBook();
        _book = new OrderBook();
        SVM.enableSymbolicStorage(address(_book));
    }

    function check_left__never_seen__is_the_amount(Signed calldata order) external view {
        assert(_fresh.leftOf(order) == order.amountGco2e);
    }

    function check_take__at_most_what_is_left_and_leaves_the_rest(Signed calldata order, uint64 lots) external {
        VM.assume(_status(order) != BOTH);
        uint256 before = _book.leftOf(order);

        uint256 left = _book.take(order, lots);

        assert(lots != 0 && uint256(lots) * 1000 <= before);
        assert(left == before - uint256(lots) * 1000);
        assert(_book.leftOf(order) == left);
        assert(_status(order) != BOTH);
    }

    function check_take__of_a_new_order__at_most_its_amount_in_two_fills(Signed calldata order, uint64[2] calldata lots)
        external
    {
        _fresh.take(order, lots[0]);
        uint256 left = _fresh.take(order, lots[1]);

        uint256 grams = (uint256(lots[0]) + lots[1]) * 1000;
        assert(grams <= order.amountGco2e);
        assert(left == order.amountGco2e - grams);
    }

    function check_take__after_another_order_under_the_number__takes_nothing(
        Signed calldata order,
        Signed calldata other,
        uint64[2] calldata lots
    ) external {
        VM.assume(order.number == other.number && order.maker == other.maker);
        // The tag is the upper half of a hash.
        VM.assume(bytes16(order.orderHash) != bytes16(other.orderHash));
        VM.assume(_status(order) != BOTH);

        _book.take(order, lots[0]);
        try _book.take(other, lots[1]) {
            assert(false);
        } catch {
            assert(_book.leftOf(other) == 0);
        }
    }

    /// @dev Whatever order, the same or another, comes under a number that is done.
    function check_take__of_a_done_number__takes_nothing(Signed calldata order, uint64 lots) external {
        VM.assume(_status(order) == DONE);

        try _book.take(order, lots) {
            assert(false);
        } catch {
            assert(_book.leftOf(order) == 0);
        }
    }

    function check_take__of_all_that_is_left__is_done(Signed calldata order, uint64 lots) external {
        VM.assume(_status(order) != BOTH);

        VM.assume(_book.take(order, lots) == 0);

        assert(_status(order) == DONE);
    }

    function check_take__leaves_every_other_number_alone(Signed calldata order, Signed calldata other, uint64 lots)
        external
    {
        VM.assume(_isApart(order, other));
        uint256 statusBefore = _status(other);
        uint256 before = _book.leftOf(other);

        _book.take(order, lots);

        assert(_book.leftOf(other) == before);
        assert(_status(other) == statusBefore);
    }

    /// @dev Two orders of one batch: their numbers may share a status word, or not.
    function check_record_both__leaves_of_each_what_it_should(Signed[2] calldata pair, uint128[2] calldata lefts)
        external
    {
        VM.assume(_status(pair[0]) != BOTH && _status(pair[1]) != BOTH);

        _book.recordBoth(pair, lefts);

        for (uint256 i; i < 2; ++i) {
            assert(_book.leftOf(pair[i]) == lefts[i]);
            assert(_status(pair[i]) != BOTH);
        }
    }

    /// @dev Of another number, what is stored stays: so does all that is read from it.
    function check_record_both__leaves_every_other_number_alone(
        Signed[2] calldata pair,
        address maker,
        uint256 number,
        uint128[2] calldata lefts
    ) external {
        bool ownSpace = number & OrderRules.OWN_SPACE != 0;
        for (uint256 i; i < 2; ++i) {
            VM.assume(pair[i].number != number || (ownSpace && pair[i].maker != maker));
        }
        (uint256 statusBefore, uint256 before) = _book.storedOf(maker, number);

        _book.recordBoth(pair, lefts);

        (uint256 status, uint256 leftAndTag) = _book.storedOf(maker, number);
        assert(status == statusBefore && leftAndTag == before);
    }

    function _isApart(Signed calldata one, Signed calldata other) private pure returns (bool) {
        bool ownSpace = one.number & OrderRules.OWN_SPACE != 0;
        return one.number != other.number || (ownSpace && one.maker != other.maker);
    }

    function _status(Signed calldata order) private view returns (uint256) {
        return _book.statusOf(order.maker, order.number);
    }
}
