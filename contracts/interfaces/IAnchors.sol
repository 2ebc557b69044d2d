// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Daily digests (order-journal head, factor set) with a time; nothing else.
interface IAnchors {
    event Anchored(bytes32 indexed topic, uint256 indexed day, bytes32 digest);

    error AlreadyAnchored(bytes32 topic, uint256 day, bytes32 digest);
    error DayInFuture(uint256 day);
    error DigestZero();

    /// @notice Publishes the digest of a topic for a UTC day (days since 1970-01-01, not in the future); operator
    /// only; never overwritten.
    function publish(bytes32 topic, uint256 day, bytes32 digest) external;

    function digestOf(bytes32 topic, uint256 day) external view returns (bytes32);
}
