// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IAnchors} from "./interfaces/IAnchors.sol";

/// @title Daily digests with a time; nothing else.
contract Anchors is IAnchors, AccessManaged {
    /// @inheritdoc IAnchors
    mapping(bytes32 topic => mapping(uint256 day => bytes32 digest)) public override digestOf;

    constructor(address governance) AccessManaged(governance) {}

    /// @inheritdoc IAnchors
    function publish(bytes32 topic, uint256 day, bytes32 digest) external override restricted {
        if (digest == 0) revert DigestZero();
        if (day > block.timestamp / 1 days) revert DayInFuture(day);
        bytes32 anchored = digestOf[topic][day];
        if (anchored != 0) revert AlreadyAnchored(topic, day, anchored);

        digestOf[topic][day] = digest;

        emit Anchored(topic, day, digest);
    }
}
