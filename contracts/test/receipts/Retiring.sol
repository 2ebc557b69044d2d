// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IRetirementReceipts} from "../../interfaces/IRetirementReceipts.sol";
import {TypeHashes} from "../../libraries/TypeHashes.sol";
import {World} from "../World.sol";

/// @title Builders of what is signed for a retirement with a receipt.
abstract contract Retiring is World {
    /// @dev One's own, by signed messages under a fresh number.
    function aRetirement(address account, uint256 amount)
        internal
        returns (IRetirementReceipts.Retirement memory retirement)
    {
        retirement = IRetirementReceipts.Retirement({
            account: account,
            beneficiary: account,
            classId: classId,
            amountGco2e: amount,
            purpose: "self",
            ref: 0,
            number: nextNumber(),
            deadline: FAR
        });
    }

    function signRetire(uint256 key, IRetirementReceipts.Retirement memory retirement)
        internal
        view
        returns (bytes memory)
    {
        return _signRetirement(key, credit.domainSeparator(), TypeHashes.RETIRE, retirement);
    }

    function signReceipt(uint256 key, IRetirementReceipts.Retirement memory retirement)
        internal
        view
        returns (bytes memory)
    {
        bytes32 domain = retirementReceipts.domainSeparator();
        return _signRetirement(key, domain, TypeHashes.RETIREMENT_RECEIPT, retirement);
    }

    function _signRetirement(
        uint256 key,
        bytes32 domain,
        bytes32 typeHash,
        IRetirementReceipts.Retirement memory retirement
    ) private pure returns (bytes memory) {
        bytes memory accounts = abi.encode(typeHash, retirement.account, retirement.beneficiary);
        bytes memory what = abi.encode(
            retirement.classId, retirement.amountGco2e, keccak256(bytes(retirement.purpose)), retirement.ref
        );
        bytes memory once = abi.encode(retirement.number, retirement.deadline);
        return signDigest(key, digestOf(domain, keccak256(bytes.concat(accounts, what, once))));
    }
}
