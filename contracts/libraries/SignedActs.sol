// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {BitMaps} from "@openzeppelin/contracts/utils/structs/BitMaps.sol";
import {ISignedActs} from "../interfaces/ISignedActs.sol";
import {Signatures} from "./Signatures.sol";

/// @title Checks a person's signed act and spends its number.
abstract contract SignedActs is ISignedActs, EIP712 {
    using BitMaps for BitMaps.BitMap;

    mapping(address account => BitMaps.BitMap numbers) private _numbersUsed;

    constructor(string memory name) EIP712(name, "1") {}

    /// @inheritdoc ISignedActs
    function useNumber(uint256 number) external override {
        _useNumber(msg.sender, number);
    }

    /// @dev Reverts unless `account` signed the struct in time under a number not used before. The wallet of an
    /// EIP-1271 account is asked by a static call, so nothing can change between the check and the use of the number.
    function _authorise(address account, bytes32 structHash, uint256 number, uint256 deadline, bytes calldata signature)
        internal
    {
        if (block.timestamp >= deadline) revert SignatureExpired(deadline);
        if (!Signatures.isValid(account, _hashTypedDataV4(structHash), signature)) revert SignatureInvalid(account);

        _useNumber(account, number);
    }

    function _useNumber(address account, uint256 number) private {
        if (_numbersUsed[account].get(number)) revert NumberAlreadyUsed(account, number);

        _numbersUsed[account].set(number);

        emit NumberUsed(account, number);
    }

    /// @inheritdoc ISignedActs
    function numberUsed(address account, uint256 number) external view override returns (bool) {
        return _numbersUsed[account].get(number);
    }

    /// @inheritdoc ISignedActs
    function domainSeparator() external view override returns (bytes32) {
        return _domainSeparatorV4();
    }
}
