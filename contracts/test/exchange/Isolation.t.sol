// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Exchange} from "../../Exchange.sol";
import {IExchange} from "../../interfaces/IExchange.sol";
import {HostileAccount} from "../../mocks/HostileAccount.sol";
import {HostileToken} from "../../mocks/HostileToken.sol";
import {BatchEncoder, Match} from "../BatchEncoder.sol";
import {Log} from "../Vm.sol";
import {World} from "../World.sol";

/// @title INV-07: what is hostile spoils its own match and no other.
contract IsolationTest is World {
    bytes32 private constant SKIPPED = keccak256("Skipped(uint256,bytes32,bytes32,bytes4)");

    HostileAccount private _hostile;

    function setUp() public override {
        super.setUp();
        _hostile = new HostileAccount(CAROL);
        outfit(address(_hostile), 0, 1e9);
        outfit(ALICE, 1_000_000, 0);
        outfit(BOB, 0, 1e9);
    }

    function test_inv_07__hostile_receivers__are_skipped_and_the_rest_settles() external {
        for (uint8 mode = 1; mode < 6; ++mode) {
            _hostile.setReceiving(HostileAccount.Receiving(mode));
            bool accepts = mode == uint8(HostileAccount.Receiving.ReturnBomb);
            uint256 before = credit.balanceOf(BOB, classId);
            uint256 money = payment.balanceOf(address(_hostile));
            uint256 gasBefore = gasleft();

            Log[] memory logs = _settleAround(signOrder(CAROL_KEY, _hostileBuy()));

            checkAtMost(gasBefore - gasleft(), 1_500_000, "bounded gas");
            checkEq(countOf(logs, SKIPPED), accepts ? 0 : 1, "the hostile match");
            if (!accepts) {
                Log memory skip = findLog(logs, SKIPPED, "skip");
                checkEq(uint256(skip.topics[1]), 1, "index");
                checkEq(abi.decode(skip.data, (bytes4)), IExchange.CreditTransferFailed.selector, "reason");
            }
            checkEq(credit.balanceOf(BOB, classId), before + 2000, "the two around it");
            checkEq(payment.balanceOf(address(_hostile)), accepts ? money - 1000 : money, "its money");
        }
    }

    /// @dev What burns all but its answer is no failure; what follows in the fill needs almost nothing.
    function test_inv_07__receiver_burns_all_but_its_answer__fills() external {
        _hostile.setReceiving(HostileAccount.Receiving.BurnThenAccept);

        Log[] memory logs = _settleAround(signOrder(CAROL_KEY, _hostileBuy()));

        checkEq(countOf(logs, SKIPPED), 0, "filled");
    }

    function test_inv_07__hostile_wallets__are_skipped_and_the_rest_settles() external {
        for (uint8 mode = 2; mode < 8; ++mode) {
            _hostile.setAnswering(HostileAccount.Answering(mode));
            bool accepts = mode == uint8(HostileAccount.Answering.Bomb);
            uint256 before = credit.balanceOf(BOB, classId);

            Log[] memory logs = _settleAround("no signature");

            checkEq(countOf(logs, SKIPPED), accepts ? 0 : 1, "the hostile match");
            if (!accepts) {
                checkEq(
                    abi.decode(findLog(logs, SKIPPED, "skip").data, (bytes4)),
                    IExchange.OrderSignatureInvalid.selector,
                    "reason"
                );
            }
            checkEq(credit.balanceOf(BOB, classId), before + 2000, "the two around it");
        }
    }

    function test_inv_07__hostile_money__is_skipped() external {
        HostileToken token = new HostileToken();
        exchange = new Exchange(address(governance), address(credit), address(token), address(charity), OPERATOR, FEES);
        token.mint(BOB, 1e9);
        VM.prank(BOB);
        token.approve(address(exchange), type(uint256).max);
        VM.prank(ALICE);
        credit.setApprovalForAll(address(exchange), true);
        uint8[4] memory refusals = [
            uint8(HostileToken.Moving.Revert),
            uint8(HostileToken.Moving.ReturnFalse),
            uint8(HostileToken.Moving.RevertBomb),
            uint8(HostileToken.Moving.BurnGas)
        ];
        for (uint256 i; i < refusals.length; ++i) {
            token.setMoving(HostileToken.Moving(refusals[i]), address(0));
            bytes4 reason = _reasonFor(aBuy(BOB, 1, 1000));
            checkEq(reason, IExchange.PaymentFailed.selector, "refusal");
        }
        token.setMoving(HostileToken.Moving.ReturnNothing, address(0));
        checkEq(_reasonFor(aBuy(BOB, 1, 1000)), bytes4(0), "a token that answers nothing");
        token.setCall(address(exchange), abi.encodeCall(IExchange.cancelAll, ()));
        checkEq(_reasonFor(aBuy(BOB, 1, 1000)), bytes4(0), "a token that calls back");
        check(!token.callSucceeded(), "is locked out");
    }

    /// @dev If the fee's transfer fails, the seller's payment before it is undone too.
    function test_inv_05__fee_refused__nothing_moves() external {
        HostileToken token = new HostileToken();
        exchange = new Exchange(address(governance), address(credit), address(token), address(charity), OPERATOR, FEES);
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = IExchange.setFee.selector;
        VM.startPrank(GOVERNOR);
        governance.setTargetFunctionRole(address(exchange), selectors, 4);
        exchange.setFee(100);
        VM.stopPrank();
        token.mint(BOB, 1e9);
        VM.prank(BOB);
        token.approve(address(exchange), type(uint256).max);
        VM.prank(ALICE);
        credit.setApprovalForAll(address(exchange), true);
        token.setMoving(HostileToken.Moving.ReturnFalse, FEES);

        checkEq(_reasonFor(aBuy(BOB, 1, 1000)), IExchange.PaymentFailed.selector, "reason");
        checkEq(token.balanceOf(ALICE), 0, "seller");
        checkEq(token.balanceOf(BOB), 1e9, "buyer");
    }

    /// @dev With any gas: all that can settle settles, or nothing happens at all.
    function testFuzz_inv_07__starved_settlement__reverts_all_or_skips_none(uint256 given) external {
        given = bound(given, 50_000, 2_000_000);
        bytes memory data = _threeGood();
        VM.prank(OPERATOR);
        (bool done,) = address(exchange).call{gas: given}(data);

        checkEq(credit.balanceOf(BOB, classId), done ? 3000 : 0, "all or nothing");
    }

    function test_inv_07__starved_settlement__names_what_is_needed() external {
        bytes memory data = _threeGood();
        VM.prank(OPERATOR);
        (bool done, bytes memory answer) = address(exchange).call{gas: 500_000}(data);

        check(!done, "reverts");
        checkEq(bytes4(answer), IExchange.GasInsufficient.selector, "reason");
    }

    /// @dev A wallet's yes cannot be starved into a skip either.
    function testFuzz_inv_07__starved_wallet__reverts_all_or_skips_none(uint256 given) external {
        given = bound(given, 50_000, 1_200_000);
        _hostile.setAnswering(HostileAccount.Answering.Yes);
        IExchange.Order memory sell = aSell(ALICE, 1, 1000);
        (IExchange.Order[] memory orders, bytes[] memory signatures, Match[] memory matches) =
            pairCall(_hostileBuy(), "any", sell, signOrder(ALICE_KEY, sell), 1, 1000);
        bytes memory data = abi.encodeCall(IExchange.settle, (BatchEncoder.encode(orders, signatures, matches)));
        VM.prank(OPERATOR);
        (bool done,) = address(exchange).call{gas: given}(data);

        checkEq(credit.balanceOf(address(_hostile), classId), done ? 1000 : 0, "all or nothing");
    }

    function _hostileBuy() private view returns (IExchange.Order memory buy) {
        buy = IExchange.Order({
            maker: address(_hostile),
            beneficiary: address(_hostile),
            classId: classId,
            side: IExchange.Side.Buy,
            amountGco2e: 1000,
            pricePerKg: 1000,
            maxFeeBps: 100,
            expiry: FAR,
            number: 1e9 + payment.balanceOf(BOB),
            epoch: 0,
            action: IExchange.Action.Hold,
            ref: 0
        });
    }

    /// @dev Three matches of Alice's credits: Bob, the hostile account, Bob.
    function _settleAround(bytes memory hostileSignature) private returns (Log[] memory) {
        IExchange.Order[] memory orders = new IExchange.Order[](4);
        bytes[] memory signatures = new bytes[](4);
        orders[0] = aSell(ALICE, 3, 1000);
        (orders[1], orders[2], orders[3]) = (aBuy(BOB, 1, 1000), _hostileBuy(), aBuy(BOB, 1, 1000));
        signatures[0] = signOrder(ALICE_KEY, orders[0]);
        signatures[1] = signOrder(BOB_KEY, orders[1]);
        signatures[2] = hostileSignature;
        signatures[3] = signOrder(BOB_KEY, orders[3]);
        VM.recordLogs();
        VM.prank(OPERATOR);
        exchange.settle(BatchEncoder.encode(orders, signatures, _threeMatches()));
        return VM.getRecordedLogs();
    }

    function _threeGood() private returns (bytes memory) {
        IExchange.Order[] memory orders = new IExchange.Order[](4);
        bytes[] memory signatures = new bytes[](4);
        orders[0] = aSell(ALICE, 3, 1000);
        signatures[0] = signOrder(ALICE_KEY, orders[0]);
        for (uint256 i = 1; i < 4; ++i) {
            orders[i] = aBuy(BOB, 1, 1000);
            signatures[i] = signOrder(BOB_KEY, orders[i]);
        }
        return abi.encodeCall(IExchange.settle, (BatchEncoder.encode(orders, signatures, _threeMatches())));
    }

    function _threeMatches() private pure returns (Match[] memory matches) {
        matches = new Match[](3);
        for (uint256 i; i < 3; ++i) {
            matches[i] = Match({buy: i + 1, sell: 0, lots: 1, pricePerKg: 1000, group: 0});
        }
    }

    function _reasonFor(IExchange.Order memory buy) private returns (bytes4) {
        IExchange.Order memory sell = aSell(ALICE, 1, 1000);
        VM.recordLogs();
        settlePair(buy, signOrder(BOB_KEY, buy), sell, signOrder(ALICE_KEY, sell), 1, 1000);
        Log[] memory logs = VM.getRecordedLogs();
        if (countOf(logs, SKIPPED) == 0) return 0;
        return abi.decode(findLog(logs, SKIPPED, "skip").data, (bytes4));
    }
}
