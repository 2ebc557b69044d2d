// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Vm} from "../Vm.sol";

/// @title The one cheatcode of halmos that forge does not have.
interface Svm {
    function enableSymbolicStorage(address account) external;
}

/// @title What proofs share. halmos runs every `check_` function for all arguments at once; forge never runs them.
/// @dev A proof states its claim with `assert`: halmos looks for arguments that make an assertion fail and takes every
/// other revert as a path that says nothing. A function whose paths all revert counts as failed.
abstract contract Proof {
    Vm internal constant VM = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
    Svm internal constant SVM = Svm(address(uint160(uint256(keccak256("svm cheat code")))));

    uint256 internal constant BPS = 10_000;
}
