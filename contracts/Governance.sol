// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {Roles} from "./libraries/Roles.sol";

/// @title Who may call what, with which delay; the authority of every other contract.
/// @notice OpenZeppelin's access manager, plus one promise: the last member of ADMIN_ROLE can neither leave nor be
/// removed.
contract Governance is AccessManager {
    error LastAdmin(address account);
    error AdminZero();

    uint64 public constant OPERATOR_ROLE = Roles.OPERATOR_ROLE;
    uint64 public constant PAUSER_ROLE = Roles.PAUSER_ROLE;
    uint64 public constant REGISTRAR_ROLE = Roles.REGISTRAR_ROLE;
    uint64 public constant GOVERNOR_ROLE = Roles.GOVERNOR_ROLE;

    /// @notice Members of ADMIN_ROLE: one up with RoleGranted(0, ..., newMember = true), one down with RoleRevoked(0,
    /// ...).
    uint256 public adminCount;

    constructor(address initialAdmin) AccessManager(initialAdmin) {}

    /// @dev Counts new admins. The base constructor calls this too, so the first admin is counted.
    function _grantRole(uint64 roleId, address account, uint32 grantDelay, uint32 executionDelay)
        internal
        override
        returns (bool newMember)
    {
        if (roleId == ADMIN_ROLE && account == address(0)) revert AdminZero();

        newMember = super._grantRole(roleId, account, grantDelay, executionDelay);

        if (roleId == ADMIN_ROLE && newMember) ++adminCount;
    }

    /// @dev Reverts rather than leave the system without an admin.
    function _revokeRole(uint64 roleId, address account) internal override returns (bool wasMember) {
        wasMember = super._revokeRole(roleId, account);

        if (roleId == ADMIN_ROLE && wasMember) {
            if (adminCount == 1) revert LastAdmin(account);
            --adminCount;
        }
    }
}
