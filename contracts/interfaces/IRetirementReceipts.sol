// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ISoulbound} from "./ISoulbound.sol";

/// @title Receipts for retirements, on request of who retires, issued in the transaction that retires.
/// @notice A receipt's id is class (128 bits) << 64 | running number in the class (64). It says what was retired, for
/// whom, for what and when. CarbonCredit retires, and does so without this contract just as well: what a receipt adds
/// is a token that stays with the account. Amounts in grams of CO2e.
interface IRetirementReceipts is ISoulbound {
    /// @dev The fields of the signed messages `Retire` and `RetirementReceipt`: they are the same.
    struct Retirement {
        address account;
        address beneficiary;
        uint256 classId;
        uint256 amountGco2e;
        string purpose;
        bytes32 ref;
        uint256 number;
        uint256 deadline;
    }

    /// @dev What a receipt says. `purpose` is the plain word, left-aligned, zero-padded; `retiredAt` in Unix seconds.
    struct Receipt {
        address account;
        address beneficiary;
        uint256 classId;
        uint256 amount;
        bytes32 purpose;
        bytes32 ref;
        uint256 retiredAt;
    }

    /// @notice The facts of a receipt, told right after `Transfer` and `Locked`, which follow CarbonCredit's `Retired`.
    event RetirementReceiptIssued(
        uint256 indexed tokenId,
        address indexed account,
        address indexed beneficiary,
        uint256 classId,
        uint256 amount,
        string purpose,
        bytes32 ref
    );

    error CreditZero();
    /// @dev The account did not sign the `RetirementReceipt`: nobody is given a receipt it did not ask for.
    error ReceiptNotSigned(address account);

    /// @notice Retires by the account's signed `Retire` message and issues the receipt it asked for by its signed
    /// `RetirementReceipt` message, of the same fields under this contract's domain; relayed by anyone. Number and
    /// deadline are CarbonCredit's: voiding the number there voids both. If somebody relayed the `Retire` alone before,
    /// this reverts with CarbonCredit's `NumberAlreadyUsed`: the credits are retired as signed, without a receipt.
    function retireBySig(Retirement calldata retirement, bytes calldata signature, bytes calldata receiptSignature)
        external
        returns (uint256 tokenId);

    /// @notice Retires the caller's own credits and issues the receipt; the caller approved this contract on
    /// CarbonCredit before.
    function retire(uint256 classId, uint256 amount, address beneficiary, string calldata purpose, bytes32 ref)
        external
        returns (uint256 tokenId);

    function receiptOf(uint256 tokenId) external view returns (Receipt memory);

    /// @notice How many were issued for retirements of a class; their running numbers start at 1.
    function receiptsOf(uint256 classId) external view returns (uint256);

    function domainSeparator() external view returns (bytes32);
}
