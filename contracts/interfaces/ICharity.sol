// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IGiftReceipt} from "./IGiftReceipt.sol";
import {ISignedActs} from "./ISignedActs.sol";

/// @title Campaigns that take credits, never money, and let them go only as a retirement, a grant or a refund
/// (INV-06).
interface ICharity is ISignedActs, IGiftReceipt {
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

    /// @dev Grams over all classes. Window is half-open [opens, closes), Unix seconds. The target never moves.
    /// donated = held + retired + granted + refunded, always.
    struct Campaign {
        address charity;
        Kind kind;
        Funding funding;
        State state;
        uint64 opens;
        uint64 closes;
        uint64 target;
        uint128 donated;
        uint128 retired;
        uint128 granted;
        uint128 refunded;
    }

    /// @dev What a campaign has of one class, in grams: donated = held + retired + granted + refunded.
    /// `giftsRefunded`: gifts answered by a refund, at what was given; more than `refunded` if a part of the gifts was
    /// spent before the campaign failed.
    struct Pocket {
        uint64 donated;
        uint64 held;
        uint64 retired;
        uint64 granted;
        uint64 refunded;
        uint64 giftsRefunded;
    }

    /// @dev A donor's standing promise, signed once: in [start, expiry) anyone may draw under it. `shareBps` below
    /// 10,000 is the share of what the donor sells of the class from `start` on; 10,000 means all that is left, such
    /// as at a year's end. The chain cannot know sales: it holds every draw to the maximum, the audit to the share.
    struct Pledge {
        address donor;
        uint256 campaignId;
        uint256 classId;
        uint256 shareBps;
        uint256 maxAmountGco2e;
        uint256 start;
        uint256 expiry;
        uint256 number;
    }

    /// @dev What was drawn under a number, and the first 192 bits of the pledge's struct hash: one pledge a number.
    struct Draws {
        uint64 drawn;
        bytes24 tag;
    }

    /// @dev A charity's second signer's word for one act, under an unordered number of its own. A charity that is not
    /// listed has no second signer, so it can do nothing that asks for one.
    struct SecondSignature {
        uint256 number;
        uint256 deadline;
        bytes signature;
    }

    event CharityListed(address indexed charity, bool listed, address secondSigner);
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
    event CampaignClosedEarly(uint256 indexed campaignId, uint64 closes);
    event CampaignFinalised(uint256 indexed campaignId, State state);
    event Donated(uint256 indexed campaignId, address indexed donor, uint256 indexed classId, uint256 amount);
    event PledgeDrawn(address indexed donor, uint256 indexed number, bytes32 structHash, uint256 amount);
    event CampaignRetired(uint256 indexed campaignId, uint256 indexed classId, uint256 amount);
    event Granted(uint256 indexed campaignId, uint256 indexed classId, uint256 amount, bytes32 indexed ref);
    event RefundDirected(address indexed donor, address to);
    /// @notice All the donor's gifts of the class are answered by `amount`.
    event Refunded(uint256 indexed campaignId, address indexed donor, uint256 indexed classId, uint256 amount);
    event GrantSkipped(uint256 indexed campaignId, uint256 indexed index, bytes4 reason);
    event RefundSkipped(uint256 indexed campaignId, uint256 indexed index, bytes4 reason);

    error CharityNotListed(address charity);
    error SecondSignerInvalid(address secondSigner);
    error CampaignUnknown(uint256 campaignId);
    error WindowInvalid(uint64 opens, uint64 closes);
    error CampaignNotOpen(uint256 campaignId);
    error CampaignStillOpen(uint256 campaignId, uint256 closes);
    error CampaignFinal(uint256 campaignId);
    error NotCharityOf(uint256 campaignId, address caller);
    error KindWrong(uint256 campaignId);
    error NotSucceeded(uint256 campaignId);
    error NotFailed(uint256 campaignId);
    error LeftoverNotDue(uint256 campaignId, uint256 due);
    error AmountZero();
    error AmountTooLarge(uint256 amount);
    error HeldInsufficient(uint256 campaignId, uint256 classId, uint256 amount, uint256 held);
    error GrantRefUsed(bytes32 ref);
    error NothingToRefund(uint256 campaignId, address donor, uint256 classId);
    error RefundWalletInvalid(address to);
    error PledgeNotStarted(uint256 start);
    error PledgeShareInvalid(uint256 shareBps);
    error PledgeExceeded(uint256 amount, uint256 left);
    error PledgeNumberTaken(address donor, uint256 number);
    error TokenNotAccepted(address token);
    error GiftDataInvalid();
    error BatchNotAccepted();
    error LengthMismatch(uint256 left, uint256 right);
    error GasInsufficient(uint256 given, uint256 needed);
    error GasExhausted();
    error OnlySelf();

    /// @notice Lists a charity with the account whose signature it needs besides its own act, or gives a listed one
    /// another second signer; registrar.
    function listCharity(address charity, address secondSigner) external;

    /// @notice Delists a charity; registrar. It takes no gift, and opens, closes and spends nothing any more; anyone may
    /// then fail its open campaigns, so that donors get back what is not spent.
    function delistCharity(address charity) external;

    /// @notice Opens a campaign; a listed charity, and its second signer's `OpenCampaign` message with every term.
    /// `storyDigest` is the SHA-256 of the story document.
    function openCampaign(
        Kind kind,
        Funding funding,
        uint64 opens,
        uint64 closes,
        uint64 target,
        bytes32 storyDigest,
        SecondSignature calldata second
    ) external returns (uint256 campaignId);

    /// @notice Ends the window of an open campaign at this second; its charity while listed, and its second signer's
    /// `CloseEarly` message.
    function closeEarly(uint256 campaignId, SecondSignature calldata second) external;

    /// @notice Decides an open campaign; anyone. Once its window has closed it succeeds if it reached its target or
    /// keeps what it raises, otherwise it fails. If its charity is delisted it fails, at any time.
    function finalise(uint256 campaignId) external;

    /// @notice Donates the caller's credits (this contract must be approved on CarbonCredit), with a receipt if asked
    /// for. A gift may also come as an ERC-1155 transfer with data abi.encode(campaignId, donor) or
    /// abi.encode(campaignId, donor, receipt): the donor is believed only from a registered operator, otherwise it
    /// must be the sender.
    function donate(uint256 campaignId, uint256 classId, uint256 amount, bool receipt) external;

    /// @notice The same by the donor's signed `Donate` message, relayed by anyone.
    function donateBySig(
        address donor,
        uint256 campaignId,
        uint256 classId,
        uint256 amount,
        bool receipt,
        uint256 number,
        uint256 deadline,
        bytes calldata signature
    ) external;

    /// @notice Donates `amount` under the donor's signed `Pledge`; anyone. The chain checks signature, time, the
    /// maximum over all draws, and that its number is neither used (`useNumber`, `useNumberBySig`, any other act) nor
    /// drawn under by another pledge. No receipt.
    function drawPledge(Pledge calldata pledge, uint256 amount, bytes calldata signature) external;

    /// @notice Retires what a succeeded campaign holds of a class; anyone. Of aid, what no grant used: from 90 days
    /// after the window closed. Purpose "charity", beneficiary the charity.
    function retireHeld(uint256 campaignId, uint256 classId, uint256 amount) external;

    /// @notice The same before the decision, for a pool that keeps what it raises; its charity, and its second
    /// signer's `RetireEarly` message.
    function retireEarly(uint256 campaignId, uint256 classId, uint256 amount, SecondSignature calldata second) external;

    /// @notice Retires `amounts` for salted deficit references; the charity of an aid campaign that succeeded or
    /// keeps what it raises, and its second signer's `Grant` message (the amounts' sum, and the Keccak-256 of
    /// abi.encode(amounts, refs)). A grant that cannot be made is skipped with a reason. A ref is granted once.
    function grant(
        uint256 campaignId,
        uint256 classId,
        uint256[] calldata amounts,
        bytes32[] calldata refs,
        SecondSignature calldata second
    ) external;

    /// @notice Refunds `donors` for all they gave of a class to a failed campaign; anyone, for ever; skips with a
    /// reason.
    /// @dev If nothing was spent each gets back all it gave. Otherwise what is left is shared in proportion to the
    /// gifts, to the gram: when gifts of G of all D grams are answered, floor(G * left / D) grams have gone back. So a
    /// donor gets its share rounded down or up, and the last refund takes the last gram.
    function refund(uint256 campaignId, uint256 classId, address[] calldata donors) external;

    /// @notice Refunds one donor; only the Charity itself, so that a refund that fails is undone alone.
    function refundOne(uint256 campaignId, uint256 classId, address donor) external;

    /// @notice Has the caller's refunds paid to another wallet from now on; zero: to itself again.
    function refundTo(address to) external;

    /// @notice The same by the donor's signed `RefundTo` message, relayed by anyone.
    function refundToBySig(address donor, address to, uint256 number, uint256 deadline, bytes calldata signature)
        external;

    function pause() external;
    function unpause() external;

    function isListed(address charity) external view returns (bool);

    /// @notice Zero for a charity that is not listed.
    function secondSignerOf(address charity) external view returns (address);

    function campaignOf(uint256 campaignId) external view returns (Campaign memory);
    function campaignCount() external view returns (uint256);

    /// @notice The classes a campaign was ever given, in the order they came.
    function classesOf(uint256 campaignId) external view returns (uint256[] memory);

    function pocketOf(uint256 campaignId, uint256 classId) external view returns (Pocket memory);
    function heldOf(uint256 campaignId, uint256 classId) external view returns (uint256);

    /// @notice What a donor gave of a class and was not refunded for.
    function donatedOf(uint256 campaignId, address donor, uint256 classId) external view returns (uint256);

    /// @notice Where a donor's refunds go; zero: to itself.
    function refundWalletOf(address donor) external view returns (address);

    function drawsOf(address donor, uint256 number) external view returns (Draws memory);

    /// @notice Whether a grant was made under this reference, by any campaign.
    function grantRefUsed(bytes32 ref) external view returns (bool);
}
