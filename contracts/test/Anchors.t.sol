// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAnchors} from "../interfaces/IAnchors.sol";
import {World} from "./World.sol";

contract AnchorsTest is World {
    uint256 private constant TODAY = START / 1 days;

    function test_anchors__publish__is_kept_and_told() external {
        VM.expectEmit(address(anchors));
        emit IAnchors.Anchored("journal", TODAY, "digest");
        VM.prank(OPERATOR);
        anchors.publish("journal", TODAY, "digest");

        checkEq(anchors.digestOf("journal", TODAY), "digest", "digest");
        checkEq(anchors.digestOf("factors", TODAY), 0, "another topic");
    }

    function test_anchors__publish_twice__never_overwrites() external {
        VM.startPrank(OPERATOR);
        anchors.publish("journal", TODAY, "digest");
        VM.expectRevert(
            abi.encodeWithSelector(IAnchors.AlreadyAnchored.selector, bytes32("journal"), TODAY, bytes32("digest"))
        );
        anchors.publish("journal", TODAY, "other");
        VM.stopPrank();
    }

    function test_anchors__tomorrow__reverts() external {
        VM.expectRevert(abi.encodeWithSelector(IAnchors.DayInFuture.selector, TODAY + 1));
        VM.prank(OPERATOR);
        anchors.publish("journal", TODAY + 1, "digest");
    }

    function test_anchors__yesterday__is_allowed() external {
        VM.prank(OPERATOR);
        anchors.publish("journal", TODAY - 1, "digest");

        checkEq(anchors.digestOf("journal", TODAY - 1), "digest", "digest");
    }

    function test_anchors__zero_digest__reverts() external {
        VM.expectRevert(abi.encodeWithSelector(IAnchors.DigestZero.selector));
        VM.prank(OPERATOR);
        anchors.publish("journal", TODAY, 0);
    }
}
