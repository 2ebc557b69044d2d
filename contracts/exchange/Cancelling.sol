// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {BitMaps} from "@openzeppelin/contracts/utils/structs/BitMaps.sol";
import {IExchange} from "../interfaces/IExchange.sol";
import {Signatures} from "../libraries/Signatures.sol";
import {TypeHashes} from "../libraries/TypeHashes.sol";

/// @title What makers take back: one number, or all they signed so far. Never paused.
/// @dev Shares the lock of settling, so that nothing is cancelled in the middle of its own fill.
abstract contract Cancelling is IExchange, EIP712, ReentrancyGuardTransient {
    using BitMaps for BitMaps.BitMap;

    /// @dev Who never cancelled a number is not looked up among the cancelled ones.
    uint256 private constant HAS_CANCELLED = 1;

    /// @dev A batch gives an epoch 32 bits: a maker may cancel all some 130,000 times.
    uint256 private constant EPOCH_STEP_MAX = 1 << 16;

    /// @dev One word holds the epoch, and in its lowest bit whether a number was ever cancelled.
    struct Maker {
        uint256 epochAndMark;
        BitMaps.BitMap cancelled;
    }

    mapping(address maker => Maker) private _makers;

    /// @inheritdoc IExchange
    function cancel(uint256 number) external override nonReentrant {
        _cancel(msg.sender, number);
    }

    /// @inheritdoc IExchange
    function cancelAll() external override nonReentrant {
        _cancelAll(msg.sender);
    }

    /// @inheritdoc IExchange
    function cancelBySig(address maker, uint256 number, uint256 deadline, bytes calldata signature)
        external
        override
        nonReentrant
    {
        bytes32 structHash = keccak256(abi.encode(TypeHashes.CANCEL, maker, number, deadline));
        _requireSigned(maker, structHash, deadline, signature);

        _cancel(maker, number);
    }

    /// @inheritdoc IExchange
    function cancelAllBySig(address maker, uint256 epoch, uint256 deadline, bytes calldata signature)
        external
        override
        nonReentrant
    {
        uint256 current = _makers[maker].epochAndMark >> 1;
        if (epoch != current) revert EpochMismatch(maker, epoch, current);
        bytes32 structHash = keccak256(abi.encode(TypeHashes.CANCEL_ALL, maker, epoch, deadline));
        _requireSigned(maker, structHash, deadline, signature);

        _cancelAll(maker);
    }

    /// @dev Cancelling twice is the same as once, so a signed cancellation needs no number of its own.
    function _cancel(address maker, uint256 number) private {
        Maker storage state = _makers[maker];
        uint256 word = state.epochAndMark;
        if (word & HAS_CANCELLED == 0) state.epochAndMark = word | HAS_CANCELLED;
        state.cancelled.set(number);

        emit NumberCancelled(maker, number);
    }

    /// @dev By a step that nobody knew when an order could have been signed ahead for a later epoch.
    function _cancelAll(address maker) private {
        Maker storage state = _makers[maker];
        uint256 word = state.epochAndMark;
        uint256 step = 1 + uint256(blockhash(block.number - 1)) % EPOCH_STEP_MAX;
        state.epochAndMark = word + (step << 1);

        emit AllCancelled(maker, word >> 1, (word >> 1) + step);
    }

    /// @inheritdoc IExchange
    function isCancelled(address maker, uint256 number) external view override returns (bool) {
        return _makers[maker].cancelled.get(number);
    }

    /// @inheritdoc IExchange
    function domainSeparator() external view override returns (bytes32) {
        return _domainSeparatorV4();
    }

    /// @inheritdoc IExchange
    function epochOf(address maker) external view override returns (uint256) {
        return _makers[maker].epochAndMark >> 1;
    }

    /// @dev The maker's epoch, and in its lowest bit whether it ever cancelled a number.
    function _makerWord(address account) internal view returns (uint256) {
        return _makers[account].epochAndMark;
    }

    /// @dev The reason against an order of this epoch and number; zero if there is none.
    function _reasonIfCancelled(address account, uint256 word, uint256 epoch, uint256 number)
        internal
        view
        returns (bytes4)
    {
        if (epoch != word >> 1) return OrderEpochStale.selector;
        if (word & HAS_CANCELLED != 0 && _makers[account].cancelled.get(number)) return OrderCancelled.selector;
        return 0;
    }

    function _requireSigned(address maker, bytes32 structHash, uint256 deadline, bytes calldata signature)
        private
        view
    {
        if (block.timestamp >= deadline) revert SignatureExpired(deadline);
        if (!Signatures.isValid(maker, _hashTypedDataV4(structHash), signature)) revert SignatureInvalid(maker);
    }
}
