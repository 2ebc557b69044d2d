// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICharity} from "../../interfaces/ICharity.sol";
import {TypeHashes} from "../../libraries/TypeHashes.sol";
import {World} from "../World.sol";

/// @title What a gift by signed message costs a donor's relayer: whole transactions with calldata.
/// @dev "repeat": the donor gave to the campaign before, and its word of numbers is used.
contract GivingGasTest is World {
    uint256 private constant REPEAT = 75_000;
    uint256 private constant REPEAT_WITH_RECEIPT = 120_000;

    event Measured(string what, uint256 gas);

    /// forge-config: default.isolate = true
    function test_gas__donate_by_sig__stays_cheap() external {
        giveCredits(ALICE, 50_000);
        VM.prank(ALICE);
        credit.setApprovalForAll(address(charity), true);
        uint256 campaignId = openCampaign(POOL, ICharity.Kind.RetirePool, ICharity.Funding.AllOrNothing, 20_000);
        uint256 first = _give(campaignId, 1, true);
        uint256 repeated = _give(campaignId, 2, false);
        uint256 withReceipt = _give(campaignId, 3, true);

        emit Measured("first, with a receipt", first);
        emit Measured("repeat", repeated);
        emit Measured("repeat, with a receipt", withReceipt);
        checkAtMost(repeated, REPEAT, "repeat");
        checkAtMost(withReceipt, REPEAT_WITH_RECEIPT, "repeat, with a receipt");
    }

    function _give(uint256 campaignId, uint256 number, bool receipt) private returns (uint256) {
        bytes32 structHash =
            keccak256(abi.encode(TypeHashes.DONATE, ALICE, campaignId, classId, 12_000, receipt, number, FAR));
        bytes memory signature = signDigest(ALICE_KEY, digestOf(charity.domainSeparator(), structHash));
        VM.prank(STRANGER);
        charity.donateBySig(ALICE, campaignId, classId, 12_000, receipt, number, FAR, signature);
        return VM.lastCallGas().gasTotalUsed;
    }
}
