// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {PaymentToken} from "../PaymentToken.sol";
import {World} from "./World.sol";

contract PaymentTokenTest is World {
    function test_payment_token__looks__like_a_stablecoin() external view {
        check(keccak256(bytes(payment.name())) == keccak256("Tanyu Test Dollar"), "name");
        check(keccak256(bytes(payment.symbol())) == keccak256("TTD"), "symbol");
        checkEq(payment.decimals(), 6, "decimals");
    }

    function test_payment_token__mint_off_the_local_chain__reverts() external {
        VM.chainId(1);
        VM.expectRevert(abi.encodeWithSelector(PaymentToken.MintOnLocalChainOnly.selector, 1));
        VM.prank(OPERATOR);
        payment.mint(ALICE, 1);
    }

    function test_payment_token__permit__approves_without_gas() external {
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"),
                ALICE,
                address(exchange),
                7,
                0,
                FAR
            )
        );
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Tanyu Test Dollar"),
                keccak256("1"),
                31_337,
                address(payment)
            )
        );
        (uint8 v, bytes32 r, bytes32 s) = VM.sign(ALICE_KEY, digestOf(domain, structHash));

        payment.permit(ALICE, address(exchange), 7, FAR, v, r, s);

        checkEq(payment.allowance(ALICE, address(exchange)), 7, "allowance");
    }
}
