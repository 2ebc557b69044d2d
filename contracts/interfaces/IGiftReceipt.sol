// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ISoulbound} from "./ISoulbound.sol";

/// @title Receipts for gifts, on request of the donor.
/// @notice A receipt's id is campaign (64 bits) << 192 | class (128) << 64 | running number in both (64). It says what
/// was given and when.
interface IGiftReceipt is ISoulbound {
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

    function receiptOf(uint256 tokenId) external view returns (Receipt memory);

    /// @notice How many were issued for gifts of a class to a campaign; their running numbers start at 1.
    function receiptsOf(uint256 campaignId, uint256 classId) external view returns (uint256);
}
