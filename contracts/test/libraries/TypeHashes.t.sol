// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TypeHashes} from "../../libraries/TypeHashes.sol";
import {IExchange} from "../../interfaces/IExchange.sol";
import {IIssuance} from "../../interfaces/IIssuance.sol";
import {World} from "../World.sol";

/// @title The contracts, the type files and an independent encoder agree on every signed message.
contract TypeHashesTest is World {
    function test_type_hashes__as_in_the_type_files() external view {
        checkEq(TypeHashes.APPROVE, _fileHash("approve"), "Approve");
        checkEq(TypeHashes.BATCH, _fileHash("batch"), "Batch");
        checkEq(TypeHashes.CANCEL, _fileHash("cancel"), "Cancel");
        checkEq(TypeHashes.CANCEL_ALL, _fileHash("cancel-all"), "CancelAll");
        checkEq(TypeHashes.CLOSE_EARLY, _fileHash("close-early"), "CloseEarly");
        checkEq(TypeHashes.DONATE, _fileHash("donate"), "Donate");
        checkEq(TypeHashes.GRANT, _fileHash("grant"), "Grant");
        checkEq(TypeHashes.OPEN_CAMPAIGN, _fileHash("open-campaign"), "OpenCampaign");
        checkEq(TypeHashes.PLEDGE, _fileHash("pledge"), "Pledge");
        checkEq(TypeHashes.REFUND_TO, _fileHash("refund-to"), "RefundTo");
        checkEq(TypeHashes.RETIRE_EARLY, _fileHash("retire-early"), "RetireEarly");
        checkEq(TypeHashes.USE_NUMBER, _fileHash("use-number"), "UseNumber");
        checkEq(TypeHashes.ORDER, _fileHash("order"), "Order");
        checkEq(TypeHashes.RETIRE, _fileHash("retire"), "Retire");
        checkEq(TypeHashes.RETIREMENT_RECEIPT, _fileHash("retirement-receipt"), "RetirementReceipt");
        checkEq(TypeHashes.TRANSFER, _fileHash("transfer"), "Transfer");
    }

    function test_domains__name_version_chain_and_contract() external view {
        checkEq(payment.DOMAIN_SEPARATOR(), _domain("PaymentToken", address(payment)), "PaymentToken");
        checkEq(credit.domainSeparator(), _domain("CarbonCredit", address(credit)), "CarbonCredit");
        checkEq(issuance.domainSeparator(), _domain("Issuance", address(issuance)), "Issuance");
        checkEq(exchange.domainSeparator(), _domain("Exchange", address(exchange)), "Exchange");
        checkEq(charity.domainSeparator(), _domain("Charity", address(charity)), "Charity");
        checkEq(
            retirementReceipts.domainSeparator(),
            _domain("RetirementReceipts", address(retirementReceipts)),
            "RetirementReceipts"
        );
    }

    function test_domains__another_chain__another_domain() external {
        bytes32 here = exchange.domainSeparator();
        VM.chainId(1);

        check(exchange.domainSeparator() != here, "a fork's signatures are its own");
    }

    function testFuzz_hash_order__as_an_independent_encoder(
        address[2] calldata accounts,
        uint256[8] calldata words,
        bytes32 ref
    ) external view {
        IExchange.Order memory order = IExchange.Order({
            maker: accounts[0],
            beneficiary: accounts[1],
            classId: words[0],
            side: IExchange.Side(words[1] % 2),
            amountGco2e: words[2],
            pricePerKg: words[3],
            maxFeeBps: words[4],
            expiry: words[5],
            number: words[6],
            epoch: words[7],
            action: IExchange.Action(words[1] % 3),
            ref: ref
        });
        bytes memory fields = abi.encodePacked(
            abi.encode(order.maker, order.beneficiary, order.classId),
            keccak256(bytes(order.side == IExchange.Side.Buy ? "buy" : "sell")),
            abi.encode(order.amountGco2e, order.pricePerKg, order.maxFeeBps, order.expiry, order.number, order.epoch),
            _actionWord(order.action),
            order.ref
        );
        bytes32 structHash = keccak256(bytes.concat(_fileHash("order"), fields));

        checkEq(exchange.hashOrder(order), digestOf(exchange.domainSeparator(), structHash), "order");
    }

    function testFuzz_hash_batch__as_an_independent_encoder(IIssuance.Batch calldata batch) external view {
        bytes memory totals = abi.encode(
            batch.classId,
            batch.root,
            batch.people,
            batch.budgetsGco2e,
            batch.footprintsGco2e,
            batch.surplusesGco2e,
            batch.deficitsGco2e
        );
        bytes memory rest = abi.encode(batch.policyDigest, batch.factorsDigest, batch.deadline);
        bytes32 structHash = keccak256(bytes.concat(_fileHash("batch"), totals, rest));

        checkEq(issuance.hashBatch(batch), digestOf(issuance.domainSeparator(), structHash), "batch");
    }

    function _fileHash(string memory name) private view returns (bytes32) {
        string memory json = VM.readFile(string.concat("eip712/", name, ".json"));
        return keccak256(bytes(VM.parseJsonString(json, ".typeString")));
    }

    function _domain(string memory contractName, address verifyingContract) private view returns (bytes32) {
        string memory json = VM.readFile("eip712/domains.json");
        string memory key = string.concat(".", contractName);
        return keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256(bytes(VM.parseJsonString(json, string.concat(key, ".name")))),
                keccak256(bytes(VM.parseJsonString(json, string.concat(key, ".version")))),
                31_337,
                verifyingContract
            )
        );
    }

    function _actionWord(IExchange.Action action) private pure returns (bytes32) {
        if (action == IExchange.Action.Hold) return keccak256("hold");
        if (action == IExchange.Action.Retire) return keccak256("retire");
        return keccak256("donate");
    }
}
