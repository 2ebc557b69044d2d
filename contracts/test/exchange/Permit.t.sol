// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IExchange} from "../../interfaces/IExchange.sol";
import {World} from "../World.sol";

/// @title Permits relayed through the Exchange: whoever hands one in first, its owner is served.
contract PermitTest is World {
    bytes32 private constant PERMIT =
        keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");

    function test_permit__lets_the_exchange_take() external {
        (uint8 v, bytes32 r, bytes32 s) = _signed(1e6, FAR);
        VM.prank(STRANGER);
        exchange.permit(ALICE, 1e6, FAR, v, r, s);

        checkEq(payment.allowance(ALICE, address(exchange)), 1e6, "allowance");
    }

    function test_permit__handed_in_by_somebody_else_before__is_as_good() external {
        (uint8 v, bytes32 r, bytes32 s) = _signed(1e6, FAR);
        VM.prank(STRANGER);
        payment.permit(ALICE, address(exchange), 1e6, FAR, v, r, s);

        exchange.permit(ALICE, 1e6, FAR, v, r, s);

        checkEq(payment.allowance(ALICE, address(exchange)), 1e6, "allowance");
    }

    /// @dev Somebody else's permit, for less: the allowance is not what this one promised.
    function test_permit__that_gives_too_little__reverts() external {
        (uint8 v, bytes32 r, bytes32 s) = _signed(1e6 - 1, FAR);
        payment.permit(ALICE, address(exchange), 1e6 - 1, FAR, v, r, s);
        VM.expectRevert(abi.encodeWithSelector(IExchange.PermitFailed.selector, ALICE));
        exchange.permit(ALICE, 1e6, FAR, v, r, s);
    }

    function test_permit__expired__reverts() external {
        (uint8 v, bytes32 r, bytes32 s) = _signed(1e6, START - 1);
        VM.expectRevert(abi.encodeWithSelector(IExchange.PermitFailed.selector, ALICE));
        exchange.permit(ALICE, 1e6, START - 1, v, r, s);
    }

    function _signed(uint256 value, uint256 deadline) private view returns (uint8, bytes32, bytes32) {
        bytes32 structHash =
            keccak256(abi.encode(PERMIT, ALICE, address(exchange), value, payment.nonces(ALICE), deadline));
        return VM.sign(ALICE_KEY, digestOf(payment.DOMAIN_SEPARATOR(), structHash));
    }
}
