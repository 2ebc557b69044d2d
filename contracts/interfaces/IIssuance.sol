// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Verifier set, anchored batches and claims: the only door through which credits are minted.
/// @notice A batch is a Merkle root of claims of one class with the pool's totals, signed by `threshold` distinct
/// verifiers (INV-02). A claim with its proof mints; anyone may submit it for the holder.
interface IIssuance {
    /// @dev Pool totals in grams. `surplusesGco2e` is the most its claims may mint, holder and buffer together.
    /// Type string in contracts/eip712/batch.json.
    struct Batch {
        uint256 classId;
        bytes32 root;
        uint256 people;
        uint256 budgetsGco2e;
        uint256 footprintsGco2e;
        uint256 surplusesGco2e;
        uint256 deficitsGco2e;
        bytes32 policyDigest;
        bytes32 factorsDigest;
        uint256 deadline;
    }

    /// @dev A Merkle leaf, OpenZeppelin StandardMerkleTree format:
    /// keccak256(keccak256(abi.encode(account, classId, amountGco2e, statementDigest, nullifier))).
    struct Claim {
        address account;
        uint256 classId;
        uint256 amountGco2e;
        bytes32 statementDigest;
        bytes32 nullifier;
    }

    event BatchAnchored(
        bytes32 indexed root,
        uint256 indexed classId,
        uint256 people,
        uint256 budgetsGco2e,
        uint256 footprintsGco2e,
        uint256 surplusesGco2e,
        uint256 deficitsGco2e,
        bytes32 policyDigest,
        bytes32 factorsDigest,
        address[] verifiers
    );
    event ClaimSkipped(uint256 indexed index, address indexed account, bytes32 indexed root, bytes4 reason);
    event VerifierSet(address indexed verifier, bool accredited);
    event Paused(address account);
    event Unpaused(address account);
    event ThresholdSet(uint256 threshold);

    error ThresholdInvalid(uint256 threshold, uint256 verifiers);
    error VerifierUnchanged(address verifier);
    error SignaturesInsufficient(uint256 given, uint256 threshold);
    error SignerNotVerifier(address signer);
    error SignersNotAscending(address previous, address next);
    error BatchExpired(uint256 deadline);
    error BatchEmpty();
    error ProofInvalid(bytes32 root, bytes32 leaf);
    error LengthMismatch(uint256 left, uint256 right);
    error GasInsufficient(uint256 given, uint256 needed);
    error GasExhausted();
    error AddressZero();

    /// @notice Anchors a batch. `signatures` are the verifiers' EIP-712 `Batch` signatures in strictly ascending
    /// order of signer address; at least `threshold`. Anyone may relay; not while paused.
    function anchorBatch(Batch calldata batch, bytes[] calldata signatures) external;

    /// @notice Mints one claim; anyone may submit it for its holder; reverts with the reason, which is ICarbonCredit's
    /// unless it is the proof.
    function claim(bytes32 root, Claim calldata leaf, bytes32[] calldata proof) external;

    /// @notice Mints many; one that cannot be minted is skipped with an event that says why (INV-07).
    function claimMany(bytes32[] calldata roots, Claim[] calldata leaves, bytes32[][] calldata proofs) external;

    /// @notice Accredits a verifier; governor (delayed).
    function addVerifier(address verifier) external;

    /// @notice Removes a verifier at once; registrar.
    function removeVerifier(address verifier) external;

    /// @notice Sets the number of distinct verifiers a batch needs, 1..verifiers; governor (delayed).
    function setThreshold(uint256 threshold) external;

    /// @notice Pauses batches and claims; pauser. The pause is kept beside Issuance's address in CarbonCredit, which
    /// claims read anyway.
    function pause() external;
    function unpause() external;

    function paused() external view returns (bool);
    function isVerifier(address account) external view returns (bool);
    function verifierCount() external view returns (uint256);
    function threshold() external view returns (uint256);
    function hashBatch(Batch calldata batch) external view returns (bytes32);
    function domainSeparator() external view returns (bytes32);
}
