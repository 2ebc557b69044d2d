// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {ICarbonCredit} from "./interfaces/ICarbonCredit.sol";
import {IIssuance} from "./interfaces/IIssuance.sol";
import {Isolated} from "./libraries/Isolated.sol";
import {Signatures} from "./libraries/Signatures.sol";
import {TypeHashes} from "./libraries/TypeHashes.sol";

/// @title Verifier set, anchored batches and claims: the only door through which credits are minted.
/// @dev Caps, surpluses and nullifiers are CarbonCredit's to check, so that a new Issuance cannot reset them.
contract Issuance is IIssuance, AccessManaged, Pausable, EIP712 {
    /// @dev How long a leaf may wait for its claim.
    uint256 public constant CLAIM_TERM = 730 days;
    /// @dev What one claim of many may burn: about four times a claim to a key.
    uint256 public constant CLAIM_GAS = 500_000;

    ICarbonCredit public immutable credit;

    /// @dev `stoppedSeconds` is what the class's stop clock showed when the root was anchored.
    struct Anchoring {
        uint64 anchoredAt;
        uint64 stoppedSeconds;
        bool suspended;
    }

    mapping(bytes32 root => Anchoring) private _anchorings;
    /// @inheritdoc IIssuance
    mapping(address account => bool) public override isVerifier;
    /// @inheritdoc IIssuance
    uint256 public override verifierCount;
    /// @inheritdoc IIssuance
    uint256 public override threshold;

    constructor(address governance, address creditToken) AccessManaged(governance) EIP712("Tanyu Issuance", "1") {
        if (creditToken == address(0)) revert AddressZero();

        credit = ICarbonCredit(creditToken);
    }

    // --- Batches and claims ---

    /// @inheritdoc IIssuance
    function anchorBatch(Batch calldata batch, bytes[] calldata signatures) external override whenNotPaused {
        if (block.timestamp >= batch.deadline) revert BatchExpired(batch.deadline);
        if (batch.people == 0 || batch.root == 0) revert BatchEmpty();
        address[] memory verifiers = _requireVerifiers(hashBatch(batch), signatures);

        _anchorings[batch.root].anchoredAt = uint64(block.timestamp);
        _anchorings[batch.root].stoppedSeconds = uint64(credit.stoppedSecondsOf(batch.classId));

        _emitAnchored(batch, verifiers);

        credit.anchor(batch.root, batch.classId, batch.budgetsGco2e, batch.surplusesGco2e);
    }

    /// @inheritdoc IIssuance
    function claim(bytes32 root, Claim calldata leaf, bytes32[] calldata proof) external override whenNotPaused {
        Anchoring storage anchoring = _anchorings[root];
        if (anchoring.anchoredAt == 0) revert RootNotAnchored(root);
        if (anchoring.suspended) revert RootIsSuspended(root);
        uint256 anchoredClass = credit.rootOf(root).classId;
        if (leaf.classId != anchoredClass) revert ClassMismatch(leaf.classId, anchoredClass);
        uint256 expiry = _expiry(anchoring, anchoredClass);
        if (block.timestamp >= expiry) revert ClaimExpired(root, expiry);
        bytes32 leafHash = _leafHash(leaf);
        if (!MerkleProof.verifyCalldata(proof, root, leafHash)) revert ProofInvalid(root, leafHash);

        // That it mints once and within the surplus is checked there.
        credit.mint(leaf.account, leaf.amountGco2e, root, leaf.nullifier, leaf.statementDigest);
    }

    /// @inheritdoc IIssuance
    function claimMany(bytes32[] calldata roots, Claim[] calldata leaves, bytes32[][] calldata proofs)
        external
        override
        whenNotPaused
    {
        if (roots.length == 0) revert BatchEmpty();
        if (roots.length != leaves.length) revert LengthMismatch(roots.length, leaves.length);
        if (roots.length != proofs.length) revert LengthMismatch(roots.length, proofs.length);

        for (uint256 i; i < roots.length; ++i) {
            (bool done, bytes4 reason) = Isolated.tryCall(
                address(this), CLAIM_GAS, abi.encodeCall(IIssuance.claim, (roots[i], leaves[i], proofs[i]))
            );
            if (!done) {
                emit ClaimSkipped(i, leaves[i].account, roots[i], reason == 0 ? GasExhausted.selector : reason);
            }
        }
    }

    // --- Governance ---

    /// @inheritdoc IIssuance
    function addVerifier(address verifier) external override restricted {
        if (verifier == address(0)) revert AddressZero();
        if (isVerifier[verifier]) revert VerifierUnchanged(verifier);

        isVerifier[verifier] = true;
        ++verifierCount;

        emit VerifierSet(verifier, true);
    }

    /// @inheritdoc IIssuance
    function removeVerifier(address verifier) external override restricted {
        if (!isVerifier[verifier]) revert VerifierUnchanged(verifier);

        // Fewer verifiers than the threshold is allowed: nothing can then be anchored until governance acts.
        isVerifier[verifier] = false;
        --verifierCount;

        emit VerifierSet(verifier, false);
    }

    /// @inheritdoc IIssuance
    function setThreshold(uint256 newThreshold) external override restricted {
        if (newThreshold == 0 || newThreshold > verifierCount) revert ThresholdInvalid(newThreshold, verifierCount);

        threshold = newThreshold;

        emit ThresholdSet(newThreshold);
    }

    /// @inheritdoc IIssuance
    function suspendRoot(bytes32 root, bool suspended) external override restricted {
        if (_anchorings[root].anchoredAt == 0) revert RootNotAnchored(root);

        _anchorings[root].suspended = suspended;

        emit RootSuspended(root, suspended);
    }

    /// @inheritdoc IIssuance
    function pause() external override restricted {
        _pause();
    }

    /// @inheritdoc IIssuance
    function unpause() external override restricted {
        _unpause();
    }

    // --- Views ---

    /// @inheritdoc IIssuance
    function anchoredAt(bytes32 root) external view override returns (uint256) {
        return _anchorings[root].anchoredAt;
    }

    /// @inheritdoc IIssuance
    function isSuspended(bytes32 root) external view override returns (bool) {
        return _anchorings[root].suspended;
    }

    /// @inheritdoc IIssuance
    function expiresAt(bytes32 root) external view override returns (uint256) {
        Anchoring storage anchoring = _anchorings[root];
        if (anchoring.anchoredAt == 0) revert RootNotAnchored(root);
        return _expiry(anchoring, credit.rootOf(root).classId);
    }

    /// @inheritdoc IIssuance
    function domainSeparator() external view override returns (bytes32) {
        return _domainSeparatorV4();
    }

    /// @inheritdoc IIssuance
    function hashBatch(Batch calldata batch) public view override returns (bytes32) {
        // Every field of a batch is one word, in the order of its type.
        return _hashTypedDataV4(keccak256(abi.encode(TypeHashes.BATCH, batch)));
    }

    /// @dev Every signature must be a verifier's; ascending order makes them distinct.
    function _requireVerifiers(bytes32 digest, bytes[] calldata signatures)
        private
        view
        returns (address[] memory verifiers)
    {
        if (threshold == 0) revert ThresholdInvalid(0, verifierCount);
        if (signatures.length < threshold) revert SignaturesInsufficient(signatures.length, threshold);

        verifiers = new address[](signatures.length);
        address previous;
        for (uint256 i; i < signatures.length; ++i) {
            address signer = Signatures.recover(digest, signatures[i]);
            if (!isVerifier[signer]) revert SignerNotVerifier(signer);
            if (signer <= previous) revert SignersNotAscending(previous, signer);
            verifiers[i] = signer;
            previous = signer;
        }
    }

    function _expiry(Anchoring storage anchoring, uint256 classId) private view returns (uint256) {
        return anchoring.anchoredAt + CLAIM_TERM + credit.stoppedSecondsOf(classId) - anchoring.stoppedSeconds;
    }

    function _emitAnchored(Batch calldata batch, address[] memory verifiers) private {
        emit BatchAnchored(
            batch.root,
            batch.classId,
            batch.people,
            batch.budgetsGco2e,
            batch.footprintsGco2e,
            batch.surplusesGco2e,
            batch.deficitsGco2e,
            batch.policyDigest,
            batch.factorsDigest,
            verifiers
        );
    }

    /// @dev Hashed twice, so that no inner node of the tree can pass for a leaf.
    function _leafHash(Claim calldata leaf) private pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256(abi.encode(leaf))));
    }
}
