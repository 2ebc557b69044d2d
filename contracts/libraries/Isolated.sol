// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Runs one item of a batch in a call of its own, so that its failure is one item's failure (INV-07).
library Isolated {
    error GasInsufficient(uint256 given, uint256 needed);

    /// @notice Calls `target` with exactly `gasLimit`. Four bytes of a failure's data are read, whatever its size.
    /// Too little gas left to hand over `gasLimit` reverts everything: no caller can fake a failure by starving it.
    /// @return done whether the call succeeded
    /// @return reason the selector of the error it failed with; zero if it failed without one (it burnt its gas)
    function tryCall(address target, uint256 gasLimit, bytes memory data) internal returns (bool done, bytes4 reason) {
        // 63/64 rule, plus the cost of the call itself.
        uint256 needed;
        // Nobody names a gas limit near 2^256.
        unchecked {
            needed = gasLimit + gasLimit / 63 + 10_000;
        }
        if (gasleft() < needed) revert GasInsufficient(gasleft(), needed);

        // Solidity would copy all of a failure's data.
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            mstore(0, 0)
            done := call(gasLimit, target, 0, add(data, 0x20), mload(data), 0, 4)
            if and(iszero(done), gt(returndatasize(), 3)) { reason := mload(0) }
        }
    }
}
