// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICharity} from "../../interfaces/ICharity.sol";
import {IExchange} from "../../interfaces/IExchange.sol";
import {TypeHashes} from "../../libraries/TypeHashes.sol";
import {HostileAccount} from "../../mocks/HostileAccount.sol";
import {Trading} from "./Trading.sol";

/// @title What auditors found about orders, signatures and cancelling in the exchanges we know (Polymarket's, Seaport,
/// 0x, 1inch), tried on our Exchange. What the Exchange's own tests already try stands in contracts/README.md.
contract OrderFindingsTest is Trading {
    /// @dev ChainSecurity 6.2: the type hash was not that of the encoded fields. What fills is what an outsider hashes
    /// from the type's text alone, with no help of ours; with two fields swapped it is no signature.
    function testFuzz_chain_security_6_2__an_outsiders_hash__is_what_fills(
        uint256 lots,
        uint256 price,
        uint256 expiry,
        uint8 action
    ) external {
        IExchange.Order memory buy = aBuy(BOB, bound(lots, 1, 1000), bound(price, 1, 1e6));
        buy.expiry = bound(expiry, START + 1, type(uint40).max);
        buy.action = IExchange.Action(action % 3);
        if (buy.action == IExchange.Action.Retire) (buy.beneficiary, buy.ref) = (CAROL, "statement");
        if (buy.action == IExchange.Action.Donate) {
            buy.ref = bytes32(openCampaign(POOL, ICharity.Kind.RetirePool, ICharity.Funding.AllOrNothing, 1));
        }
        IExchange.Order memory sell = aSell(ALICE, 1, 1);
        bytes memory sellSignature = signDigest(ALICE_KEY, _outsidersDigest(sell));
        bytes memory signature = signDigest(BOB_KEY, _outsidersDigest(buy));
        checkEq(tradeSigned(buy, signature, sell, sellSignature, 1, buy.pricePerKg), bytes4(0), "fills");

        IExchange.Order memory next = aBuy(BOB, 3, 2);
        (next.amountGco2e, next.pricePerKg) = (2000, 3000);
        signature = signDigest(BOB_KEY, _outsidersDigest(next));
        (next.amountGco2e, next.pricePerKg) = (3000, 2000);
        bytes4 reason = tradeSigned(next, signature, sell, sellSignature, 1, 1);
        checkEq(reason, IExchange.OrderSignatureInvalid.selector, "two fields swapped");
    }

    /// @dev ChainSecurity 6.3: the rate was not signed, so everybody could be charged the most. A rate set after the
    /// signature binds neither side beyond its bound, and the bound cannot be rewritten.
    function test_chain_security_6_3__a_rate_above_the_signed_bound__binds_neither_side() external {
        IExchange.Order memory buy = aBuy(BOB, 10, 1000);
        IExchange.Order memory sell = aSell(ALICE, 10, 1000);
        buy.maxFeeBps = 30;
        bytes memory signature = signOrder(BOB_KEY, buy);
        bytes memory sellSignature = signOrder(ALICE_KEY, sell);
        setFee(31);

        bytes32 before = holdings();
        bytes4 reason = tradeSigned(buy, signature, sell, sellSignature, 10, 1000);
        checkEq(reason, IExchange.OrderFeeExceeded.selector, "the buyer's bound");
        buy.maxFeeBps = 100;
        reason = tradeSigned(buy, signature, sell, sellSignature, 10, 1000);
        checkEq(reason, IExchange.OrderSignatureInvalid.selector, "rewritten");
        sell.maxFeeBps = 30;
        checkEq(trade(buy, sell, 10, 1000), IExchange.OrderFeeExceeded.selector, "the seller's bound");
        checkEq(holdings(), before, "nothing moved");
    }

    /// @dev Polymarket v2, Fees: a limit of 0 meant no limit. A bound of 0 is no fee at all.
    function test_cantina_fees__a_bound_of_zero__is_zero() external {
        IExchange.Order memory buy = aBuy(BOB, 10, 1000);
        IExchange.Order memory sell = aSell(ALICE, 10, 1000);
        (buy.maxFeeBps, sell.maxFeeBps) = (0, 0);
        setFee(1);
        checkEq(trade(buy, sell, 10, 1000), IExchange.OrderFeeExceeded.selector, "one basis point");
        setFee(0);
        checkEq(trade(buy, sell, 10, 1000), bytes4(0), "none");
        checkEq(payment.balanceOf(FEES), 0, "no fee");
    }

    /// @dev ChainSecurity 6.4: the fee was pulled from whoever received, who had to approve what he was buying. A seller
    /// needs no allowance for money, a buyer none for credits, with or without a fee.
    function test_chain_security_6_4__the_fee__needs_no_other_approval() external {
        setFee(100);
        checkEq(payment.allowance(ALICE, address(exchange)), 0, "the seller's for money");
        check(!credit.isApprovedForAll(BOB, address(exchange)), "the buyer's for credits");

        checkEq(trade(aBuy(BOB, 10, 1000), aSell(ALICE, 10, 1000), 10, 1000), bytes4(0), "fills");
        checkEq(payment.balanceOf(ALICE), 9900, "cost less fee");
        checkEq(payment.balanceOf(FEES), 200, "both fees");
    }

    /// @dev ChainSecurity 6.5: redundant fields allowed six kinds of order nobody had meant. Of all 36 pairs of side and
    /// action three can meet: a buy that holds, retires or donates, with a plain sell.
    function test_chain_security_6_5__of_all_pairs_of_kinds__three_meet() external {
        uint256 campaignId = openCampaign(POOL, ICharity.Kind.RetirePool, ICharity.Funding.AllOrNothing, 1);
        outfit(BOB, 100_000, 0);
        outfit(ALICE, 0, 1e9);
        for (uint256 i; i < 36; ++i) {
            IExchange.Order memory first = _aKind(aBuy(BOB, 1, 1000), i / 6, campaignId);
            IExchange.Order memory second = _aKind(aBuy(ALICE, 1, 1000), i % 6, campaignId);
            bytes4 reason = trade(first, second, 1, 1000);
            if (i / 6 < 3 && i % 6 == 3) {
                checkEq(reason, bytes4(0), "meet");
            } else {
                bool refused =
                    reason == IExchange.OrderMalformed.selector || reason == IExchange.SidesMismatched.selector;
                check(refused, "kinds that nobody meant");
            }
        }
    }

    /// @dev ChainSecurity 6.6, and 0x's null recover: a failed recovery answers zero, which must be nobody.
    function test_chain_security_6_6__the_zero_address__signs_nothing() external {
        IExchange.Order memory sell = aSell(address(0), 1, 1000);
        uint256 buy = put(BOB_KEY, aBuy(BOB, 10, 1000));
        bytes[4] memory broken = [bytes(""), new bytes(64), new bytes(65), abi.encodePacked(new bytes(64), uint8(27))];
        for (uint256 i; i < broken.length; ++i) {
            sell.number = nextNumber();
            meet(buy, putSigned(sell, broken[i]), 1, 1000);
            VM.expectRevert(abi.encodeWithSelector(IExchange.SignatureInvalid.selector, address(0)));
            exchange.cancelBySig(address(0), 1, FAR, broken[i]);
            VM.expectRevert(abi.encodeWithSelector(IExchange.SignatureInvalid.selector, address(0)));
            exchange.cancelAllBySig(address(0), 0, FAR, broken[i]);
        }
        bytes4[] memory reasons = settleAll();
        for (uint256 i; i < broken.length; ++i) {
            checkEq(reasons[i], IExchange.OrderSignatureInvalid.selector, "nobody's");
        }
    }

    /// @dev ChainSecurity, domain kept across a change of chain id: what was signed before a fork serves one side.
    function test_chain_security__after_a_fork__orders_serve_one_chain() external {
        IExchange.Order memory buy = aBuy(BOB, 10, 1000);
        IExchange.Order memory sell = aSell(ALICE, 10, 1000);
        (bytes memory signature, bytes memory sellSignature) = (signOrder(BOB_KEY, buy), signOrder(ALICE_KEY, sell));
        bytes32 cancelling = keccak256(abi.encode(TypeHashes.CANCEL, ALICE, sell.number, FAR));
        bytes memory cancelSignature = signDigest(ALICE_KEY, digestOf(exchange.domainSeparator(), cancelling));
        VM.chainId(31_338);

        bytes4 reason = tradeSigned(buy, signature, sell, sellSignature, 10, 1000);
        checkEq(reason, IExchange.OrderSignatureInvalid.selector, "signed for the other chain");
        VM.expectRevert(abi.encodeWithSelector(IExchange.SignatureInvalid.selector, ALICE));
        exchange.cancelBySig(ALICE, sell.number, FAR, cancelSignature);
        checkEq(trade(buy, sell, 10, 1000), bytes4(0), "signed for this chain");
    }

    /// @dev ChainSecurity, an order told as live though cancelled; cowswap 941, one told as done though partly open, so
    /// that nobody could cancel it.
    function test_chain_security__status__partly_filled_then_cancelled() external {
        IExchange.Order memory sell = aSell(ALICE, 10, 1000);
        IExchange.Order memory other = aSell(ALICE, 10, 1000);
        checkEq(trade(aBuy(BOB, 4, 1000), sell, 4, 1000), bytes4(0), "a part");
        checkEq(exchange.leftOf(sell), 6000, "the rest is open");
        check(!exchange.isCancelled(ALICE, sell.number), "live");

        VM.prank(ALICE);
        exchange.cancel(sell.number);
        check(exchange.isCancelled(ALICE, sell.number) && exchange.leftOf(sell) == 0, "told");
        checkEq(trade(aBuy(BOB, 4, 1000), sell, 4, 1000), IExchange.OrderCancelled.selector, "and so");

        VM.prank(ALICE);
        exchange.cancelAll();
        checkEq(exchange.leftOf(other), 0, "told");
        checkEq(trade(aBuy(BOB, 4, 1000), other, 4, 1000), IExchange.OrderEpochStale.selector, "and so");
    }

    /// @dev Seaport's counter, which jumps so that nobody can sign past it: whoever talks a maker into signing for the
    /// next epoch, or for the next thousand, gains nothing when the maker cancels all.
    function testFuzz_seaport_counter__signed_ahead__is_cancelled_too(bytes32 lastHash, uint16 ahead) external {
        uint256 step = 1 + uint256(lastHash) % (1 << 16);
        IExchange.Order memory sell = aSell(ALICE, 10, 1000);
        sell.epoch = 1 + uint256(ahead);
        VM.assume(sell.epoch != step);
        VM.roll(100);
        VM.setBlockhash(99, lastHash);
        VM.prank(ALICE);
        exchange.cancelAll();

        checkEq(exchange.epochOf(ALICE), step, "as the block said");
        checkEq(exchange.leftOf(sell), 0, "told as dead");
        checkEq(trade(aBuy(BOB, 1, 1000), sell, 1, 1000), IExchange.OrderEpochStale.selector, "dead");
    }

    /// @dev Quantstamp, operational considerations: makers who cancelled spoiled the matches in flight of all others.
    function test_quantstamp__makers_cancel_in_flight__the_rest_settles() external {
        outfit(CAROL, 10_000, 0);
        IExchange.Order memory cancelled = aSell(ALICE, 1, 1000);
        uint256 buy = put(BOB_KEY, aBuy(BOB, 10, 1000));
        meet(buy, put(ALICE_KEY, cancelled), 1, 1000);
        meet(buy, put(CAROL_KEY, aSell(CAROL, 1, 1000)), 1, 1000);
        meet(buy, put(ALICE_KEY, aSell(ALICE, 1, 1000)), 1, 1000);
        VM.prank(ALICE);
        exchange.cancel(cancelled.number);
        VM.prank(CAROL);
        exchange.cancelAll();

        bytes4[] memory reasons = settleAll();
        checkEq(reasons[0], IExchange.OrderCancelled.selector, "one number");
        checkEq(reasons[1], IExchange.OrderEpochStale.selector, "one maker's all");
        checkEq(reasons[2], bytes4(0), "the rest");
        checkEq(credit.balanceOf(BOB, classId), 1000, "delivered");
    }

    /// @dev Cantina, low: one malformed signature reverted the batch. All lengths and contents spoil their own match.
    function test_cantina__malformed_signatures__spoil_their_own_matches() external {
        uint256[7] memory lengths = [uint256(0), 1, 63, 64, 65, 66, 1000];
        uint256 buy = put(BOB_KEY, aBuy(BOB, 20, 1000));
        for (uint256 i; i < 14; ++i) {
            bytes memory signature = new bytes(lengths[i / 2]);
            if (i % 2 == 1) {
                for (uint256 j; j < signature.length; ++j) {
                    signature[j] = 0xff;
                }
            }
            meet(buy, putSigned(aSell(ALICE, 1, 1000), signature), 1, 1000);
        }
        meet(buy, put(ALICE_KEY, aSell(ALICE, 1, 1000)), 1, 1000);

        bytes4[] memory reasons = settleAll();
        for (uint256 i; i < 14; ++i) {
            checkEq(reasons[i], IExchange.OrderSignatureInvalid.selector, "malformed");
        }
        checkEq(reasons[14], bytes4(0), "the good one");
        checkEq(credit.balanceOf(BOB, classId), 1000, "delivered");
    }

    /// @dev Seaport, known limitations: an order of a wallet stayed good after its first part, whatever the wallet said
    /// since. It is asked each time.
    function test_seaport__a_wallet_takes_back_its_word_after_a_part__the_rest_is_void() external {
        HostileAccount wallet = new HostileAccount(CAROL);
        outfit(address(wallet), 0, 1e6);
        IExchange.Order memory buy = aBuy(address(wallet), 10, 1000);
        bytes memory signature = signOrder(CAROL_KEY, buy);
        IExchange.Order memory sell = aSell(ALICE, 10, 1000);
        bytes memory sellSignature = signOrder(ALICE_KEY, sell);
        checkEq(tradeSigned(buy, signature, sell, sellSignature, 4, 1000), bytes4(0), "a part");
        wallet.setAnswering(HostileAccount.Answering.No);

        bytes4 reason = tradeSigned(buy, signature, sell, sellSignature, 4, 1000);
        checkEq(reason, IExchange.OrderSignatureInvalid.selector, "the rest");
        checkEq(credit.balanceOf(address(wallet), classId), 4000, "no more than the part");
    }

    /// @dev 1inch: the signature was asked for at the first fill alone. Every fill needs it.
    function test_1inch__the_second_fill__needs_the_signature_too() external {
        IExchange.Order memory buy = aBuy(BOB, 10, 1000);
        IExchange.Order memory sell = aSell(ALICE, 10, 1000);
        checkEq(trade(buy, sell, 4, 1000), bytes4(0), "a part");

        bytes4 reason = tradeSigned(buy, signOrder(BOB_KEY, buy), sell, "", 4, 1000);
        checkEq(reason, IExchange.OrderSignatureInvalid.selector, "none");
        reason = tradeSigned(buy, signOrder(CAROL_KEY, buy), sell, signOrder(ALICE_KEY, sell), 4, 1000);
        checkEq(reason, IExchange.OrderSignatureInvalid.selector, "another's");
        checkEq(exchange.leftOf(sell), 6000, "as it was");
    }

    /// @dev 0x: a cancelling function had been written but nobody could reach it. The list is the whole interface (its
    /// id is the exclusive or of all selectors), and each of it answers; what is not in it has no answer.
    function test_0x__every_function_of_the_interface__answers() external {
        bytes4[20] memory selectors = [
            IExchange.settle.selector,
            IExchange.fill.selector,
            IExchange.cancel.selector,
            IExchange.cancelAll.selector,
            IExchange.cancelBySig.selector,
            IExchange.cancelAllBySig.selector,
            IExchange.permit.selector,
            IExchange.setFee.selector,
            IExchange.setOperator.selector,
            IExchange.setFeeRecipient.selector,
            IExchange.pause.selector,
            IExchange.unpause.selector,
            IExchange.hashOrder.selector,
            IExchange.leftOf.selector,
            IExchange.isCancelled.selector,
            IExchange.epochOf.selector,
            IExchange.feeBps.selector,
            IExchange.operator.selector,
            IExchange.feeRecipient.selector,
            IExchange.domainSeparator.selector
        ];
        bytes4 all;
        for (uint256 i; i < selectors.length; ++i) {
            all ^= selectors[i];
            check(_answers(selectors[i]), "reachable");
        }
        checkEq(all, type(IExchange).interfaceId, "the whole interface");
        check(!_answers(all), "no other is there");
    }

    function _answers(bytes4 selector) private returns (bool) {
        (bool done, bytes memory answer) = address(exchange).call(abi.encodePacked(selector, new bytes(12 * 32)));
        return done || answer.length != 0;
    }

    /// @dev Kinds 0 to 2 are buys, 3 to 5 sells: that hold, retire, donate.
    function _aKind(IExchange.Order memory order, uint256 kind, uint256 campaignId)
        private
        pure
        returns (IExchange.Order memory)
    {
        order.side = IExchange.Side(kind / 3);
        order.action = IExchange.Action(kind % 3);
        if (kind % 3 == 1) order.ref = "statement";
        if (kind % 3 == 2) order.ref = bytes32(campaignId);
        return order;
    }

    function _outsidersDigest(IExchange.Order memory order) private view returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Tanyu Exchange"),
                keccak256("1"),
                block.chainid,
                address(exchange)
            )
        );
        bytes32 orderType = keccak256(
            "Order(address maker,address beneficiary,uint256 classId,string side,uint256 amountGco2e,uint256 pricePerKg,"
            "uint256 maxFeeBps,uint256 expiry,uint256 number,uint256 epoch,string action,bytes32 ref)"
        );
        string[3] memory actions = ["hold", "retire", "donate"];
        bytes memory first = abi.encode(
            orderType,
            order.maker,
            order.beneficiary,
            order.classId,
            keccak256(bytes(order.side == IExchange.Side.Buy ? "buy" : "sell")),
            order.amountGco2e,
            order.pricePerKg
        );
        bytes memory second = abi.encode(
            order.maxFeeBps,
            order.expiry,
            order.number,
            order.epoch,
            keccak256(bytes(actions[uint256(order.action)])),
            order.ref
        );
        return digestOf(domain, keccak256(bytes.concat(first, second)));
    }
}
