// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC1155Receiver} from "@openzeppelin/contracts/token/ERC1155/IERC1155Receiver.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {ERC165, IERC165} from "@openzeppelin/contracts/utils/introspection/ERC165.sol";
import {ICarbonCredit} from "./interfaces/ICarbonCredit.sol";
import {ICharity} from "./interfaces/ICharity.sol";
import {Isolated} from "./libraries/Isolated.sol";
import {SignedActs} from "./libraries/SignedActs.sol";
import {TypeHashes} from "./libraries/TypeHashes.sol";

/// @title Campaigns that take credits and let them go only as a retirement, a grant or a refund.
/// @dev Credits come in through onERC1155Received alone, which books them: the balance here is the sum of all
/// `heldOf`.
contract Charity is ICharity, IERC1155Receiver, ERC165, AccessManaged, Pausable, SignedActs {
    /// @dev Bounds how long an all-or-nothing gift can wait for its decision.
    uint256 public constant WINDOW_END_MAX = 731 days;
    /// @dev What one refund of many may burn: about four times a refund to a key.
    uint256 public constant REFUND_GAS = 300_000;

    ICarbonCredit public immutable credit;

    mapping(uint256 campaignId => Campaign) private _campaigns;
    /// @inheritdoc ICharity
    uint256 public override campaignCount;
    /// @inheritdoc ICharity
    mapping(address charity => bool) public override isListed;
    /// @inheritdoc ICharity
    mapping(uint256 campaignId => mapping(address donor => mapping(uint256 classId => uint256)))
        public
        override donatedOf;
    /// @inheritdoc ICharity
    mapping(uint256 campaignId => mapping(uint256 classId => uint256)) public override heldOf;
    /// @notice Whether a grant was made under this reference, by any campaign.
    mapping(bytes32 ref => bool) public grantRefUsed;

    constructor(address governance, address creditToken) AccessManaged(governance) SignedActs("Tanyu Charity") {
        if (creditToken == address(0)) revert TokenNotAccepted(creditToken);

        credit = ICarbonCredit(creditToken);
    }

    // --- Charities and campaigns ---

    /// @inheritdoc ICharity
    function listCharity(address charity, bool listed) external override restricted {
        isListed[charity] = listed;

        emit CharityListed(charity, listed);
    }

    /// @inheritdoc ICharity
    function openCampaign(Kind kind, Funding funding, uint64 opens, uint64 closes, uint128 target, bytes32 storyDigest)
        external
        override
        whenNotPaused
        returns (uint256 campaignId)
    {
        if (!isListed[msg.sender]) revert CharityNotListed(msg.sender);
        if (opens >= closes || closes <= block.timestamp || closes > block.timestamp + WINDOW_END_MAX) {
            revert WindowInvalid(opens, closes);
        }

        campaignId = ++campaignCount;
        Campaign storage campaign = _campaigns[campaignId];
        campaign.charity = msg.sender;
        campaign.kind = kind;
        campaign.funding = funding;
        campaign.state = State.Open;
        campaign.opens = opens;
        campaign.closes = closes;
        campaign.target = target;

        emit CampaignOpened(campaignId, msg.sender, kind, funding, opens, closes, target, storyDigest);
    }

    /// @inheritdoc ICharity
    function finalise(uint256 campaignId) external override {
        Campaign storage campaign = _campaignOf(campaignId);
        if (campaign.state != State.Open) revert CampaignFinal(campaignId);
        if (block.timestamp < campaign.closes) revert CampaignStillOpen(campaignId, campaign.closes);

        bool succeeded = campaign.funding == Funding.KeepWhatYouRaise || campaign.donated >= campaign.target;
        campaign.state = succeeded ? State.Succeeded : State.Failed;

        emit CampaignFinalised(campaignId, campaign.state);
    }

    // --- Gifts ---

    /// @inheritdoc ICharity
    function donate(uint256 campaignId, uint256 classId, uint256 amount) external override {
        _pull(msg.sender, campaignId, classId, amount);
    }

    /// @inheritdoc ICharity
    function donateBySig(
        address donor,
        uint256 campaignId,
        uint256 classId,
        uint256 amount,
        uint256 number,
        uint256 deadline,
        bytes calldata signature
    ) external override {
        bytes32 structHash = keccak256(
            abi.encode(TypeHashes.DONATE, donor, campaignId, classId, amount, number, deadline)
        );
        _authorise(donor, structHash, number, deadline, signature);

        _pull(donor, campaignId, classId, amount);
    }

    /// @notice Books a gift: data is abi.encode(campaignId, donor). A donor other than the sender is believed only
    /// from an operator registered on CarbonCredit.
    function onERC1155Received(address operator, address from, uint256 classId, uint256 amount, bytes calldata data)
        external
        override
        whenNotPaused
        returns (bytes4)
    {
        if (msg.sender != address(credit)) revert TokenNotAccepted(msg.sender);
        if (data.length != 64) revert GiftDataInvalid();
        (uint256 campaignId, address donor) = abi.decode(data, (uint256, address));
        if (donor == address(0)) revert GiftDataInvalid();
        if (donor != from && !credit.isRegisteredOperator(operator)) revert GiftDataInvalid();

        _book(campaignId, donor, classId, amount);

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

    /// @dev The gift is booked when it arrives, by the same door as every other.
    function _pull(address donor, uint256 campaignId, uint256 classId, uint256 amount) private {
        credit.safeTransferFrom(donor, address(this), classId, amount, abi.encode(campaignId, donor));
    }

    function _book(uint256 campaignId, address donor, uint256 classId, uint256 amount) private {
        Campaign storage campaign = _campaignOf(campaignId);
        if (amount == 0) revert AmountZero();
        bool inWindow = block.timestamp >= campaign.opens && block.timestamp < campaign.closes;
        if (campaign.state != State.Open || !inWindow) revert CampaignNotOpen(campaignId);
        if (!isListed[campaign.charity]) revert CharityNotListed(campaign.charity);

        // Safe cast: no more than a class's issued, a uint128, can arrive.
        campaign.donated += uint128(amount);
        donatedOf[campaignId][donor][classId] += amount;
        heldOf[campaignId][classId] += amount;

        emit Donated(campaignId, donor, classId, amount);
    }

    // --- The three ways out ---

    /// @inheritdoc ICharity
    function retireHeld(uint256 campaignId, uint256 classId, uint256 amount) external override {
        Campaign storage campaign = _campaignOf(campaignId);
        if (campaign.kind != Kind.RetirePool) revert KindWrong(campaignId);
        _requireSpendable(campaignId, campaign);
        if (campaign.state == State.Open && msg.sender != campaign.charity) {
            revert NotCharityOf(campaignId, msg.sender);
        }
        if (amount == 0) revert AmountZero();
        uint256 held = heldOf[campaignId][classId];
        if (amount > held) revert HeldInsufficient(campaignId, classId, amount, held);

        // Safe cast: amount <= held <= donated, a uint128.
        heldOf[campaignId][classId] = held - amount;
        campaign.retired += uint128(amount);

        emit CampaignRetired(campaignId, classId, amount);

        credit.retire(classId, amount, campaign.charity, "charity", bytes32(campaignId));
    }

    /// @inheritdoc ICharity
    function grant(uint256 campaignId, uint256 classId, uint256[] calldata amounts, bytes32[] calldata refs)
        external
        override
        whenNotPaused
    {
        Campaign storage campaign = _campaignOf(campaignId);
        if (campaign.kind != Kind.Aid) revert KindWrong(campaignId);
        if (msg.sender != campaign.charity) revert NotCharityOf(campaignId, msg.sender);
        if (!isListed[msg.sender]) revert CharityNotListed(msg.sender);
        _requireSpendable(campaignId, campaign);
        if (amounts.length != refs.length) revert LengthMismatch(amounts.length, refs.length);

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

    /// @inheritdoc ICharity
    function refund(uint256 campaignId, uint256 classId, address[] calldata donors) external override {
        if (_campaignOf(campaignId).state != State.Failed) revert NotFailed(campaignId);

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
        uint256 amount = donatedOf[campaignId][donor][classId];
        if (amount == 0) revert NothingToRefund(campaignId, donor, classId);

        // Safe: a failed campaign spent nothing, so it holds at least this gift; amount <= donated, a uint128.
        donatedOf[campaignId][donor][classId] = 0;
        heldOf[campaignId][classId] -= amount;
        _campaigns[campaignId].refunded += uint128(amount);

        emit Refunded(campaignId, donor, classId, amount);

        credit.safeTransferFrom(address(this), donor, classId, amount, "");
    }

    /// @dev The beneficiary is this contract: whose deficit it is stays between the charity and the salted reference.
    function _grant(uint256 campaignId, uint256 classId, uint256 amount, bytes32 ref) private {
        // Safe cast: amount <= held <= donated, a uint128.
        grantRefUsed[ref] = true;
        heldOf[campaignId][classId] -= amount;
        _campaigns[campaignId].granted += uint128(amount);

        emit Granted(campaignId, classId, amount, ref);

        credit.retire(classId, amount, address(this), "grant", ref);
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
    function campaignOf(uint256 campaignId) external view override returns (Campaign memory) {
        return _campaigns[campaignId];
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) public view override(ERC165, IERC165) returns (bool) {
        return interfaceId == type(IERC1155Receiver).interfaceId || super.supportsInterface(interfaceId);
    }

    function _campaignOf(uint256 campaignId) private view returns (Campaign storage campaign) {
        campaign = _campaigns[campaignId];
        if (campaign.state == State.None) revert CampaignUnknown(campaignId);
    }

    /// @dev Spending waits for success, unless the campaign keeps what it raises whatever happens.
    function _requireSpendable(uint256 campaignId, Campaign storage campaign) private view {
        bool early = campaign.state == State.Open && campaign.funding == Funding.KeepWhatYouRaise;
        if (campaign.state != State.Succeeded && !early) revert NotSucceeded(campaignId);
    }

    function _reasonAgainstGrant(uint256 campaignId, uint256 classId, uint256 amount, bytes32 ref)
        private
        view
        returns (bytes4)
    {
        if (amount == 0) return AmountZero.selector;
        if (grantRefUsed[ref]) return GrantRefUsed.selector;
        if (amount > heldOf[campaignId][classId]) return HeldInsufficient.selector;
        return 0;
    }
}
