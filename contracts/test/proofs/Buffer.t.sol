// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CarbonCredit} from "../../CarbonCredit.sol";
import {ICarbonCredit} from "../../interfaces/ICarbonCredit.sol";
import {Proof} from "./Proof.sol";

/// @title What a claim mints, holder's grams and buffer's grams together, stays within the anchored surplus.
/// @dev This contract is the authority that permits itself everything, and the Issuance that mints.
contract BufferProof is Proof {
    address private constant HOLDER = address(0xA11CE);

    CarbonCredit private _credit;

    function setUp() public {
        VM.chainId(31_337);
        _credit = new CarbonCredit(address(this), "");
        _credit.setIssuance(address(this));
    }

    function canCall(address, address, bytes4) external pure returns (bool immediate, uint32 delay) {
        return (true, 0);
    }

    function check_mint__within_the_surplus(uint64 surplus, uint64 amount, uint16 rateBps) external {
        uint256 buffer = (uint256(amount) * rateBps + BPS - 1) / BPS;
        // So it is, as check_buffer__at_most_the_product proves; said here, the solver need not divide.
        VM.assume(buffer <= type(uint128).max);

        ICarbonCredit.CreditClass memory class = _mint(surplus, amount, rateBps);

        assert(class.issued <= surplus);
        assert(class.issued == uint256(amount) + class.buffer);
        assert(class.buffer == buffer);
    }

    /// @dev Enough, and less than one gram more than enough. `exact` is amount * rate: up to 2^128 here, which no claim
    /// of grams will reach. A quotient of it times the divisor cannot overflow.
    function check_buffer__rounded_up(uint128 exact) external pure {
        uint256 buffer = (uint256(exact) + BPS - 1) / BPS;

        unchecked {
            assert(buffer * BPS >= exact);
            assert(buffer * BPS - exact < BPS);
        }
    }

    function check_buffer__at_most_the_product(uint128 exact) external pure {
        assert((uint256(exact) + BPS - 1) / BPS <= exact);
    }

    function _mint(uint64 surplus, uint64 amount, uint16 rateBps) private returns (ICarbonCredit.CreditClass memory) {
        uint256 classId = _credit.createClass("US-CA", 2025, "SIM", type(uint64).max, rateBps);
        _credit.anchor("root", classId, surplus, surplus);
        _credit.mint(HOLDER, classId, amount, "root", "nullifier", "digest");
        return _credit.classOf(classId);
    }
}
