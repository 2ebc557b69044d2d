// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IExchange} from "../../interfaces/IExchange.sol";
import {BatchEncoder, Match} from "../BatchEncoder.sol";
import {Log} from "../Vm.sol";
import {World} from "../World.sol";

/// @title A seller and a buyer with just what they need to trade, and a batch put together order by order.
abstract contract Trading is World {
    IExchange.Order[] private _orders;
    bytes[] private _signatures;
    Match[] private _matches;

    function setUp() public virtual override {
        super.setUp();
        giveCredits(ALICE, 1_000_000);
        VM.prank(ALICE);
        credit.setApprovalForAll(address(exchange), true);
        giveMoney(BOB, 1e9);
        VM.prank(BOB);
        payment.approve(address(exchange), type(uint256).max);
    }

    /// @dev The order's place in the batch, for `meet`.
    function put(uint256 key, IExchange.Order memory order) internal returns (uint256) {
        return putSigned(order, signOrder(key, order));
    }

    function putSigned(IExchange.Order memory order, bytes memory signature) internal returns (uint256) {
        _orders.push(order);
        _signatures.push(signature);
        return _orders.length - 1;
    }

    function meet(uint256 buy, uint256 sell, uint256 lots, uint256 pricePerKg) internal {
        _matches.push(Match({buy: buy, sell: sell, lots: lots, pricePerKg: pricePerKg, group: 0}));
    }

    /// @dev Settles what was put together and begins anew. Of each match why it was skipped; zero if it filled.
    function settleAll() internal returns (bytes4[] memory reasons) {
        reasons = new bytes4[](_matches.length);
        bytes memory batch = BatchEncoder.encode(_orders, _signatures, _matches);
        VM.recordLogs();
        VM.prank(OPERATOR);
        exchange.settle(batch);
        Log[] memory logs = VM.getRecordedLogs();
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].topics[0] == IExchange.Skipped.selector) {
                reasons[uint256(logs[i].topics[1])] = bytes4(logs[i].data);
            }
        }
        delete _orders;
        delete _signatures;
        delete _matches;
    }

    /// @dev Bob buys of Alice, each with its own key.
    function trade(IExchange.Order memory buy, IExchange.Order memory sell, uint256 lots, uint256 pricePerKg)
        internal
        returns (bytes4)
    {
        return tradeSigned(buy, signOrder(BOB_KEY, buy), sell, signOrder(ALICE_KEY, sell), lots, pricePerKg);
    }

    function tradeSigned(
        IExchange.Order memory buy,
        bytes memory buySignature,
        IExchange.Order memory sell,
        bytes memory sellSignature,
        uint256 lots,
        uint256 pricePerKg
    ) internal returns (bytes4) {
        meet(putSigned(buy, buySignature), putSigned(sell, sellSignature), lots, pricePerKg);
        return settleAll()[0];
    }

    function setFee(uint256 feeBps) internal {
        VM.prank(GOVERNOR);
        exchange.setFee(feeBps);
    }

    /// @dev One word for who holds what.
    function holdings() internal view returns (bytes32 word) {
        address[7] memory accounts = [ALICE, BOB, CAROL, FEES, OPERATOR, STRANGER, address(exchange)];
        for (uint256 i; i < accounts.length; ++i) {
            word = keccak256(abi.encode(word, payment.balanceOf(accounts[i]), credit.balanceOf(accounts[i], classId)));
        }
    }
}
