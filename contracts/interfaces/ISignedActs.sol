// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Acts a person signs and anyone may relay: each has a deadline and an unordered number that is used once.
/// @notice A message is valid while block.timestamp < `deadline`. Numbers are the account's own choice in any order,
/// so no act can block another; those of one contract say nothing about those of another.
interface ISignedActs {
    event NumberUsed(address indexed account, uint256 number);

    error SignatureExpired(uint256 deadline);
    error SignatureInvalid(address account);
    error NumberAlreadyUsed(address account, uint256 number);

    /// @notice Spends a number of the caller, so that a message signed under it can never be relayed.
    function useNumber(uint256 number) external;

    /// @notice The same by the account's signed `UseNumber` message, relayed by anyone: without gas a person can void
    /// what it signed too.
    function useNumberBySig(address account, uint256 number, uint256 deadline, bytes calldata signature) external;

    function numberUsed(address account, uint256 number) external view returns (bool);
    function domainSeparator() external view returns (bytes32);
}
