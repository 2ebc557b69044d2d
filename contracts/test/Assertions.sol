// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Log, Vm} from "./Vm.sol";

/// @title Assertions that say what was expected; each label says of what.
abstract contract Assertions {
    Vm internal constant VM = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    error NotTrue(string label);
    error NotEqual(string label, uint256 actual, uint256 expected);
    error NotEqualWords(string label, bytes32 actual, bytes32 expected);
    error NotEqualAddresses(string label, address actual, address expected);
    error NotAtMost(string label, uint256 actual, uint256 most);
    error LogMissing(string label);

    function check(bool condition, string memory label) internal pure {
        if (!condition) revert NotTrue(label);
    }

    function checkEq(uint256 actual, uint256 expected, string memory label) internal pure {
        if (actual != expected) revert NotEqual(label, actual, expected);
    }

    function checkEq(bytes32 actual, bytes32 expected, string memory label) internal pure {
        if (actual != expected) revert NotEqualWords(label, actual, expected);
    }

    function checkEq(address actual, address expected, string memory label) internal pure {
        if (actual != expected) revert NotEqualAddresses(label, actual, expected);
    }

    function checkAtMost(uint256 actual, uint256 most, string memory label) internal pure {
        if (actual > most) revert NotAtMost(label, actual, most);
    }

    /// @dev `value` brought into [low, high]; edges come up often because the fuzzer favours small and huge values.
    function bound(uint256 value, uint256 low, uint256 high) internal pure returns (uint256) {
        if (value >= low && value <= high) return value;
        uint256 size = high - low + 1;
        return size == 0 ? value : low + value % size;
    }

    /// @dev How many of `logs` have this first topic.
    function countOf(Log[] memory logs, bytes32 topic) internal pure returns (uint256 count) {
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].topics.length != 0 && logs[i].topics[0] == topic) ++count;
        }
    }

    /// @dev The first of `logs` with this first topic.
    function findLog(Log[] memory logs, bytes32 topic, string memory label) internal pure returns (Log memory) {
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].topics.length != 0 && logs[i].topics[0] == topic) return logs[i];
        }
        revert LogMissing(label);
    }
}
