// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {ICarbonCredit} from "./interfaces/ICarbonCredit.sol";
import {IRetirementReceipts} from "./interfaces/IRetirementReceipts.sol";
import {ISoulbound} from "./interfaces/ISoulbound.sol";
import {Signatures} from "./libraries/Signatures.sol";
import {TypeHashes} from "./libraries/TypeHashes.sol";
import {Soulbound} from "./receipts/Soulbound.sol";

/// @title Retires through CarbonCredit and issues a receipt that cannot be moved, in one transaction.
/// @dev It holds nothing, keeps no key to anything and obeys nobody: no role, no pause. CarbonCredit retires first and
/// reverts what it does not accept; burning calls nobody, so nothing happens between that and the receipt.
contract RetirementReceipts is IRetirementReceipts, Soulbound, EIP712 {
    using Strings for uint256;
    using Strings for address;

    /// @dev What the word of `Soulbound` has no room for. `beneficiary` is zero where it is the account itself.
    struct Terms {
        address beneficiary;
        bytes32 purpose;
        bytes32 ref;
    }

    ICarbonCredit public immutable credit;

    mapping(uint256 tokenId => Terms) private _terms;

    constructor(address creditToken) EIP712("Tanyu RetirementReceipts", "1") {
        if (creditToken == address(0)) revert CreditZero();

        credit = ICarbonCredit(creditToken);
    }

    // --- Retirement ---

    /// @inheritdoc IRetirementReceipts
    function retireBySig(Retirement calldata retirement, bytes calldata signature, bytes calldata receiptSignature)
        external
        override
        returns (uint256 tokenId)
    {
        bytes32 digest = _hashTypedDataV4(_hashReceipt(retirement));
        if (!Signatures.isValid(retirement.account, digest, receiptSignature)) {
            revert ReceiptNotSigned(retirement.account);
        }

        _retire(retirement, signature);
        return _issueReceipt(
            retirement.account,
            retirement.classId,
            retirement.amountGco2e,
            retirement.beneficiary,
            retirement.purpose,
            retirement.ref
        );
    }

    /// @inheritdoc IRetirementReceipts
    function retire(uint256 classId, uint256 amount, address beneficiary, string calldata purpose, bytes32 ref)
        external
        override
        returns (uint256 tokenId)
    {
        credit.retireFrom(msg.sender, classId, amount, beneficiary, purpose, ref);
        return _issueReceipt(msg.sender, classId, amount, beneficiary, purpose, ref);
    }

    /// @dev In memory, the word and the signature take one place of the stack each.
    function _retire(Retirement calldata retirement, bytes memory signature) private {
        string memory purpose = retirement.purpose;
        credit.retireBySig(
            retirement.account,
            retirement.beneficiary,
            retirement.classId,
            retirement.amountGco2e,
            purpose,
            retirement.ref,
            retirement.number,
            retirement.deadline,
            signature
        );
    }

    /// @dev What was retired was held, so the class has an id of 128 bits and the amount 64.
    function _issueReceipt(
        address account,
        uint256 classId,
        uint256 amount,
        address beneficiary,
        string calldata purpose,
        bytes32 ref
    ) private returns (uint256 tokenId) {
        tokenId = _issue(account, classId << 64, amount);
        // Words that are zero already are not written: most people retire for themselves and name nothing.
        Terms storage terms = _terms[tokenId];
        terms.purpose = bytes32(bytes(purpose));
        if (beneficiary != account) terms.beneficiary = beneficiary;
        if (ref != 0) terms.ref = ref;

        emit RetirementReceiptIssued(tokenId, account, beneficiary, classId, amount, purpose, ref);
    }

    // --- What a receipt says ---

    /// @inheritdoc IRetirementReceipts
    function receiptOf(uint256 tokenId) public view override returns (Receipt memory) {
        Record storage record = _recordOf(tokenId);
        Terms storage terms = _terms[tokenId];
        address beneficiary = terms.beneficiary;
        return Receipt({
            account: record.owner,
            beneficiary: beneficiary == address(0) ? record.owner : beneficiary,
            classId: tokenId >> 64,
            amount: record.amount,
            purpose: terms.purpose,
            ref: terms.ref,
            retiredAt: record.issuedAt
        });
    }

    /// @inheritdoc IRetirementReceipts
    function receiptsOf(uint256 classId) external view override returns (uint256) {
        return _issuedIn(classId << 64);
    }

    /// @inheritdoc ISoulbound
    function tokenURI(uint256 tokenId) external view override returns (string memory) {
        Receipt memory receipt = receiptOf(tokenId);
        bytes memory json = abi.encodePacked(
            "{\"name\":\"Tanyu retirement receipt\",\"description\":\"Allowance surplus retired; not an offset,",
            " not proof of a reduction.\",\"class\":\"",
            _codeOf(receipt.classId),
            "\",\"amountGco2e\":\"",
            receipt.amount.toString(),
            "\",\"beneficiary\":\"",
            receipt.beneficiary.toChecksumHexString()
        );
        json = abi.encodePacked(
            json,
            "\",\"purpose\":\"",
            _trimmed(receipt.purpose),
            "\",\"ref\":\"",
            uint256(receipt.ref).toHexString(32),
            "\",\"retiredAt\":\"",
            receipt.retiredAt.toString(),
            "\"}"
        );
        return _uriOf(json);
    }

    /// @inheritdoc ISoulbound
    function name() external pure override returns (string memory) {
        return "Tanyu retirement receipt";
    }

    /// @inheritdoc ISoulbound
    function symbol() external pure override returns (string memory) {
        return "TANYU-RETIRED";
    }

    /// @inheritdoc IRetirementReceipts
    function domainSeparator() external view override returns (bytes32) {
        return _domainSeparatorV4();
    }

    /// @inheritdoc Soulbound
    function supportsInterface(bytes4 interfaceId) public view override returns (bool) {
        return interfaceId == type(IRetirementReceipts).interfaceId || super.supportsInterface(interfaceId);
    }

    function _hashReceipt(Retirement calldata retirement) private pure returns (bytes32) {
        return keccak256(
            bytes.concat(
                abi.encode(
                    TypeHashes.RETIREMENT_RECEIPT,
                    retirement.account,
                    retirement.beneficiary,
                    retirement.classId,
                    retirement.amountGco2e
                ),
                abi.encode(keccak256(bytes(retirement.purpose)), retirement.ref, retirement.number, retirement.deadline)
            )
        );
    }
}
