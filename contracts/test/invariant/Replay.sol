// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";
import {IAnchors} from "../../interfaces/IAnchors.sol";
import {ICarbonCredit} from "../../interfaces/ICarbonCredit.sol";
import {ICharity} from "../../interfaces/ICharity.sol";
import {IExchange} from "../../interfaces/IExchange.sol";
import {IIssuance} from "../../interfaces/IIssuance.sol";
import {IRetirementReceipts} from "../../interfaces/IRetirementReceipts.sol";
import {ISignedActs} from "../../interfaces/ISignedActs.sol";
import {Log} from "../Vm.sol";

/// @title INV-09: the state of the contracts, rebuilt from their events and block times alone.
/// @dev It asks the contracts nothing. Every key an event named is kept in a list, so that a check can go through all.
contract Replay {
    struct Word {
        bool known;
        uint256 value;
    }

    struct Key {
        bytes32 kind;
        address emitter;
        uint256 a;
        uint256 b;
        uint256 c;
    }

    /// @dev What partly or wholly filled under an order number.
    struct Fill {
        bytes32 orderHash;
        uint256 left;
        bool touched;
    }

    uint64 private constant BUFFER_TERM = 1095 days;

    Key[] public keys;
    mapping(bytes32 id => Word) private _words;
    mapping(uint256 classId => ICarbonCredit.CreditClass) private _classes;
    mapping(bytes32 root => ICarbonCredit.BatchRoot) private _roots;
    mapping(uint256 campaignId => ICharity.Campaign) private _campaigns;
    mapping(bytes32 numberId => Fill) private _fills;
    uint256[] public classIds;
    bytes32[] public roots;
    uint256 public campaignCount;
    uint256 public verifierCount;
    uint256 public adminCount;
    uint256 private _now;
    uint256 private _lastGift;

    function keyCount() external view returns (uint256) {
        return keys.length;
    }

    function classCount() external view returns (uint256) {
        return classIds.length;
    }

    function rootCount() external view returns (uint256) {
        return roots.length;
    }

    function classOf(uint256 classId) external view returns (ICarbonCredit.CreditClass memory) {
        return _classes[classId];
    }

    function rootOf(bytes32 root) external view returns (ICarbonCredit.BatchRoot memory) {
        return _roots[root];
    }

    function campaignOf(uint256 campaignId) external view returns (ICharity.Campaign memory) {
        return _campaigns[campaignId];
    }

    function wordOf(bytes32 kind, address emitter, uint256 a, uint256 b, uint256 c) public view returns (uint256) {
        return _words[_id(kind, emitter, a, b, c)].value;
    }

    /// @notice What is left of an order, as the fills under its number tell.
    function leftOf(address maker, uint256 number, bytes32 orderHash, uint256 amount) external view returns (uint256) {
        Fill storage filled = _fills[_numberId(maker, number)];
        if (!filled.touched) return amount;
        return filled.orderHash == orderHash ? filled.left : 0;
    }

    /// @notice Learns from the events of one transaction at `time`.
    function learn(Log[] calldata logs, uint256 time) external {
        _now = time;
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].topics.length != 0) _learn(logs[i]);
        }
    }

    function _learn(Log calldata log) private {
        // What no part knows tells of no state of ours.
        _learnTokens(log) || _learnClasses(log) || _learnBatches(log) || _learnOrders(log) || _learnCampaigns(log)
            || _learnSettings(log);
    }

    function _learnTokens(Log calldata log) private returns (bool) {
        bytes32 topic = log.topics[0];
        address emitter = log.emitter;
        if (topic == IERC1155.TransferSingle.selector) {
            (uint256 id, uint256 value) = abi.decode(log.data, (uint256, uint256));
            _move("balance1155", emitter, log.topics[2], log.topics[3], id, value);
        } else if (topic == IERC1155.TransferBatch.selector) {
            (uint256[] memory ids, uint256[] memory values) = abi.decode(log.data, (uint256[], uint256[]));
            for (uint256 i; i < ids.length; ++i) {
                _move("balance1155", emitter, log.topics[2], log.topics[3], ids[i], values[i]);
            }
        } else if (topic == IERC1155.ApprovalForAll.selector) {
            bool approved = abi.decode(log.data, (bool));
            _set("approved", emitter, uint256(log.topics[1]), uint256(log.topics[2]), 0, approved ? 1 : 0);
        } else if (topic == IERC20.Transfer.selector && log.topics.length == 4) {
            _learnReceipt(log);
        } else if (topic == IRetirementReceipts.RetirementReceiptIssued.selector) {
            uint256 facts = uint256(keccak256(bytes.concat(log.topics[3], log.data)));
            _set("receipt facts", emitter, uint256(log.topics[1]), 0, 0, facts);
        } else if (topic == IERC20.Transfer.selector) {
            _move("balance20", emitter, log.topics[1], log.topics[2], 0, abi.decode(log.data, (uint256)));
        } else if (topic == ISignedActs.NumberUsed.selector) {
            _set("number", emitter, uint256(log.topics[1]), abi.decode(log.data, (uint256)), 0, 1);
        } else {
            return false;
        }
        return true;
    }

    function _learnClasses(Log calldata log) private returns (bool) {
        bytes32 topic = log.topics[0];
        uint256 first = log.topics.length > 1 ? uint256(log.topics[1]) : 0;
        if (topic == ICarbonCredit.ClassCreated.selector) {
            (,,, uint256 cap, uint16 rate) = abi.decode(log.data, (bytes6, uint16, bytes8, uint256, uint16));
            classIds.push(first);
            _classes[first].cap = uint128(cap);
            _classes[first].bufferRateBps = rate;
            _classes[first].exists = true;
        } else if (topic == ICarbonCredit.Issued.selector) {
            (uint256 amount, uint256 buffer,, bytes32 root) = abi.decode(log.data, (uint256, uint256, bytes32, bytes32));
            ICarbonCredit.CreditClass storage class = _classes[uint256(log.topics[2])];
            class.issued += uint128(amount + buffer);
            class.buffer += uint128(buffer);
            _roots[root].minted += uint128(amount + buffer);
            _set("nullifier", log.emitter, uint256(log.topics[3]), 0, 0, 1);
        } else if (topic == ICarbonCredit.Retired.selector) {
            (uint256 amount,,) = abi.decode(log.data, (uint256, string, bytes32));
            _classes[uint256(log.topics[3])].retired += uint128(amount);
            _add("retired", log.emitter, uint256(log.topics[2]), uint256(log.topics[3]), 0, amount);
        } else {
            return _learnBuffer(log, topic, first);
        }
        return true;
    }

    function _learnRoot(address emitter, uint256 classId, bytes32 root, bytes calldata data) private {
        (uint256 budgets, uint256 surplus) = abi.decode(data, (uint256, uint256));
        ICarbonCredit.CreditClass storage class = _classes[classId];
        class.budgetsAnchored += uint128(budgets);
        class.surplusAnchored += uint128(surplus);
        class.bufferExpiresAt = uint64(_now) + BUFFER_TERM;
        roots.push(root);
        _roots[root] = ICarbonCredit.BatchRoot({classId: classId, surplus: uint128(surplus), minted: 0});
        _set("anchored", emitter, uint256(root), 0, 0, _now);
        _set("stoppedAtAnchor", emitter, uint256(root), 0, 0, stoppedSecondsOf(classId, _now));
    }

    function _learnBuffer(Log calldata log, bytes32 topic, uint256 first) private returns (bool) {
        ICarbonCredit.CreditClass storage class = _classes[first];
        if (topic == ICarbonCredit.ReversalRecorded.selector) {
            (uint256 amount,) = abi.decode(log.data, (uint256, bytes32));
            class.reversed += uint128(amount);
            if (class.stoppedAt == 0) class.stoppedAt = uint64(_now);
        } else if (topic == ICarbonCredit.BufferCancelled.selector) {
            uint128 amount = uint128(abi.decode(log.data, (uint256)));
            class.buffer -= amount;
            class.cancelled += amount;
            if (class.reversed == class.cancelled - class.expired) {
                uint64 elapsed = uint64(_now) - class.stoppedAt;
                class.stoppedAt = 0;
                class.stoppedSeconds += elapsed;
                class.bufferExpiresAt += elapsed;
            }
        } else if (topic == ICarbonCredit.BufferExpired.selector) {
            uint128 amount = uint128(abi.decode(log.data, (uint256)));
            class.buffer -= amount;
            class.cancelled += amount;
            class.expired += amount;
        } else if (topic == ICarbonCredit.BufferRefilled.selector) {
            _classes[uint256(log.topics[2])].buffer += uint128(abi.decode(log.data, (uint256)));
        } else {
            return false;
        }
        return true;
    }

    function _learnBatches(Log calldata log) private returns (bool) {
        bytes32 topic = log.topics[0];
        if (topic == ICarbonCredit.SurplusAnchored.selector) {
            _learnRoot(log.emitter, uint256(log.topics[1]), log.topics[2], log.data);
        } else if (topic == ICarbonCredit.MintingPausedSet.selector) {
            _set("mintingPaused", log.emitter, 0, 0, 0, abi.decode(log.data, (bool)) ? 1 : 0);
        } else if (topic == ICarbonCredit.RootSuspended.selector) {
            bool suspended = abi.decode(log.data, (bool));
            _set("suspended", log.emitter, uint256(log.topics[1]), 0, 0, suspended ? 1 : 0);
        } else if (topic == IIssuance.VerifierSet.selector) {
            bool accredited = abi.decode(log.data, (bool));
            _set("verifier", log.emitter, uint256(log.topics[1]), 0, 0, accredited ? 1 : 0);
            verifierCount = accredited ? verifierCount + 1 : verifierCount - 1;
        } else if (topic == IIssuance.ThresholdSet.selector) {
            _set("threshold", log.emitter, 0, 0, 0, abi.decode(log.data, (uint256)));
        } else {
            return false;
        }
        return true;
    }

    function _learnOrders(Log calldata log) private returns (bool) {
        bytes32 topic = log.topics[0];
        if (topic == IExchange.Filled.selector) {
            _learnFill(log);
        } else if (topic == IExchange.NumberCancelled.selector) {
            _set("cancelled", log.emitter, uint256(log.topics[1]), abi.decode(log.data, (uint256)), 0, 1);
        } else if (topic == IExchange.AllCancelled.selector) {
            (, uint256 epoch) = abi.decode(log.data, (uint256, uint256));
            _set("epoch", log.emitter, uint256(log.topics[1]), 0, 0, epoch);
        } else if (topic == IExchange.FeeSet.selector) {
            _set("fee", log.emitter, 0, 0, 0, abi.decode(log.data, (uint256)));
        } else if (topic == IExchange.OperatorSet.selector) {
            _set("operator", log.emitter, 0, 0, 0, abi.decode(log.data, (uint256)));
        } else if (topic == IExchange.FeeRecipientSet.selector) {
            _set("feeRecipient", log.emitter, 0, 0, 0, abi.decode(log.data, (uint256)));
        } else {
            return false;
        }
        return true;
    }

    function _learnFill(Log calldata log) private {
        uint256[9] memory data = abi.decode(log.data, (uint256[9]));
        // buyer, seller, lots, price, fee, buy number, sell number, buy left, sell left
        _fills[_numberId(address(uint160(data[0])), data[5])] = Fill(log.topics[1], data[7], true);
        _fills[_numberId(address(uint160(data[1])), data[6])] = Fill(log.topics[2], data[8], true);
    }

    function _learnCampaigns(Log calldata log) private returns (bool) {
        bytes32 topic = log.topics[0];
        uint256 first = log.topics.length > 1 ? uint256(log.topics[1]) : 0;
        ICharity.Campaign storage campaign = _campaigns[first];
        if (topic == ICharity.CharityListed.selector) {
            (bool listed, address second) = abi.decode(log.data, (bool, address));
            _set("listed", log.emitter, first, 0, 0, listed ? 1 : 0);
            _set("secondSigner", log.emitter, first, 0, 0, uint160(second));
        } else if (topic == ICharity.CampaignClosedEarly.selector) {
            campaign.closes = abi.decode(log.data, (uint64));
        } else if (topic == ICharity.PledgeDrawn.selector) {
            (bytes32 structHash, uint256 amount) = abi.decode(log.data, (bytes32, uint256));
            _add("drawn", log.emitter, first, uint256(log.topics[2]), 0, amount);
            _set("drawnTag", log.emitter, first, uint256(log.topics[2]), 0, uint256(structHash) >> 64);
        } else if (topic == ICharity.RefundDirected.selector) {
            _set("refundWallet", log.emitter, first, 0, 0, abi.decode(log.data, (uint256)));
        } else if (topic == ICharity.CampaignOpened.selector) {
            (campaign.kind, campaign.funding, campaign.opens, campaign.closes, campaign.target,) =
                abi.decode(log.data, (ICharity.Kind, ICharity.Funding, uint64, uint64, uint64, bytes32));
            (campaign.charity, campaign.state) = (address(uint160(uint256(log.topics[2]))), ICharity.State.Open);
            campaignCount = first;
        } else if (topic == ICharity.Donated.selector) {
            uint256 amount = abi.decode(log.data, (uint256));
            campaign.donated += uint128(amount);
            _add("donated", log.emitter, first, uint256(log.topics[2]), uint256(log.topics[3]), amount);
            _add("held", log.emitter, first, uint256(log.topics[3]), 0, amount);
            _add("given", log.emitter, first, uint256(log.topics[3]), 0, amount);
            _lastGift = amount;
        } else if (topic == ICharity.CampaignFinalised.selector) {
            campaign.state = abi.decode(log.data, (ICharity.State));
        } else {
            return _learnWaysOut(log, topic, first);
        }
        return true;
    }

    function _learnWaysOut(Log calldata log, bytes32 topic, uint256 first) private returns (bool) {
        ICharity.Campaign storage campaign = _campaigns[first];
        if (topic == ICharity.CampaignRetired.selector) {
            uint256 amount = abi.decode(log.data, (uint256));
            campaign.retired += uint128(amount);
            _take("held", log.emitter, first, uint256(log.topics[2]), 0, amount);
            _add("out retired", log.emitter, first, uint256(log.topics[2]), 0, amount);
        } else if (topic == ICharity.Granted.selector) {
            uint256 amount = abi.decode(log.data, (uint256));
            campaign.granted += uint128(amount);
            _take("held", log.emitter, first, uint256(log.topics[2]), 0, amount);
            _add("out granted", log.emitter, first, uint256(log.topics[2]), 0, amount);
            _set("grantRef", log.emitter, uint256(log.topics[3]), 0, 0, 1);
        } else if (topic == ICharity.Refunded.selector) {
            uint256 amount = abi.decode(log.data, (uint256));
            campaign.refunded += uint128(amount);
            _take("held", log.emitter, first, uint256(log.topics[3]), 0, amount);
            _add("out refunded", log.emitter, first, uint256(log.topics[3]), 0, amount);
            _learnAnswered(log, first);
        } else {
            return false;
        }
        return true;
    }

    /// @dev A refund answers all the donor's gifts of the class, whatever part of them it could give back.
    function _learnAnswered(Log calldata log, uint256 campaignId) private {
        (uint256 donor, uint256 id) = (uint256(log.topics[2]), uint256(log.topics[3]));
        uint256 gifts = wordOf("donated", log.emitter, campaignId, donor, id);
        _set("donated", log.emitter, campaignId, donor, id, 0);
        _add("out answered", log.emitter, campaignId, id, 0, gifts);
    }

    /// @dev A gift's is for the gift told of right before; a retirement's has no campaign, and its facts told after it.
    function _learnReceipt(Log calldata log) private {
        uint256 tokenId = uint256(log.topics[3]);
        _set("receipt owner", log.emitter, tokenId, 0, 0, uint256(log.topics[2]));
        if (tokenId >> 192 != 0) _set("receipt amount", log.emitter, tokenId, 0, 0, _lastGift);
        _set("receipt time", log.emitter, tokenId, 0, 0, _now);
        _add("receipts", log.emitter, uint256(log.topics[2]), 0, 0, 1);
        _add("series", log.emitter, tokenId >> 192, uint128(tokenId >> 64), 0, 1);
    }

    function _learnSettings(Log calldata log) private returns (bool) {
        bytes32 topic = log.topics[0];
        if (topic == IAnchors.Anchored.selector) {
            uint256 digest = abi.decode(log.data, (uint256));
            _set("anchor", log.emitter, uint256(log.topics[1]), uint256(log.topics[2]), 0, digest);
        } else if (topic == ICarbonCredit.IssuanceSet.selector) {
            _set("issuance", log.emitter, 0, 0, 0, abi.decode(log.data, (uint256)));
        } else if (topic == ICarbonCredit.OperatorRegistered.selector) {
            _set("registered", log.emitter, uint256(log.topics[1]), 0, 0, abi.decode(log.data, (bool)) ? 1 : 0);
        } else if (topic == IAccessManaged.AuthorityUpdated.selector) {
            _set("authority", log.emitter, 0, 0, 0, abi.decode(log.data, (uint256)));
        } else if (topic == IExchange.Paused.selector) {
            _set("paused", log.emitter, 0, 0, 0, 1);
        } else if (topic == IExchange.Unpaused.selector) {
            _set("paused", log.emitter, 0, 0, 0, 0);
        } else if (topic == IAccessManager.RoleGranted.selector && uint256(log.topics[1]) == 0) {
            (,, bool newMember) = abi.decode(log.data, (uint32, uint48, bool));
            if (newMember) ++adminCount;
        } else if (topic == IAccessManager.RoleRevoked.selector && uint256(log.topics[1]) == 0) {
            --adminCount;
        } else {
            return false;
        }
        return true;
    }

    /// @notice Seconds for which minting in a class was stopped up to `time`.
    function stoppedSecondsOf(uint256 classId, uint256 time) public view returns (uint256) {
        ICarbonCredit.CreditClass storage class = _classes[classId];
        return class.stoppedSeconds + (class.stoppedAt == 0 ? 0 : time - class.stoppedAt);
    }

    function _move(bytes32 kind, address emitter, bytes32 from, bytes32 to, uint256 id, uint256 value) private {
        if (from != 0) _take(kind, emitter, uint256(from), id, 0, value);
        if (to != 0) _add(kind, emitter, uint256(to), id, 0, value);
    }

    function _add(bytes32 kind, address emitter, uint256 a, uint256 b, uint256 c, uint256 value) private {
        _set(kind, emitter, a, b, c, wordOf(kind, emitter, a, b, c) + value);
    }

    function _take(bytes32 kind, address emitter, uint256 a, uint256 b, uint256 c, uint256 value) private {
        _set(kind, emitter, a, b, c, wordOf(kind, emitter, a, b, c) - value);
    }

    function _set(bytes32 kind, address emitter, uint256 a, uint256 b, uint256 c, uint256 value) private {
        Word storage word = _words[_id(kind, emitter, a, b, c)];
        if (!word.known) keys.push(Key(kind, emitter, a, b, c));
        word.known = true;
        word.value = value;
    }

    function _id(bytes32 kind, address emitter, uint256 a, uint256 b, uint256 c) private pure returns (bytes32) {
        return keccak256(abi.encode(kind, emitter, a, b, c));
    }

    function _numberId(address maker, uint256 number) private pure returns (bytes32) {
        return keccak256(abi.encode(number >> 255 == 0 ? address(0) : maker, number));
    }
}
