// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {RootWord, RootWords} from "../../libraries/RootWord.sol";
import {SupplyWord, SupplyWords} from "../../libraries/SupplyWord.sol";
import {Assertions} from "../Assertions.sol";

/// @title The packed words: each act changes its own part and no other.
contract WordsTest is Assertions {
    struct Parts {
        uint256 issued;
        uint256 buffer;
        uint256 retired;
        uint256 stoppedAt;
        uint256 rate;
    }

    /// @dev Any word of an open class whose counts have room for what is added.
    function testFuzz_supply_word__each_act_changes_its_own_part(
        uint64 issued,
        uint64 buffer,
        uint64 retired,
        uint16 rate,
        uint40 time,
        uint64 total,
        uint64 share
    ) external pure {
        total = uint64(bound(total, 0, type(uint64).max - issued));
        share = uint64(bound(share, 0, type(uint64).max - buffer));
        uint256 more = bound(total, 0, type(uint64).max - retired);
        SupplyWord word = SupplyWords.opened(rate).plusIssued(issued, buffer).plusRetired(retired).withStoppedAt(time);
        Parts memory parts = Parts(issued, buffer, retired, time, rate);
        _check(word, parts);

        (parts.issued, parts.buffer) = (parts.issued + total, parts.buffer + share);
        _check(word.plusIssued(total, share), parts);
        parts.issued -= total;
        _check(word.plusBuffer(share), parts);
        parts.buffer = buffer - buffer / 2;
        _check(word.minusBuffer(buffer / 2), parts);
        (parts.buffer, parts.retired) = (buffer, parts.retired + more);
        _check(word.plusRetired(more), parts);
        (parts.retired, parts.stoppedAt) = (retired, 0);
        _check(word.withStoppedAt(0), parts);
    }

    function test_supply_word__zero__is_no_class() external pure {
        check(!SupplyWord.wrap(0).exists(), "no class");
        check(SupplyWords.opened(0).exists(), "a class without a buffer");
    }

    function testFuzz_root_word__each_act_changes_its_own_part(
        uint128 classId,
        uint64 surplus,
        uint40 time,
        uint64 minted,
        bool suspended
    ) external pure {
        minted = uint64(bound(minted, 0, surplus));
        RootWord word = RootWords.anchored(classId, surplus, time).withSuspended(suspended).minusMinted(minted);

        checkEq(word.classId(), classId, "class");
        checkEq(word.unminted(), surplus - minted, "unminted");
        checkEq(word.anchoredAt(), time, "time");
        check(word.suspended() == suspended, "suspended");
        check(!word.withSuspended(false).suspended() && word.withSuspended(true).suspended(), "either way");
    }

    function _check(SupplyWord word, Parts memory parts) private pure {
        checkEq(word.issued(), parts.issued, "issued");
        checkEq(word.buffer(), parts.buffer, "buffer");
        checkEq(word.retired(), parts.retired, "retired");
        checkEq(word.stoppedAt(), parts.stoppedAt, "stopped at");
        checkEq(word.bufferRateBps(), parts.rate, "rate");
        check(word.exists(), "exists");
    }
}
