// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {RetirementReceipts} from "../../RetirementReceipts.sol";
import {ICarbonCredit} from "../../interfaces/ICarbonCredit.sol";
import {IRetirementReceipts} from "../../interfaces/IRetirementReceipts.sol";
import {HostileAccount} from "../../mocks/HostileAccount.sol";
import {Log} from "../Vm.sol";
import {Retiring} from "../receipts/Retiring.sol";
import {Comparison} from "./Comparison.sol";

/// @title Retirements with and without receipts, forged, overtaken and voided, and everything that might move one.
contract ReceiptActs is Comparison, Retiring {
    uint256 public issued;
    uint256 public refused;
    uint256 public overtaken;
    /// @notice Grams that CarbonCredit said were retired in the transactions that issued receipts.
    mapping(uint256 classId => uint256) public retiredThrough;
    uint256[] public tokenIds;
    mapping(uint256 tokenId => bytes32) public factsAtIssue;

    function _outfitActors() internal override {
        for (uint256 i; i < ACTORS; ++i) {
            giveCredits(actors[i], 1_000_000);
        }
        VM.prank(actors[0]);
        credit.setApprovalForAll(address(retirementReceipts), true);
    }

    function receiptsContract() external view returns (RetirementReceipts) {
        return retirementReceipts;
    }

    function tokenCount() external view returns (uint256) {
        return tokenIds.length;
    }

    function acts() external pure returns (bytes4[] memory selectors) {
        selectors = new bytes4[](4);
        selectors[0] = this.retireBySig.selector;
        selectors[1] = this.retireDirectly.selector;
        selectors[2] = this.retireWithout.selector;
        selectors[3] = this.moveSome.selector;
    }

    /// @notice Signed or forged, both or one of the two; sometimes somebody relays the bare message first.
    function retireBySig(uint256 seed) external {
        _start(seed);
        uint256 i = _pick(ACTORS);
        IRetirementReceipts.Retirement memory retirement = _some(i);
        bool forged = _chance(15);
        bool unasked = _chance(15);
        bytes memory signature = signRetire(forged ? 0xBAD : actorKeys[i], retirement);
        bytes memory asked = signReceipt(unasked ? 0xBAD : actorKeys[i], retirement);
        bool used = credit.numberUsed(actors[i], retirement.number);
        if (_chance(10) && _relayBare(retirement, signature)) {
            used = true;
            ++overtaken;
        }
        (bool done, Log[] memory logs) = _act(
            STRANGER,
            address(retirementReceipts),
            abi.encodeCall(IRetirementReceipts.retireBySig, (retirement, signature, asked))
        );
        check(!done || !(forged || unasked || used), "INV-08: a receipt is asked for by its account, and once");
        if (done) _note(retirement, logs);
        else ++refused;
    }

    /// @notice By transaction: the first actor approved the contract, the others did not.
    function retireDirectly(uint256 seed) external {
        _start(seed);
        uint256 i = _pick(ACTORS);
        IRetirementReceipts.Retirement memory retirement = _some(i);
        (bool done, Log[] memory logs) = _act(
            actors[i],
            address(retirementReceipts),
            abi.encodeCall(
                IRetirementReceipts.retire,
                (retirement.classId, retirement.amountGco2e, retirement.beneficiary, retirement.purpose, retirement.ref)
            )
        );
        check(!done || i == 0, "INV-08: not without approval");
        if (done) _note(retirement, logs);
        else ++refused;
    }

    /// @notice Retirements that ask for no receipt, by the account itself or relayed.
    function retireWithout(uint256 seed) external {
        _start(seed);
        uint256 i = _pick(ACTORS);
        IRetirementReceipts.Retirement memory retirement = _some(i);
        if (_chance(50)) {
            _relayBare(retirement, signRetire(actorKeys[i], retirement));
        } else {
            _act(actors[i], address(credit), abi.encodeWithSignature("useNumber(uint256)", retirement.number));
        }
    }

    /// @notice Owners and strangers try every door out.
    function moveSome(uint256 seed) external {
        _start(seed);
        if (tokenIds.length == 0) return;
        uint256 tokenId = tokenIds[_pick(tokenIds.length)];
        address owner = retirementReceipts.ownerOf(tokenId);
        bytes[4] memory doors = [
            abi.encodeWithSignature("transferFrom(address,address,uint256)", owner, STRANGER, tokenId),
            abi.encodeWithSignature("safeTransferFrom(address,address,uint256)", owner, STRANGER, tokenId),
            abi.encodeWithSignature("approve(address,uint256)", STRANGER, tokenId),
            abi.encodeWithSignature("setApprovalForAll(address,bool)", STRANGER, true)
        ];
        (bool done,) = _act(_chance(60) ? owner : STRANGER, address(retirementReceipts), doors[_pick(4)]);
        check(!done, "a receipt never moves");
    }

    function factsOf(uint256 tokenId) public view returns (bytes32) {
        return keccak256(abi.encode(retirementReceipts.receiptOf(tokenId), retirementReceipts.ownerOf(tokenId)));
    }

    function _some(uint256 i) private returns (IRetirementReceipts.Retirement memory retirement) {
        if (i >= KEYS) {
            HostileAccount(actors[i]).setAnswering(HostileAccount.Answering.Honest);
        }
        retirement = aRetirement(actors[i], _pick(4000));
        retirement.number = _pick(300);
        retirement.beneficiary = _chance(60) ? actors[i] : _actor();
        retirement.purpose = _chance(90) ? "self" : "Not A Word";
        retirement.ref = bytes32(_pick(5));
    }

    function _relayBare(IRetirementReceipts.Retirement memory retirement, bytes memory signature)
        private
        returns (bool done)
    {
        (done,) = _act(
            STRANGER,
            address(credit),
            abi.encodeCall(
                ICarbonCredit.retireBySig,
                (
                    retirement.account,
                    retirement.beneficiary,
                    retirement.classId,
                    retirement.amountGco2e,
                    retirement.purpose,
                    retirement.ref,
                    retirement.number,
                    retirement.deadline,
                    signature
                )
            )
        );
    }

    /// @dev What was issued is told once, and CarbonCredit told of that very retirement in the same transaction.
    function _note(IRetirementReceipts.Retirement memory retirement, Log[] memory logs) private {
        checkEq(countOf(logs, ICarbonCredit.Retired.selector), 1, "one retirement");
        checkEq(countOf(logs, IRetirementReceipts.RetirementReceiptIssued.selector), 1, "one receipt");
        Log memory retired = findLog(logs, ICarbonCredit.Retired.selector, "Retired");
        (uint256 amount,,) = abi.decode(retired.data, (uint256, string, bytes32));
        checkEq(retired.emitter, address(credit), "by the token");
        checkEq(amount, retirement.amountGco2e, "the amount asked for");
        uint256 tokenId =
            uint256(findLog(logs, IRetirementReceipts.RetirementReceiptIssued.selector, "receipt").topics[1]);
        checkEq(retirementReceipts.receiptOf(tokenId).amount, amount, "the receipt's amount");
        checkEq(factsAtIssue[tokenId], 0, "issued once");
        factsAtIssue[tokenId] = factsOf(tokenId);
        tokenIds.push(tokenId);
        retiredThrough[retirement.classId] += amount;
        ++issued;
    }
}
