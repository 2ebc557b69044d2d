// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";
import {ISignedActs} from "./ISignedActs.sol";

/// @title The only credit token: ERC-1155, one unit = one gram of CO2e, one id = one credit class.
/// @notice Keeps the supply identity per class (INV-01): issued = held + buffer + retired + cancelled.
/// Nullifiers, caps, anchored surpluses, expiries and suspensions live here and are checked inside `mint` (INV-02), so
/// a new Issuance contract cannot reset them. A retired balance is permanent and never moves (INV-06).
interface ICarbonCredit is IERC1155, ISignedActs {
    /// @dev All amounts in grams of CO2e. `reversed` is what verifiers found to have been issued wrongly; minting
    /// stops while `reversed > cancelled - expired`. `cancelled` includes `expired`, the buffer grams left over at
    /// the end of the buffer's term. Times in Unix seconds: `stoppedAt` is when minting last stopped (0 while it
    /// runs), `stoppedSeconds` how long it was stopped before that, `bufferExpiresAt` the end of the buffer's term
    /// (later by every stop since).
    struct CreditClass {
        uint128 cap;
        uint128 budgetsAnchored;
        uint128 surplusAnchored;
        uint128 issued;
        uint128 retired;
        uint128 cancelled;
        uint128 buffer;
        uint128 reversed;
        uint16 bufferRateBps;
        bool exists;
        uint64 stoppedAt;
        uint64 stoppedSeconds;
        uint64 bufferExpiresAt;
        uint128 expired;
    }

    /// @dev What one batch root may still mint. `surplus` and `minted` count holder and buffer grams together.
    struct BatchRoot {
        uint256 classId;
        uint128 surplus;
        uint128 minted;
    }

    event ClassCreated(
        uint256 indexed classId, bytes6 region, uint16 vintage, bytes8 methodology, uint256 cap, uint16 bufferRateBps
    );
    event SurplusAnchored(uint256 indexed classId, bytes32 indexed root, uint256 budgets, uint256 surplus);
    event Issued(
        address indexed account,
        uint256 indexed classId,
        bytes32 indexed nullifier,
        uint256 amount,
        uint256 bufferAmount,
        bytes32 statementDigest,
        bytes32 root
    );
    event Retired(
        address indexed account,
        address indexed beneficiary,
        uint256 indexed classId,
        uint256 amount,
        string purpose,
        bytes32 ref
    );
    event ReversalRecorded(uint256 indexed classId, uint256 amount, bytes32 ref);
    event BufferCancelled(uint256 indexed classId, uint256 amount);
    event BufferExpired(uint256 indexed classId, uint256 amount);
    event BufferRefilled(address indexed account, uint256 indexed classId, uint256 amount);
    event RootSuspended(bytes32 indexed root, bool suspended);
    event MintingPausedSet(bool paused);
    event IssuanceSet(address issuance);
    event OperatorRegistered(address indexed operator, bool registered);
    event UriSet(string uri);

    error ClassExists(uint256 classId);
    error ClassUnknown(uint256 classId);
    error ClassFieldInvalid(bytes32 field);
    error SimulatedClassRefused(uint256 chainId);
    error CapTooHigh(uint256 cap, uint256 max);
    error BufferRateTooHigh(uint16 bufferRateBps, uint16 max);
    error CapExceeded(uint256 classId, uint256 budgets, uint256 available);
    error SurplusAboveBudgets(uint256 surplus, uint256 budgets);
    error RootZero();
    error RootExists(bytes32 root);
    error RootUnknown(bytes32 root);
    error RootIsSuspended(bytes32 root);
    error ClassMismatch(uint256 claimed, uint256 anchored);
    error ClaimExpired(bytes32 root, uint256 expiredAt);
    error SurplusExceeded(bytes32 root, uint256 amount, uint256 available);
    error NullifierUsed(bytes32 nullifier);
    error MintingPaused();
    error MintingStopped(uint256 classId, uint256 reversed, uint256 cancelled);
    error AmountZero();
    error NotIssuance(address caller);
    error NotApproved(address account, address operator);
    error OperatorNotRegistered(address operator);
    error PurposeInvalid(uint256 length);
    error BeneficiaryZero();
    error ReversalExceedsIssued(uint256 amount, uint256 available);
    error CancellationExceedsReversal(uint256 amount, uint256 available);
    error BufferInsufficient(uint256 amount, uint256 available);
    error BufferNotExpired(uint256 classId, uint256 expiresAt);
    error GasInsufficient(uint256 given, uint256 needed);

    /// @notice Opens a class; governance only. `region` is an ISO 3166 code in ASCII, left-aligned, zero-padded
    /// (`CN-SC`); `vintage` a year 2000..2999; `methodology` ASCII (`SIM`, refused unless chainid is 31337); `cap` at
    /// most 2^64 - 1 grams, more than the world emits in 400 years.
    /// @return classId region << 80 | vintage << 64 | methodology
    function createClass(bytes6 region, uint16 vintage, bytes8 methodology, uint128 cap, uint16 bufferRateBps)
        external
        returns (uint256 classId);

    /// @notice Reserves a batch's budgets against the class cap and records its surplus; Issuance only.
    function anchor(bytes32 root, uint256 classId, uint256 budgets, uint256 surplus) external;

    /// @notice Mints `amount` to `account` and ceil(amount * rate) to the buffer, both within the root's surplus;
    /// Issuance only, while the root is of that class, not suspended and not expired. A nullifier mints once, ever.
    function mint(
        address account,
        uint256 classId,
        uint256 amount,
        bytes32 root,
        bytes32 nullifier,
        bytes32 statementDigest
    ) external;

    /// @notice Pauses anchoring and minting, or ends it; Issuance only, which does so when it is paused. It stops
    /// nothing else, and a new Issuance finds it as it was.
    function setMintingPaused(bool paused) external;

    /// @notice Stops (or resumes) the unclaimed leaves of a root at once; registrar.
    function suspendRoot(bytes32 root, bool suspended) external;

    /// @notice Retires the caller's credits for `beneficiary`, whose `retiredOf` grows. `purpose` is one plain word:
    /// 1..32 bytes of a-z, 0-9 and '-'. For ever.
    function retire(uint256 classId, uint256 amount, address beneficiary, string calldata purpose, bytes32 ref) external;

    /// @notice The same by an approved operator (Exchange on fill, Charity for its campaigns uses `retire`).
    function retireFrom(
        address account,
        uint256 classId,
        uint256 amount,
        address beneficiary,
        string calldata purpose,
        bytes32 ref
    ) external;

    /// @notice The same by the account's signed `Retire` message, relayed by anyone.
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
    ) external;

    /// @notice Transfers by the holder's signed `Transfer` message, relayed by anyone.
    function transferBySig(
        address from,
        address to,
        uint256 classId,
        uint256 amount,
        uint256 number,
        uint256 deadline,
        bytes calldata signature
    ) external;

    /// @notice Approves a registered operator (or withdraws any approval) by the account's signed `Approve` message.
    function approveBySig(
        address account,
        address operator,
        bool approved,
        uint256 number,
        uint256 deadline,
        bytes calldata signature
    ) external;

    /// @notice Records grams found to have been issued wrongly; registrar only. Stops minting until they are
    /// cancelled.
    function recordReversal(uint256 classId, uint256 amount, bytes32 ref) external;

    /// @notice Cancels buffer grams against recorded reversals; anyone may call.
    function cancelFromBuffer(uint256 classId, uint256 amount) external;

    /// @notice Cancels what is left in the buffer three years after the class's last batch (time while minting was
    /// stopped not counted); anyone may call.
    function expireBuffer(uint256 classId) external;

    /// @notice Gives the caller's credits to the class buffer; anyone may.
    function refillBuffer(uint256 classId, uint256 amount) external;

    /// @notice Names the Issuance contract; governance only.
    function setIssuance(address issuance) external;

    /// @notice Registers a contract that may be approved by signature and may name the donor of a gift; governance
    /// only.
    function setRegisteredOperator(address operator, bool registered) external;

    function classOf(uint256 classId) external view returns (CreditClass memory);
    function decode(uint256 classId) external pure returns (bytes6 region, uint16 vintage, bytes8 methodology);
    function rootOf(bytes32 root) external view returns (BatchRoot memory);
    /// @notice The most grams of budgets the class may ever anchor; this and the next three are zero if it is unknown.
    function capOf(uint256 classId) external view returns (uint256);
    /// @notice Grams ever minted in the class, buffer shares included.
    function issuedOf(uint256 classId) external view returns (uint256);
    /// @notice Grams of the class retired for anybody.
    function retiredInAllOf(uint256 classId) external view returns (uint256);
    /// @notice Grams cancelled from the class's buffer, expired ones included.
    function cancelledOf(uint256 classId) external view returns (uint256);
    /// @notice When a root was anchored, Unix seconds; 0 if never.
    function anchoredAt(bytes32 root) external view returns (uint256);
    function isSuspended(bytes32 root) external view returns (bool);
    /// @notice When the unclaimed leaves of a root expire, Unix seconds: 730 days after anchoring, later by the time
    /// that minting in its class was stopped meanwhile. Half-open: at this second they have expired.
    function expiresAt(bytes32 root) external view returns (uint256);
    /// @notice Grams retired for `account` as the beneficiary, whoever gave them.
    function retiredOf(address account, uint256 classId) external view returns (uint256);
    /// @notice Seconds for which minting in the class was stopped so far; claims' expiry clocks stand still meanwhile.
    function stoppedSecondsOf(uint256 classId) external view returns (uint256);
    function nullifierUsed(bytes32 nullifier) external view returns (bool);
    function isRegisteredOperator(address operator) external view returns (bool);
    function issuance() external view returns (address);
    function mintingPaused() external view returns (bool);
}
