// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {IGiftReceipt} from "../interfaces/IGiftReceipt.sol";
import {ISoulbound} from "../interfaces/ISoulbound.sol";
import {Soulbound} from "../receipts/Soulbound.sol";

/// @title Receipts for gifts to campaigns.
abstract contract GiftReceipts is IGiftReceipt, Soulbound {
    using Strings for uint256;

    /// @dev A class id has 128 bits (ClassId).
    function _issueReceipt(address donor, uint256 campaignId, uint256 classId, uint256 amount) internal {
        _issue(donor, campaignId << 192 | classId << 64, amount);
    }

    /// @dev What the donor's gifts come to now.
    function _donatedNow(uint256 campaignId, address donor, uint256 classId) internal view virtual returns (uint256);

    /// @inheritdoc IGiftReceipt
    function receiptOf(uint256 tokenId) public view override returns (Receipt memory) {
        Record storage record = _recordOf(tokenId);
        (uint256 campaignId, uint256 classId) = (tokenId >> 192, uint128(tokenId >> 64));
        return Receipt({
            donor: record.owner,
            campaignId: campaignId,
            classId: classId,
            amount: record.amount,
            donatedNow: _donatedNow(campaignId, record.owner, classId),
            givenAt: record.issuedAt
        });
    }

    /// @inheritdoc IGiftReceipt
    function receiptsOf(uint256 campaignId, uint256 classId) external view override returns (uint256) {
        return _issuedIn(campaignId << 192 | classId << 64);
    }

    /// @inheritdoc ISoulbound
    function tokenURI(uint256 tokenId) external view override returns (string memory) {
        Receipt memory receipt = receiptOf(tokenId);
        bytes memory json = abi.encodePacked(
            "{\"name\":\"Tanyu gift receipt\",\"description\":\"Surplus credits given to a campaign: not an offset,",
            " not proof of a reduction.\",\"campaign\":\"",
            receipt.campaignId.toString(),
            "\",\"class\":\"",
            _codeOf(receipt.classId),
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
        return _uriOf(json);
    }

    /// @inheritdoc ISoulbound
    function name() external pure override returns (string memory) {
        return "Tanyu gift receipt";
    }

    /// @inheritdoc ISoulbound
    function symbol() external pure override returns (string memory) {
        return "TANYU-GIFT";
    }

    /// @inheritdoc Soulbound
    function supportsInterface(bytes4 interfaceId) public view virtual override returns (bool) {
        return interfaceId == type(IGiftReceipt).interfaceId || super.supportsInterface(interfaceId);
    }
}
