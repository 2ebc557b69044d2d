// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ClassId} from "../../libraries/ClassId.sol";
import {Assertions} from "../Assertions.sol";

contract ClassIdTest is Assertions {
    function setUp() external {
        VM.chainId(31_337);
    }

    function pack(bytes6 region, uint16 vintage, bytes8 methodology) external view returns (uint256) {
        return ClassId.pack(region, vintage, methodology);
    }

    function unpack(uint256 classId) external pure returns (bytes6, uint16, bytes8) {
        return ClassId.unpack(classId);
    }

    function test_class_id__pack__is_the_documented_layout() external view {
        uint256 expected = (0x434e2d534300 << 80) | (uint256(2025) << 64) | 0x53494d0000000000;
        checkEq(this.pack("CN-SC", 2025, "SIM"), expected, "CN-SC/2025/SIM");
    }

    function testFuzz_class_id__round_trip(uint256 seed, uint16 vintage) external view {
        bytes6 region = bytes6(_code(seed, 6));
        bytes8 methodology = bytes8(_code(seed >> 128, 8));
        vintage = uint16(bound(vintage, 2000, 2999));

        (bytes6 gotRegion, uint16 gotVintage, bytes8 gotMethodology) =
            this.unpack(this.pack(region, vintage, methodology));

        checkEq(gotRegion, region, "region");
        checkEq(gotVintage, vintage, "vintage");
        checkEq(gotMethodology, methodology, "methodology");
    }

    /// @dev Whatever unpacks packs to the same id: no two ids for one class.
    function testFuzz_class_id__any_word__unpacks_only_if_it_is_canonical(uint256 word) external view {
        try this.unpack(word) returns (bytes6 region, uint16 vintage, bytes8 methodology) {
            checkEq(this.pack(region, vintage, methodology), word, "canonical");
        } catch (bytes memory reason) {
            checkEq(bytes4(reason), ClassId.ClassFieldInvalid.selector, "reason");
        }
    }

    function test_class_id__bad_fields__revert() external {
        _refuses("", 2025, "SIM", bytes32(0));
        _refuses("cn-sc", 2025, "SIM", "cn-sc");
        _refuses("CN SC", 2025, "SIM", "CN SC");
        _refuses(0x434e00534300, 2025, "SIM", bytes32(bytes6(0x434e00534300)));
        _refuses(0x00434e2d5343, 2025, "SIM", bytes32(bytes6(0x00434e2d5343)));
        _refuses("CN-SC", 1999, "SIM", bytes32(uint256(1999)));
        _refuses("CN-SC", 3000, "SIM", bytes32(uint256(3000)));
        _refuses("CN-SC", 2025, "", bytes32(0));
        _refuses("CN-SC", 2025, "S_M", "S_M");
    }

    function test_class_id__simulated_off_the_local_chain__reverts() external {
        VM.chainId(1);
        VM.expectRevert(abi.encodeWithSelector(ClassId.SimulatedClassRefused.selector, 1));
        this.pack("CN-SC", 2025, "SIM");
    }

    function test_class_id__measured_off_the_local_chain__packs() external {
        VM.chainId(1);

        check(this.pack("CN-SC", 2025, "MET-1") != 0, "packs");
    }

    function test_class_id__bits_above_the_fields__revert() external {
        uint256 dirty = this.pack("CN-SC", 2025, "SIM") | 1 << 128;
        VM.expectRevert(abi.encodeWithSelector(ClassId.ClassFieldInvalid.selector, bytes32(dirty)));
        this.unpack(dirty);
    }

    function _refuses(bytes6 region, uint16 vintage, bytes8 methodology, bytes32 field) private {
        VM.expectRevert(abi.encodeWithSelector(ClassId.ClassFieldInvalid.selector, field));
        this.pack(region, vintage, methodology);
    }

    /// @dev 1..`size` letters of the alphabet codes are made of.
    function _code(uint256 seed, uint256 size) private pure returns (bytes32) {
        bytes memory alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";
        bytes memory code = new bytes(32);
        uint256 length = 1 + seed % size;
        for (uint256 i; i < length; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            code[i] = alphabet[seed % alphabet.length];
        }
        return bytes32(code);
    }
}
