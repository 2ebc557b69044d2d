// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICarbonCredit} from "../../interfaces/ICarbonCredit.sol";
import {ICharity} from "../../interfaces/ICharity.sol";
import {IExchange} from "../../interfaces/IExchange.sol";
import {HostileAccount} from "../../mocks/HostileAccount.sol";
import {BatchEncoder, Match} from "../BatchEncoder.sol";
import {World} from "../World.sol";

/// @title What settles, and what it moves.
contract SettleTest is World {
    function setUp() public override {
        super.setUp();
        outfit(ALICE, 100_000, 1e9);
        outfit(BOB, 50_000, 1e9);
    }

    function test_settle__hold__moves_credits_one_way_and_money_the_other() external {
        VM.prank(GOVERNOR);
        exchange.setFee(30);
        IExchange.Order memory buy = aBuy(BOB, 10, 1000);
        IExchange.Order memory sell = aSell(ALICE, 8, 900);
        VM.expectEmit(address(exchange));
        emit IExchange.Filled(
            exchange.hashOrder(buy),
            exchange.hashOrder(sell),
            classId,
            BOB,
            ALICE,
            8,
            950,
            22,
            buy.number,
            sell.number,
            2000,
            0
        );
        settlePair(buy, signOrder(BOB_KEY, buy), sell, signOrder(ALICE_KEY, sell), 8, 950);

        checkEq(credit.balanceOf(BOB, classId), 58_000, "credits in");
        checkEq(credit.balanceOf(ALICE, classId), 92_000, "credits out");
        checkEq(payment.balanceOf(BOB), 1e9 - 7600 - 22, "cost and fee");
        checkEq(payment.balanceOf(ALICE), 1e9 + 7600 - 22, "cost less fee");
        checkEq(payment.balanceOf(FEES), 44, "both fees");
        checkEq(exchange.leftOf(buy), 2000, "buy left");
        checkEq(exchange.leftOf(sell), 0, "sell left");
    }

    function test_settle__retire__counts_for_the_beneficiary() external {
        IExchange.Order memory buy = aBuy(BOB, 10, 1000);
        (buy.action, buy.beneficiary, buy.ref) = (IExchange.Action.Retire, CAROL, "statement");
        IExchange.Order memory sell = aSell(ALICE, 10, 1000);
        VM.expectEmit(address(credit));
        emit ICarbonCredit.Retired(ALICE, CAROL, classId, 10_000, "retire", "statement");
        settlePair(buy, signOrder(BOB_KEY, buy), sell, signOrder(ALICE_KEY, sell), 10, 1000);

        checkEq(credit.retiredOf(CAROL, classId), 10_000, "retired");
        checkEq(credit.balanceOf(BOB, classId), 50_000, "not the buyer's");
    }

    function test_settle__donate__books_the_buyer_as_donor() external {
        uint256 campaignId = openCampaign(POOL, ICharity.Kind.RetirePool, ICharity.Funding.AllOrNothing, 1);
        IExchange.Order memory buy = aBuy(BOB, 10, 1000);
        (buy.action, buy.ref) = (IExchange.Action.Donate, bytes32(campaignId));
        IExchange.Order memory sell = aSell(ALICE, 10, 1000);
        settlePair(buy, signOrder(BOB_KEY, buy), sell, signOrder(ALICE_KEY, sell), 10, 1000);

        checkEq(charity.donatedOf(campaignId, BOB, classId), 10_000, "gift");
        checkEq(credit.balanceOf(address(charity), classId), 10_000, "held");
    }

    function test_settle__many__one_taker_meets_many_makers() external {
        IExchange.Order[] memory orders = new IExchange.Order[](4);
        bytes[] memory signatures = new bytes[](4);
        Match[] memory matches = new Match[](3);
        orders[0] = aBuy(BOB, 30, 1000);
        signatures[0] = signCompact(BOB_KEY, exchange.hashOrder(orders[0]));
        for (uint256 i = 1; i < 4; ++i) {
            orders[i] = aSell(ALICE, 10, 900 + i);
            signatures[i] = signOrder(ALICE_KEY, orders[i]);
            matches[i - 1] = Match({buy: 0, sell: i, lots: 10, pricePerKg: 900 + i, group: 0});
        }
        VM.prank(OPERATOR);
        exchange.settle(BatchEncoder.encode(orders, signatures, matches));

        checkEq(exchange.leftOf(orders[0]), 0, "taker filled");
        checkEq(payment.balanceOf(ALICE), 1e9 + 10 * (901 + 902 + 903), "each at its price");
    }

    function test_settle__wallet_contracts__trade() external {
        HostileAccount wallet = new HostileAccount(CAROL);
        outfit(address(wallet), 0, 1e6);
        IExchange.Order memory buy = aBuy(address(wallet), 10, 1000);
        IExchange.Order memory sell = aSell(ALICE, 10, 1000);
        settlePair(buy, signOrder(CAROL_KEY, buy), sell, signOrder(ALICE_KEY, sell), 10, 1000);

        checkEq(credit.balanceOf(address(wallet), classId), 10_000, "delivered");
    }

    /// @dev Same terms in, same sums out, whatever the sizes: nothing is made, lost or kept.
    function testFuzz_inv_05__settle__conserves(uint256 lots, uint256 price, uint256 feeBps, uint8 action) external {
        lots = bound(lots, 1, 100);
        price = bound(price, 1, 1e6);
        feeBps = bound(feeBps, 0, 100);
        VM.prank(GOVERNOR);
        exchange.setFee(feeBps);
        uint256 campaignId = openCampaign(POOL, ICharity.Kind.RetirePool, ICharity.Funding.AllOrNothing, 1);
        IExchange.Order memory buy = aBuy(BOB, lots, price);
        buy.action = IExchange.Action(action % 3);
        if (action % 3 == 1) (buy.beneficiary, buy.ref) = (CAROL, "statement");
        if (action % 3 == 2) buy.ref = bytes32(campaignId);
        IExchange.Order memory sell = aSell(ALICE, lots, price);
        uint256 money = payment.balanceOf(ALICE) + payment.balanceOf(BOB);

        settlePair(buy, signOrder(BOB_KEY, buy), sell, signOrder(ALICE_KEY, sell), lots, price);

        uint256 fee = lots * price * feeBps / 10_000;
        checkEq(payment.balanceOf(FEES), 2 * fee, "fees rounded down");
        checkEq(payment.balanceOf(ALICE) + payment.balanceOf(BOB) + 2 * fee, money, "money");
        checkEq(credit.balanceOf(ALICE, classId), 100_000 - lots * LOT, "out");
        uint256 arrived = credit.balanceOf(BOB, classId) - 50_000 + credit.retiredOf(CAROL, classId)
            + credit.balanceOf(address(charity), classId);
        checkEq(arrived, lots * LOT, "in");
        checkEq(payment.balanceOf(address(exchange)), 0, "INV-03: no money");
        checkEq(credit.balanceOf(address(exchange), classId), 0, "INV-03: no credits");
    }

    function test_settle__only_the_operator__for_shared_numbers() external {
        IExchange.Order memory buy = aBuy(BOB, 1, 1000);
        IExchange.Order memory sell = aSell(ALICE, 1, 1000);
        sell.number |= OWN;
        (IExchange.Order[] memory orders, bytes[] memory signatures, Match[] memory matches) =
            pairCall(buy, signOrder(BOB_KEY, buy), sell, signOrder(ALICE_KEY, sell), 1, 1000);
        VM.expectRevert(abi.encodeWithSelector(IExchange.NotOperator.selector, STRANGER));
        VM.prank(STRANGER);
        exchange.settle(BatchEncoder.encode(orders, signatures, matches));
    }

    function test_settle__anyone__for_two_own_space_orders() external {
        IExchange.Order memory buy = aBuy(BOB, 1, 1000);
        IExchange.Order memory sell = aSell(ALICE, 1, 1000);
        (buy.number, sell.number) = (OWN | 7, OWN | 7);
        (IExchange.Order[] memory orders, bytes[] memory signatures, Match[] memory matches) =
            pairCall(buy, signOrder(BOB_KEY, buy), sell, signOrder(ALICE_KEY, sell), 1, 1000);
        VM.prank(STRANGER);
        exchange.settle(BatchEncoder.encode(orders, signatures, matches));

        checkEq(credit.balanceOf(BOB, classId), 51_000, "filled, though both chose number 7");
    }

    function test_settle__malformed_calls__revert() external {
        IExchange.Order memory buy = aBuy(BOB, 1, 1000);
        IExchange.Order memory sell = aSell(ALICE, 1, 1000);
        (IExchange.Order[] memory orders, bytes[] memory signatures, Match[] memory matches) =
            pairCall(buy, signOrder(BOB_KEY, buy), sell, signOrder(ALICE_KEY, sell), 1, 1000);
        VM.startPrank(OPERATOR);
        VM.expectRevert(abi.encodeWithSelector(IExchange.BatchEmpty.selector));
        exchange.settle(BatchEncoder.encode(orders, signatures, new Match[](0)));
        matches[0].sell = 2;
        VM.expectRevert(abi.encodeWithSelector(IExchange.IndexOutOfRange.selector, 2, 2));
        exchange.settle(BatchEncoder.encode(orders, signatures, matches));
        (matches[0].buy, matches[0].sell) = (255, 1);
        VM.expectRevert(abi.encodeWithSelector(IExchange.IndexOutOfRange.selector, 255, 2));
        exchange.settle(BatchEncoder.encode(orders, signatures, matches));
        VM.stopPrank();
    }

    /// @dev Cut anywhere, a batch is refused whole: what is missing is never read as zeros.
    function testFuzz_settle__cut_short__reverts(uint256 length) external {
        bytes memory batch = _goodBatch();
        length = bound(length, 0, batch.length - 1);
        bytes memory cut = new bytes(length);
        for (uint256 i; i < length; ++i) {
            cut[i] = batch[i];
        }
        VM.prank(OPERATOR);
        (bool done, bytes memory answer) = address(exchange).call(abi.encodeCall(IExchange.settle, (cut)));

        check(!done, "refused");
        bytes4 reason = bytes4(answer);
        check(reason == IExchange.BatchMalformed.selector || reason == IExchange.BatchEmpty.selector, "says why");
    }

    function test_settle__batch_too_long__reverts() external {
        bytes memory batch = bytes.concat(_goodBatch(), hex"00");
        VM.expectPartialRevert(IExchange.BatchMalformed.selector);
        VM.prank(OPERATOR);
        exchange.settle(batch);
    }

    /// @dev One class and two orders precede the flags of the first order.
    function test_settle__unknown_flags_action_or_class__revert() external {
        bytes memory batch = _goodBatch();
        uint256 firstOrder = 1 + 2 * 16 + 1;
        batch[firstOrder] = bytes1(uint8(batch[firstOrder]) | 0x20);
        VM.expectRevert(abi.encodeWithSelector(IExchange.BatchMalformed.selector, firstOrder));
        VM.prank(OPERATOR);
        exchange.settle(batch);

        batch = _goodBatch();
        batch[firstOrder] |= 0x06;
        VM.expectRevert(abi.encodeWithSelector(IExchange.BatchMalformed.selector, firstOrder));
        VM.prank(OPERATOR);
        exchange.settle(batch);

        batch = _goodBatch();
        batch[firstOrder + 1] = 0x02;
        VM.expectRevert(abi.encodeWithSelector(IExchange.BatchMalformed.selector, firstOrder));
        VM.prank(OPERATOR);
        exchange.settle(batch);
    }

    function _goodBatch() private returns (bytes memory) {
        IExchange.Order memory buy = aBuy(BOB, 1, 1000);
        IExchange.Order memory sell = aSell(ALICE, 1, 1000);
        (IExchange.Order[] memory orders, bytes[] memory signatures, Match[] memory matches) =
            pairCall(buy, signOrder(BOB_KEY, buy), sell, signCompact(ALICE_KEY, exchange.hashOrder(sell)), 1, 1000);
        return BatchEncoder.encode(orders, signatures, matches);
    }

    function test_settle__no_orders_at_all__settles_nothing_for_anyone() external {
        VM.expectRevert(abi.encodeWithSelector(IExchange.BatchMalformed.selector, 1));
        exchange.settle(BatchEncoder.encode(new IExchange.Order[](0), new bytes[](0), new Match[](1)));
    }

    function test_fill__by_anyone_but_the_exchange__reverts() external {
        IExchange.Leg[] memory legs = new IExchange.Leg[](1);
        VM.expectRevert(abi.encodeWithSelector(IExchange.OnlySelf.selector));
        VM.prank(OPERATOR);
        exchange.fill(legs);
    }
}
