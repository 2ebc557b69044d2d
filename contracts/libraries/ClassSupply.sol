// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {ICarbonCredit} from "../interfaces/ICarbonCredit.sol";
import {ClassId} from "./ClassId.sol";
import {RootWord, RootWords} from "./RootWord.sol";
import {SupplyWord, SupplyWords} from "./SupplyWord.sol";

/// @title Classes, roots and the supply identity (INV-01): caps, budgets, surpluses, reversals and the buffer.
/// @dev It counts; balances are CarbonCredit's. All that a claim or a retirement changes of a class lies in one word,
/// and all that a claim reads or changes of a root in another. Nothing outgrows 64 bits: no cap may, budgets anchored
/// stay within the cap, surpluses within budgets, all that is ever issued within surpluses, and every other count
/// within what was issued.
abstract contract ClassSupply is AccessManaged, ICarbonCredit {
    /// @dev Half of a holder's amount.
    uint16 public constant BUFFER_RATE_BPS_MAX = 5000;
    /// @dev How long after a class's last batch its buffer stands ready.
    uint64 public constant BUFFER_TERM = 1095 days;
    /// @dev How long a leaf may wait for its claim.
    uint64 public constant CLAIM_TERM = 730 days;

    uint256 private constant BPS = 10_000;

    /// @dev Three words: what claims and retirements change; what batches change; what reversals change.
    struct Class {
        SupplyWord supply;
        uint64 cap;
        uint64 budgetsAnchored;
        uint64 surplusAnchored;
        uint64 bufferExpiresAt;
        uint64 reversed;
        uint64 cancelled;
        uint64 expired;
        uint64 stoppedSeconds;
    }

    /// @dev Two words: what claims need and change; what the root began with. `stoppedSeconds` is what the class's stop
    /// clock showed then.
    struct Root {
        RootWord opening;
        uint64 surplus;
        uint64 stoppedSeconds;
    }

    mapping(uint256 classId => Class) private _classes;
    mapping(bytes32 root => Root) private _roots;
    mapping(bytes32 nullifier => bytes32 root) private _rootOfNullifier;

    // --- Classes and roots ---

    /// @inheritdoc ICarbonCredit
    function createClass(bytes6 region, uint16 vintage, bytes8 methodology, uint128 cap, uint16 bufferRateBps)
        external
        override
        restricted
        returns (uint256 classId)
    {
        classId = ClassId.pack(region, vintage, methodology);
        Class storage class = _classes[classId];
        if (class.supply.exists()) revert ClassExists(classId);
        if (cap == 0) revert AmountZero();
        if (cap > type(uint64).max) revert CapTooHigh(cap, type(uint64).max);
        if (bufferRateBps > BUFFER_RATE_BPS_MAX) revert BufferRateTooHigh(bufferRateBps, BUFFER_RATE_BPS_MAX);

        class.cap = uint64(cap);
        class.supply = SupplyWords.opened(bufferRateBps);

        emit ClassCreated(classId, region, vintage, methodology, cap, bufferRateBps);
    }

    /// @inheritdoc ICarbonCredit
    function suspendRoot(bytes32 root, bool suspended) external override restricted {
        Root storage batch = _knownRoot(root);
        batch.opening = batch.opening.withSuspended(suspended);

        emit RootSuspended(root, suspended);
    }

    /// @dev Reserves budgets for good: nothing frees cap.
    function _anchor(bytes32 root, uint256 classId, uint256 budgets, uint256 surplus) internal {
        Class storage class = _knownClass(classId);
        // A nullifier is kept with its root, and none means unused.
        if (root == 0) revert RootZero();
        if (_roots[root].opening.exists()) revert RootExists(root);
        uint256 available = class.cap - class.budgetsAnchored;
        if (budgets > available) revert CapExceeded(classId, budgets, available);
        if (surplus > budgets) revert SurplusAboveBudgets(surplus, budgets);

        // Safe casts: surplus <= budgets <= cap, which is a uint64; a class id has 128 bits.
        class.budgetsAnchored += uint64(budgets);
        class.surplusAnchored += uint64(surplus);
        class.bufferExpiresAt = uint64(block.timestamp) + BUFFER_TERM;
        _roots[root] = Root({
            opening: RootWords.anchored(classId, surplus, block.timestamp),
            surplus: uint64(surplus),
            stoppedSeconds: uint64(stoppedSecondsOf(classId))
        });

        emit SurplusAnchored(classId, root, budgets, surplus);
    }

    /// @dev Counts a claim: once per nullifier, within its root's surplus, buffer share included. Returns that share.
    function _issue(uint256 classId, uint256 amount, bytes32 root, bytes32 nullifier)
        internal
        returns (uint256 bufferAmount)
    {
        RootWord opening = _roots[root].opening;
        _requireOpen(root, opening, classId);
        if (amount == 0) revert AmountZero();
        if (_rootOfNullifier[nullifier] != 0) revert NullifierUsed(nullifier);
        Class storage class = _classes[classId];
        SupplyWord supply = class.supply;
        if (supply.stoppedAt() != 0) revert MintingStopped(classId, class.reversed, class.cancelled - class.expired);
        uint256 available = opening.unminted();
        // The amount alone is checked first, so that its product with the rate cannot overflow.
        if (amount > available) revert SurplusExceeded(root, amount, available);
        uint256 total;
        unchecked {
            // Rounded up, against the holder.
            bufferAmount = (amount * supply.bufferRateBps() + BPS - 1) / BPS;
            total = amount + bufferAmount;
        }
        if (total > available) revert SurplusExceeded(root, total, available);

        _rootOfNullifier[nullifier] = root;
        _roots[root].opening = opening.minusMinted(total);
        class.supply = supply.plusIssued(total, bufferAmount);
    }

    /// @dev Reverts unless leaves of `classId` under the root may be claimed now.
    function _requireOpen(bytes32 root, RootWord opening, uint256 classId) private view {
        if (!opening.exists()) revert RootUnknown(root);
        if (opening.suspended()) revert RootIsSuspended(root);
        if (opening.classId() != classId) revert ClassMismatch(classId, opening.classId());
        // The stop clock only ever adds to the term: it is asked when the plain term is over.
        if (block.timestamp >= opening.anchoredAt() + CLAIM_TERM) {
            uint256 expiry = expiresAt(root);
            if (block.timestamp >= expiry) revert ClaimExpired(root, expiry);
        }
    }

    /// @dev Counts grams that left a balance for ever.
    function _countRetired(uint256 classId, uint256 amount) internal {
        Class storage class = _classes[classId];
        class.supply = class.supply.plusRetired(amount);
    }

    /// @dev Counts grams that left a balance for the buffer.
    function _countRefilled(uint256 classId, uint256 amount) internal {
        Class storage class = _classes[classId];
        class.supply = class.supply.plusBuffer(amount);
    }

    // --- Reversals and the buffer ---

    /// @inheritdoc ICarbonCredit
    function recordReversal(uint256 classId, uint256 amount, bytes32 ref) external override restricted {
        Class storage class = _knownClass(classId);
        if (amount == 0) revert AmountZero();
        SupplyWord supply = class.supply;
        uint256 available = supply.issued() - class.reversed;
        if (amount > available) revert ReversalExceedsIssued(amount, available);

        // Safe cast: amount <= issued, which is a uint64.
        class.reversed += uint64(amount);
        if (supply.stoppedAt() == 0) class.supply = supply.withStoppedAt(block.timestamp);

        emit ReversalRecorded(classId, amount, ref);
    }

    /// @inheritdoc ICarbonCredit
    function cancelFromBuffer(uint256 classId, uint256 amount) external override {
        Class storage class = _knownClass(classId);
        if (amount == 0) revert AmountZero();
        SupplyWord supply = class.supply;
        // What merely expired met no reversal.
        uint256 owed = class.reversed - (class.cancelled - class.expired);
        if (amount > owed) revert CancellationExceedsReversal(amount, owed);
        if (amount > supply.buffer()) revert BufferInsufficient(amount, supply.buffer());

        // Safe casts: amount <= buffer, which is a uint64; times are.
        supply = supply.minusBuffer(amount);
        class.cancelled += uint64(amount);
        if (amount == owed) {
            // Minting runs again; the buffer's term grows by the time it was stopped.
            uint64 elapsed = uint64(block.timestamp - supply.stoppedAt());
            supply = supply.withStoppedAt(0);
            class.stoppedSeconds += elapsed;
            class.bufferExpiresAt += elapsed;
        }
        class.supply = supply;

        emit BufferCancelled(classId, amount);
    }

    /// @inheritdoc ICarbonCredit
    function expireBuffer(uint256 classId) external override {
        Class storage class = _knownClass(classId);
        SupplyWord supply = class.supply;
        uint256 amount = supply.buffer();
        if (amount == 0) revert AmountZero();
        // A stopped class still needs its buffer, and its clock stands still.
        if (supply.stoppedAt() != 0 || block.timestamp < class.bufferExpiresAt) {
            revert BufferNotExpired(classId, class.bufferExpiresAt);
        }

        // Safe casts: the buffer is a uint64.
        class.supply = supply.minusBuffer(amount);
        class.cancelled += uint64(amount);
        class.expired += uint64(amount);

        emit BufferExpired(classId, amount);
    }

    // --- Views ---

    /// @inheritdoc ICarbonCredit
    function classOf(uint256 classId) external view override returns (CreditClass memory) {
        Class storage class = _classes[classId];
        SupplyWord supply = class.supply;
        // Safe casts: that is how wide the word's parts are.
        return CreditClass({
            cap: class.cap,
            budgetsAnchored: class.budgetsAnchored,
            surplusAnchored: class.surplusAnchored,
            issued: uint128(supply.issued()),
            retired: uint128(supply.retired()),
            cancelled: class.cancelled,
            buffer: uint128(supply.buffer()),
            reversed: class.reversed,
            bufferRateBps: uint16(supply.bufferRateBps()),
            exists: supply.exists(),
            stoppedAt: uint64(supply.stoppedAt()),
            stoppedSeconds: class.stoppedSeconds,
            bufferExpiresAt: class.bufferExpiresAt,
            expired: class.expired
        });
    }

    /// @inheritdoc ICarbonCredit
    function capOf(uint256 classId) external view override returns (uint256) {
        return _classes[classId].cap;
    }

    /// @inheritdoc ICarbonCredit
    function issuedOf(uint256 classId) external view override returns (uint256) {
        return _classes[classId].supply.issued();
    }

    /// @inheritdoc ICarbonCredit
    function retiredInAllOf(uint256 classId) external view override returns (uint256) {
        return _classes[classId].supply.retired();
    }

    /// @inheritdoc ICarbonCredit
    function cancelledOf(uint256 classId) external view override returns (uint256) {
        return _classes[classId].cancelled;
    }

    /// @inheritdoc ICarbonCredit
    function rootOf(bytes32 root) external view override returns (BatchRoot memory) {
        Root storage batch = _roots[root];
        uint256 minted = batch.surplus - batch.opening.unminted();
        // Safe cast: at most the surplus, which is a uint64.
        return BatchRoot({classId: batch.opening.classId(), surplus: batch.surplus, minted: uint128(minted)});
    }

    /// @inheritdoc ICarbonCredit
    function nullifierUsed(bytes32 nullifier) external view override returns (bool) {
        return _rootOfNullifier[nullifier] != 0;
    }

    /// @inheritdoc ICarbonCredit
    function anchoredAt(bytes32 root) external view override returns (uint256) {
        return _roots[root].opening.anchoredAt();
    }

    /// @inheritdoc ICarbonCredit
    function isSuspended(bytes32 root) external view override returns (bool) {
        return _roots[root].opening.suspended();
    }

    /// @inheritdoc ICarbonCredit
    function expiresAt(bytes32 root) public view override returns (uint256) {
        Root storage batch = _knownRoot(root);
        RootWord opening = batch.opening;
        return opening.anchoredAt() + CLAIM_TERM + stoppedSecondsOf(opening.classId()) - batch.stoppedSeconds;
    }

    /// @inheritdoc ICarbonCredit
    function stoppedSecondsOf(uint256 classId) public view override returns (uint256) {
        Class storage class = _classes[classId];
        uint256 stoppedAt = class.supply.stoppedAt();
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

    function _knownClass(uint256 classId) internal view returns (Class storage class) {
        class = _classes[classId];
        if (!class.supply.exists()) revert ClassUnknown(classId);
    }

    function _knownRoot(bytes32 root) private view returns (Root storage batch) {
        batch = _roots[root];
        if (!batch.opening.exists()) revert RootUnknown(root);
    }
}
