// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IExchange} from "../../interfaces/IExchange.sol";
import {TypeHashes} from "../../libraries/TypeHashes.sol";
import {HostileAccount} from "../../mocks/HostileAccount.sol";
import {BatchEncoder, Match} from "../BatchEncoder.sol";
import {World} from "../World.sol";

contract CancelTest is World {
    function test_cancel__is_kept_told_and_the_makers_alone() external {
        VM.expectEmit(address(exchange));
        emit IExchange.NumberCancelled(ALICE, 300);
        VM.prank(ALICE);
        exchange.cancel(300);

        check(exchange.isCancelled(ALICE, 300), "cancelled");
        check(!exchange.isCancelled(BOB, 300), "another maker");
        check(!exchange.isCancelled(ALICE, 301) && !exchange.isCancelled(ALICE, 44), "another number");
    }

    function test_cancel__twice__is_the_same() external {
        VM.startPrank(ALICE);
        exchange.cancel(1);
        exchange.cancel(1);
        VM.stopPrank();

        check(exchange.isCancelled(ALICE, 1), "cancelled");
    }

    function test_cancel_all__raises_the_epoch() external {
        VM.roll(100);
        VM.setBlockhash(99, bytes32(uint256(5 << 16 | 41)));
        VM.expectEmit(address(exchange));
        emit IExchange.AllCancelled(ALICE, 0, 42);
        VM.prank(ALICE);
        exchange.cancelAll();
        checkEq(exchange.epochOf(ALICE), 42, "epoch");
        checkEq(exchange.epochOf(BOB), 0, "another maker");

        VM.expectEmit(address(exchange));
        emit IExchange.AllCancelled(ALICE, 42, 84);
        VM.prank(ALICE);
        exchange.cancelAll();
    }

    /// @dev The mark that a number was cancelled stands beside the epoch, and stays.
    function testFuzz_cancel_all__rises_by_at_least_one_and_keeps_the_mark(bytes32[4] calldata hashes) external {
        VM.prank(ALICE);
        exchange.cancel(7);
        uint256 epoch;
        for (uint256 i; i < hashes.length; ++i) {
            VM.roll(100 + i);
            VM.setBlockhash(99 + i, hashes[i]);
            VM.prank(ALICE);
            exchange.cancelAll();
            uint256 raised = exchange.epochOf(ALICE);
            check(raised > epoch && raised <= epoch + (1 << 16), "by 1 to 65,536");
            epoch = raised;
        }
        IExchange.Order memory sell = aSell(ALICE, 1, 1000);
        sell.epoch = epoch;
        checkEq(exchange.leftOf(sell), 1000, "of this epoch");
        sell.number = 7;
        checkEq(exchange.leftOf(sell), 0, "cancelled for ever");
    }

    function test_cancel_by_sig__by_anyone_with_the_makers_signature() external {
        bytes memory signature = _signCancel(ALICE_KEY, ALICE, 8, FAR);
        VM.expectRevert(abi.encodeWithSelector(IExchange.SignatureInvalid.selector, ALICE));
        exchange.cancelBySig(ALICE, 9, FAR, signature);
        VM.expectRevert(abi.encodeWithSelector(IExchange.SignatureInvalid.selector, BOB));
        exchange.cancelBySig(BOB, 8, FAR, signature);
        VM.prank(STRANGER);
        exchange.cancelBySig(ALICE, 8, FAR, signature);

        check(exchange.isCancelled(ALICE, 8), "cancelled");
        signature = _signCancel(ALICE_KEY, ALICE, 10, START);
        VM.expectRevert(abi.encodeWithSelector(IExchange.SignatureExpired.selector, START));
        exchange.cancelBySig(ALICE, 10, START, signature);
    }

    function test_cancel_all_by_sig__once_for_its_epoch() external {
        bytes memory signature = _signCancelAll(ALICE_KEY, ALICE, 0);
        exchange.cancelAllBySig(ALICE, 0, FAR, signature);
        uint256 epoch = exchange.epochOf(ALICE);
        check(epoch != 0, "epoch");
        VM.expectRevert(abi.encodeWithSelector(IExchange.EpochMismatch.selector, ALICE, 0, epoch));
        exchange.cancelAllBySig(ALICE, 0, FAR, signature);
        VM.expectRevert(abi.encodeWithSelector(IExchange.SignatureInvalid.selector, ALICE));
        exchange.cancelAllBySig(ALICE, epoch, FAR, signature);
        VM.warp(FAR);
        VM.expectRevert(abi.encodeWithSelector(IExchange.SignatureExpired.selector, FAR));
        exchange.cancelAllBySig(ALICE, epoch, FAR, signature);
    }

    function test_inv_08__paused__cancelling_goes_on() external {
        VM.prank(PAUSER);
        exchange.pause();
        VM.startPrank(ALICE);
        exchange.cancel(1);
        exchange.cancelAll();
        VM.stopPrank();
        exchange.cancelBySig(ALICE, 2, FAR, _signCancel(ALICE_KEY, ALICE, 2, FAR));
        uint256 epoch = exchange.epochOf(ALICE);
        exchange.cancelAllBySig(ALICE, epoch, FAR, _signCancelAll(ALICE_KEY, ALICE, epoch));

        check(exchange.isCancelled(ALICE, 1) && exchange.isCancelled(ALICE, 2), "cancelled");
        check(exchange.epochOf(ALICE) > epoch, "epoch");
    }

    /// @dev A receiver cannot cancel, or settle, from inside its own fill.
    function test_inv_04__cancel_from_inside_a_fill__is_locked_out() external {
        HostileAccount hostile = new HostileAccount(BOB);
        outfit(address(hostile), 0, 1e6);
        outfit(ALICE, 10_000, 0);
        IExchange.Order memory buy = aBuy(address(hostile), 4, 1000);
        IExchange.Order memory sell = aSell(ALICE, 4, 1000);
        bytes[5] memory tricks = [
            abi.encodeCall(IExchange.cancel, (buy.number)),
            abi.encodeCall(IExchange.cancelAll, ()),
            abi.encodeCall(
                IExchange.cancelBySig, (address(hostile), 5, FAR, _signCancel(BOB_KEY, address(hostile), 5, FAR))
            ),
            abi.encodeCall(
                IExchange.cancelAllBySig, (address(hostile), 0, FAR, _signCancelAll(BOB_KEY, address(hostile), 0))
            ),
            abi.encodeCall(
                IExchange.settle, (BatchEncoder.encode(new IExchange.Order[](0), new bytes[](0), new Match[](1)))
            )
        ];
        for (uint256 i; i < tricks.length; ++i) {
            hostile.setCall(address(exchange), tricks[i]);
            (buy.number, sell.number) = (nextNumber(), nextNumber());
            (buy.amountGco2e, sell.amountGco2e) = (1000, 1000);
            settlePair(buy, signOrder(BOB_KEY, buy), sell, signOrder(ALICE_KEY, sell), 1, 1000);

            checkEq(hostile.calls(), i + 1, "tried");
            check(!hostile.callSucceeded(), "locked out");
        }
        checkEq(exchange.epochOf(address(hostile)), 0, "epoch");
        checkEq(credit.balanceOf(address(hostile), classId), 5000, "filled all the same");
    }

    function test_lock__is_open_again_after_each_call() external {
        VM.startPrank(ALICE);
        exchange.cancel(1);
        exchange.cancelAll();
        VM.stopPrank();
        VM.expectRevert(abi.encodeWithSelector(IExchange.BatchMalformed.selector, 1));
        exchange.settle(BatchEncoder.encode(new IExchange.Order[](0), new bytes[](0), new Match[](1)));
        VM.expectRevert(abi.encodeWithSelector(IExchange.BatchMalformed.selector, 1));
        exchange.settle(BatchEncoder.encode(new IExchange.Order[](0), new bytes[](0), new Match[](1)));
        check(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector != 0, "the lock's own error never showed");
    }

    function _signCancel(uint256 key, address maker, uint256 number, uint256 deadline)
        private
        view
        returns (bytes memory)
    {
        bytes32 structHash = keccak256(abi.encode(TypeHashes.CANCEL, maker, number, deadline));
        return signDigest(key, digestOf(exchange.domainSeparator(), structHash));
    }

    function _signCancelAll(uint256 key, address maker, uint256 epoch) private view returns (bytes memory) {
        bytes32 structHash = keccak256(abi.encode(TypeHashes.CANCEL_ALL, maker, epoch, FAR));
        return signDigest(key, digestOf(exchange.domainSeparator(), structHash));
    }
}
