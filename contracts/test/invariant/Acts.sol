// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CarbonCredit} from "../../CarbonCredit.sol";
import {Exchange} from "../../Exchange.sol";
import {PaymentToken} from "../../PaymentToken.sol";
import {ICarbonCredit} from "../../interfaces/ICarbonCredit.sol";
import {ICharity} from "../../interfaces/ICharity.sol";
import {IExchange} from "../../interfaces/IExchange.sol";
import {IIssuance} from "../../interfaces/IIssuance.sol";
import {HostileAccount} from "../../mocks/HostileAccount.sol";
import {Log} from "../Vm.sol";
import {World} from "../World.sol";
import {Replay} from "./Replay.sol";

/// @dev What forge's fuzzer is told to call.
struct FuzzSelector {
    address addr;
    bytes4[] selectors;
}

/// @title The actors of an invariant suite and the one way they act: as a transaction whose events feed the replay.
/// @dev Actors 0..2 are keys, 3 and 4 are wallet contracts that misbehave.
abstract contract Acts is World {
    uint256 internal constant ACTORS = 5;
    uint256 internal constant KEYS = 3;
    /// @dev A block's worth: what a gas burner can burn at most.
    uint256 private constant BLOCK_GAS = 10_000_000;
    bytes32 internal constant FILLED = IExchange.Filled.selector;
    bytes32 internal constant SKIPPED = IExchange.Skipped.selector;

    Replay public replay;
    address[] public actors;
    uint256[] internal actorKeys;

    uint256 private _seed;

    constructor() {
        replay = new Replay();
        VM.recordLogs();
        setUp();
        _addActors();
        _outfitActors();
        replay.learn(VM.getRecordedLogs(), block.timestamp);
    }

    function parts() external view returns (CarbonCredit, PaymentToken, Exchange, uint256) {
        return (credit, payment, exchange, classId);
    }

    /// @dev What a suite's actors start with.
    function _outfitActors() internal virtual;

    function _addActors() private {
        actorKeys = [ALICE_KEY, BOB_KEY, CAROL_KEY, 0xDA4E, 0xE4E];
        actors = [ALICE, BOB, CAROL];
        for (uint256 i = KEYS; i < ACTORS; ++i) {
            actors.push(address(new HostileAccount(VM.addr(actorKeys[i]))));
        }
    }

    /// @dev One transaction. The events of what was undone inside it are dropped, as a chain would.
    function _act(address sender, address target, bytes memory data) internal returns (bool done, Log[] memory logs) {
        return _actWithGas(sender, target, data, BLOCK_GAS);
    }

    function _actWithGas(address sender, address target, bytes memory data, uint256 gas)
        internal
        returns (bool done, Log[] memory logs)
    {
        VM.recordLogs();
        VM.prank(sender);
        (done,) = target.call{gas: gas}(data);
        logs = VM.getRecordedLogs();
        if (!done) return (false, new Log[](0));
        logs = _withoutUndone(logs);
        replay.learn(logs, block.timestamp);
    }

    /// @dev The next number below `limit` from the act's seed.
    function _pick(uint256 limit) internal returns (uint256) {
        _seed = uint256(keccak256(abi.encode(_seed)));
        return _seed % limit;
    }

    function _start(uint256 seed) internal {
        _seed = seed;
    }

    function _chance(uint256 percent) internal returns (bool) {
        return _pick(100) < percent;
    }

    function _actor() internal returns (address) {
        return actors[_pick(ACTORS)];
    }

    function _warpBy(uint256 time) internal {
        VM.warp(block.timestamp + time);
    }

    /// @dev forge records what reverted calls told. A skip for a reason found after the first event undoes all since.
    function _withoutUndone(Log[] memory logs) private pure returns (Log[] memory kept) {
        uint256 size;
        kept = new Log[](logs.length);
        for (uint256 i; i < logs.length; ++i) {
            bytes32 undone = _undoneBack(logs[i]);
            // The skips of one group follow each other: the first undoes all, back to the group's first fill.
            if (undone == FILLED && i != 0 && logs[i - 1].topics[0] == SKIPPED) undone = 0;
            while (undone != 0 && !_isFirstUndone(kept[--size], logs[i], undone)) {}
            kept[size++] = logs[i];
        }
        assembly {
            mstore(kept, size)
        }
    }

    function _isFirstUndone(Log memory log, Log memory skip, bytes32 undone) private pure returns (bool) {
        if (log.topics[0] != undone) return false;
        return undone != FILLED || (log.topics[1] == skip.topics[2] && log.topics[2] == skip.topics[3]);
    }

    /// @dev The first event of the item this log says was skipped; zero if it was skipped before it told anything.
    function _undoneBack(Log memory log) private pure returns (bytes32) {
        bytes32 topic = log.topics.length == 0 ? bytes32(0) : log.topics[0];
        if (topic == SKIPPED) {
            bytes4 reason = abi.decode(log.data, (bytes4));
            bool late = reason == IExchange.PaymentFailed.selector || reason == IExchange.ActionFailed.selector
                || reason == IExchange.CreditTransferFailed.selector || reason == IExchange.GasExhausted.selector;
            return late ? FILLED : bytes32(0);
        }
        if (topic == IIssuance.ClaimSkipped.selector) {
            return _isReceiversFault(abi.decode(log.data, (bytes4))) ? ICarbonCredit.Issued.selector : bytes32(0);
        }
        if (topic == ICharity.RefundSkipped.selector) {
            bool late = abi.decode(log.data, (bytes4)) != ICharity.NothingToRefund.selector;
            return late ? ICharity.Refunded.selector : bytes32(0);
        }
        return 0;
    }

    /// @dev What a hostile receiver can make a claim fail with; all else fails before the mint tells anything.
    function _isReceiversFault(bytes4 reason) private pure returns (bool) {
        return reason == HostileAccount.Refused.selector || reason == bytes4(0)
            || reason == IIssuance.GasExhausted.selector
            || reason == bytes4(keccak256("ERC1155InvalidReceiver(address)"));
    }
}
