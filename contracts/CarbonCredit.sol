// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {ERC1155} from "@openzeppelin/contracts/token/ERC1155/ERC1155.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ICarbonCredit} from "./interfaces/ICarbonCredit.sol";
import {ClassId} from "./libraries/ClassId.sol";
import {SignedActs} from "./libraries/SignedActs.sol";
import {TypeHashes} from "./libraries/TypeHashes.sol";

/// @title The only credit token: grams of CO2e by class.
/// @dev It has no pause and no way to move what its holder did not let go.
contract CarbonCredit is ERC1155, AccessManaged, SignedActs, ICarbonCredit {
    /// @dev Half of a holder's amount.
    uint16 public constant BUFFER_RATE_BPS_MAX = 5000;
    /// @dev How long after a class's last batch its buffer stands ready.
    uint64 public constant BUFFER_TERM = 1095 days;

    uint256 private constant BPS = 10_000;
    uint256 private constant PURPOSE_LENGTH_MAX = 32;

    mapping(uint256 classId => CreditClass) private _classes;
    mapping(bytes32 root => BatchRoot) private _roots;
    /// @inheritdoc ICarbonCredit
    mapping(address account => mapping(uint256 classId => uint256)) public override retiredOf;
    /// @inheritdoc ICarbonCredit
    mapping(bytes32 nullifier => bool) public override nullifierUsed;
    /// @inheritdoc ICarbonCredit
    mapping(address operator => bool) public override isRegisteredOperator;
    /// @inheritdoc ICarbonCredit
    address public override issuance;

    modifier onlyIssuance() {
        if (msg.sender != issuance) revert NotIssuance(msg.sender);
        _;
    }

    constructor(address governance, string memory uri)
        ERC1155(uri)
        AccessManaged(governance)
        SignedActs("Tanyu CarbonCredit")
    {
        emit UriSet(uri);
    }

    // --- Classes and minting ---

    /// @inheritdoc ICarbonCredit
    function createClass(bytes6 region, uint16 vintage, bytes8 methodology, uint128 cap, uint16 bufferRateBps)
        external
        override
        restricted
        returns (uint256 classId)
    {
        classId = ClassId.pack(region, vintage, methodology);
        CreditClass storage class = _classes[classId];
        if (class.exists) revert ClassExists(classId);
        if (cap == 0) revert AmountZero();
        if (bufferRateBps > BUFFER_RATE_BPS_MAX) revert BufferRateTooHigh(bufferRateBps, BUFFER_RATE_BPS_MAX);

        class.cap = cap;
        class.bufferRateBps = bufferRateBps;
        class.exists = true;

        emit ClassCreated(classId, region, vintage, methodology, cap, bufferRateBps);
    }

    /// @inheritdoc ICarbonCredit
    function anchor(bytes32 root, uint256 classId, uint256 budgets, uint256 surplus) external override onlyIssuance {
        CreditClass storage class = _classOf(classId);
        if (_roots[root].classId != 0) revert RootExists(root);
        uint256 available = class.cap - class.budgetsAnchored;
        if (budgets > available) revert CapExceeded(classId, budgets, available);
        if (surplus > budgets) revert SurplusAboveBudgets(surplus, budgets);

        // Safe casts: surplus <= budgets <= cap, which is a uint128.
        class.budgetsAnchored += uint128(budgets);
        class.surplusAnchored += uint128(surplus);
        class.bufferExpiresAt = uint64(block.timestamp) + BUFFER_TERM;
        _roots[root] = BatchRoot({classId: classId, surplus: uint128(surplus), minted: 0});

        emit SurplusAnchored(classId, root, budgets, surplus);
    }

    /// @inheritdoc ICarbonCredit
    function mint(address account, uint256 amount, bytes32 root, bytes32 nullifier, bytes32 statementDigest)
        external
        override
        onlyIssuance
    {
        BatchRoot storage batch = _roots[root];
        uint256 classId = batch.classId;
        if (classId == 0) revert RootUnknown(root);
        if (amount == 0) revert AmountZero();
        if (nullifierUsed[nullifier]) revert NullifierUsed(nullifier);
        CreditClass storage class = _classes[classId];
        if (class.stoppedAt != 0) revert MintingStopped(classId, class.reversed, class.cancelled - class.expired);
        uint256 available = batch.surplus - batch.minted;
        // The amount alone is checked first, so that its product with the rate cannot overflow.
        if (amount > available) revert SurplusExceeded(root, amount, available);
        uint256 bufferAmount = Math.ceilDiv(amount * class.bufferRateBps, BPS);
        uint256 total = amount + bufferAmount;
        if (total > available) revert SurplusExceeded(root, total, available);

        // Safe casts: total <= available, which is a uint128.
        nullifierUsed[nullifier] = true;
        batch.minted += uint128(total);
        class.issued += uint128(total);
        class.buffer += uint128(bufferAmount);

        emit Issued(account, classId, nullifier, amount, bufferAmount, statementDigest, root);

        _mint(account, classId, amount, "");
    }

    // --- Retirement ---

    /// @inheritdoc ICarbonCredit
    function retire(uint256 classId, uint256 amount, address beneficiary, string calldata purpose, bytes32 ref)
        external
        override
    {
        _retire(msg.sender, beneficiary, classId, amount, purpose, ref);
    }

    /// @inheritdoc ICarbonCredit
    function retireFrom(
        address account,
        uint256 classId,
        uint256 amount,
        address beneficiary,
        string calldata purpose,
        bytes32 ref
    ) external override {
        if (account != msg.sender && !isApprovedForAll(account, msg.sender)) {
            revert NotApproved(account, msg.sender);
        }

        _retire(account, beneficiary, classId, amount, purpose, ref);
    }

    /// @inheritdoc ICarbonCredit
    function retireBySig(
        address account,
        address beneficiary,
        uint256 classId,
        uint256 amount,
        string calldata purpose,
        bytes32 ref,
        uint256 number,
        uint256 deadline,
        bytes calldata signature
    ) external override {
        _authorise(
            account,
            keccak256(
                bytes.concat(
                    abi.encode(TypeHashes.RETIRE, account, beneficiary, classId, amount),
                    abi.encode(keccak256(bytes(purpose)), ref, number, deadline)
                )
            ),
            number,
            deadline,
            signature
        );

        _retire(account, beneficiary, classId, amount, purpose, ref);
    }

    /// @dev Retired grams leave the holder for ever and are counted for the beneficiary. Burning calls nobody.
    function _retire(
        address account,
        address beneficiary,
        uint256 classId,
        uint256 amount,
        string calldata purpose,
        bytes32 ref
    ) private {
        if (amount == 0) revert AmountZero();
        if (beneficiary == address(0)) revert BeneficiaryZero();
        if (!_isPlainWord(bytes(purpose))) revert PurposeInvalid(bytes(purpose).length);

        _burn(account, classId, amount);
        // Safe cast: the burn proved amount <= balance <= issued, which is a uint128.
        _classes[classId].retired += uint128(amount);
        retiredOf[beneficiary][classId] += amount;

        emit Retired(account, beneficiary, classId, amount, purpose, ref);
    }

    // --- Signed moves and approvals ---

    /// @inheritdoc ICarbonCredit
    function transferBySig(
        address from,
        address to,
        uint256 classId,
        uint256 amount,
        uint256 number,
        uint256 deadline,
        bytes calldata signature
    ) external override {
        if (amount == 0) revert AmountZero();
        bytes32 structHash = keccak256(abi.encode(TypeHashes.TRANSFER, from, to, classId, amount, number, deadline));
        _authorise(from, structHash, number, deadline, signature);

        _safeTransferFrom(from, to, classId, amount, "");
    }

    /// @inheritdoc ICarbonCredit
    function approveBySig(
        address account,
        address operator,
        bool approved,
        uint256 number,
        uint256 deadline,
        bytes calldata signature
    ) external override {
        if (approved && !isRegisteredOperator[operator]) revert OperatorNotRegistered(operator);
        bytes32 structHash = keccak256(abi.encode(TypeHashes.APPROVE, account, operator, approved, number, deadline));
        _authorise(account, structHash, number, deadline, signature);

        _setApprovalForAll(account, operator, approved);
    }

    // --- Reversals and the buffer ---

    /// @inheritdoc ICarbonCredit
    function recordReversal(uint256 classId, uint256 amount, bytes32 ref) external override restricted {
        CreditClass storage class = _classOf(classId);
        if (amount == 0) revert AmountZero();
        uint256 available = class.issued - class.reversed;
        if (amount > available) revert ReversalExceedsIssued(amount, available);

        // Safe cast: amount <= issued, which is a uint128.
        class.reversed += uint128(amount);
        if (class.stoppedAt == 0) class.stoppedAt = uint64(block.timestamp);

        emit ReversalRecorded(classId, amount, ref);
    }

    /// @inheritdoc ICarbonCredit
    function cancelFromBuffer(uint256 classId, uint256 amount) external override {
        CreditClass storage class = _classOf(classId);
        if (amount == 0) revert AmountZero();
        uint256 owed = _reversalsOwed(class);
        if (amount > owed) revert CancellationExceedsReversal(amount, owed);
        if (amount > class.buffer) revert BufferInsufficient(amount, class.buffer);

        // Safe cast: amount <= buffer, which is a uint128.
        class.buffer -= uint128(amount);
        class.cancelled += uint128(amount);
        if (amount == owed) _resume(class);

        emit BufferCancelled(classId, amount);
    }

    /// @inheritdoc ICarbonCredit
    function expireBuffer(uint256 classId) external override {
        CreditClass storage class = _classOf(classId);
        uint128 amount = class.buffer;
        if (amount == 0) revert AmountZero();
        // A stopped class still needs its buffer, and its clock stands still.
        if (class.stoppedAt != 0 || block.timestamp < class.bufferExpiresAt) {
            revert BufferNotExpired(classId, class.bufferExpiresAt);
        }

        class.buffer = 0;
        class.cancelled += amount;
        class.expired += amount;

        emit BufferExpired(classId, amount);
    }

    /// @inheritdoc ICarbonCredit
    function refillBuffer(uint256 classId, uint256 amount) external override {
        CreditClass storage class = _classOf(classId);
        if (amount == 0) revert AmountZero();

        _burn(msg.sender, classId, amount);
        // Safe cast: the burn proved amount <= balance <= issued, which is a uint128.
        class.buffer += uint128(amount);

        emit BufferRefilled(msg.sender, classId, amount);
    }

    /// @dev Restarts minting; the buffer's term grows by the time it was stopped.
    function _resume(CreditClass storage class) private {
        uint64 elapsed = uint64(block.timestamp) - class.stoppedAt;
        class.stoppedAt = 0;
        class.stoppedSeconds += elapsed;
        class.bufferExpiresAt += elapsed;
    }

    // --- Governance ---

    /// @inheritdoc ICarbonCredit
    function setIssuance(address newIssuance) external override restricted {
        issuance = newIssuance;

        emit IssuanceSet(newIssuance);
    }

    /// @inheritdoc ICarbonCredit
    function setRegisteredOperator(address operator, bool registered) external override restricted {
        isRegisteredOperator[operator] = registered;

        emit OperatorRegistered(operator, registered);
    }

    // --- Views ---

    /// @inheritdoc ICarbonCredit
    function classOf(uint256 classId) external view override returns (CreditClass memory) {
        return _classes[classId];
    }

    /// @inheritdoc ICarbonCredit
    function rootOf(bytes32 root) external view override returns (BatchRoot memory) {
        return _roots[root];
    }

    /// @inheritdoc ICarbonCredit
    function stoppedSecondsOf(uint256 classId) external view override returns (uint256) {
        CreditClass storage class = _classes[classId];
        uint256 stoppedAt = class.stoppedAt;
        return class.stoppedSeconds + (stoppedAt == 0 ? 0 : block.timestamp - stoppedAt);
    }

    /// @inheritdoc ICarbonCredit
    function decode(uint256 classId)
        external
        pure
        override
        returns (bytes6 region, uint16 vintage, bytes8 methodology)
    {
        return ClassId.unpack(classId);
    }

    function _classOf(uint256 classId) private view returns (CreditClass storage class) {
        class = _classes[classId];
        if (!class.exists) revert ClassUnknown(classId);
    }

    /// @dev Reversals not yet met by cancellations; what merely expired met none.
    function _reversalsOwed(CreditClass storage class) private view returns (uint256) {
        return class.reversed - (class.cancelled - class.expired);
    }

    function _isPlainWord(bytes calldata word) private pure returns (bool) {
        if (word.length == 0 || word.length > PURPOSE_LENGTH_MAX) return false;
        for (uint256 i; i < word.length; ++i) {
            bytes1 letter = word[i];
            if (!((letter >= "a" && letter <= "z") || (letter >= "0" && letter <= "9") || letter == "-")) return false;
        }
        return true;
    }
}
