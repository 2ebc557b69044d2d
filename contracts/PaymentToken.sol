// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {ChainKind} from "./libraries/ChainKind.sol";

/// @title Local stand-in for a stablecoin: 6 decimals, EIP-2612 permits. Real networks pass an existing token instead.
contract PaymentToken is ERC20, ERC20Permit, AccessManaged {
    error MintOnLocalChainOnly(uint256 chainId);

    constructor(address governance)
        ERC20("Tanyu Test Dollar", "TTD")
        ERC20Permit("Tanyu Test Dollar")
        AccessManaged(governance)
    {}

    /// @notice Makes test money; operator only, and only on the local chain.
    function mint(address to, uint256 amount) external restricted {
        if (!ChainKind.isLocal()) revert MintOnLocalChainOnly(block.chainid);

        _mint(to, amount);
    }

    /// @notice One unit of money is 1e6 base units, as with the usual stablecoins.
    function decimals() public pure override returns (uint8) {
        return 6;
    }
}
