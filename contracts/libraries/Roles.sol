// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title The role ids every contract is governed by; which function needs which is in contracts/roles.json.
library Roles {
    /// @dev Publishes daily digests; mints local test money.
    uint64 internal constant OPERATOR_ROLE = 1;
    /// @dev Pauses and unpauses; never what lets a person leave.
    uint64 internal constant PAUSER_ROLE = 2;
    /// @dev Takes trust away at once: removes verifiers, suspends roots, records reversals, lists charities.
    uint64 internal constant REGISTRAR_ROLE = 3;
    /// @dev Gives trust, after a delay: classes, verifiers, threshold, fee, operator, issuance contract.
    uint64 internal constant GOVERNOR_ROLE = 4;
}
