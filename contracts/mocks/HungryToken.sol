// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title Money that says yes with the last of its gas, so that its caller has almost none left. Mock: for tests only.
contract HungryToken is ERC20 {
    /// @dev What it leaves itself to answer with.
    uint256 private constant BREATH = 500;

    constructor() ERC20("Hungry", "HUNGRY") {}

    function transferFrom(address, address, uint256) public view override returns (bool) {
        while (gasleft() > BREATH) {}
        return true;
    }
}
