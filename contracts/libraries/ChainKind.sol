// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Tells the local development chain from every other.
library ChainKind {
    /// @dev The chain id of local development nodes; no public network uses it.
    uint256 internal constant LOCAL_CHAIN_ID = 31_337;

    function isLocal() internal view returns (bool) {
        return block.chainid == LOCAL_CHAIN_ID;
    }
}
