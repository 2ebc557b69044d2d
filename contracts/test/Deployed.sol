// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Anchors} from "../Anchors.sol";
import {CarbonCredit} from "../CarbonCredit.sol";
import {Charity} from "../Charity.sol";
import {Exchange} from "../Exchange.sol";
import {Governance} from "../Governance.sol";
import {Issuance} from "../Issuance.sol";
import {PaymentToken} from "../PaymentToken.sol";
import {RetirementReceipts} from "../RetirementReceipts.sol";
import {Roles} from "../libraries/Roles.sol";
import {Assertions} from "./Assertions.sol";

/// @title A deployed, governed system with one class, three verifiers (two needed) and two charities.
/// @dev Roles are set from contracts/roles.json, as the real deployment does.
abstract contract Deployed is Assertions {
    uint256 internal constant START = 1_767_225_600; // 2026-01-01
    uint256 internal constant FAR = 4_000_000_000;
    uint256 internal constant LOT = 1000;
    uint256 internal constant OWN = 1 << 255;
    uint128 internal constant CAP = 1e15;
    uint16 internal constant BUFFER_BPS = 300;

    uint256 internal constant ALICE_KEY = 0xA11CE;
    uint256 internal constant BOB_KEY = 0xB0B;
    uint256 internal constant CAROL_KEY = 0xCA401;
    uint256 internal constant SECOND_KEY = 0x2ECD;

    address internal immutable ALICE = VM.addr(ALICE_KEY);
    address internal immutable BOB = VM.addr(BOB_KEY);
    address internal immutable CAROL = VM.addr(CAROL_KEY);
    address internal immutable GOVERNOR = address(uint160(uint256(keccak256("governor"))));
    address internal immutable OPERATOR = address(uint160(uint256(keccak256("operator"))));
    address internal immutable PAUSER = address(uint160(uint256(keccak256("pauser"))));
    address internal immutable REGISTRAR = address(uint160(uint256(keccak256("registrar"))));
    address internal immutable FEES = address(uint160(uint256(keccak256("fee recipient"))));
    address internal immutable POOL = address(uint160(uint256(keccak256("retire pool"))));
    address internal immutable AID = address(uint160(uint256(keccak256("aid charity"))));
    /// @dev Second signer of both charities.
    address internal immutable SECOND = VM.addr(SECOND_KEY);
    address internal immutable STRANGER = address(uint160(uint256(keccak256("stranger"))));

    Governance internal governance;
    PaymentToken internal payment;
    CarbonCredit internal credit;
    Issuance internal issuance;
    Charity internal charity;
    Exchange internal exchange;
    Anchors internal anchors;
    RetirementReceipts internal retirementReceipts;
    uint256 internal classId;
    /// @dev Ascending by address.
    uint256[] internal verifierKeys;

    function setUp() public virtual {
        VM.chainId(31_337);
        VM.warp(START);
        _deploy();
        _assignRoles();
        _configure();
    }

    function _deploy() internal {
        governance = new Governance(GOVERNOR);
        payment = new PaymentToken(address(governance));
        credit = new CarbonCredit(address(governance), "https://tanyu.example/credit/{id}.json");
        issuance = new Issuance(address(governance), address(credit));
        charity = new Charity(address(governance), address(credit));
        exchange =
            new Exchange(address(governance), address(credit), address(payment), address(charity), OPERATOR, FEES);
        anchors = new Anchors(address(governance));
        retirementReceipts = new RetirementReceipts(address(credit));
    }

    function _assignRoles() internal {
        _restrict("PaymentToken", address(payment));
        _restrict("CarbonCredit", address(credit));
        _restrict("Issuance", address(issuance));
        _restrict("Charity", address(charity));
        _restrict("Exchange", address(exchange));
        _restrict("Anchors", address(anchors));
        VM.startPrank(GOVERNOR);
        governance.grantRole(Roles.OPERATOR_ROLE, OPERATOR, 0);
        governance.grantRole(Roles.PAUSER_ROLE, PAUSER, 0);
        governance.grantRole(Roles.REGISTRAR_ROLE, REGISTRAR, 0);
        governance.grantRole(Roles.GOVERNOR_ROLE, GOVERNOR, 0);
        VM.stopPrank();
    }

    function _restrict(string memory name, address target) private {
        string memory json = VM.readFile("roles.json");
        string memory functions = string.concat(".functions.", name);
        string[] memory signatures = VM.parseJsonKeys(json, functions);
        for (uint256 i; i < signatures.length; ++i) {
            string memory role = VM.parseJsonString(json, string.concat(functions, "['", signatures[i], "']"));
            bytes4[] memory selectors = new bytes4[](1);
            selectors[0] = bytes4(keccak256(bytes(signatures[i])));
            uint64 roleId = uint64(VM.parseJsonUint(json, string.concat(".roles.", role)));
            VM.prank(GOVERNOR);
            governance.setTargetFunctionRole(target, selectors, roleId);
        }
    }

    function _configure() internal {
        VM.startPrank(GOVERNOR);
        credit.setIssuance(address(issuance));
        credit.setRegisteredOperator(address(exchange), true);
        credit.setRegisteredOperator(address(charity), true);
        classId = credit.createClass("CN-SC", 2025, "SIM", CAP, BUFFER_BPS);
        _sortVerifiers();
        for (uint256 i; i < verifierKeys.length; ++i) {
            issuance.addVerifier(VM.addr(verifierKeys[i]));
        }
        issuance.setThreshold(2);
        VM.stopPrank();
        VM.startPrank(REGISTRAR);
        charity.listCharity(POOL, SECOND);
        charity.listCharity(AID, SECOND);
        VM.stopPrank();
    }

    function _sortVerifiers() private {
        verifierKeys = [uint256(0xF1), 0xF2, 0xF3];
        for (uint256 i = 1; i < verifierKeys.length; ++i) {
            for (uint256 j = i; j > 0 && VM.addr(verifierKeys[j]) < VM.addr(verifierKeys[j - 1]); --j) {
                (verifierKeys[j], verifierKeys[j - 1]) = (verifierKeys[j - 1], verifierKeys[j]);
            }
        }
    }
}
