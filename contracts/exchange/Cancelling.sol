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

    /// @dev One word: the epoch, and in its lowest bit whether a number was ever cancelled.
    mapping(address maker => uint256 epochAndMark) private _makers;
    mapping(address maker => BitMaps.BitMap numbers) private _cancelled;

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
        uint256 current = _makers[maker] >> 1;
        if (epoch != current) revert EpochMismatch(maker, epoch, current);
        bytes32 structHash = keccak256(abi.encode(TypeHashes.CANCEL_ALL, maker, epoch, deadline));
        _requireSigned(maker, structHash, deadline, signature);

        _cancelAll(maker);
    }

    /// @dev Cancelling twice is the same as once, so a signed cancellation needs no number of its own.
    function _cancel(address maker, uint256 number) private {
        uint256 word = _makers[maker];
        if (word & HAS_CANCELLED == 0) _makers[maker] = word | HAS_CANCELLED;
        _cancelled[maker].set(number);

        emit NumberCancelled(maker, number);
    }

    function _cancelAll(address maker) private {
        uint256 word = _makers[maker] + 2;
        _makers[maker] = word;

        emit AllCancelled(maker, word >> 1);
    }

    /// @inheritdoc IExchange
    function isCancelled(address maker, uint256 number) external view override returns (bool) {
        return _cancelled[maker].get(number);
    }

    /// @inheritdoc IExchange
    function domainSeparator() external view override returns (bytes32) {
        return _domainSeparatorV4();
    }

    /// @inheritdoc IExchange
    function epochOf(address maker) external view override returns (uint256) {
        return _makers[maker] >> 1;
    }

    /// @dev The reason against an order of this epoch and number; zero if there is none.
    function _reasonIfCancelled(address account, uint256 epoch, uint256 number) internal view returns (bytes4) {
        uint256 word = _makers[account];
        if (epoch != word >> 1) return OrderEpochStale.selector;
        if (word & HAS_CANCELLED != 0 && _cancelled[account].get(number)) return OrderCancelled.selector;
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
