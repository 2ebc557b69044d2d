// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {ICharity} from "../interfaces/ICharity.sol";
import {SignedActs} from "../libraries/SignedActs.sol";
import {TypeHashes} from "../libraries/TypeHashes.sol";
import {GiftReceipts} from "./GiftReceipts.sol";

/// @title Charities, campaigns and their books; no credits move here.
/// @dev Totals over classes are summed when asked, so that they cannot differ from the gifts.
abstract contract Campaigns is ICharity, SignedActs, GiftReceipts, AccessManaged, Pausable {
    /// @dev Bounds how long an all-or-nothing gift can wait for its decision.
    uint256 public constant WINDOW_END_MAX = 731 days;

    bytes32 private constant RETIRE_POOL = keccak256("retire-pool");
    bytes32 private constant AID = keccak256("aid");
    bytes32 private constant KEEP_WHAT_YOU_RAISE = keccak256("keep-what-you-raise");
    bytes32 private constant ALL_OR_NOTHING = keccak256("all-or-nothing");

    struct Terms {
        address charity;
        Kind kind;
        Funding funding;
        State state;
        uint40 opens;
        uint40 closes;
        uint64 target;
    }

    /// @dev One word for all a gift needs: grams, and the window as it stood at `revision`.
    struct Book {
        uint64 donated;
        uint64 held;
        uint40 opens;
        uint40 closes;
        uint32 revision;
    }

    /// @dev Where what was donated and is not held went.
    struct Gone {
        uint64 retired;
        uint64 granted;
        uint64 refunded;
        uint64 giftsRefunded;
    }

    /// @dev Raised by whatever ends gifts: a delisting, an early close, a decision. A gift whose book knows this
    /// revision need not look at its campaign and the allow-list again. It lies in one word with Pausable's flag.
    uint32 private _revision = 1;
    /// @inheritdoc ICharity
    uint256 public override campaignCount;
    /// @inheritdoc ICharity
    mapping(address charity => address) public override secondSignerOf;
    mapping(uint256 campaignId => Terms) internal _terms;
    mapping(uint256 campaignId => uint256[]) private _classes;
    mapping(uint256 campaignId => mapping(uint256 classId => Book)) internal _books;
    mapping(uint256 campaignId => mapping(uint256 classId => Gone)) internal _gone;
    /// @inheritdoc ICharity
    mapping(uint256 campaignId => mapping(address donor => mapping(uint256 classId => uint256)))
        public
        override donatedOf;

    // --- Charities ---

    /// @inheritdoc ICharity
    function listCharity(address charity, address secondSigner) external override restricted {
        if (secondSigner == address(0) || secondSigner == charity) revert SecondSignerInvalid(secondSigner);

        secondSignerOf[charity] = secondSigner;

        emit CharityListed(charity, true, secondSigner);
    }

    /// @inheritdoc ICharity
    function delistCharity(address charity) external override restricted {
        if (!isListed(charity)) revert CharityNotListed(charity);

        secondSignerOf[charity] = address(0);
        ++_revision;

        emit CharityListed(charity, false, address(0));
    }

    // --- Campaigns ---

    /// @inheritdoc ICharity
    function openCampaign(
        Kind kind,
        Funding funding,
        uint64 opens,
        uint64 closes,
        uint64 target,
        bytes32 storyDigest,
        SecondSignature calldata second
    ) external override whenNotPaused returns (uint256 campaignId) {
        if (opens >= closes || closes <= block.timestamp || closes > block.timestamp + WINDOW_END_MAX) {
            revert WindowInvalid(opens, closes);
        }
        _authoriseSecond(msg.sender, _hashOpening(kind, funding, second), second);

        campaignId = ++campaignCount;
        // Safe casts: opens < closes <= WINDOW_END_MAX from now.
        _terms[campaignId] = Terms({
            charity: msg.sender,
            kind: kind,
            funding: funding,
            state: State.Open,
            opens: uint40(opens),
            closes: uint40(closes),
            target: target
        });

        emit CampaignOpened(campaignId, msg.sender, kind, funding, opens, closes, target, storyDigest);
    }

    /// @inheritdoc ICharity
    function closeEarly(uint256 campaignId, SecondSignature calldata second) external override {
        Terms storage terms = _termsOf(campaignId);
        if (msg.sender != terms.charity) revert NotCharityOf(campaignId, msg.sender);
        if (terms.state != State.Open || block.timestamp >= terms.closes) revert CampaignNotOpen(campaignId);
        bytes32 structHash = keccak256(abi.encode(TypeHashes.CLOSE_EARLY, campaignId, second.number, second.deadline));
        _authoriseSecond(msg.sender, structHash, second);

        terms.closes = uint40(block.timestamp);
        ++_revision;

        emit CampaignClosedEarly(campaignId, uint64(block.timestamp));
    }

    /// @inheritdoc ICharity
    function finalise(uint256 campaignId) external override {
        Terms storage terms = _termsOf(campaignId);
        if (terms.state != State.Open) revert CampaignFinal(campaignId);
        bool listed = isListed(terms.charity);
        if (listed && block.timestamp < terms.closes) revert CampaignStillOpen(campaignId, terms.closes);

        bool reached = terms.funding == Funding.KeepWhatYouRaise || _donatedTo(campaignId) >= terms.target;
        State state = listed && reached ? State.Succeeded : State.Failed;
        terms.state = state;
        ++_revision;

        emit CampaignFinalised(campaignId, state);
    }

    /// @dev A charity acts by two: reverts unless it is listed and its second signer signed the struct, once.
    function _authoriseSecond(address charity, bytes32 structHash, SecondSignature calldata second) internal {
        address secondSigner = secondSignerOf[charity];
        if (secondSigner == address(0)) revert CharityNotListed(charity);

        _authorise(secondSigner, structHash, second.number, second.deadline, second.signature);
    }

    /// @dev Of a call of `openCampaign`: its opens, closes, target and story digest are the third to sixth arguments,
    /// each a word that the decoder has checked.
    function _hashOpening(Kind kind, Funding funding, SecondSignature calldata second) private view returns (bytes32) {
        bytes32 kindWord = kind == Kind.Aid ? AID : RETIRE_POOL;
        bytes32 fundingWord = funding == Funding.AllOrNothing ? ALL_OR_NOTHING : KEEP_WHAT_YOU_RAISE;
        bytes memory head = abi.encode(TypeHashes.OPEN_CAMPAIGN, msg.sender, kindWord, fundingWord);
        return keccak256(bytes.concat(head, msg.data[68:196], abi.encode(second.number, second.deadline)));
    }

    /// @dev Books a gift whose credits have arrived.
    function _book(uint256 campaignId, address donor, uint256 classId, uint256 amount, bool receipt)
        internal
        whenNotPaused
    {
        if (amount == 0) revert AmountZero();
        Book memory book = _books[campaignId][classId];
        uint32 revision = _revision;
        if (book.revision != revision) _lookAgain(book, campaignId, revision);
        if (block.timestamp < book.opens || block.timestamp >= book.closes) revert CampaignNotOpen(campaignId);
        if (amount > type(uint64).max - book.donated) revert AmountTooLarge(amount);
        if (book.donated == 0) _classes[campaignId].push(classId);

        // Safe casts: held <= donated, which the check above keeps a uint64.
        unchecked {
            book.donated += uint64(amount);
            book.held += uint64(amount);
        }
        _books[campaignId][classId] = book;
        donatedOf[campaignId][donor][classId] += amount;

        emit Donated(campaignId, donor, classId, amount);

        if (receipt) _issueReceipt(donor, campaignId, classId, amount);
    }

    /// @dev Reverts unless the campaign can take gifts in its window, and notes that window in the book.
    function _lookAgain(Book memory book, uint256 campaignId, uint32 revision) private view {
        Terms storage terms = _termsOf(campaignId);
        if (terms.state != State.Open) revert CampaignNotOpen(campaignId);
        address charity = terms.charity;
        if (!isListed(charity)) revert CharityNotListed(charity);

        (book.opens, book.closes, book.revision) = (terms.opens, terms.closes, revision);
    }

    /// @dev Takes what leaves out of a book.
    function _take(uint256 campaignId, uint256 classId, uint256 amount) internal {
        if (amount == 0) revert AmountZero();
        uint256 held = heldOf(campaignId, classId);
        if (amount > held) revert HeldInsufficient(campaignId, classId, amount, held);

        // Safe cast: less than a uint64.
        _books[campaignId][classId].held = uint64(held - amount);
    }

    // --- Governance ---

    /// @inheritdoc ICharity
    function pause() external override restricted {
        _pause();
    }

    /// @inheritdoc ICharity
    function unpause() external override restricted {
        _unpause();
    }

    // --- Views ---

    /// @inheritdoc ICharity
    function isListed(address charity) public view override returns (bool) {
        return secondSignerOf[charity] != address(0);
    }

    /// @inheritdoc ICharity
    function campaignOf(uint256 campaignId) external view override returns (Campaign memory campaign) {
        Terms storage terms = _terms[campaignId];
        (campaign.charity, campaign.kind, campaign.funding) = (terms.charity, terms.kind, terms.funding);
        (campaign.state, campaign.opens, campaign.closes) = (terms.state, terms.opens, terms.closes);
        campaign.target = terms.target;
        uint256[] storage classes = _classes[campaignId];
        for (uint256 i; i < classes.length; ++i) {
            Gone storage gone = _gone[campaignId][classes[i]];
            campaign.donated += _books[campaignId][classes[i]].donated;
            campaign.retired += gone.retired;
            campaign.granted += gone.granted;
            campaign.refunded += gone.refunded;
        }
    }

    /// @inheritdoc ICharity
    function classesOf(uint256 campaignId) external view override returns (uint256[] memory) {
        return _classes[campaignId];
    }

    /// @inheritdoc ICharity
    function pocketOf(uint256 campaignId, uint256 classId) external view override returns (Pocket memory) {
        Book storage book = _books[campaignId][classId];
        Gone storage gone = _gone[campaignId][classId];
        return Pocket({
            donated: book.donated,
            held: book.held,
            retired: gone.retired,
            granted: gone.granted,
            refunded: gone.refunded,
            giftsRefunded: gone.giftsRefunded
        });
    }

    /// @inheritdoc ICharity
    function heldOf(uint256 campaignId, uint256 classId) public view override returns (uint256) {
        return _books[campaignId][classId].held;
    }

    function _termsOf(uint256 campaignId) internal view returns (Terms storage terms) {
        terms = _terms[campaignId];
        if (terms.state == State.None) revert CampaignUnknown(campaignId);
    }

    /// @dev Over all classes: a read each, and there are no more than governance opened.
    function _donatedTo(uint256 campaignId) private view returns (uint256 donated) {
        uint256[] storage classes = _classes[campaignId];
        for (uint256 i; i < classes.length; ++i) {
            donated += _books[campaignId][classes[i]].donated;
        }
    }

    function _donatedNow(uint256 campaignId, address donor, uint256 classId) internal view override returns (uint256) {
        return donatedOf[campaignId][donor][classId];
    }
}
