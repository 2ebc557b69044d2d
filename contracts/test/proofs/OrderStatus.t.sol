// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {OrderRules} from "../../libraries/OrderRules.sol";
import {OrderBook} from "./OrderBook.sol";
import {Proof} from "./Proof.sol";

/// @title A fill never exceeds what was signed, whatever was filled before.
/// @dev The storage is arbitrary, so these are the steps of an induction: an order never seen has its amount left, each
/// fill takes at most what is left and leaves exactly the rest; so all fills of an order together are at most its
/// amount. One order of one number cannot touch another. The one fact assumed of the storage, that no number has both
/// its status bits set, is kept by every fill.
contract OrderStatusProof is Proof {
    OrderBook private _fresh;
    OrderBook private _book;

    function setUp() public {
        _fresh = new OrderBook();
        _book = new OrderBook();
        SVM.enableSymbolicStorage(address(_book));
    }

    function check_left__never_seen__is_the_amount(address maker, uint256 number, bytes32 orderHash, uint256 amount)
        external
        view
    {
        assert(_fresh.leftOf(maker, number, orderHash, amount) == amount);
    }

    function check_take__at_most_what_is_left_and_leaves_the_rest(
        address maker,
        uint256 number,
        bytes32 orderHash,
        uint128 amount,
        uint256 grams
    ) external {
        VM.assume(grams != 0 && _book.isSound(maker, number));
        uint256 before = _book.leftOf(maker, number, orderHash, amount);

        uint256 left = _book.take(maker, number, orderHash, amount, grams);

        assert(grams <= before);
        assert(left == before - grams);
        assert(_book.leftOf(maker, number, orderHash, amount) == left);
        assert(_book.isSound(maker, number));
    }

    function check_take__of_a_new_order__at_most_its_amount_in_two_fills(
        address maker,
        uint256 number,
        bytes32 orderHash,
        uint128 amount,
        uint128[2] calldata grams
    ) external {
        VM.assume(grams[0] != 0 && grams[1] != 0);

        _fresh.take(maker, number, orderHash, amount, grams[0]);
        uint256 left = _fresh.take(maker, number, orderHash, amount, grams[1]);

        assert(uint256(grams[0]) + grams[1] <= amount);
        assert(left == amount - grams[0] - grams[1]);
    }

    function check_take__after_another_order_under_the_number__takes_nothing(
        address maker,
        uint256 number,
        bytes32[2] calldata hashes,
        uint128[2] calldata amounts,
        uint128[2] calldata grams
    ) external {
        VM.assume(grams[0] != 0 && grams[1] != 0);
        // The tag is the upper half of a hash.
        VM.assume(bytes16(hashes[0]) != bytes16(hashes[1]));
        VM.assume(_book.isSound(maker, number));

        _book.take(maker, number, hashes[0], amounts[0], grams[0]);
        try _book.take(maker, number, hashes[1], amounts[1], grams[1]) {
            assert(false);
        } catch {
            assert(_book.leftOf(maker, number, hashes[1], amounts[1]) == 0);
        }
    }

    function check_take__leaves_every_other_number_alone(
        address[2] calldata makers,
        uint256[2] calldata numbers,
        bytes32[2] calldata hashes,
        uint128[2] calldata amounts,
        uint128 grams
    ) external {
        bool ownSpace = numbers[0] & OrderRules.OWN_SPACE != 0;
        VM.assume(numbers[0] != numbers[1] || (ownSpace && makers[0] != makers[1]));
        VM.assume(_book.isSound(makers[1], numbers[1]));
        uint256 before = _book.leftOf(makers[1], numbers[1], hashes[1], amounts[1]);

        _book.take(makers[0], numbers[0], hashes[0], amounts[0], grams);

        assert(_book.leftOf(makers[1], numbers[1], hashes[1], amounts[1]) == before);
        assert(_book.isSound(makers[1], numbers[1]));
    }
}
