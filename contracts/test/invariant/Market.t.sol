// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CarbonCredit} from "../../CarbonCredit.sol";
import {Exchange} from "../../Exchange.sol";
import {PaymentToken} from "../../PaymentToken.sol";
import {IExchange} from "../../interfaces/IExchange.sol";
import {Assertions} from "../Assertions.sol";
import {FuzzSelector} from "./Acts.sol";
import {MarketActs} from "./MarketActs.sol";

/// @title The promises of the Exchange under an evil operator and hostile accounts.
/// @dev INV-04, INV-07 and INV-08 are checked at each fill by MarketActs, which reverts the run at a breach.
contract MarketInvariants is Assertions {
    MarketActs private _acts;

    function setUp() external {
        _acts = new MarketActs();
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(_acts), _acts.acts());
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_acts);
    }

    /// @dev INV-03, INV-05 and what the operator could have moved (INV-08), account by account.
    function invariant_inv_03_04_05_08__every_balance_is_as_the_signed_fills_say() external view {
        (CarbonCredit credit, PaymentToken payment, Exchange exchange, uint256 classId) = _acts.parts();
        for (uint256 i; i < 5; ++i) {
            address account = _acts.actors(i);
            checkEq(payment.balanceOf(account), _acts.money(account), "INV-08 money");
            checkEq(credit.balanceOf(account, classId), _acts.credits(account), "INV-08 credits");
            checkEq(credit.retiredOf(account, classId), _acts.retired(account), "INV-05 retired");
        }
        checkEq(payment.balanceOf(exchange.feeRecipient()), _acts.money(exchange.feeRecipient()), "INV-05 fees");
        address charity = exchange.charity();
        checkEq(credit.balanceOf(charity, classId), _acts.credits(charity), "INV-05 donated");
        checkEq(payment.balanceOf(address(exchange)), 0, "INV-03 money");
        checkEq(credit.balanceOf(address(exchange), classId), 0, "INV-03 credits");
    }

    function invariant_inv_04_09__what_is_left_is_as_the_fills_told() external view {
        (,, Exchange exchange,) = _acts.parts();
        for (uint256 i; i < _acts.hashCount(); ++i) {
            bytes32 orderHash = _acts.hashes(i);
            IExchange.Order memory order = _acts.signedOf(orderHash).order;
            bool dead = exchange.isCancelled(order.maker, order.number) || exchange.epochOf(order.maker) != order.epoch;
            uint256 left = _acts.replay().leftOf(order.maker, order.number, orderHash, order.amountGco2e);
            checkEq(exchange.leftOf(order), dead ? 0 : left, "INV-09 left");
        }
        _acts.compareWithEvents();
    }

    /// @dev The acts get somewhere: fills, skips and partial fills happen.
    function test_market_acts__reach_fills_and_skips() external {
        bytes4[] memory acts = _acts.acts();
        for (uint256 i; i < 300; ++i) {
            uint256 seed = uint256(keccak256(abi.encode(i)));
            (bool done,) = address(_acts).call(abi.encodeWithSelector(acts[seed % acts.length], seed));
            check(done, "an act failed");
        }
        check(_acts.fills() > 15, "fills");
        check(_acts.skips() > 20, "skips");
    }
}
