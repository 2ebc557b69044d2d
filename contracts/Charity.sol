// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC1155Receiver} from "@openzeppelin/contracts/token/ERC1155/IERC1155Receiver.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/ERC165.sol";
import {Campaigns} from "./charity/Campaigns.sol";
import {GiftReceipts} from "./charity/GiftReceipts.sol";
import {ICarbonCredit} from "./interfaces/ICarbonCredit.sol";
import {ICharity} from "./interfaces/ICharity.sol";
import {Isolated} from "./libraries/Isolated.sol";
import {Signatures} from "./libraries/Signatures.sol";
import {SignedActs} from "./libraries/SignedActs.sol";
import {TypeHashes} from "./libraries/TypeHashes.sol";

/// @title Campaigns that take credits and let them go only as a retirement, a grant or a refund.
/// @dev Credits come in by a transfer that `onERC1155Received` books, or are pulled and booked by the puller: the
/// balance here is the sum of all `heldOf`.
contract Charity is Campaigns, IERC1155Receiver {
    /// @dev What one refund of many may burn: about four times a refund to a key.
    uint256 public constant REFUND_GAS = 300_000;
    /// @dev How long after its close what an aid campaign could not grant still waits for a grant.
    uint256 public constant LEFTOVER_TERM = 90 days;

    uint256 private constant BPS = 10_000;

    ICarbonCredit public immutable credit;

    /// @inheritdoc ICharity
    mapping(bytes32 ref => bool) public override grantRefUsed;
    /// @inheritdoc ICharity
    mapping(address donor => address) public override refundWalletOf;
    mapping(address donor => mapping(uint256 number => Draws)) private _draws;

    constructor(address governance, address creditToken) AccessManaged(governance) SignedActs("Tanyu Charity") {
        if (creditToken == address(0)) revert TokenNotAccepted(creditToken);

        credit = ICarbonCredit(creditToken);
    }

    // --- Gifts ---

    /// @inheritdoc ICharity
    function donate(uint256 campaignId, uint256 classId, uint256 amount, bool receipt) external override {
        _pull(msg.sender, campaignId, classId, amount, receipt);
    }

    /// @inheritdoc ICharity
    function donateBySig(
        address donor,
        uint256 campaignId,
        uint256 classId,
        uint256 amount,
        bool receipt,
        uint256 number,
        uint256 deadline,
        bytes calldata signature
    ) external override {
        // The message's seven fields are the first seven arguments, each a word that the decoder has checked.
        bytes32 structHash = keccak256(bytes.concat(TypeHashes.DONATE, msg.data[4:228]));
        _authorise(donor, structHash, number, deadline, signature);

        _pull(donor, campaignId, classId, amount, receipt);
    }

    /// @inheritdoc ICharity
    function drawPledge(Pledge calldata pledge, uint256 amount, bytes calldata signature) external override {
        (address donor, uint256 number) = (pledge.donor, pledge.number);
        if (block.timestamp < pledge.start) revert PledgeNotStarted(pledge.start);
        if (block.timestamp >= pledge.expiry) revert SignatureExpired(pledge.expiry);
        if (pledge.shareBps == 0 || pledge.shareBps > BPS) revert PledgeShareInvalid(pledge.shareBps);
        if (numberUsed(donor, number)) revert NumberAlreadyUsed(donor, number);
        bytes32 structHash = keccak256(abi.encode(TypeHashes.PLEDGE, pledge));
        if (!Signatures.isValid(donor, _hashTypedDataV4(structHash), signature)) revert SignatureInvalid(donor);
        Draws memory draws = _draws[donor][number];
        if (draws.drawn != 0 && draws.tag != bytes24(structHash)) revert PledgeNumberTaken(donor, number);
        uint256 left = pledge.maxAmountGco2e - draws.drawn;
        if (amount > left) revert PledgeExceeded(amount, left);

        _pull(donor, pledge.campaignId, pledge.classId, amount, false);
        // Safe cast: all that was drawn was booked in one pocket, whose `donated` is a uint64.
        _draws[donor][number] = Draws({drawn: uint64(draws.drawn + amount), tag: bytes24(structHash)});

        emit PledgeDrawn(donor, number, structHash, amount);
    }

    /// @notice Books a gift: data is abi.encode(campaignId, donor), or abi.encode(campaignId, donor, receipt). A donor
    /// other than the sender is believed only from an operator registered on CarbonCredit.
    function onERC1155Received(address operator, address from, uint256 classId, uint256 amount, bytes calldata data)
        external
        override
        returns (bytes4)
    {
        if (msg.sender != address(credit)) revert TokenNotAccepted(msg.sender);
        // What this contract pulls, it books itself; it moves credits to itself in no other way.
        if (operator == address(this)) return IERC1155Receiver.onERC1155Received.selector;
        if (data.length != 64 && data.length != 96) revert GiftDataInvalid();
        (uint256 campaignId, address donor) = abi.decode(data, (uint256, address));
        bool receipt = data.length == 96 && abi.decode(data[64:], (bool));
        if (donor == address(0) || donor == address(this)) revert GiftDataInvalid();
        if (donor != from && !credit.isRegisteredOperator(operator)) revert GiftDataInvalid();

        _book(campaignId, donor, classId, amount, receipt);

        return IERC1155Receiver.onERC1155Received.selector;
    }

    /// @notice Refused: gifts come one class at a time.
    function onERC1155BatchReceived(address, address, uint256[] calldata, uint256[] calldata, bytes calldata)
        external
        pure
        override
        returns (bytes4)
    {
        revert BatchNotAccepted();
    }

    /// @dev The token asks nobody but this contract, so nothing can happen between the move and its booking.
    function _pull(address donor, uint256 campaignId, uint256 classId, uint256 amount, bool receipt) private {
        credit.safeTransferFrom(donor, address(this), classId, amount, "");
        _book(campaignId, donor, classId, amount, receipt);
    }

    // --- Retirement ---

    /// @inheritdoc ICharity
    function retireHeld(uint256 campaignId, uint256 classId, uint256 amount) external override {
        Terms storage terms = _termsOf(campaignId);
        if (terms.state != State.Succeeded) revert NotSucceeded(campaignId);
        uint256 due = terms.closes + LEFTOVER_TERM;
        if (terms.kind == Kind.Aid && block.timestamp < due) revert LeftoverNotDue(campaignId, due);

        _retire(terms, campaignId, classId, amount);
    }

    /// @inheritdoc ICharity
    function retireEarly(uint256 campaignId, uint256 classId, uint256 amount, SecondSignature calldata second)
        external
        override
    {
        Terms storage terms = _termsOf(campaignId);
        if (terms.kind != Kind.RetirePool) revert KindWrong(campaignId);
        bytes32 structHash =
            keccak256(abi.encode(TypeHashes.RETIRE_EARLY, campaignId, classId, amount, second.number, second.deadline));
        _authoriseSpending(campaignId, terms, structHash, second);

        _retire(terms, campaignId, classId, amount);
    }

    function _retire(Terms storage terms, uint256 campaignId, uint256 classId, uint256 amount) private {
        _take(campaignId, classId, amount);
        // Safe cast: a part of `donated`.
        _gone[campaignId][classId].retired += uint64(amount);

        emit CampaignRetired(campaignId, classId, amount);

        credit.retire(classId, amount, terms.charity, "charity", bytes32(campaignId));
    }

    // --- Grants ---

    /// @inheritdoc ICharity
    function grant(
        uint256 campaignId,
        uint256 classId,
        uint256[] calldata amounts,
        bytes32[] calldata refs,
        SecondSignature calldata second
    ) external override {
        Terms storage terms = _termsOf(campaignId);
        if (terms.kind != Kind.Aid) revert KindWrong(campaignId);
        if (amounts.length != refs.length) revert LengthMismatch(amounts.length, refs.length);
        _authoriseSpending(campaignId, terms, _hashGrants(campaignId, classId, amounts, refs, second), second);

        // No call of its own for each: a grant meets no code but ours, so what can go wrong is known before it starts.
        for (uint256 i; i < amounts.length; ++i) {
            bytes4 reason = _reasonAgainstGrant(campaignId, classId, amounts[i], refs[i]);
            if (reason == 0) {
                _grant(campaignId, classId, amounts[i], refs[i]);
            } else {
                emit GrantSkipped(campaignId, i, reason);
            }
        }
    }

    /// @dev The beneficiary is this contract: whose deficit it is stays between the charity and the salted reference.
    function _grant(uint256 campaignId, uint256 classId, uint256 amount, bytes32 ref) private {
        _take(campaignId, classId, amount);
        // Safe cast: a part of `donated`.
        grantRefUsed[ref] = true;
        _gone[campaignId][classId].granted += uint64(amount);

        emit Granted(campaignId, classId, amount, ref);

        credit.retire(classId, amount, address(this), "grant", ref);
    }

    /// @dev Spending is the act of a listed charity and its second signer, while not paused. It waits for success,
    /// unless the campaign keeps what it raises whatever happens.
    function _authoriseSpending(
        uint256 campaignId,
        Terms storage terms,
        bytes32 structHash,
        SecondSignature calldata second
    ) private whenNotPaused {
        if (msg.sender != terms.charity) revert NotCharityOf(campaignId, msg.sender);
        bool early = terms.state == State.Open && terms.funding == Funding.KeepWhatYouRaise;
        if (terms.state != State.Succeeded && !early) revert NotSucceeded(campaignId);

        _authoriseSecond(msg.sender, structHash, second);
    }

    // --- Refunds ---

    /// @inheritdoc ICharity
    function refund(uint256 campaignId, uint256 classId, address[] calldata donors) external override {
        if (_termsOf(campaignId).state != State.Failed) revert NotFailed(campaignId);

        for (uint256 i; i < donors.length; ++i) {
            (bool done, bytes4 reason) = Isolated.tryCall(
                address(this), REFUND_GAS, abi.encodeCall(ICharity.refundOne, (campaignId, classId, donors[i]))
            );
            if (!done) emit RefundSkipped(campaignId, i, reason == 0 ? GasExhausted.selector : reason);
        }
    }

    /// @inheritdoc ICharity
    function refundOne(uint256 campaignId, uint256 classId, address donor) external override {
        if (msg.sender != address(this)) revert OnlySelf();
        uint256 gift = donatedOf[campaignId][donor][classId];
        if (gift == 0) revert NothingToRefund(campaignId, donor, classId);
        Book storage book = _books[campaignId][classId];
        Gone storage gone = _gone[campaignId][classId];
        (uint256 donated, uint256 answered) = (book.donated, gone.giftsRefunded);
        // A failed campaign spends nothing any more, so this stays what it was at the decision.
        uint256 left = uint256(book.held) + gone.refunded;
        uint256 amount = (answered + gift) * left / donated - answered * left / donated;

        // Safe casts: all are parts of `donated`.
        donatedOf[campaignId][donor][classId] = 0;
        book.held -= uint64(amount);
        gone.refunded += uint64(amount);
        gone.giftsRefunded = uint64(answered + gift);

        emit Refunded(campaignId, donor, classId, amount);

        if (amount == 0) return;
        address to = refundWalletOf[donor];
        credit.safeTransferFrom(address(this), to == address(0) ? donor : to, classId, amount, "");
    }

    /// @inheritdoc ICharity
    function refundTo(address to) external override {
        _directRefunds(msg.sender, to);
    }

    /// @inheritdoc ICharity
    function refundToBySig(address donor, address to, uint256 number, uint256 deadline, bytes calldata signature)
        external
        override
    {
        bytes32 structHash = keccak256(abi.encode(TypeHashes.REFUND_TO, donor, to, number, deadline));
        _authorise(donor, structHash, number, deadline, signature);

        _directRefunds(donor, to);
    }

    function _directRefunds(address donor, address to) private {
        if (to == address(this)) revert RefundWalletInvalid(to);

        refundWalletOf[donor] = to;

        emit RefundDirected(donor, to);
    }

    // --- Views ---

    /// @inheritdoc ICharity
    function drawsOf(address donor, uint256 number) external view override returns (Draws memory) {
        return _draws[donor][number];
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) public view override(GiftReceipts, IERC165) returns (bool) {
        return interfaceId == type(IERC1155Receiver).interfaceId || super.supportsInterface(interfaceId);
    }

    /// @dev One sum and one digest, so that the second signer's message reads the same for any number of grants.
    function _hashGrants(
        uint256 campaignId,
        uint256 classId,
        uint256[] calldata amounts,
        bytes32[] calldata refs,
        SecondSignature calldata second
    ) private pure returns (bytes32) {
        uint256 total;
        for (uint256 i; i < amounts.length; ++i) {
            total += amounts[i];
        }
        bytes32 digest = keccak256(abi.encode(amounts, refs));
        return
            keccak256(abi.encode(TypeHashes.GRANT, campaignId, classId, total, digest, second.number, second.deadline));
    }

    function _reasonAgainstGrant(uint256 campaignId, uint256 classId, uint256 amount, bytes32 ref)
        private
        view
        returns (bytes4)
    {
        if (amount == 0) return AmountZero.selector;
        if (grantRefUsed[ref]) return GrantRefUsed.selector;
        if (amount > heldOf(campaignId, classId)) return HeldInsufficient.selector;
        return 0;
    }
}
