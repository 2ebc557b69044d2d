// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {IERC721Metadata} from "@openzeppelin/contracts/token/ERC721/extensions/IERC721Metadata.sol";
import {Base64} from "@openzeppelin/contracts/utils/Base64.sol";
import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {ERC165} from "@openzeppelin/contracts/utils/introspection/ERC165.sol";
import {ISoulbound} from "../interfaces/ISoulbound.sol";
import {ClassId} from "../libraries/ClassId.sol";

/// @title Receipts that cannot be moved. One storage word each, beside the owner's count.
abstract contract Soulbound is ISoulbound, ERC165 {
    using Strings for uint256;

    /// @dev ERC-5192's.
    bytes4 private constant LOCKED_INTERFACE = 0xb45a3c0e;

    /// @dev Grams, and Unix seconds.
    struct Record {
        address owner;
        uint64 amount;
        uint32 issuedAt;
    }

    mapping(uint256 tokenId => Record) private _records;
    mapping(address owner => uint256) private _balances;
    /// @dev By a receipt's id without its running number.
    mapping(uint256 series => uint256) private _issued;

    /// @dev `series` has no bits where the running number goes, the lowest 64.
    function _issue(address owner, uint256 series, uint256 amount) internal returns (uint256 tokenId) {
        tokenId = series | ++_issued[series];
        // Safe casts: what is held of a class is a uint64; the time is one until 2106.
        _records[tokenId] = Record({owner: owner, amount: uint64(amount), issuedAt: uint32(block.timestamp)});
        ++_balances[owner];

        emit Transfer(address(0), owner, tokenId);
        emit Locked(tokenId);
    }

    function _issuedIn(uint256 series) internal view returns (uint256) {
        return _issued[series];
    }

    function _recordOf(uint256 tokenId) internal view returns (Record storage record) {
        record = _records[tokenId];
        if (record.owner == address(0)) revert ReceiptUnknown(tokenId);
    }

    // --- What it says ---

    /// @inheritdoc ISoulbound
    function locked(uint256 tokenId) external view override returns (bool) {
        _recordOf(tokenId);
        return true;
    }

    /// @inheritdoc ISoulbound
    function ownerOf(uint256 tokenId) external view override returns (address) {
        return _recordOf(tokenId).owner;
    }

    /// @inheritdoc ISoulbound
    function balanceOf(address owner) external view override returns (uint256) {
        if (owner == address(0)) revert ReceiptOwnerZero();
        return _balances[owner];
    }

    // --- What it cannot do ---

    /// @inheritdoc ISoulbound
    function approve(address, uint256) external pure override {
        revert ReceiptLocked();
    }

    /// @inheritdoc ISoulbound
    function setApprovalForAll(address, bool) external pure override {
        revert ReceiptLocked();
    }

    /// @inheritdoc ISoulbound
    function transferFrom(address, address, uint256) external pure override {
        revert ReceiptLocked();
    }

    /// @inheritdoc ISoulbound
    function safeTransferFrom(address, address, uint256) external pure override {
        revert ReceiptLocked();
    }

    /// @inheritdoc ISoulbound
    function safeTransferFrom(address, address, uint256, bytes calldata) external pure override {
        revert ReceiptLocked();
    }

    /// @inheritdoc ISoulbound
    function getApproved(uint256 tokenId) external view override returns (address) {
        _recordOf(tokenId);
        return address(0);
    }

    /// @inheritdoc ISoulbound
    function isApprovedForAll(address, address) external pure override returns (bool) {
        return false;
    }

    /// @inheritdoc ERC165
    function supportsInterface(bytes4 interfaceId) public view virtual override returns (bool) {
        return interfaceId == LOCKED_INTERFACE || interfaceId == type(IERC721).interfaceId
            || interfaceId == type(IERC721Metadata).interfaceId || super.supportsInterface(interfaceId);
    }

    // --- How it says it ---

    function _uriOf(bytes memory json) internal pure returns (string memory) {
        return string.concat("data:application/json;base64,", Base64.encode(json));
    }

    /// @dev As people write a class: `CN-SC/2025/SIM`.
    function _codeOf(uint256 classId) internal pure returns (bytes memory) {
        (bytes6 region, uint16 vintage, bytes8 methodology) = ClassId.unpack(classId);
        return abi.encodePacked(_trimmed(region), "/", uint256(vintage).toString(), "/", _trimmed(methodology));
    }

    /// @dev Left-aligned letters without the zeros after them.
    function _trimmed(bytes32 field) internal pure returns (bytes memory letters) {
        uint256 size;
        while (size < 32 && field[size] != 0) {
            ++size;
        }
        letters = new bytes(size);
        for (uint256 i; i < size; ++i) {
            letters[i] = field[i];
        }
    }
}
