// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Receipts for gifts: tokens of ERC-721 that stay where they were issued (ERC-5192), on request of the donor.
/// @notice A receipt's id is campaign (64 bits) << 192 | class (128) << 64 | running number in both (64). It says what
/// was given and when; it is no credit, and owning one gives no right. Nothing here runs the donor's code.
interface IGiftReceipt {
    /// @dev What a receipt says. `donatedNow`: what the donor's gifts of this class to this campaign come to now; zero
    /// once they were refunded. `givenAt` in Unix seconds.
    struct Receipt {
        address donor;
        uint256 campaignId;
        uint256 classId;
        uint256 amount;
        uint256 donatedNow;
        uint256 givenAt;
    }

    /// @notice ERC-721: `from` is always zero, a receipt being issued.
    event Transfer(address indexed from, address indexed to, uint256 indexed tokenId);
    /// @notice ERC-5192: for ever.
    event Locked(uint256 tokenId);

    /// @dev Receipts cannot be transferred, nor approved for transfer.
    error ReceiptLocked();
    error ReceiptUnknown(uint256 tokenId);
    error ReceiptOwnerZero();

    function receiptOf(uint256 tokenId) external view returns (Receipt memory);

    /// @notice How many were issued for gifts of a class to a campaign; their running numbers start at 1.
    function receiptsOf(uint256 campaignId, uint256 classId) external view returns (uint256);

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
