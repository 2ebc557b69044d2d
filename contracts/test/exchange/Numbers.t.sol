// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IExchange} from "../../interfaces/IExchange.sol";
import {OrderStatus} from "../../libraries/OrderStatus.sol";
import {Terms} from "../../libraries/Terms.sol";
import {Assertions} from "../Assertions.sol";

/// @title The two-bit status of order numbers against a plain model with a slot for everything.
contract NumbersTest is Assertions {
    using OrderStatus for OrderStatus.Numbers;

    struct Model {
        bytes32 orderHash;
        uint256 left;
        bool touched;
    }

    uint256 private constant OWN = 1 << 255;

    OrderStatus.Numbers private _numbers;
    mapping(bytes32 key => Model) private _model;

    /// @dev The same in one batch and one by one must leave the same words.
    OrderStatus.Numbers private _oneByOne;

    error Refused(bytes4 reason);

    /// @dev One order in a batch of its own.
    function take(address maker, uint256 number, bytes32 orderHash, uint256 amount, uint256 grams)
        external
        returns (uint256)
    {
        return _take(_numbers, maker, number, orderHash, amount, grams);
    }

    function _take(
        OrderStatus.Numbers storage numbers,
        address maker,
        uint256 number,
        bytes32 orderHash,
        uint256 amount,
        uint256 grams
    ) private returns (uint256 left) {
        Terms[] memory orders = new Terms[](1);
        orders[0] = _terms(maker, number, orderHash, amount);
        numbers.load(orders[0]);
        if (orders[0].reason != 0) revert Refused(orders[0].reason);
        if (grams > orders[0].leftGco2e) revert Refused(IExchange.LeftInsufficient.selector);
        orders[0].leftGco2e -= grams;
        numbers.record(orders);
        return orders[0].leftGco2e;
    }

    function _leftOf(address maker, uint256 number, bytes32 orderHash, uint256 amount) private view returns (uint256) {
        Terms memory terms = _terms(maker, number, orderHash, amount);
        _numbers.load(terms);
        return terms.leftGco2e;
    }

    function _terms(address maker, uint256 number, bytes32 orderHash, uint256 amount)
        private
        pure
        returns (Terms memory terms)
    {
        (terms.maker, terms.number, terms.orderHash, terms.amountGco2e) = (maker, number, orderHash, amount);
    }

    function testFuzz_inv_04__many_in_one_batch__as_one_by_one(uint256[4] calldata seeds) external {
        for (uint256 round; round < 4; ++round) {
            Terms[] memory orders = new Terms[](NUMBERS.length);
            for (uint256 i; i < orders.length; ++i) {
                // The last two have one number of two makers' own.
                address maker = address(uint160(i == orders.length - 1 ? 2 : 1));
                orders[i] = _terms(maker, NUMBERS[i], keccak256(abi.encode(i, seeds[0] >> i & 1)), 4000);
                if (i == 0) _numbers.load(orders[i]);
                else _numbers.loadAfter(orders[i - 1], orders[i]);
                uint256 grams = 1000 * (seeds[round] >> 8 * i & 3);
                if (orders[i].reason != 0 || grams > orders[i].leftGco2e) continue;
                orders[i].leftGco2e -= grams;
                if (grams != 0) _take(_oneByOne, maker, NUMBERS[i], orders[i].orderHash, 4000, grams);
            }
            _numbers.record(orders);
        }

        for (uint256 i; i < NUMBERS.length; ++i) {
            uint256 word = NUMBERS[i] >> 7;
            checkEq(_numbers.shared[word], _oneByOne.shared[word], "shared word");
            checkEq(_numbers.sharedLeft[NUMBERS[i]], _oneByOne.sharedLeft[NUMBERS[i]], "shared left");
            for (uint160 maker = 1; maker < 3; ++maker) {
                checkEq(_numbers.own[address(maker)][word], _oneByOne.own[address(maker)][word], "own word");
                uint256 left = _numbers.ownLeft[address(maker)][NUMBERS[i]];
                checkEq(left, _oneByOne.ownLeft[address(maker)][NUMBERS[i]], "own left");
            }
        }
    }

    /// @dev Few numbers around word borders, few makers and few orders, so that they collide all the time.
    function testFuzz_inv_04__numbers__as_the_plain_model(uint256[32] calldata seeds) external {
        for (uint256 i; i < seeds.length; ++i) {
            _step(seeds[i]);
        }
    }

    function test_numbers__own_space__is_per_maker() external {
        this.take(address(1), OWN, "a", 1000, 1000);
        this.take(address(2), OWN, "b", 1000, 1000);
        checkEq(_leftOf(address(3), OWN, "c", 1000), 1000, "a third maker's");
    }

    function test_numbers__shared__is_one_for_all() external {
        this.take(address(1), 0, "a", 1000, 1000);
        VM.expectRevert(abi.encodeWithSelector(Refused.selector, IExchange.OrderFilled.selector));
        this.take(address(2), 0, "b", 1000, 1000);
    }

    function test_numbers__128_to_a_word() external {
        for (uint256 number; number < 128; ++number) {
            this.take(address(1), number, bytes32(number + 1), 1000, 1000);
        }
        checkEq(
            uint256(_wordOf(0)), uint256(0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa), "all done"
        );
        checkEq(_wordOf(1), 0, "the next word");
    }

    function test_numbers__filled_at_last__frees_the_word_of_its_own() external {
        this.take(address(1), 5, "a", 1000, 400);
        check(_leftWordOf(5) != 0, "partial");
        this.take(address(1), 5, "a", 1000, 600);

        checkEq(_leftWordOf(5), 0, "freed");
    }

    function _step(uint256 seed) private {
        address maker = address(uint160(1 + seed % 2));
        uint256 number = [uint256(0), 1, 127, 128, OWN, OWN | 127][(seed >> 8) % 6];
        bytes32 orderHash = keccak256(abi.encode(maker, (seed >> 16) % 2));
        uint256 amount = 4000;
        uint256 grams = LOTS[(seed >> 24) % 4] * 1000;
        Model storage model = _model[keccak256(abi.encode(number & OWN == 0 ? address(0) : maker, number))];

        bytes4 expected;
        if (model.touched && model.left == 0) expected = IExchange.OrderFilled.selector;
        else if (model.touched && model.orderHash != orderHash) expected = IExchange.OrderNumberTaken.selector;
        else if (grams > (model.touched ? model.left : amount)) expected = IExchange.LeftInsufficient.selector;

        try this.take(maker, number, orderHash, amount, grams) returns (uint256 left) {
            checkEq(expected, bytes4(0), "the model refuses");
            model.left = (model.touched ? model.left : amount) - grams;
            (model.orderHash, model.touched) = (orderHash, true);
            checkEq(left, model.left, "left");
        } catch (bytes memory reason) {
            checkEq(keccak256(reason), keccak256(abi.encodeWithSelector(Refused.selector, expected)), "reason");
        }

        uint256 modelLeft = !model.touched ? amount : (model.orderHash == orderHash ? model.left : 0);
        checkEq(_leftOf(maker, number, orderHash, amount), modelLeft, "left by view");
    }

    uint256[4] private LOTS = [uint256(1), 2, 3, 4];
    uint256[7] private NUMBERS = [uint256(0), 1, 127, 128, OWN, OWN | 127, OWN | 127];

    function _wordOf(uint256 word) private view returns (bytes32) {
        return bytes32(_numbers.shared[word]);
    }

    function _leftWordOf(uint256 number) private view returns (uint256) {
        return _numbers.sharedLeft[number];
    }
}
