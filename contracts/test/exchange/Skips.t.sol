// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICharity} from "../../interfaces/ICharity.sol";
import {IExchange} from "../../interfaces/IExchange.sol";
import {BatchEncoder, Match} from "../BatchEncoder.sol";
import {Log} from "../Vm.sol";
import {World} from "../World.sol";

/// @title One change to a good pair for each reason to skip: the skip says exactly that reason, and nothing moves.
contract SkipsTest is World {
    bytes32 private constant SKIPPED = keccak256("Skipped(uint256,bytes32,bytes32,bytes4)");
    bytes32 private constant FILLED = keccak256(
        "Filled(bytes32,bytes32,uint256,address,address,uint256,uint256,uint256,uint256,uint256,uint256,uint256)"
    );

    IExchange.Order private _buy;
    IExchange.Order private _sell;
    uint256 private _lots = 10;
    uint256 private _price = 1000;

    function setUp() public override {
        super.setUp();
        outfit(ALICE, 100_000, 1e9);
        outfit(BOB, 50_000, 1e9);
        VM.prank(GOVERNOR);
        exchange.setFee(50);
        _buy = aBuy(BOB, 10, 1000);
        _sell = aSell(ALICE, 10, 900);
    }

    function test_good_pair__fills() external {
        Log[] memory logs = _settle();
        checkEq(countOf(logs, FILLED), 1, "filled");
        checkEq(countOf(logs, SKIPPED), 0, "not skipped");
    }

    function test_amount_zero__malformed() external {
        _buy.amountGco2e = 0;
        _expectSkip(IExchange.OrderMalformed.selector);
    }

    function test_price_zero__malformed() external {
        _sell.pricePerKg = 0;
        _expectSkip(IExchange.OrderMalformed.selector);
    }

    /// @dev A batch has no words for part of a lot, or for a beneficiary or reference without an action: what it says
    /// instead is not what the maker signed.
    function test_what_no_batch_can_say__never_fills() external {
        for (uint256 i; i < 4; ++i) {
            (_buy, _sell) = (aBuy(BOB, 10, 1000), aSell(ALICE, 10, 900));
            if (i == 0) _sell.amountGco2e = 10_001;
            if (i == 1) _sell.beneficiary = CAROL;
            if (i == 2) _buy.beneficiary = CAROL;
            if (i == 3) _buy.ref = "ref";
            Log[] memory logs = _settle();
            checkEq(countOf(logs, FILLED), 0, "not filled");
            checkEq(_reasonIn(logs), IExchange.OrderSignatureInvalid.selector, "reason");
        }
    }

    function test_sell_with_an_action__malformed() external {
        _sell.action = IExchange.Action.Retire;
        _expectSkip(IExchange.OrderMalformed.selector);
    }

    function test_retire_for_nobody__malformed() external {
        (_buy.action, _buy.beneficiary) = (IExchange.Action.Retire, address(0));
        _expectSkip(IExchange.OrderMalformed.selector);
    }

    function test_inv_04__expired__this_very_second() external {
        _buy.expiry = START;
        _expectSkip(IExchange.OrderExpired.selector);
    }

    function test_inv_04__last_second_before_expiry__fills() external {
        _buy.expiry = START + 1;
        checkEq(countOf(_settle(), FILLED), 1, "filled");
    }

    function test_inv_04__fee_above_the_signed_bound__skips() external {
        _sell.maxFeeBps = 49;
        _expectSkip(IExchange.OrderFeeExceeded.selector);
    }

    function test_inv_04__fee_at_the_signed_bound__fills() external {
        _sell.maxFeeBps = 50;
        checkEq(countOf(_settle(), FILLED), 1, "filled");
    }

    function test_inv_04__cancelled_number__skips() external {
        VM.prank(ALICE);
        exchange.cancel(_sell.number);
        _expectSkip(IExchange.OrderCancelled.selector);
    }

    function test_inv_04__epoch_raised__skips() external {
        VM.prank(ALICE);
        exchange.cancelAll();
        _expectSkip(IExchange.OrderEpochStale.selector);
    }

    function test_inv_04__epoch_of_the_future__skips() external {
        _sell.epoch = 1;
        _expectSkip(IExchange.OrderEpochStale.selector);
    }

    function test_inv_08__signed_by_another__skips() external {
        (IExchange.Order[] memory orders, bytes[] memory signatures, Match[] memory matches) =
            pairCall(_buy, signOrder(BOB_KEY, _buy), _sell, signOrder(BOB_KEY, _sell), 10, 1000);
        _expectSkipOf(orders, signatures, matches, IExchange.OrderSignatureInvalid.selector);
    }

    /// @dev Any field changed after signing: skipped, whichever check notices first.
    function testFuzz_inv_08__altered_after_signing__never_fills(uint256 field, uint256 change) external {
        bytes memory sellSignature = signOrder(ALICE_KEY, _sell);
        change = bound(change, 1, type(uint16).max - 100);
        field = field % 9;
        if (field == 0) _sell.classId ^= change;
        if (field == 1) _sell.amountGco2e += LOT * change;
        if (field == 2) _sell.pricePerKg -= bound(change, 1, 899);
        if (field == 3) _sell.maxFeeBps += change;
        if (field == 4) _sell.expiry += change;
        // Not the number of the buy: no batch holds one twice.
        if (field == 5) _sell.number = _buy.number + 1 + change;
        if (field == 6) _sell.epoch += change;
        if (field == 7) _sell.side = IExchange.Side.Buy;
        if (field == 8) (_sell.maker, _sell.beneficiary) = (CAROL, CAROL);
        (IExchange.Order[] memory orders, bytes[] memory signatures, Match[] memory matches) =
            pairCall(_buy, signOrder(BOB_KEY, _buy), _sell, sellSignature, 1, 1000);
        VM.recordLogs();
        VM.prank(OPERATOR);
        exchange.settle(BatchEncoder.encode(orders, signatures, matches));

        Log[] memory logs = VM.getRecordedLogs();
        checkEq(countOf(logs, SKIPPED), 1, "skipped");
        checkEq(countOf(logs, FILLED), 0, "not filled");
    }

    function test_two_buys__sides_mismatched() external {
        _sell.side = IExchange.Side.Buy;
        _expectSkip(IExchange.SidesMismatched.selector);
    }

    function test_other_class__classes_mismatched() external {
        _sell.classId = classId + 1;
        _expectSkip(IExchange.ClassesMismatched.selector);
    }

    function test_own_order__self_match() external {
        (_sell.maker, _sell.beneficiary) = (BOB, BOB);
        (IExchange.Order[] memory orders, bytes[] memory signatures, Match[] memory matches) =
            pairCall(_buy, signOrder(BOB_KEY, _buy), _sell, signOrder(BOB_KEY, _sell), 10, 1000);
        _expectSkipOf(orders, signatures, matches, IExchange.SelfMatch.selector);
    }

    function test_inv_04__no_lots__skips() external {
        _lots = 0;
        _expectSkip(IExchange.LotsZero.selector);
    }

    function test_inv_04__price_above_the_buy__skips() external {
        _price = 1001;
        _expectSkip(IExchange.PriceOutsideLimit.selector);
    }

    function test_inv_04__price_below_the_sell__skips() external {
        _price = 899;
        _expectSkip(IExchange.PriceOutsideLimit.selector);
    }

    function test_inv_04__more_than_the_order__skips() external {
        _buy.amountGco2e = 11_000;
        _lots = 11;
        _expectSkip(IExchange.LeftInsufficient.selector);
        _lots = type(uint64).max;
        _expectSkip(IExchange.LeftInsufficient.selector);
    }

    function test_inv_04__more_than_is_left__skips() external {
        _lots = 6;
        checkEq(countOf(_settle(), FILLED), 1, "first part");
        _expectSkip(IExchange.LeftInsufficient.selector);
    }

    function test_inv_04__filled_order_again__skips() external {
        checkEq(countOf(_settle(), FILLED), 1, "first");
        _expectSkip(IExchange.OrderFilled.selector);
    }

    function test_inv_04__another_order_under_a_used_number__skips() external {
        _lots = 4;
        checkEq(countOf(_settle(), FILLED), 1, "partly filled");
        _buy = aBuy(BOB, 10, 1000);
        _sell.pricePerKg = 950;
        _expectSkip(IExchange.OrderNumberTaken.selector);
    }

    function test_no_money__payment_failed() external {
        VM.prank(BOB);
        payment.transfer(CAROL, 1e9);
        _expectSkip(IExchange.PaymentFailed.selector);
    }

    function test_no_allowance__payment_failed() external {
        VM.prank(BOB);
        payment.approve(address(exchange), 0);
        _expectSkip(IExchange.PaymentFailed.selector);
    }

    function test_money_for_the_cost_but_not_the_fee__payment_failed() external {
        VM.prank(BOB);
        payment.transfer(CAROL, 1e9 - 10_000);
        _expectSkip(IExchange.PaymentFailed.selector);
    }

    function test_no_credits__transfer_failed() external {
        VM.prank(ALICE);
        credit.retire(classId, 100_000, ALICE, "own-deficit", 0);
        _expectSkip(IExchange.CreditTransferFailed.selector);
    }

    function test_approval_withdrawn__transfer_failed() external {
        VM.prank(ALICE);
        credit.setApprovalForAll(address(exchange), false);
        _expectSkip(IExchange.CreditTransferFailed.selector);
    }

    function test_retire_without_credits__action_failed() external {
        (_buy.action, _buy.ref) = (IExchange.Action.Retire, "statement");
        VM.prank(ALICE);
        credit.setApprovalForAll(address(exchange), false);
        _expectSkip(IExchange.ActionFailed.selector);
    }

    function test_donate_to_no_campaign__action_failed() external {
        (_buy.action, _buy.ref) = (IExchange.Action.Donate, bytes32(uint256(99)));
        _expectSkip(IExchange.ActionFailed.selector);
    }

    function test_donate_to_a_closed_campaign__action_failed() external {
        uint256 campaignId = openCampaign(POOL, ICharity.Kind.RetirePool, ICharity.Funding.AllOrNothing, 1);
        VM.warp(START + 30 days);
        (_buy.action, _buy.ref) = (IExchange.Action.Donate, bytes32(campaignId));
        _expectSkip(IExchange.ActionFailed.selector);
    }

    function _reasonIn(Log[] memory logs) private pure returns (bytes4) {
        return abi.decode(findLog(logs, SKIPPED, "skip").data, (bytes4));
    }

    function _settle() private returns (Log[] memory) {
        VM.recordLogs();
        settlePair(_buy, signOrder(BOB_KEY, _buy), _sell, signOrder(ALICE_KEY, _sell), _lots, _price);
        return VM.getRecordedLogs();
    }

    function _expectSkip(bytes4 reason) private {
        (IExchange.Order[] memory orders, bytes[] memory signatures, Match[] memory matches) =
            pairCall(_buy, signOrder(BOB_KEY, _buy), _sell, signOrder(ALICE_KEY, _sell), _lots, _price);
        _expectSkipOf(orders, signatures, matches, reason);
    }

    function _expectSkipOf(
        IExchange.Order[] memory orders,
        bytes[] memory signatures,
        Match[] memory matches,
        bytes4 reason
    ) private {
        bytes32 before = _holdings();
        VM.expectEmit(address(exchange));
        emit IExchange.Skipped(0, exchange.hashOrder(orders[0]), exchange.hashOrder(orders[1]), reason);
        VM.recordLogs();
        VM.prank(OPERATOR);
        exchange.settle(BatchEncoder.encode(orders, signatures, matches));

        // What was told inside the undone match is recorded by forge too, though on a chain it is gone.
        checkEq(countOf(VM.getRecordedLogs(), SKIPPED), 1, "one skip");
        checkEq(_holdings(), before, "nothing moved");
    }

    function _holdings() private view returns (bytes32) {
        return keccak256(
            abi.encode(
                payment.balanceOf(ALICE),
                payment.balanceOf(BOB),
                payment.balanceOf(FEES),
                credit.balanceOf(ALICE, classId),
                credit.balanceOf(BOB, classId),
                exchange.leftOf(_buy),
                exchange.leftOf(_sell)
            )
        );
    }
}
