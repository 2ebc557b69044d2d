// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @dev issued (64 bits) | buffer (64) | retired (64) | stoppedAt (40) | bufferRateBps (16) | exists (8), low to high.
type SupplyWord is uint256;

using SupplyWords for SupplyWord global;

/// @title What claims and retirements change of a class, in one word.
/// @dev Sums and differences of packed counts need no masks as long as no count leaves its 64 bits: none does, because
/// each is at most what was issued, and that is at most a cap of 64 bits (see ClassSupply).
library SupplyWords {
    uint256 private constant BUFFER = 64;
    uint256 private constant RETIRED = 128;
    uint256 private constant STOPPED_AT = 192;
    uint256 private constant RATE = 232;
    uint256 private constant EXISTS = 248;

    /// @notice A new class.
    function opened(uint16 rateBps) internal pure returns (SupplyWord) {
        return SupplyWord.wrap(uint256(1) << EXISTS | uint256(rateBps) << RATE);
    }

    /// @notice After a claim: so much in all, of which so much for the buffer.
    function plusIssued(SupplyWord word, uint256 total, uint256 bufferAmount) internal pure returns (SupplyWord) {
        unchecked {
            return SupplyWord.wrap(SupplyWord.unwrap(word) + total + (bufferAmount << BUFFER));
        }
    }

    /// @notice After a retirement.
    function plusRetired(SupplyWord word, uint256 amount) internal pure returns (SupplyWord) {
        unchecked {
            return SupplyWord.wrap(SupplyWord.unwrap(word) + (amount << RETIRED));
        }
    }

    /// @notice After a refill.
    function plusBuffer(SupplyWord word, uint256 amount) internal pure returns (SupplyWord) {
        unchecked {
            return SupplyWord.wrap(SupplyWord.unwrap(word) + (amount << BUFFER));
        }
    }

    /// @notice After a cancellation or an expiry of at most what the buffer holds.
    function minusBuffer(SupplyWord word, uint256 amount) internal pure returns (SupplyWord) {
        unchecked {
            return SupplyWord.wrap(SupplyWord.unwrap(word) - (amount << BUFFER));
        }
    }

    /// @notice While minting is stopped, since when; 0 when it runs.
    function withStoppedAt(SupplyWord word, uint256 time) internal pure returns (SupplyWord) {
        uint256 others = SupplyWord.unwrap(word) & ~(uint256(type(uint40).max) << STOPPED_AT);
        return SupplyWord.wrap(others | uint256(uint40(time)) << STOPPED_AT);
    }

    function issued(SupplyWord word) internal pure returns (uint256) {
        return uint64(SupplyWord.unwrap(word));
    }

    function buffer(SupplyWord word) internal pure returns (uint256) {
        return uint64(SupplyWord.unwrap(word) >> BUFFER);
    }

    function retired(SupplyWord word) internal pure returns (uint256) {
        return uint64(SupplyWord.unwrap(word) >> RETIRED);
    }

    function stoppedAt(SupplyWord word) internal pure returns (uint256) {
        return uint40(SupplyWord.unwrap(word) >> STOPPED_AT);
    }

    function bufferRateBps(SupplyWord word) internal pure returns (uint256) {
        return uint16(SupplyWord.unwrap(word) >> RATE);
    }

    function exists(SupplyWord word) internal pure returns (bool) {
        return SupplyWord.unwrap(word) != 0;
    }
}
