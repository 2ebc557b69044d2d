// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ISignedActs} from "../interfaces/ISignedActs.sol";
import {Signatures} from "./Signatures.sol";
import {TypeHashes} from "./TypeHashes.sol";

/// @title Checks a person's signed act and spends its number.
abstract contract SignedActs is ISignedActs, EIP712 {
    /// @dev 256 numbers to a word.
    mapping(address account => mapping(uint256 word => uint256 bits)) private _numbersUsed;

    constructor(string memory name) EIP712(name, "1") {}

    /// @inheritdoc ISignedActs
    function useNumber(uint256 number) external override {
        _useNumber(msg.sender, number);
    }

    /// @inheritdoc ISignedActs
    function useNumberBySig(address account, uint256 number, uint256 deadline, bytes calldata signature)
        external
        override
    {
        bytes32 structHash = keccak256(abi.encode(TypeHashes.USE_NUMBER, account, number, deadline));
        _authorise(account, structHash, number, deadline, signature);
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
        mapping(uint256 => uint256) storage words = _numbersUsed[account];
        uint256 bits = words[number >> 8];
        uint256 bit = 1 << (number & 0xff);
        if (bits & bit != 0) revert NumberAlreadyUsed(account, number);

        words[number >> 8] = bits | bit;

        emit NumberUsed(account, number);
    }

    /// @inheritdoc ISignedActs
    function numberUsed(address account, uint256 number) public view override returns (bool) {
        return _numbersUsed[account][number >> 8] >> (number & 0xff) & 1 != 0;
    }

    /// @inheritdoc ISignedActs
    function domainSeparator() external view override returns (bytes32) {
        return _domainSeparatorV4();
    }
}
