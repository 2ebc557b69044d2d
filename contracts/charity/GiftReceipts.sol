// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {IERC721Metadata} from "@openzeppelin/contracts/token/ERC721/extensions/IERC721Metadata.sol";
import {Base64} from "@openzeppelin/contracts/utils/Base64.sol";
import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {ERC165} from "@openzeppelin/contracts/utils/introspection/ERC165.sol";
import {IGiftReceipt} from "../interfaces/IGiftReceipt.sol";
import {ClassId} from "../libraries/ClassId.sol";

/// @title Receipts that cannot be moved. One storage word each, beside the owner's count.
abstract contract GiftReceipts is IGiftReceipt, ERC165 {
    using Strings for uint256;

    /// @dev ERC-5192's.
    bytes4 private constant LOCKED_INTERFACE = 0xb45a3c0e;

    struct Record {
        address donor;
        uint64 amount;
        uint32 givenAt;
    }

    mapping(uint256 tokenId => Record) private _records;
    mapping(address owner => uint256) private _balances;
    /// @dev By a receipt's id without its running number.
    mapping(uint256 series => uint256) private _issued;

    /// @dev A class id has 128 bits (ClassId).
    function _issueReceipt(address donor, uint256 campaignId, uint256 classId, uint256 amount) internal {
        uint256 series = campaignId << 192 | classId << 64;
        uint256 tokenId = series | ++_issued[series];
        // Safe casts: a booked amount is a uint64; the time is one until 2106.
        _records[tokenId] = Record({donor: donor, amount: uint64(amount), givenAt: uint32(block.timestamp)});
        ++_balances[donor];

        emit Transfer(address(0), donor, tokenId);
        emit Locked(tokenId);
    }

    /// @dev What the donor's gifts come to now.
    function _donatedNow(uint256 campaignId, address donor, uint256 classId) internal view virtual returns (uint256);

    // --- What a receipt says ---

    /// @inheritdoc IGiftReceipt
    function receiptOf(uint256 tokenId) public view override returns (Receipt memory) {
        Record storage record = _recordOf(tokenId);
        (uint256 campaignId, uint256 classId) = (tokenId >> 192, uint128(tokenId >> 64));
        return Receipt({
            donor: record.donor,
            campaignId: campaignId,
            classId: classId,
            amount: record.amount,
            donatedNow: _donatedNow(campaignId, record.donor, classId),
            givenAt: record.givenAt
        });
    }

    /// @inheritdoc IGiftReceipt
    function receiptsOf(uint256 campaignId, uint256 classId) external view override returns (uint256) {
        return _issued[campaignId << 192 | classId << 64];
    }

    /// @inheritdoc IGiftReceipt
    function tokenURI(uint256 tokenId) external view override returns (string memory) {
        Receipt memory receipt = receiptOf(tokenId);
        (bytes6 region, uint16 vintage, bytes8 methodology) = ClassId.unpack(receipt.classId);
        bytes memory code =
            abi.encodePacked(_trimmed(region), "/", uint256(vintage).toString(), "/", _trimmed(methodology));
        bytes memory json = abi.encodePacked(
            "{\"name\":\"Tanyu gift receipt\",\"description\":\"Surplus credits given to a campaign: not an offset,",
            " not proof of a reduction.\",\"campaign\":\"",
            receipt.campaignId.toString(),
            "\",\"class\":\"",
            code,
            "\",\"amountGco2e\":\"",
            receipt.amount.toString()
        );
        json = abi.encodePacked(
            json,
            "\",\"donatedNowGco2e\":\"",
            receipt.donatedNow.toString(),
            "\",\"givenAt\":\"",
            receipt.givenAt.toString(),
            "\"}"
        );
        return string.concat("data:application/json;base64,", Base64.encode(json));
    }

    /// @inheritdoc IGiftReceipt
    function locked(uint256 tokenId) external view override returns (bool) {
        _recordOf(tokenId);
        return true;
    }

    /// @inheritdoc IGiftReceipt
    function name() external pure override returns (string memory) {
        return "Tanyu gift receipt";
    }

    /// @inheritdoc IGiftReceipt
    function symbol() external pure override returns (string memory) {
        return "TANYU-GIFT";
    }

    /// @inheritdoc IGiftReceipt
    function ownerOf(uint256 tokenId) external view override returns (address) {
        return _recordOf(tokenId).donor;
    }

    /// @inheritdoc IGiftReceipt
    function balanceOf(address owner) external view override returns (uint256) {
        if (owner == address(0)) revert ReceiptOwnerZero();
        return _balances[owner];
    }

    // --- What it cannot do ---

    /// @inheritdoc IGiftReceipt
    function approve(address, uint256) external pure override {
        revert ReceiptLocked();
    }

    /// @inheritdoc IGiftReceipt
    function setApprovalForAll(address, bool) external pure override {
        revert ReceiptLocked();
    }

    /// @inheritdoc IGiftReceipt
    function transferFrom(address, address, uint256) external pure override {
        revert ReceiptLocked();
    }

    /// @inheritdoc IGiftReceipt
    function safeTransferFrom(address, address, uint256) external pure override {
        revert ReceiptLocked();
    }

    /// @inheritdoc IGiftReceipt
    function safeTransferFrom(address, address, uint256, bytes calldata) external pure override {
        revert ReceiptLocked();
    }

    /// @inheritdoc IGiftReceipt
    function getApproved(uint256 tokenId) external view override returns (address) {
        _recordOf(tokenId);
        return address(0);
    }

    /// @inheritdoc IGiftReceipt
    function isApprovedForAll(address, address) external pure override returns (bool) {
        return false;
    }

    /// @inheritdoc ERC165
    function supportsInterface(bytes4 interfaceId) public view virtual override returns (bool) {
        return interfaceId == LOCKED_INTERFACE || interfaceId == type(IERC721).interfaceId
            || interfaceId == type(IERC721Metadata).interfaceId || super.supportsInterface(interfaceId);
    }

    function _recordOf(uint256 tokenId) private view returns (Record storage record) {
        record = _records[tokenId];
        if (record.donor == address(0)) revert ReceiptUnknown(tokenId);
    }

    /// @dev Left-aligned letters without the zeros after them.
    function _trimmed(bytes8 field) private pure returns (bytes memory letters) {
        uint256 size;
        while (size < 8 && field[size] != 0) {
            ++size;
        }
        letters = new bytes(size);
        for (uint256 i; i < size; ++i) {
            letters[i] = field[i];
        }
    }
}
