// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title EIP-712 type hashes; the strings are those of contracts/eip712/*.json (a test compares them).
library TypeHashes {
    bytes32 internal constant APPROVE =
        keccak256("Approve(address account,address operator,bool approved,uint256 number,uint256 deadline)");
    bytes32 internal constant BATCH = keccak256(
        "Batch(uint256 classId,bytes32 root,uint256 people,uint256 budgetsGco2e,uint256 footprintsGco2e,"
        "uint256 surplusesGco2e,uint256 deficitsGco2e,bytes32 policyDigest,bytes32 factorsDigest," "uint256 deadline)"
    );
    bytes32 internal constant CANCEL = keccak256("Cancel(address maker,uint256 number,uint256 deadline)");
    bytes32 internal constant CANCEL_ALL = keccak256("CancelAll(address maker,uint256 epoch,uint256 deadline)");
    bytes32 internal constant CLOSE_EARLY = keccak256("CloseEarly(uint256 campaignId,uint256 number,uint256 deadline)");
    bytes32 internal constant DONATE = keccak256(
        "Donate(address donor,uint256 campaignId,uint256 classId,uint256 amountGco2e,bool receipt,uint256 number,"
        "uint256 deadline)"
    );
    bytes32 internal constant GRANT = keccak256(
        "Grant(uint256 campaignId,uint256 classId,uint256 totalGco2e,bytes32 grantsDigest,uint256 number,"
        "uint256 deadline)"
    );
    bytes32 internal constant OPEN_CAMPAIGN = keccak256(
        "OpenCampaign(address charity,string kind,string funding,uint256 opens,uint256 closes,uint256 targetGco2e,"
        "bytes32 storyDigest,uint256 number,uint256 deadline)"
    );
    bytes32 internal constant ORDER = keccak256(
        "Order(address maker,address beneficiary,uint256 classId,string side,uint256 amountGco2e,"
        "uint256 pricePerKg,uint256 maxFeeBps,uint256 expiry,uint256 number,uint256 epoch,string action," "bytes32 ref)"
    );
    bytes32 internal constant PLEDGE = keccak256(
        "Pledge(address donor,uint256 campaignId,uint256 classId,uint256 shareBps,uint256 maxAmountGco2e,uint256 start,"
        "uint256 expiry,uint256 number)"
    );
    bytes32 internal constant REFUND_TO =
        keccak256("RefundTo(address donor,address to,uint256 number,uint256 deadline)");
    bytes32 internal constant RETIRE = keccak256(
        "Retire(address account,address beneficiary,uint256 classId,uint256 amountGco2e,string purpose,"
        "bytes32 ref,uint256 number,uint256 deadline)"
    );
    bytes32 internal constant RETIRE_EARLY = keccak256(
        "RetireEarly(uint256 campaignId,uint256 classId,uint256 amountGco2e,uint256 number,uint256 deadline)"
    );
    bytes32 internal constant RETIREMENT_RECEIPT = keccak256(
        "RetirementReceipt(address account,address beneficiary,uint256 classId,uint256 amountGco2e,string purpose,"
        "bytes32 ref,uint256 number,uint256 deadline)"
    );
    bytes32 internal constant TRANSFER = keccak256(
        "Transfer(address from,address to,uint256 classId,uint256 amountGco2e,uint256 number," "uint256 deadline)"
    );
    bytes32 internal constant USE_NUMBER = keccak256("UseNumber(address account,uint256 number,uint256 deadline)");
}
