// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @dev classId (128 bits) | unminted (64) | anchoredAt (40) | suspended (8), low to high. Zero: never anchored.
type RootWord is uint256;

using RootWords for RootWord global;

/// @title What a claim needs to know of a batch's root, in one word. `unminted` falls as claims mint.
library RootWords {
    uint256 private constant UNMINTED = 128;
    uint256 private constant ANCHORED_AT = 192;
    uint256 private constant SUSPENDED = 232;

    /// @notice A root anchored at `time`. The class id has 128 bits, the surplus 64.
    function anchored(uint256 classId_, uint256 surplus, uint256 time) internal pure returns (RootWord) {
        return RootWord.wrap(classId_ | surplus << UNMINTED | uint256(uint40(time)) << ANCHORED_AT);
    }

    /// @notice After a claim of at most what is unminted.
    function minusMinted(RootWord word, uint256 amount) internal pure returns (RootWord) {
        unchecked {
            return RootWord.wrap(RootWord.unwrap(word) - (amount << UNMINTED));
        }
    }

    function withSuspended(RootWord word, bool suspended_) internal pure returns (RootWord) {
        uint256 others = RootWord.unwrap(word) & ~(uint256(1) << SUSPENDED);
        return RootWord.wrap(suspended_ ? others | uint256(1) << SUSPENDED : others);
    }

    function classId(RootWord word) internal pure returns (uint256) {
        return uint128(RootWord.unwrap(word));
    }

    function unminted(RootWord word) internal pure returns (uint256) {
        return uint64(RootWord.unwrap(word) >> UNMINTED);
    }

    function anchoredAt(RootWord word) internal pure returns (uint256) {
        return uint40(RootWord.unwrap(word) >> ANCHORED_AT);
    }

    function suspended(RootWord word) internal pure returns (bool) {
        return RootWord.unwrap(word) >> SUSPENDED != 0;
    }

    function exists(RootWord word) internal pure returns (bool) {
        return RootWord.unwrap(word) != 0;
    }
}
