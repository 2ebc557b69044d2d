// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IIssuance} from "../../interfaces/IIssuance.sol";
import {Issuance} from "../../Issuance.sol";
import {World} from "../World.sol";

contract IssuanceConstructorTest is World {
    function test_constructor__no_credit_token__reverts() external {
        VM.expectRevert(abi.encodeWithSelector(IIssuance.AddressZero.selector));
        new Issuance(address(governance), address(0));
    }
}
