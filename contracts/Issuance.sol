// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ICarbonCredit} from "./interfaces/ICarbonCredit.sol";
import {IIssuance} from "./interfaces/IIssuance.sol";
import {ClaimTree} from "./libraries/ClaimTree.sol";
import {Isolated} from "./libraries/Isolated.sol";
import {Signatures} from "./libraries/Signatures.sol";
import {TypeHashes} from "./libraries/TypeHashes.sol";

/// @title Verifier set, anchored batches and claims: the only door through which credits are minted.
/// @dev Caps, surpluses and nullifiers are CarbonCredit's to check, so that a new Issuance cannot reset them.
contract Issuance is IIssuance, EIP712, AccessManaged {
    /// @dev What one claim of many may burn: about four times a claim to a key.
    uint256 public constant CLAIM_GAS = 500_000;

    ICarbonCredit public immutable credit;

    uint32 private _threshold;
    uint32 private _verifierCount;
    /// @inheritdoc IIssuance
    mapping(address account => bool) public override isVerifier;

    constructor(address governance, address creditToken) AccessManaged(governance) EIP712("Tanyu Issuance", "1") {
        if (creditToken == address(0)) revert AddressZero();

        credit = ICarbonCredit(creditToken);
    }

    // --- Batches and claims ---

    /// @inheritdoc IIssuance
    function anchorBatch(Batch calldata batch, bytes[] calldata signatures) external override {
        if (block.timestamp >= batch.deadline) revert BatchExpired(batch.deadline);
        if (batch.people == 0 || batch.root == 0) revert BatchEmpty();
        address[] memory verifiers = _requireVerifiers(hashBatch(batch), signatures);

        _emitAnchored(batch, verifiers);

        credit.anchor(batch.root, batch.classId, batch.budgetsGco2e, batch.surplusesGco2e);
    }

    /// @inheritdoc IIssuance
    function claim(bytes32 root, Claim calldata leaf, bytes32[] calldata proof) external override {
        bytes32 leafHash = ClaimTree.leafHash(leaf);
        if (!ClaimTree.isProven(proof, root, leafHash)) revert ProofInvalid(root, leafHash);

        // That the root is anchored and open, and that it mints once and within the surplus, is checked there.
        credit.mint(leaf.account, leaf.classId, leaf.amountGco2e, root, leaf.nullifier, leaf.statementDigest);
    }

    /// @inheritdoc IIssuance
    function claimMany(bytes32[] calldata roots, Claim[] calldata leaves, bytes32[][] calldata proofs)
        external
        override
    {
        if (roots.length == 0) revert BatchEmpty();
        if (roots.length != leaves.length) revert LengthMismatch(roots.length, leaves.length);
        if (roots.length != proofs.length) revert LengthMismatch(roots.length, proofs.length);

        // Paused, none may mint: that is no claim's own fault.
        if (credit.mintingPaused()) revert ICarbonCredit.MintingPaused();
        for (uint256 i; i < roots.length; ++i) {
            bytes4 reason = _tryClaim(roots[i], leaves[i], proofs[i]);
            if (reason != 0) emit ClaimSkipped(i, leaves[i].account, roots[i], reason);
        }
    }

    /// @dev Zero, or why the claim cannot mint. A proof asks nobody, so that the mint alone needs a call of its own.
    function _tryClaim(bytes32 root, Claim calldata leaf, bytes32[] calldata proof) private returns (bytes4) {
        if (!ClaimTree.isProven(proof, root, ClaimTree.leafHash(leaf))) return ProofInvalid.selector;
        (bool done, bytes4 reason) = Isolated.tryCall(
            address(credit),
            CLAIM_GAS,
            abi.encodeCall(
                ICarbonCredit.mint,
                (leaf.account, leaf.classId, leaf.amountGco2e, root, leaf.nullifier, leaf.statementDigest)
            )
        );
        if (done) return 0;
        return reason == 0 ? GasExhausted.selector : reason;
    }

    // --- Governance ---

    /// @inheritdoc IIssuance
    function addVerifier(address verifier) external override restricted {
        if (verifier == address(0)) revert AddressZero();
        if (isVerifier[verifier]) revert VerifierUnchanged(verifier);

        isVerifier[verifier] = true;
        ++_verifierCount;

        emit VerifierSet(verifier, true);
    }

    /// @inheritdoc IIssuance
    function removeVerifier(address verifier) external override restricted {
        if (!isVerifier[verifier]) revert VerifierUnchanged(verifier);

        // Fewer verifiers than the threshold is allowed: nothing can then be anchored until governance acts.
        isVerifier[verifier] = false;
        --_verifierCount;

        emit VerifierSet(verifier, false);
    }

    /// @inheritdoc IIssuance
    function setThreshold(uint256 newThreshold) external override restricted {
        if (newThreshold == 0 || newThreshold > _verifierCount) revert ThresholdInvalid(newThreshold, _verifierCount);

        // Safe cast: at most the number of verifiers, which is a uint32.
        _threshold = uint32(newThreshold);

        emit ThresholdSet(newThreshold);
    }

    /// @inheritdoc IIssuance
    function pause() external override restricted {
        credit.setMintingPaused(true);

        emit Paused(msg.sender);
    }

    /// @inheritdoc IIssuance
    function unpause() external override restricted {
        credit.setMintingPaused(false);

        emit Unpaused(msg.sender);
    }

    // --- Views ---

    /// @inheritdoc IIssuance
    function paused() external view override returns (bool) {
        return credit.mintingPaused();
    }

    /// @inheritdoc IIssuance
    function threshold() external view override returns (uint256) {
        return _threshold;
    }

    /// @inheritdoc IIssuance
    function verifierCount() external view override returns (uint256) {
        return _verifierCount;
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
        uint256 needed = _threshold;
        if (needed == 0) revert ThresholdInvalid(0, _verifierCount);
        if (signatures.length < needed) revert SignaturesInsufficient(signatures.length, needed);

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
}
