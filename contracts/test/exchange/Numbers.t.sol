// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IExchange} from "../../interfaces/IExchange.sol";
import {OrderStatus} from "../../libraries/OrderStatus.sol";
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

    function take(address maker, uint256 number, bytes32 orderHash, uint256 amount, uint256 grams)
        external
        returns (uint256)
    {
        return _numbers.take(maker, number, orderHash, amount, grams);
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
        checkEq(_numbers.leftOf(address(3), OWN, "c", 1000), 1000, "a third maker's");
    }

    function test_numbers__shared__is_one_for_all() external {
        this.take(address(1), 0, "a", 1000, 1000);
        VM.expectRevert(abi.encodeWithSelector(IExchange.OrderFilled.selector, bytes32("b")));
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
            checkEq(bytes4(reason), expected, "reason");
        }

        uint256 modelLeft = !model.touched ? amount : (model.orderHash == orderHash ? model.left : 0);
        checkEq(_numbers.leftOf(maker, number, orderHash, amount), modelLeft, "left by view");
    }

    uint256[4] private LOTS = [uint256(1), 2, 3, 4];

    function _wordOf(uint256 word) private view returns (bytes32) {
        return bytes32(_numbers.shared[word]);
    }

    function _leftWordOf(uint256 number) private view returns (uint256) {
        return _numbers.sharedLeft[number];
    }
}
