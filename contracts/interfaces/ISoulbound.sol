// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Tokens of ERC-721 that stay where they were issued (ERC-5192).
/// @notice Issuing one runs no code of its owner's. It is no credit, and owning one gives no right.
interface ISoulbound {
    /// @notice ERC-721: `from` is always zero, a receipt being issued.
    event Transfer(address indexed from, address indexed to, uint256 indexed tokenId);
    /// @notice ERC-5192: for ever.
    event Locked(uint256 tokenId);

    /// @dev Receipts cannot be transferred, nor approved for transfer.
    error ReceiptLocked();
    error ReceiptUnknown(uint256 tokenId);
    error ReceiptOwnerZero();

    /// @notice ERC-5192: true for every receipt.
    function locked(uint256 tokenId) external view returns (bool);

    function name() external view returns (string memory);
    function symbol() external view returns (string memory);

    /// @notice The receipt's facts as a data URI of JSON, made from what the chain holds: no server, no stored text.
    function tokenURI(uint256 tokenId) external view returns (string memory);

    function balanceOf(address owner) external view returns (uint256);
    function ownerOf(uint256 tokenId) external view returns (address);

    /// @dev The rest of ERC-721: whatever would move a receipt reverts with `ReceiptLocked`.
    function approve(address to, uint256 tokenId) external;
    function setApprovalForAll(address operator, bool approved) external;
    function transferFrom(address from, address to, uint256 tokenId) external;
    function safeTransferFrom(address from, address to, uint256 tokenId) external;
    function safeTransferFrom(address from, address to, uint256 tokenId, bytes calldata data) external;
    function getApproved(uint256 tokenId) external view returns (address);
    function isApprovedForAll(address owner, address operator) external view returns (bool);
}
