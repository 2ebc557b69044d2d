// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title A payment token that can refuse in every way a real one does. Mock: for tests only.
contract HostileToken is ERC20 {
    enum Moving {
        Honest,
        Revert,
        ReturnFalse,
        ReturnNothing,
        RevertBomb,
        BurnGas,
        Call,
        TakeShare
    }

    error Refused();

    /// @dev What TakeShare keeps of each transfer: one part of so many.
    uint256 private constant SHARE = 100;

    Moving public moving;
    address public target;
    bytes public payload;
    bool public callSucceeded;
    /// @notice Transfers to this account alone misbehave; zero for all.
    address public only;

    constructor() ERC20("Hostile", "HOST") {}

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function setMoving(Moving mode, address only_) external {
        (moving, only) = (mode, only_);
    }

    function setCall(address target_, bytes calldata payload_) external {
        (target, payload) = (target_, payload_);
        (moving, only) = (Moving.Call, address(0));
    }

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        Moving mode = only == address(0) || only == to ? moving : Moving.Honest;
        if (mode == Moving.Revert) revert Refused();
        if (mode == Moving.ReturnFalse) return false;
        if (mode == Moving.BurnGas) while (gasleft() > 0) {}
        if (mode == Moving.RevertBomb) {
            assembly {
                revert(0, 200000)
            }
        }
        if (mode == Moving.Call) (callSucceeded,) = target.call(payload);
        super.transferFrom(from, to, amount);
        if (mode == Moving.TakeShare) _burn(to, amount / SHARE);
        if (mode == Moving.ReturnNothing) {
            assembly {
                return(0, 0)
            }
        }
        return true;
    }
}
