// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ChainKind} from "./ChainKind.sol";

/// @title The id of a credit class: region(48 bits) << 80 | vintage(16) << 64 | methodology(64).
/// @dev Every field is checked before it is packed, so no two sets of fields share an id.
library ClassId {
    bytes8 internal constant SIMULATED = "SIM";
    uint16 internal constant VINTAGE_MIN = 2000;
    uint16 internal constant VINTAGE_MAX = 2999;

    error ClassFieldInvalid(bytes32 field);
    error SimulatedClassRefused(uint256 chainId);

    /// @notice Packs checked fields; the simulated methodology only on the local chain.
    function pack(bytes6 region, uint16 vintage, bytes8 methodology) internal view returns (uint256 classId) {
        _requireFields(region, vintage, methodology);
        if (methodology == SIMULATED && !ChainKind.isLocal()) revert SimulatedClassRefused(block.chainid);

        classId = uint256(uint48(region)) << 80 | uint256(vintage) << 64 | uint256(uint64(methodology));
    }

    /// @notice The fields of a well-formed id.
    function unpack(uint256 classId) internal pure returns (bytes6 region, uint16 vintage, bytes8 methodology) {
        if (classId >> 128 != 0) revert ClassFieldInvalid(bytes32(classId));
        // Truncation takes the field out of the id.
        region = bytes6(uint48(classId >> 80));
        vintage = uint16(classId >> 64);
        methodology = bytes8(uint64(classId));

        _requireFields(region, vintage, methodology);
    }

    function _requireFields(bytes6 region, uint16 vintage, bytes8 methodology) private pure {
        if (!_isCode(bytes32(region), 6)) revert ClassFieldInvalid(bytes32(region));
        if (vintage < VINTAGE_MIN || vintage > VINTAGE_MAX) revert ClassFieldInvalid(bytes32(uint256(vintage)));
        if (!_isCode(bytes32(methodology), 8)) revert ClassFieldInvalid(bytes32(methodology));
    }

    /// @dev A-Z, 0-9 and '-', left-aligned, zero-padded, not empty.
    function _isCode(bytes32 field, uint256 size) private pure returns (bool) {
        if (field[0] == 0) return false;
        bool ended;
        for (uint256 i; i < size; ++i) {
            bytes1 letter = field[i];
            if (letter == 0) {
                ended = true;
            } else if (ended || !_isCodeLetter(letter)) {
                return false;
            }
        }
        return true;
    }

    function _isCodeLetter(bytes1 letter) private pure returns (bool) {
        return (letter >= "A" && letter <= "Z") || (letter >= "0" && letter <= "9") || letter == "-";
    }
}
