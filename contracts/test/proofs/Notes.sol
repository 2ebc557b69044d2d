// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Money and credits that note every move and refuse none.
contract Notes {
    struct Move {
        address from;
        address to;
        uint256 amount;
    }

    Move[] public moves;

    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        moves.push(Move(from, to, amount));
        return true;
    }

    function safeTransferFrom(address from, address to, uint256, uint256 amount, bytes calldata) external {
        moves.push(Move(from, to, amount));
    }

    function count() external view returns (uint256) {
        return moves.length;
    }
}
