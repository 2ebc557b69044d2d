// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICarbonCredit} from "../../interfaces/ICarbonCredit.sol";
import {IIssuance} from "../../interfaces/IIssuance.sol";
import {HostileAccount} from "../../mocks/HostileAccount.sol";
import {Log} from "../Vm.sol";
import {Comparison} from "./Comparison.sol";

/// @title Issuance under attack: batches with too few or wrong signers, claims altered and repeated, roots suspended,
/// reversals, refills, expiries, and credits moved and retired meanwhile (INV-01, 02, 07).
contract SupplyActs is Comparison {
    struct Leaf {
        bytes32 root;
        IIssuance.Claim claim;
        bytes32[] proof;
        bool anchored;
    }

    uint256 public secondClass;
    /// @notice Times an act stopped short of its aim.
    uint256 public refused;
    /// @notice Stops that were lived through, buffers that came to their term, claims made from inside a receipt.
    uint256 public resumed;
    uint256 public sunsets;
    uint256 public claimedInside;
    /// @notice Mints that no signature stood for.
    uint256 public unheeded;
    /// @notice Claims that minted, and grams the holders got by them.
    uint256 public minted;
    uint256 public mintedGrams;
    mapping(bytes32 nullifier => uint256 times) private _mints;
    Leaf[] private _leaves;
    uint256[] private _anchoredLeaves;
    mapping(address account => mapping(uint256 classId => uint256)) public retired;

    function _outfitActors() internal override {
        VM.prank(GOVERNOR);
        secondClass = credit.createClass("US-CA", 2025, "SIM", 200_000, 5000);
        for (uint256 i; i < ACTORS; ++i) {
            giveCredits(actors[i], 20_000);
        }
    }

    function acts() external pure returns (bytes4[] memory selectors) {
        selectors = new bytes4[](11);
        selectors[0] = this.anchorSome.selector;
        selectors[1] = this.claimOne.selector;
        selectors[2] = this.claimSeveral.selector;
        selectors[3] = this.moveOrRetire.selector;
        selectors[4] = this.reverseOrCancel.selector;
        selectors[5] = this.refillOrExpire.selector;
        selectors[6] = this.govern.selector;
        selectors[7] = this.attack.selector;
        selectors[8] = this.misbehave.selector;
        selectors[9] = this.stopAndResume.selector;
        selectors[10] = this.heedNothing.selector;
    }

    /// @notice A batch of two leaves; its signers are enough and right only sometimes.
    function anchorSome(uint256 seed) external {
        _start(seed);
        if (_leaves.length > 160) return;
        (bytes32 root, Leaf[2] memory leaves) = _newTree();
        IIssuance.Batch memory batch = aBatch(root, 0);
        batch.classId = leaves[0].claim.classId;
        batch.surplusesGco2e = _pick(60_000);
        batch.budgetsGco2e = _pick(120_000);
        if (_chance(70)) batch.budgetsGco2e += batch.surplusesGco2e;
        bool honest = _chance(70);
        bytes[] memory signatures = honest ? signBatch(batch, 2 + _pick(2)) : _badSignatures(batch);

        (bool done,) = _act(STRANGER, address(issuance), abi.encodeCall(IIssuance.anchorBatch, (batch, signatures)));

        check(honest || !done, "INV-02: too few or wrong signers anchor nothing");
        if (!done) ++refused;
        for (uint256 i; i < 2; ++i) {
            leaves[i].anchored = done;
            if (done) _anchoredLeaves.push(_leaves.length);
            _leaves.push(leaves[i]);
        }
    }

    /// @notice A known leaf, sometimes altered, sometimes again, sometimes of a root that was never anchored.
    function claimOne(uint256 seed) external {
        _start(seed);
        if (_leaves.length == 0) return;
        Leaf memory leaf = _leaf();
        bool altered = _chance(30);
        if (altered) _alter(leaf.claim);
        uint256 before = credit.balanceOf(leaf.claim.account, leaf.claim.classId);
        (bool done, Log[] memory logs) = _actWithGas(
            STRANGER,
            address(issuance),
            abi.encodeCall(IIssuance.claim, (leaf.root, leaf.claim, leaf.proof)),
            _chance(80) ? 5_000_000 : 30_000 + _pick(150_000)
        );
        if (done) {
            check(!altered && leaf.anchored, "INV-02: only an anchored leaf mints");
            check(!credit.mintingPaused() && !credit.isSuspended(leaf.root), "INV-02: not while paused or suspended");
            check(block.timestamp < credit.expiresAt(leaf.root), "INV-02: not once expired");
            uint256 gained = credit.balanceOf(leaf.claim.account, leaf.claim.classId) - before;
            check(gained >= leaf.claim.amountGco2e, "minted");
            uint256 mints = _countMints(logs);
            check(mints == 1 || mints == 2, "one, and what a receiver claimed from inside");
            claimedInside += mints - 1;
        } else {
            ++refused;
        }
    }

    /// @notice Several at once, with any gas: what is told to be skipped did not mint, the rest did.
    function claimSeveral(uint256 seed) external {
        _start(seed);
        if (_leaves.length == 0) return;
        uint256 size = 1 + _pick(3);
        bytes32[] memory roots = new bytes32[](size);
        IIssuance.Claim[] memory claims = new IIssuance.Claim[](size);
        bytes32[][] memory proofs = new bytes32[][](size);
        for (uint256 i; i < size; ++i) {
            Leaf memory leaf = _leaf();
            (roots[i], claims[i], proofs[i]) = (leaf.root, leaf.claim, leaf.proof);
            if (_chance(20)) _alter(claims[i]);
        }
        (bool done, Log[] memory logs) = _actWithGas(
            STRANGER,
            address(issuance),
            abi.encodeCall(IIssuance.claimMany, (roots, claims, proofs)),
            _chance(70) ? 5_000_000 : 100_000 + _pick(1_500_000)
        );
        if (!done) return;
        uint256 skips;
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].topics[0] == IIssuance.ClaimSkipped.selector) ++skips;
        }
        // A receiver that claims for others from inside adds mints of its own.
        uint256 mints = _countMints(logs);
        check(mints + skips >= size && mints + skips <= 2 * size, "INV-07: each claim minted or is told skipped");
        check(skips <= size, "INV-07: no claim is told skipped twice");
        claimedInside += mints + skips - size;
    }

    function moveOrRetire(uint256 seed) external {
        _start(seed);
        address from = _actor();
        address to = actors[_pick(KEYS)];
        uint256 id = _chance(70) ? classId : secondClass;
        uint256 amount = _pick(credit.balanceOf(from, id) / 3 + 1);
        bool done;
        if (_chance(30)) {
            (done,) = _act(from, address(credit), abi.encodeCall(credit.safeTransferFrom, (from, to, id, amount, "")));
        } else if (_chance(40)) {
            uint256[] memory ids = new uint256[](2);
            uint256[] memory amounts = new uint256[](2);
            (ids[0], ids[1], amounts[0], amounts[1]) = (id, id, amount, amount / 2);
            (done,) =
                _act(from, address(credit), abi.encodeCall(credit.safeBatchTransferFrom, (from, to, ids, amounts, "")));
        } else if (amount != 0) {
            (done,) = _act(from, address(credit), abi.encodeCall(credit.retire, (id, amount, to, "gift", bytes32(0))));
            retired[to][id] += amount;
        } else {
            done = true;
        }
        check(done, "INV-08: nothing blocks a transfer or a retirement");
    }

    function reverseOrCancel(uint256 seed) external {
        _start(seed);
        uint256 id = _chance(80) ? classId : secondClass;
        if (_chance(35)) {
            _act(REGISTRAR, address(credit), abi.encodeCall(credit.recordReversal, (id, _pick(2000), "finding")));
        } else {
            ICarbonCredit.CreditClass memory class = credit.classOf(id);
            uint256 owed = class.reversed - (class.cancelled - class.expired);
            uint256 amount = _chance(70) ? (owed < class.buffer ? owed : class.buffer) : _pick(3000);
            (bool done,) = _act(STRANGER, address(credit), abi.encodeCall(credit.cancelFromBuffer, (id, amount)));
            check(done == (amount != 0 && amount <= owed && amount <= class.buffer), "cancels what is owed and there");
        }
    }

    function refillOrExpire(uint256 seed) external {
        _start(seed);
        uint256 id = _chance(60) ? classId : secondClass;
        if (_chance(70)) {
            address giver = _actor();
            uint256 amount = _pick(credit.balanceOf(giver, id) / 4 + 1);
            _act(giver, address(credit), abi.encodeCall(credit.refillBuffer, (id, amount)));
        } else {
            if (_chance(5)) _warpBy(_pick(500 days));
            ICarbonCredit.CreditClass memory class = credit.classOf(id);
            if (_chance(8) && class.bufferExpiresAt > block.timestamp) VM.warp(class.bufferExpiresAt - _pick(2));
            (bool done,) = _act(STRANGER, address(credit), abi.encodeCall(credit.expireBuffer, (id)));
            bool due = class.buffer != 0 && class.stoppedAt == 0 && block.timestamp >= class.bufferExpiresAt;
            check(done == due, "the buffer expires at its term, once, and not while stopped");
            if (done) ++sunsets;
            else ++refused;
        }
    }

    /// @notice A whole life of a stop: reversed, refilled as far as it takes, cancelled in two steps.
    function stopAndResume(uint256 seed) external {
        _start(seed);
        uint256 id = _chance(70) ? classId : secondClass;
        ICarbonCredit.CreditClass memory class = credit.classOf(id);
        uint256 amount = 1 + _pick(1000);
        (bool done,) =
            _act(REGISTRAR, address(credit), abi.encodeCall(credit.recordReversal, (id, amount, bytes32("finding"))));
        check(done == (amount <= class.issued - class.reversed), "reverses what was issued");
        if (!done) return;
        uint256 term = class.bufferExpiresAt;
        uint256 since = class.stoppedAt == 0 ? block.timestamp : class.stoppedAt;
        _warpBy(_pick(_chance(20) ? 60 days : 2 days));
        class = credit.classOf(id);
        uint256 owed = class.reversed - (class.cancelled - class.expired);
        if (class.buffer < owed) {
            uint256 missing = owed - class.buffer;
            address giver = _holderOf(id, missing);
            if (giver == address(0)) return;
            (done,) = _act(giver, address(credit), abi.encodeCall(credit.refillBuffer, (id, missing)));
            check(done, "anyone may refill");
        }
        uint256 first = _pick(owed);
        if (first != 0) _act(STRANGER, address(credit), abi.encodeCall(credit.cancelFromBuffer, (id, first)));
        check(credit.classOf(id).stoppedAt == since, "stopped until the last gram");
        (done,) = _act(STRANGER, address(credit), abi.encodeCall(credit.cancelFromBuffer, (id, owed - first)));
        check(done && credit.classOf(id).stoppedAt == 0, "runs again");
        checkEq(credit.classOf(id).bufferExpiresAt, term + block.timestamp - since, "the term grew by the stop");
        ++resumed;
    }

    function _holderOf(uint256 id, uint256 least) private view returns (address) {
        for (uint256 i; i < ACTORS; ++i) {
            if (credit.balanceOf(actors[i], id) >= least) return actors[i];
        }
        return address(0);
    }

    function govern(uint256 seed) external {
        _start(seed);
        _warpBy(_pick(5 days));
        if (_chance(10)) _act(PAUSER, address(issuance), abi.encodeCall(IIssuance.pause, ()));
        else _act(PAUSER, address(issuance), abi.encodeCall(IIssuance.unpause, ()));
        if (_leaves.length != 0 && _chance(30)) {
            bytes32 root = _leaves[_pick(_leaves.length)].root;
            _act(REGISTRAR, address(credit), abi.encodeCall(credit.suspendRoot, (root, _chance(30))));
        }
        address removed = VM.addr(verifierKeys[_pick(3)]);
        if (_chance(10)) {
            _act(REGISTRAR, address(issuance), abi.encodeCall(IIssuance.removeVerifier, (removed)));
        } else {
            for (uint256 i; i < 3; ++i) {
                _accredit(VM.addr(verifierKeys[i]));
            }
        }
    }

    function _accredit(address verifier) private {
        if (issuance.isVerifier(verifier)) return;
        _act(GOVERNOR, address(issuance), abi.encodeCall(IIssuance.addVerifier, (verifier)));
    }

    /// @notice What nobody but Issuance may do, tried by everybody else.
    function attack(uint256 seed) external {
        _start(seed);
        address attacker = [OPERATOR, GOVERNOR, REGISTRAR, STRANGER][_pick(4)];
        bytes[6] memory attempts = [
            abi.encodeCall(credit.setMintingPaused, (_chance(50))),
            abi.encodeCall(credit.refillBuffer, (classId, 1)),
            abi.encodeCall(credit.mint, (attacker, classId, 1, bytes32(0), bytes32(seed), bytes32(0))),
            abi.encodeCall(credit.anchor, (bytes32(seed), classId, 1, 1)),
            abi.encodeCall(credit.retireFrom, (ALICE, classId, 1, attacker, "theft", bytes32(0))),
            abi.encodeCall(credit.safeTransferFrom, (ALICE, attacker, classId, 1, ""))
        ];
        (bool done,) = _act(attacker, address(credit), attempts[_pick(6)]);
        check(!done, "INV-08: no role mints, pauses minting or moves");
    }

    /// @notice An Issuance that heeds neither signatures nor proofs: what CarbonCredit checks itself binds it too.
    function heedNothing(uint256 seed) external {
        _start(seed);
        // One of a few of its own, or one of the last that were anchored: those may still mint.
        bytes32 root = _chance(30) ? bytes32(_pick(10)) : replay.roots(replay.rootCount() - 1 - _pick(4));
        if (_chance(30)) {
            bytes memory call = abi.encodeCall(credit.anchor, (root, classId, _pick(1000), _pick(800)));
            (bool anchored,) = _act(address(issuance), address(credit), call);
            check(!anchored || root != 0, "INV-02: no root of zero");
        } else {
            // Few nullifiers, so that most come again.
            bytes32 nullifier = bytes32(_pick(60));
            address to = actors[_pick(KEYS)];
            uint256 id = credit.rootOf(root).classId;
            bytes memory call = abi.encodeCall(credit.mint, (to, id, 1 + _pick(50), root, nullifier, "statement"));
            (bool done, Log[] memory logs) = _act(address(issuance), address(credit), call);
            if (done) unheeded += _countMints(logs);
            else ++refused;
        }
    }

    function misbehave(uint256 seed) external {
        _start(seed);
        HostileAccount hostile = HostileAccount(actors[KEYS + _pick(ACTORS - KEYS)]);
        if (_leaves.length != 0) {
            Leaf memory leaf = _leaf();
            // From inside a receipt, a claim for a key can mint; one for a wallet is tried without its proof, because
            // forge keeps the events of what fails late inside another call.
            if (leaf.claim.account.code.length != 0) leaf.proof = new bytes32[](0);
            hostile.setCall(address(issuance), abi.encodeCall(IIssuance.claim, (leaf.root, leaf.claim, leaf.proof)));
        }
        hostile.setReceiving(HostileAccount.Receiving(_chance(50) ? 0 : _pick(8)));
        if (!_chance(50) || credit.balanceOf(ALICE, classId) == 0) return;
        // One gram sets it off at once.
        hostile.setReceiving(HostileAccount.Receiving.Call);
        (bool done, Log[] memory logs) = _act(
            ALICE, address(credit), abi.encodeCall(credit.safeTransferFrom, (ALICE, address(hostile), classId, 1, ""))
        );
        check(done, "a receiver that calls also accepts");
        claimedInside += _countMints(logs);
    }

    /// @dev The youngest that was anchored more often: it is the one that may still mint.
    function _leaf() private returns (Leaf memory) {
        uint256 size = _anchoredLeaves.length;
        if (size > 3 && _chance(70)) return _leaves[_anchoredLeaves[size - 1 - _pick(4)]];
        if (size != 0 && _chance(80)) return _leaves[_anchoredLeaves[_pick(size)]];
        return _leaves[_pick(_leaves.length)];
    }

    function _countMints(Log[] memory logs) private returns (uint256 count) {
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].topics[0] != ICarbonCredit.Issued.selector) continue;
            (uint256 amount,,,) = abi.decode(logs[i].data, (uint256, uint256, bytes32, bytes32));
            checkEq(++_mints[logs[i].topics[3]], 1, "INV-02: a nullifier mints once");
            ++minted;
            ++count;
            mintedGrams += amount;
        }
    }

    /// @dev Two leaves; now and then one with the nullifier of an older leaf.
    function _newTree() private returns (bytes32 root, Leaf[2] memory leaves) {
        uint256 id = _chance(70) ? classId : secondClass;
        for (uint256 i; i < 2; ++i) {
            leaves[i].claim = aClaim(_actor(), 1 + _pick(20_000));
            leaves[i].claim.classId = id;
            if (_leaves.length != 0 && _chance(20)) {
                leaves[i].claim.nullifier = _leaves[_pick(_leaves.length)].claim.nullifier;
            }
            leaves[i].proof = new bytes32[](1);
        }
        bytes32 a = leafHashOf(leaves[0].claim);
        bytes32 b = leafHashOf(leaves[1].claim);
        root = a < b ? keccak256(abi.encode(a, b)) : keccak256(abi.encode(b, a));
        (leaves[0].root, leaves[1].root) = (root, root);
        (leaves[0].proof[0], leaves[1].proof[0]) = (b, a);
    }

    function _badSignatures(IIssuance.Batch memory batch) private returns (bytes[] memory signatures) {
        uint256 kind = _pick(4);
        signatures = signBatch(batch, kind == 0 ? 1 : 2);
        if (kind == 1) signatures[1] = signatures[0];
        if (kind == 2) (signatures[0], signatures[1]) = (signatures[1], signatures[0]);
        if (kind == 3) signatures[_pick(2)] = signDigest(ALICE_KEY, issuance.hashBatch(batch));
    }

    function _alter(IIssuance.Claim memory leaf) private {
        uint256 field = _pick(5);
        if (field == 0) leaf.account = STRANGER;
        if (field == 1) leaf.amountGco2e += 1 + _pick(1000);
        if (field == 2) leaf.nullifier = bytes32(_pick(1e9));
        if (field == 3) leaf.statementDigest = bytes32(_pick(1e9));
        if (field == 4) leaf.classId = leaf.classId == classId ? secondClass : classId;
    }
}
