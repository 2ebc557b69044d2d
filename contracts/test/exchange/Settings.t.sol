// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Exchange} from "../../Exchange.sol";
import {IExchange} from "../../interfaces/IExchange.sol";
import {BatchEncoder, Match} from "../BatchEncoder.sol";
import {World} from "../World.sol";

contract SettingsTest is World {
    function test_fee__up_to_the_cap() external {
        VM.startPrank(GOVERNOR);
        VM.expectEmit(address(exchange));
        emit IExchange.FeeSet(100);
        exchange.setFee(100);
        VM.expectRevert(abi.encodeWithSelector(IExchange.FeeTooHigh.selector, 101, 100));
        exchange.setFee(101);
        VM.expectRevert(abi.encodeWithSelector(IExchange.FeeTooHigh.selector, 65_536, 100));
        exchange.setFee(65_536);
        VM.stopPrank();

        checkEq(exchange.feeBps(), 100, "fee");
        checkEq(exchange.operator(), OPERATOR, "its neighbour in the slot");
    }

    function test_operator_and_recipient__set_by_the_governor() external {
        VM.startPrank(GOVERNOR);
        exchange.setFee(7);
        exchange.setOperator(BOB);
        exchange.setFeeRecipient(CAROL);
        VM.expectRevert(abi.encodeWithSelector(IExchange.AddressZero.selector));
        exchange.setOperator(address(0));
        VM.expectRevert(abi.encodeWithSelector(IExchange.AddressZero.selector));
        exchange.setFeeRecipient(address(0));
        VM.stopPrank();

        checkEq(exchange.operator(), BOB, "operator");
        checkEq(exchange.feeRecipient(), CAROL, "recipient");
        checkEq(exchange.feeBps(), 7, "fee");
    }

    function test_inv_03__the_exchange_itself__cannot_receive_fees() external {
        VM.expectRevert(abi.encodeWithSelector(IExchange.FeeRecipientInvalid.selector, address(exchange)));
        VM.prank(GOVERNOR);
        exchange.setFeeRecipient(address(exchange));
    }

    function test_inv_03__credits_sent_to_the_exchange__bounce() external {
        giveCredits(ALICE, 10);
        VM.expectRevert();
        VM.prank(ALICE);
        credit.safeTransferFrom(ALICE, address(exchange), classId, 1, "");
    }

    function test_pause__stops_settling_alone() external {
        VM.startPrank(PAUSER);
        VM.expectRevert(abi.encodeWithSelector(IExchange.ExpectedPause.selector));
        exchange.unpause();
        exchange.pause();
        VM.expectRevert(abi.encodeWithSelector(IExchange.EnforcedPause.selector));
        exchange.pause();
        VM.stopPrank();
        check(exchange.paused(), "paused");
        VM.expectRevert(abi.encodeWithSelector(IExchange.EnforcedPause.selector));
        VM.prank(OPERATOR);
        exchange.settle(BatchEncoder.encode(new IExchange.Order[](0), new bytes[](0), new Match[](1)));
        VM.prank(PAUSER);
        exchange.unpause();

        check(!exchange.paused(), "runs again");
    }

    function test_constructor__missing_parts__revert() external {
        VM.expectRevert(abi.encodeWithSelector(IExchange.AddressZero.selector));
        new Exchange(address(governance), address(0), address(payment), address(charity), OPERATOR, FEES);
        VM.expectRevert(abi.encodeWithSelector(IExchange.AddressZero.selector));
        new Exchange(address(governance), address(credit), address(0), address(charity), OPERATOR, FEES);
        VM.expectRevert(abi.encodeWithSelector(IExchange.AddressZero.selector));
        new Exchange(address(governance), address(credit), address(payment), address(0), OPERATOR, FEES);
        VM.expectRevert(abi.encodeWithSelector(IExchange.AddressZero.selector));
        new Exchange(address(governance), address(credit), address(payment), address(charity), address(0), FEES);
        VM.expectRevert(abi.encodeWithSelector(IExchange.AddressZero.selector));
        new Exchange(address(governance), address(credit), address(payment), address(charity), OPERATOR, address(0));
    }

    function test_constructor__credits_without_code__revert() external {
        VM.expectRevert(abi.encodeWithSelector(IExchange.NotAContract.selector, ALICE));
        new Exchange(address(governance), ALICE, address(payment), address(charity), OPERATOR, FEES);
    }
}
