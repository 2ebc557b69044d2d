// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Exchange} from "../../Exchange.sol";
import {IExchange} from "../../interfaces/IExchange.sol";
import {HostileAccount} from "../../mocks/HostileAccount.sol";
import {HostileToken} from "../../mocks/HostileToken.sol";
import {Trading} from "./Trading.sol";

/// @title What auditors found, and we measured, about filling, fees and money in the exchanges we know (Polymarket's,
/// Seaport, CoW), tried on our Exchange. What the Exchange's own tests already try stands in contracts/README.md.
contract SettlementFindingsTest is Trading {
    /// @dev Cantina 3.1.1, POL-EX-1: the operator named what the taker gave and what the makers gave apart, so a taker
    /// paid 150 on an order over 100, or was used up for a tenth of the goods. Whatever is named here, the taker pays
    /// for what was executed, gets that, has that much less left, and nothing beyond what it signed.
    function testFuzz_cantina_3_1_1__the_taker__pays_and_gets_what_was_executed(
        uint256[3] calldata lotSeeds,
        uint256[3] calldata priceSeeds
    ) external {
        uint256[3] memory lots;
        uint256[3] memory prices;
        IExchange.Order memory taker = aBuy(BOB, 10, 1000);
        uint256 buy = put(BOB_KEY, taker);
        for (uint256 i; i < 3; ++i) {
            lots[i] = bound(lotSeeds[i], 0, 8);
            prices[i] = bound(priceSeeds[i], 850, 1050);
            meet(buy, put(ALICE_KEY, aSell(ALICE, 6, 900)), lots[i], prices[i]);
        }
        bytes4[] memory reasons = settleAll();
        uint256 executed;
        uint256 cost;
        for (uint256 i; i < 3; ++i) {
            bool possible =
                lots[i] != 0 && lots[i] <= 6 && executed + lots[i] <= 10 && prices[i] >= 900 && prices[i] <= 1000;
            check(possible == (reasons[i] == 0), "filled when it could");
            if (possible) (executed, cost) = (executed + lots[i], cost + lots[i] * prices[i]);
        }

        checkEq(credit.balanceOf(BOB, classId), executed * LOT, "got");
        checkEq(1e9 - payment.balanceOf(BOB), cost, "paid");
        checkEq(payment.balanceOf(ALICE), cost, "the makers got");
        checkEq(exchange.leftOf(taker), (10 - executed) * LOT, "left");
    }

    /// @dev Cantina 3.1.1, one order on both sides or in two places: it is named once in a batch and meets not itself.
    function test_cantina_3_1_1__an_order__does_not_meet_itself() external {
        uint256 buy = put(BOB_KEY, aBuy(BOB, 10, 1000));
        uint256 sell = put(ALICE_KEY, aSell(ALICE, 10, 1000));
        meet(buy, buy, 1, 1000);
        meet(sell, sell, 1, 1000);
        meet(sell, buy, 1, 1000);
        bytes32 before = holdings();
        bytes4[] memory reasons = settleAll();

        for (uint256 i; i < 3; ++i) {
            checkEq(reasons[i], IExchange.SidesMismatched.selector, "no pair");
        }
        checkEq(holdings(), before, "nothing moved");
    }

    /// @dev Cantina 3.1.2: a zero fill wrote the order's status and told of a fill. Among others it is skipped too, and
    /// those around it see the order untouched.
    function test_cantina_3_1_2__a_fill_of_nothing__among_others() external {
        IExchange.Order memory taker = aBuy(BOB, 2, 1000);
        uint256 buy = put(BOB_KEY, taker);
        uint256 sell = put(ALICE_KEY, aSell(ALICE, 2, 1000));
        meet(buy, sell, 0, 1000);
        meet(buy, sell, 1, 1000);
        meet(buy, sell, 0, 1000);
        bytes4[] memory reasons = settleAll();

        checkEq(reasons[0], IExchange.LotsZero.selector, "first");
        checkEq(reasons[1], bytes4(0), "second");
        checkEq(reasons[2], IExchange.LotsZero.selector, "third");
        checkEq(exchange.leftOf(taker), LOT, "one filled");
    }

    /// @dev Cantina 3.1.3, POL-EX-4 and ChainSecurity's tokens sent by accident: what lay in the exchange went to the
    /// next taker. Nobody gets it here; native coin is refused at the door.
    function test_cantina_3_1_3__money_sent_by_accident__goes_to_no_taker() external {
        setFee(100);
        giveMoney(STRANGER, 5000);
        VM.prank(STRANGER);
        payment.transfer(address(exchange), 5000);
        VM.deal(STRANGER, 1);
        VM.prank(STRANGER);
        (bool done,) = address(exchange).call{value: 1}("");
        check(!done, "no native coin");

        checkEq(trade(aBuy(BOB, 10, 1000), aSell(ALICE, 10, 900), 10, 950), bytes4(0), "fills");
        checkEq(payment.balanceOf(BOB), 1e9 - 9500 - 95, "the buyer pays in full");
        checkEq(payment.balanceOf(ALICE), 9500 - 95, "the seller gets no more");
        checkEq(payment.balanceOf(FEES), 190, "nor the recipient of fees");
        checkEq(payment.balanceOf(address(exchange)), 5000, "it lies where it was");
    }

    /// @dev Cantina 3.1.5: id 0 meant money, so money was sold for money. No id means money here, be it zero or
    /// what of the money's address an id can hold: it is a class nobody holds any of.
    function test_cantina_3_1_5__no_class_id__means_money() external {
        uint256[2] memory ids = [uint256(0), uint128(uint160(address(payment)))];
        giveMoney(ALICE, 1e9);
        approveAll(ALICE);
        for (uint256 i; i < ids.length; ++i) {
            IExchange.Order memory buy = aBuy(BOB, 10, 1000);
            IExchange.Order memory sell = aSell(ALICE, 10, 1000);
            (buy.classId, sell.classId) = (ids[i], ids[i]);
            bytes32 before = holdings();
            checkEq(trade(buy, sell, 10, 1000), IExchange.CreditTransferFailed.selector, "nothing to sell");
            checkEq(holdings(), before, "nothing moved");
        }
    }

    /// @dev Cantina, low: the fee was bounded by the declared fill, not the executed one. Fees are of each executed
    /// fill: a match that is skipped costs none, and many parts never cost more than the whole would.
    function testFuzz_cantina_fees__are_of_what_was_executed(uint256 price, uint256 feeBps, uint256 parts) external {
        (price, feeBps, parts) = (bound(price, 1, 5000), bound(feeBps, 0, 100), bound(parts, 1, 10));
        setFee(feeBps);
        uint256 buy = put(BOB_KEY, aBuy(BOB, 100, 5000));
        uint256 sell = put(ALICE_KEY, aSell(ALICE, parts, 1));
        for (uint256 i; i < parts; ++i) {
            meet(buy, sell, 1, price);
        }
        meet(buy, sell, 10, 5000);
        bytes4[] memory reasons = settleAll();

        checkEq(reasons[parts], IExchange.OrderFilled.selector, "declared, not executed");
        checkEq(payment.balanceOf(FEES), 2 * parts * (price * feeBps / 10_000), "of each part");
        checkAtMost(payment.balanceOf(FEES) * 10_000, 2 * parts * price * feeBps, "within the rate");
    }

    /// @dev POL-EX-5: a product overflowed. A fill of the dearest price there is, of all a class can ever hold; and one
    /// of the most lots a batch can say, which nobody holds.
    function test_pol_ex_5__the_widest_fill__does_not_overflow() external {
        uint64 most = type(uint64).max;
        uint256 price = type(uint96).max;
        uint256 lots = most / 2 / LOT;
        VM.prank(GOVERNOR);
        classId = credit.createClass("US-CA", 2025, "SIM", most, 0);
        giveCredits(ALICE, lots * LOT);
        giveMoney(BOB, 1 << 200);
        setFee(100);
        uint256 money = payment.balanceOf(BOB);

        bytes4 reason = trade(aBuy(BOB, most, price), aSell(ALICE, most, price), most, price);
        checkEq(reason, IExchange.CreditTransferFailed.selector, "nobody holds so many");
        checkEq(trade(aBuy(BOB, lots, price), aSell(ALICE, lots, price), lots, price), bytes4(0), "all there is");
        uint256 fee = lots * price / 100;
        checkEq(payment.balanceOf(ALICE), lots * price - fee, "to the seller");
        checkEq(payment.balanceOf(FEES), 2 * fee, "to the recipient");
        checkEq(payment.balanceOf(BOB), money - lots * price - fee, "from the buyer");
        checkEq(credit.balanceOf(BOB, classId), lots * LOT, "delivered");
    }

    /// @dev Quantstamp, read-only reentrancy: status was written after the receivers had run, so they read an old one. A
    /// receiver gets no answer at all about what is left while a batch is being settled.
    function test_quantstamp__a_receiver__reads_no_old_status() external {
        HostileAccount wallet = new HostileAccount(CAROL);
        outfit(address(wallet), 0, 1e6);
        IExchange.Order memory buy = aBuy(address(wallet), 10, 1000);
        IExchange.Order memory sell = aSell(ALICE, 10, 1000);
        wallet.setCall(address(exchange), abi.encodeCall(IExchange.leftOf, (sell)));

        bytes4 reason = tradeSigned(buy, signOrder(CAROL_KEY, buy), sell, signOrder(ALICE_KEY, sell), 4, 1000);
        checkEq(reason, bytes4(0), "fills");
        checkEq(wallet.calls(), 1, "asked");
        check(!wallet.callSucceeded(), "no answer");
        checkEq(exchange.leftOf(sell), 6000, "answered afterwards");
    }

    /// @dev Seaport, PartialFillFractionOverflow: parts that overflowed a fraction made a filled order new. No part,
    /// however wide, gives anything back, before the order is done or after, in one batch or the next; not even the one
    /// whose grams are less than a lot if 64 bits were all they had.
    function testFuzz_seaport_fraction_overflow__a_filled_order__stays_filled(uint64 seed) external {
        IExchange.Order memory taker = aBuy(BOB, type(uint64).max, 1000);
        IExchange.Order memory maker = aSell(ALICE, 10, 1000);
        uint256 wide = bound(seed, 7, type(uint64).max);
        uint256 wraps = (1 << 64) / LOT + 1;
        uint256[3][3] memory lots = [[4, wide, wraps], [wide, 6, wraps], [wide, wraps, 1]];
        uint256[3] memory good = [uint256(0), 1, 3];
        for (uint256 i; i < 3; ++i) {
            uint256 buy = put(BOB_KEY, taker);
            uint256 sell = put(ALICE_KEY, maker);
            for (uint256 j; j < 3; ++j) {
                meet(buy, sell, lots[i][j], 1000);
            }
            bytes4[] memory reasons = settleAll();
            for (uint256 j; j < 3; ++j) {
                check((reasons[j] == 0) == (j == good[i]), "the two parts that were left, and no other");
            }
        }

        checkEq(exchange.leftOf(maker), 0, "filled");
        checkEq(exchange.leftOf(taker), (uint256(type(uint64).max) - 10) * LOT, "the other side");
        checkEq(credit.balanceOf(ALICE, classId), 990_000, "no more than was signed");
    }

    /// @dev Seaport, known limitations: an order whose approval was gone reverted the batch. It spoils its own match.
    function test_seaport__approvals_gone__spoil_their_own_matches() external {
        outfit(CAROL, 10_000, 1e6);
        VM.startPrank(CAROL);
        payment.approve(address(exchange), 0);
        credit.setApprovalForAll(address(exchange), false);
        VM.stopPrank();
        uint256 buy = put(BOB_KEY, aBuy(BOB, 10, 1000));
        uint256 sell = put(ALICE_KEY, aSell(ALICE, 10, 1000));
        meet(put(CAROL_KEY, aBuy(CAROL, 1, 1000)), sell, 1, 1000);
        meet(buy, put(CAROL_KEY, aSell(CAROL, 1, 1000)), 1, 1000);
        meet(buy, sell, 1, 1000);

        bytes4[] memory reasons = settleAll();
        checkEq(reasons[0], IExchange.PaymentFailed.selector, "money");
        checkEq(reasons[1], IExchange.CreditTransferFailed.selector, "credits");
        checkEq(reasons[2], bytes4(0), "the good one");
        checkEq(credit.balanceOf(CAROL, classId), 10_000, "as it was");
    }

    /// @dev Seaport, known limitations; Allo M-1: a token that takes a share of each transfer. We ask that none be
    /// configured; if one is, its share is the seller's loss, and no pool of ours or anybody else pays for it.
    function test_seaport__a_token_that_takes_a_share__drains_nobody_else() external {
        HostileToken token = new HostileToken();
        exchange = new Exchange(address(governance), address(credit), address(token), address(charity), OPERATOR, FEES);
        token.mint(BOB, 1e6);
        token.mint(address(exchange), 777);
        VM.prank(BOB);
        token.approve(address(exchange), type(uint256).max);
        VM.prank(ALICE);
        credit.setApprovalForAll(address(exchange), true);
        token.setMoving(HostileToken.Moving.TakeShare, address(0));

        checkEq(trade(aBuy(BOB, 10, 1000), aSell(ALICE, 10, 1000), 10, 1000), bytes4(0), "fills");
        checkEq(token.balanceOf(BOB), 1e6 - 10_000, "the buyer pays what he signed");
        checkEq(token.balanceOf(ALICE), 9900, "the token keeps a hundredth");
        checkEq(token.balanceOf(address(exchange)), 777, "nothing of ours");
        checkEq(credit.balanceOf(BOB, classId), 10_000, "delivered");
    }

    /// @dev CoW, G0 issue 1: rounding favoured whoever settled. Cost is exact and fees are rounded down, so the buyer
    /// never pays above and the seller never gets below what the signed price and rate say, by not even a unit.
    function testFuzz_cow_1__rounding__favours_the_signers(uint256 price, uint256 feeBps, uint256 lots) external {
        (price, feeBps, lots) = (bound(price, 1, 1e5), bound(feeBps, 0, 100), bound(lots, 1, 100));
        setFee(feeBps);
        IExchange.Order memory buy = aBuy(BOB, lots, price);
        IExchange.Order memory sell = aSell(ALICE, lots, price);
        (buy.maxFeeBps, sell.maxFeeBps) = (feeBps, feeBps);
        checkEq(trade(buy, sell, lots, price), bytes4(0), "fills");

        uint256 paid = 1e9 - payment.balanceOf(BOB);
        checkAtMost(paid * 10_000, lots * price * (10_000 + feeBps), "the buyer pays at most");
        checkAtMost(lots * price * (10_000 - feeBps), payment.balanceOf(ALICE) * 10_000, "the seller gets at least");
        checkEq(paid, payment.balanceOf(ALICE) + payment.balanceOf(FEES), "nobody keeps a rest");
    }

    /// @dev CoW: a settler's calls to anything could reach the users' approvals. A batch can name makers alone, and what
    /// it calls of those, a question about a signature, moves nothing, whoever is named.
    function test_cow__a_batch_that_names_our_contracts__reaches_no_approval() external {
        address[5] memory targets =
            [address(payment), address(credit), address(exchange), address(charity), address(governance)];
        uint256 buy = put(BOB_KEY, aBuy(BOB, 10, 1000));
        for (uint256 i; i < targets.length; ++i) {
            bytes memory call_ = abi.encodeCall(payment.transferFrom, (BOB, OPERATOR, 1e9));
            meet(buy, putSigned(aSell(targets[i], 1, 1000), call_), 1, 1000);
        }
        bytes32 before = holdings();
        bytes4[] memory reasons = settleAll();

        for (uint256 i; i < targets.length; ++i) {
            checkEq(reasons[i], IExchange.OrderSignatureInvalid.selector, "no wallet");
        }
        checkEq(holdings(), before, "nothing moved");
    }

    /// @dev CoW, the same from inside: a receiver that runs in the middle of a fill has no more power than outside.
    function test_cow__a_receiver_inside_a_fill__reaches_no_approval() external {
        HostileAccount wallet = new HostileAccount(CAROL);
        outfit(address(wallet), 0, 1e6);
        IExchange.Leg[] memory legs = new IExchange.Leg[](1);
        (legs[0].classId, legs[0].lots, legs[0].action) = (classId, 500, keccak256("hold"));
        (legs[0].buyer, legs[0].seller) = (STRANGER, ALICE);
        bytes memory data = abi.encodeCall(credit.safeTransferFrom, (ALICE, address(wallet), classId, 500_000, ""));
        bytes[3] memory tricks = [
            abi.encodeCall(IExchange.fill, (legs)),
            data,
            abi.encodeCall(payment.transferFrom, (BOB, address(wallet), 1e6))
        ];
        address[3] memory targets = [address(exchange), address(credit), address(payment)];
        for (uint256 i; i < tricks.length; ++i) {
            wallet.setCall(targets[i], tricks[i]);
            IExchange.Order memory buy = aBuy(address(wallet), 1, 1000);
            IExchange.Order memory sell = aSell(ALICE, 1, 1000);
            bytes4 reason = tradeSigned(buy, signOrder(CAROL_KEY, buy), sell, signOrder(ALICE_KEY, sell), 1, 1000);
            checkEq(reason, bytes4(0), "fills");
            checkEq(wallet.calls(), i + 1, "tried");
            check(!wallet.callSucceeded(), "refused");
        }
        checkEq(credit.balanceOf(ALICE, classId), 997_000, "what she sold");
        checkEq(payment.balanceOf(BOB), 1e9, "all of his");
    }

    /// @dev Measured on Polymarket v1 and v2: a seller of 1000 for at least 999 gave 20 for nothing, one at a time. A
    /// price is of one lot here and cost is lots times price: the least price brings one unit a lot, in any number of
    /// parts.
    function testFuzz_measured__dust_fills__pay_as_the_whole_does(uint256 price, uint256 parts) external {
        (price, parts) = (bound(price, 1, 999), bound(parts, 1, 20));
        setFee(100);
        uint256 buy = put(BOB_KEY, aBuy(BOB, 1000, 1000));
        uint256 sell = put(ALICE_KEY, aSell(ALICE, 1000, price));
        for (uint256 i; i < parts; ++i) {
            meet(buy, sell, 1, price);
        }
        meet(buy, sell, 1, price - 1);
        bytes4[] memory reasons = settleAll();

        checkEq(reasons[parts], IExchange.PriceOutsideLimit.selector, "a unit less");
        checkEq(credit.balanceOf(BOB, classId), parts * LOT, "sold");
        checkAtMost(parts * price * 99, payment.balanceOf(ALICE) * 100, "paid, less one per cent at most");
    }

    /// @dev Measured on Polymarket v2: one wallet without onERC1155Received reverted all matches.
    function test_measured__a_wallet_that_cannot_receive__spoils_its_own_match() external {
        outfit(CAROL, 0, 1e6);
        VM.etch(CAROL, address(payment).code);
        uint256 sell = put(ALICE_KEY, aSell(ALICE, 10, 1000));
        meet(put(CAROL_KEY, aBuy(CAROL, 1, 1000)), sell, 1, 1000);
        meet(put(BOB_KEY, aBuy(BOB, 1, 1000)), sell, 1, 1000);

        bytes4[] memory reasons = settleAll();
        checkEq(reasons[0], IExchange.CreditTransferFailed.selector, "cannot receive");
        checkEq(reasons[1], bytes4(0), "the other");
        checkEq(payment.balanceOf(CAROL), 1e6, "its money");
    }
}
