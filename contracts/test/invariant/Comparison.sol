// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IRetirementReceipts} from "../../interfaces/IRetirementReceipts.sol";
import {ISoulbound} from "../../interfaces/ISoulbound.sol";
import {Acts} from "./Acts.sol";

/// @title INV-09: everything the replay knows, compared with what the contracts answer.
abstract contract Comparison is Acts {
    /// @notice Reverts at the first difference between the contracts and their events.
    function compareWithEvents() external view {
        for (uint256 i; i < replay.keyCount(); ++i) {
            (bytes32 kind, address emitter, uint256 a, uint256 b, uint256 c) = replay.keys(i);
            uint256 told = replay.wordOf(kind, emitter, a, b, c);
            checkEq(_answer(kind, emitter, a, b, c), told, string(abi.encodePacked("INV-09 ", kind)));
        }
        _compareClasses();
        _compareRoots();
        for (uint256 id; id <= replay.campaignCount() + 1; ++id) {
            checkEq(
                keccak256(abi.encode(charity.campaignOf(id))),
                keccak256(abi.encode(replay.campaignOf(id))),
                "INV-09 campaign"
            );
        }
        checkEq(charity.campaignCount(), replay.campaignCount(), "INV-09 campaigns");
        checkEq(governance.adminCount(), replay.adminCount(), "INV-09 admins");
    }

    function _compareClasses() private view {
        for (uint256 i; i < replay.classCount(); ++i) {
            uint256 id = replay.classIds(i);
            checkEq(
                keccak256(abi.encode(credit.classOf(id))), keccak256(abi.encode(replay.classOf(id))), "INV-09 class"
            );
            checkEq(credit.stoppedSecondsOf(id), replay.stoppedSecondsOf(id, block.timestamp), "INV-09 stop clock");
        }
    }

    function _compareRoots() private view {
        for (uint256 i; i < replay.rootCount(); ++i) {
            bytes32 root = replay.roots(i);
            checkEq(
                keccak256(abi.encode(credit.rootOf(root))), keccak256(abi.encode(replay.rootOf(root))), "INV-09 root"
            );
        }
    }

    /// @dev The contract's own answer for a key of the replay.
    function _answer(bytes32 kind, address emitter, uint256 a, uint256 b, uint256 c) private view returns (uint256) {
        address account = address(uint160(a));
        if (kind == "balance1155") return credit.balanceOf(account, b);
        if (kind == "balance20") return payment.balanceOf(account);
        if (kind == "approved") return _word(credit.isApprovedForAll(account, address(uint160(b))));
        if (kind == "number") {
            return _word(emitter == address(credit) ? credit.numberUsed(account, b) : charity.numberUsed(account, b));
        }
        if (kind == "nullifier") return _word(credit.nullifierUsed(bytes32(a)));
        if (kind == "retired") return credit.retiredOf(account, b);
        if (kind == "registered") return _word(credit.isRegisteredOperator(account));
        if (kind == "issuance") return uint160(credit.issuance());
        if (kind == "paused") return _paused(emitter);
        if (kind == "authority") return uint160(IAccessManaged(emitter).authority());
        if (kind == "receipts") return ISoulbound(emitter).balanceOf(account);
        if (kind == "receipt owner") return uint160(ISoulbound(emitter).ownerOf(a));
        if (emitter == address(retirementReceipts)) return _receiptAnswer(kind, a, b);
        return emitter == address(exchange) ? _exchangeAnswer(kind, account, b) : _otherAnswer(kind, a, b, c);
    }

    /// @dev The facts as the event tells them: the beneficiary's topic, then the data.
    function _receiptAnswer(bytes32 kind, uint256 a, uint256 b) private view returns (uint256) {
        if (kind == "series") return retirementReceipts.receiptsOf(b);
        IRetirementReceipts.Receipt memory receipt = retirementReceipts.receiptOf(a);
        if (kind == "receipt time") return receipt.retiredAt;
        check(kind == "receipt facts", "a kind the comparison does not know");
        uint256 size;
        while (size < 32 && receipt.purpose[size] != 0) ++size;
        bytes memory purpose = bytes.concat(receipt.purpose);
        assembly {
            mstore(purpose, size)
        }
        bytes memory data = abi.encode(receipt.classId, receipt.amount, string(purpose), receipt.ref);
        return uint256(keccak256(bytes.concat(bytes32(uint256(uint160(receipt.beneficiary))), data)));
    }

    function _exchangeAnswer(bytes32 kind, address account, uint256 b) private view returns (uint256) {
        if (kind == "cancelled") return _word(exchange.isCancelled(account, b));
        if (kind == "epoch") return exchange.epochOf(account);
        if (kind == "fee") return exchange.feeBps();
        if (kind == "operator") return uint160(exchange.operator());
        check(kind == "feeRecipient", "a kind the comparison does not know");
        return uint160(exchange.feeRecipient());
    }

    function _otherAnswer(bytes32 kind, uint256 a, uint256 b, uint256 c) private view returns (uint256) {
        if (kind == "anchor") return uint256(anchors.digestOf(bytes32(a), b));
        if (kind == "listed") return _word(charity.isListed(address(uint160(a))));
        if (kind == "donated") return charity.donatedOf(a, address(uint160(b)), c);
        if (kind == "held") return charity.heldOf(a, b);
        if (kind == "secondSigner") return uint160(charity.secondSignerOf(address(uint160(a))));
        if (kind == "refundWallet") return uint160(charity.refundWalletOf(address(uint160(a))));
        if (kind == "drawn") return charity.drawsOf(address(uint160(a)), b).drawn;
        if (kind == "drawnTag") return uint192(charity.drawsOf(address(uint160(a)), b).tag);
        if (kind == "series") return charity.receiptsOf(a, b);
        if (kind == "receipt amount") return charity.receiptOf(a).amount;
        if (kind == "receipt time") return charity.receiptOf(a).givenAt;
        if (kind == "given") return charity.pocketOf(a, b).donated;
        if (kind == "out retired") return charity.pocketOf(a, b).retired;
        if (kind == "out granted") return charity.pocketOf(a, b).granted;
        if (kind == "out refunded") return charity.pocketOf(a, b).refunded;
        if (kind == "out answered") return charity.pocketOf(a, b).giftsRefunded;
        if (kind == "grantRef") return _word(charity.grantRefUsed(bytes32(a)));
        if (kind == "anchored") return credit.anchoredAt(bytes32(a));
        if (kind == "stoppedAtAnchor") return _stoppedAtAnchor(bytes32(a));
        if (kind == "mintingPaused") return _word(credit.mintingPaused());
        if (kind == "suspended") return _word(credit.isSuspended(bytes32(a)));
        if (kind == "verifier") return _word(issuance.isVerifier(address(uint160(a))));
        check(kind == "threshold", "a kind the comparison does not know");
        return issuance.threshold();
    }

    /// @dev What the class's stop clock showed when the root was anchored: all it showed since moves the expiry.
    function _stoppedAtAnchor(bytes32 root) private view returns (uint256) {
        uint256 shown = credit.stoppedSecondsOf(credit.rootOf(root).classId);
        return shown + credit.anchoredAt(root) + credit.CLAIM_TERM() - credit.expiresAt(root);
    }

    function _paused(address emitter) private view returns (uint256) {
        if (emitter == address(exchange)) return _word(exchange.paused());
        return _word(emitter == address(charity) ? charity.paused() : issuance.paused());
    }

    function _word(bool value) private pure returns (uint256) {
        return value ? 1 : 0;
    }
}
