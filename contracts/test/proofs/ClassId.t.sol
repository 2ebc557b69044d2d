// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ClassId} from "../../libraries/ClassId.sol";
import {Proof} from "./Proof.sol";

/// @title Fields and ids of classes are one to one: two sets of fields with one id would both be what it unpacks to.
/// @dev The check of a letter branches, so all letters but the last two of a field are taken to be capitals here; the
/// last two, which may also be absent, and the vintage are free. How letters are refused is a matter of fuzz tests.
/// @custom:halmos --loop 8 --solver-timeout-branching 200
contract ClassIdProof is Proof {
    function setUp() public {
        VM.chainId(31_337);
    }

    function check_unpack__of_pack__is_the_fields(bytes6 region, uint16 vintage, bytes8 methodology) external view {
        _assumeCapitals(bytes32(region), 4);
        _assumeCapitals(bytes32(methodology), 6);
        uint256 classId = ClassId.pack(region, vintage, methodology);

        (bytes6 regionBack, uint16 vintageBack, bytes8 methodologyBack) = ClassId.unpack(classId);

        assert(regionBack == region && vintageBack == vintage && methodologyBack == methodology);
        assert(classId != 0);
    }

    function check_pack__of_unpack__is_the_id(uint256 classId) external view {
        _assumeCapitals(bytes32(classId << 128), 4);
        _assumeCapitals(bytes32(classId << 192), 6);
        (bytes6 region, uint16 vintage, bytes8 methodology) = ClassId.unpack(classId);

        assert(ClassId.pack(region, vintage, methodology) == classId);
    }

    function _assumeCapitals(bytes32 field, uint256 count) private pure {
        for (uint256 i; i < count; ++i) {
            VM.assume(field[i] >= "A");
            VM.assume(field[i] <= "Z");
        }
    }
}
