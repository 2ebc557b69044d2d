// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ISignedActs} from "./ISignedActs.sol";

/// @title Campaigns that take credits, never money, and let them go only as a retirement, a grant or a refund
/// (INV-06).
interface ICharity is ISignedActs {
    /// @dev RetirePool retires what it raises; Aid retires in grants for other people's deficits.
    enum Kind {
        RetirePool,
        Aid
    }

    enum Funding {
        KeepWhatYouRaise,
        AllOrNothing
    }

    /// @dev One-way: Open -> Succeeded | Failed.
    enum State {
        None,
        Open,
        Succeeded,
        Failed
    }

    /// @dev Grams over all classes. Window is half-open [opens, closes), Unix seconds.
    /// donated = held + retired + granted + refunded, always.
    struct Campaign {
        address charity;
        Kind kind;
        Funding funding;
        State state;
        uint64 opens;
        uint64 closes;
        uint128 target;
        uint128 donated;
        uint128 retired;
        uint128 granted;
        uint128 refunded;
    }

    event CharityListed(address indexed charity, bool listed);
    event CampaignOpened(
        uint256 indexed campaignId,
        address indexed charity,
        Kind kind,
        Funding funding,
        uint64 opens,
        uint64 closes,
        uint256 target,
        bytes32 storyDigest
    );
    event Donated(uint256 indexed campaignId, address indexed donor, uint256 indexed classId, uint256 amount);
    event CampaignFinalised(uint256 indexed campaignId, State state);
    event CampaignRetired(uint256 indexed campaignId, uint256 indexed classId, uint256 amount);
    event Granted(uint256 indexed campaignId, uint256 indexed classId, uint256 amount, bytes32 indexed ref);
    event Refunded(uint256 indexed campaignId, address indexed donor, uint256 indexed classId, uint256 amount);
    event GrantSkipped(uint256 indexed campaignId, uint256 indexed index, bytes4 reason);
    event RefundSkipped(uint256 indexed campaignId, uint256 indexed index, bytes4 reason);

    error CharityNotListed(address charity);
    error CampaignUnknown(uint256 campaignId);
    error WindowInvalid(uint64 opens, uint64 closes);
    error CampaignNotOpen(uint256 campaignId);
    error CampaignStillOpen(uint256 campaignId, uint64 closes);
    error CampaignFinal(uint256 campaignId);
    error NotCharityOf(uint256 campaignId, address caller);
    error KindWrong(uint256 campaignId);
    error NotSucceeded(uint256 campaignId);
    error NotFailed(uint256 campaignId);
    error AmountZero();
    error HeldInsufficient(uint256 campaignId, uint256 classId, uint256 amount, uint256 held);
    error GrantRefUsed(bytes32 ref);
    error NothingToRefund(uint256 campaignId, address donor, uint256 classId);
    error TokenNotAccepted(address token);
    error GiftDataInvalid();
    error BatchNotAccepted();
    error LengthMismatch(uint256 left, uint256 right);
    error GasInsufficient(uint256 given, uint256 needed);
    error GasExhausted();
    error OnlySelf();

    /// @notice Lists or delists a charity; registrar. A delisted charity takes no new gifts.
    function listCharity(address charity, bool listed) external;

    /// @notice Opens a campaign; a listed charity. `storyDigest` is the SHA-256 of the story document.
    function openCampaign(Kind kind, Funding funding, uint64 opens, uint64 closes, uint128 target, bytes32 storyDigest)
        external
        returns (uint256 campaignId);

    /// @notice Donates the caller's credits (this contract must be approved on CarbonCredit). A gift may also come as
    /// an ERC-1155 transfer with data abi.encode(campaignId, donor): the donor is believed only from a registered
    /// operator, otherwise it must be the sender.
    function donate(uint256 campaignId, uint256 classId, uint256 amount) external;

    /// @notice The same by the donor's signed `Donate` message, relayed by anyone.
    function donateBySig(
        address donor,
        uint256 campaignId,
        uint256 classId,
        uint256 amount,
        uint256 number,
        uint256 deadline,
        bytes calldata signature
    ) external;

    /// @notice Decides a campaign whose window has closed; anyone. KeepWhatYouRaise always succeeds.
    function finalise(uint256 campaignId) external;

    /// @notice Retires what a pool holds of a class; anyone once succeeded, its charity before that if it keeps what
    /// it raises. Purpose "charity", beneficiary the charity.
    function retireHeld(uint256 campaignId, uint256 classId, uint256 amount) external;

    /// @notice Retires `amounts` for salted deficit references; the charity of an aid campaign that succeeded or
    /// keeps what it raises. A grant that cannot be made is skipped with a reason. A ref is granted once.
    function grant(uint256 campaignId, uint256 classId, uint256[] calldata amounts, bytes32[] calldata refs) external;

    /// @notice Refunds everything `donors` gave of a class to a failed campaign; anyone, for ever; skips with a
    /// reason.
    function refund(uint256 campaignId, uint256 classId, address[] calldata donors) external;

    /// @notice Refunds one donor; only the Charity itself, so that a refund that fails is undone alone.
    function refundOne(uint256 campaignId, uint256 classId, address donor) external;

    function pause() external;
    function unpause() external;

    function isListed(address charity) external view returns (bool);
    function campaignOf(uint256 campaignId) external view returns (Campaign memory);
    function campaignCount() external view returns (uint256);
    function donatedOf(uint256 campaignId, address donor, uint256 classId) external view returns (uint256);
    function heldOf(uint256 campaignId, uint256 classId) external view returns (uint256);
}
