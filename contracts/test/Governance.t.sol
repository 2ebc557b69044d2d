// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {Governance} from "../Governance.sol";
import {IExchange} from "../interfaces/IExchange.sol";
import {Roles} from "../libraries/Roles.sol";
import {World} from "./World.sol";

contract GovernanceTest is World {
    uint64 private constant ADMIN_ROLE = 0;

    function test_governance__role_ids__as_in_roles_json() external view {
        string memory json = VM.readFile("roles.json");
        checkEq(VM.parseJsonUint(json, ".roles.OPERATOR_ROLE"), governance.OPERATOR_ROLE(), "operator");
        checkEq(VM.parseJsonUint(json, ".roles.PAUSER_ROLE"), governance.PAUSER_ROLE(), "pauser");
        checkEq(VM.parseJsonUint(json, ".roles.REGISTRAR_ROLE"), governance.REGISTRAR_ROLE(), "registrar");
        checkEq(VM.parseJsonUint(json, ".roles.GOVERNOR_ROLE"), governance.GOVERNOR_ROLE(), "governor");
    }

    function test_governance__last_admin_renounces__reverts() external {
        VM.expectRevert(abi.encodeWithSelector(Governance.LastAdmin.selector, GOVERNOR));
        VM.prank(GOVERNOR);
        governance.renounceRole(ADMIN_ROLE, GOVERNOR);

        checkEq(governance.adminCount(), 1, "admins");
    }

    function test_governance__last_admin_is_revoked__reverts() external {
        VM.expectRevert(abi.encodeWithSelector(Governance.LastAdmin.selector, GOVERNOR));
        VM.prank(GOVERNOR);
        governance.revokeRole(ADMIN_ROLE, GOVERNOR);
    }

    function test_governance__one_of_two_admins_leaves__the_other_cannot() external {
        VM.startPrank(GOVERNOR);
        governance.grantRole(ADMIN_ROLE, ALICE, 0);
        checkEq(governance.adminCount(), 2, "two admins");
        governance.renounceRole(ADMIN_ROLE, GOVERNOR);
        VM.stopPrank();

        checkEq(governance.adminCount(), 1, "one admin");
        VM.expectRevert(abi.encodeWithSelector(Governance.LastAdmin.selector, ALICE));
        VM.prank(ALICE);
        governance.renounceRole(ADMIN_ROLE, ALICE);
    }

    function test_governance__admin_granted_again__counts_once() external {
        VM.startPrank(GOVERNOR);
        governance.grantRole(ADMIN_ROLE, GOVERNOR, 1 days);

        checkEq(governance.adminCount(), 1, "admins");
        VM.stopPrank();
    }

    function test_governance__other_roles__not_counted() external {
        VM.startPrank(GOVERNOR);
        governance.grantRole(Roles.PAUSER_ROLE, ALICE, 0);
        governance.revokeRole(Roles.PAUSER_ROLE, ALICE);
        governance.revokeRole(Roles.PAUSER_ROLE, PAUSER);
        VM.stopPrank();

        checkEq(governance.adminCount(), 1, "admins");
    }

    function test_governance__stranger_renounces_admin__counts_nothing() external {
        VM.prank(STRANGER);
        governance.renounceRole(ADMIN_ROLE, STRANGER);

        checkEq(governance.adminCount(), 1, "admins");
    }

    function test_governance__zero_admin__reverts() external {
        VM.expectRevert(abi.encodeWithSelector(Governance.AdminZero.selector));
        VM.prank(GOVERNOR);
        governance.grantRole(ADMIN_ROLE, address(0), 0);
    }

    /// @dev However admins come and go, one remains.
    function testFuzz_governance__admins_come_and_go__one_remains(uint8[16] calldata acts) external {
        address[3] memory accounts = [GOVERNOR, ALICE, BOB];
        for (uint256 i; i < acts.length; ++i) {
            address actor = accounts[acts[i] % 3];
            address subject = accounts[acts[i] / 3 % 3];
            VM.prank(actor);
            if (acts[i] & 0x80 == 0) {
                try governance.grantRole(ADMIN_ROLE, subject, 0) {} catch {}
            } else {
                try governance.revokeRole(ADMIN_ROLE, subject) {} catch {}
            }
        }

        uint256 members;
        for (uint256 i; i < accounts.length; ++i) {
            (bool isMember,) = governance.hasRole(ADMIN_ROLE, accounts[i]);
            if (isMember) ++members;
        }
        checkEq(governance.adminCount(), members, "count");
        check(members > 0, "somebody is left");
    }

    function test_governance__restricted_functions__refuse_everybody_without_the_role() external {
        _refuses("PaymentToken", address(payment));
        _refuses("CarbonCredit", address(credit));
        _refuses("Issuance", address(issuance));
        _refuses("Charity", address(charity));
        _refuses("Exchange", address(exchange));
        _refuses("Anchors", address(anchors));
    }

    function test_governance__delayed_governor__must_announce_and_wait() external {
        VM.prank(GOVERNOR);
        governance.grantRole(Roles.GOVERNOR_ROLE, ALICE, 2 days);
        bytes memory raise = abi.encodeCall(IExchange.setFee, (100));

        VM.startPrank(ALICE);
        VM.expectPartialRevert(IAccessManager.AccessManagerNotScheduled.selector);
        exchange.setFee(100);
        governance.schedule(address(exchange), raise, 0);
        VM.expectPartialRevert(IAccessManager.AccessManagerNotReady.selector);
        exchange.setFee(100);
        VM.warp(block.timestamp + 2 days);
        exchange.setFee(100);
        VM.stopPrank();

        checkEq(exchange.feeBps(), 100, "fee");
    }

    /// @dev Each restricted function, called by one who holds every role but the right one.
    function _refuses(string memory name, address target) private {
        string memory json = VM.readFile("roles.json");
        string memory functions = string.concat(".functions.", name);
        string[] memory signatures = VM.parseJsonKeys(json, functions);
        check(signatures.length != 0, "functions are listed");
        for (uint256 i; i < signatures.length; ++i) {
            string memory role = VM.parseJsonString(json, string.concat(functions, "['", signatures[i], "']"));
            uint256 right = VM.parseJsonUint(json, string.concat(".roles.", role));
            address caller = address(uint160(uint256(keccak256(bytes(signatures[i])))));
            VM.startPrank(GOVERNOR);
            for (uint64 id = 1; id <= 4; ++id) {
                if (id != right) governance.grantRole(id, caller, 0);
            }
            VM.stopPrank();
            VM.prank(caller);
            (bool done, bytes memory answer) =
                target.call(abi.encodePacked(bytes4(keccak256(bytes(signatures[i]))), new bytes(320)));

            check(!done, signatures[i]);
            checkEq(
                keccak256(answer),
                keccak256(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, caller)),
                signatures[i]
            );
        }
    }
}
