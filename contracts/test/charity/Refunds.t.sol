// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICharity} from "../../interfaces/ICharity.sol";
import {ISignedActs} from "../../interfaces/ISignedActs.sol";
import {TypeHashes} from "../../libraries/TypeHashes.sol";
import {HostileAccount} from "../../mocks/HostileAccount.sol";
import {World} from "../World.sol";

/// @title What donors get back, to the gram, and where.
contract RefundsTest is World {
    uint256 private constant DONORS = 200;

    address[] private _donors;
    uint256[] private _gifts;
    uint256 private _total;

    /// @dev Nothing was spent: every donor gets back exactly what it gave.
    function test_refund__200_donors_of_a_missed_target__to_the_gram() external {
        uint256 campaignId = openCampaign(POOL, ICharity.Kind.RetirePool, ICharity.Funding.AllOrNothing, 1e9);
        _giveAll(campaignId, 1);
        VM.warp(START + 30 days);
        charity.finalise(campaignId);
        charity.refund(campaignId, classId, _donors);

        for (uint256 i; i < DONORS; ++i) {
            checkEq(credit.balanceOf(_donors[i], classId), _gifts[i], "all of it");
        }
        _checkEmpty(campaignId, _total);
    }

    /// @dev Partly spent, then delisted: each gets its share of what is left, rounded down or up, in whatever order
    /// refunds are asked for, and the last one takes the last gram.
    function testFuzz_refund__200_donors_of_a_partly_spent_campaign__to_the_gram(uint256 seed, uint256 spent) external {
        uint256 campaignId = openCampaign(POOL, ICharity.Kind.RetirePool, ICharity.Funding.KeepWhatYouRaise, 0);
        _giveAll(campaignId, seed);
        spent = bound(spent, 1, _total);
        ICharity.SecondSignature memory second = secondForRetirement(SECOND_KEY, campaignId, classId, spent);
        VM.prank(POOL);
        charity.retireEarly(campaignId, classId, spent, second);
        VM.prank(REGISTRAR);
        charity.delistCharity(POOL);
        charity.finalise(campaignId);
        uint256 left = _total - spent;
        for (uint256 i; i < DONORS; ++i) {
            address[] memory one = new address[](1);
            uint256 k = (i * 37 + seed % DONORS) % DONORS;
            one[0] = _donors[k];
            charity.refund(campaignId, classId, one);
            uint256 back = credit.balanceOf(one[0], classId);
            checkAtMost(_gifts[k] * left / _total, back, "no less than its share");
            checkAtMost(back, (_gifts[k] * left + _total - 1) / _total, "no more than its share");
            ICharity.Pocket memory pocket = charity.pocketOf(campaignId, classId);
            checkEq(uint256(pocket.held) + pocket.retired + pocket.refunded, pocket.donated, "INV-06");
        }
        _checkEmpty(campaignId, left);
    }

    /// @dev A share below a gram is answered by nothing, and does not stand in the next one's way.
    function test_refund__less_than_a_gram_each__the_last_takes_it() external {
        uint256 campaignId = openCampaign(POOL, ICharity.Kind.RetirePool, ICharity.Funding.KeepWhatYouRaise, 0);
        address[3] memory donors = [ALICE, BOB, CAROL];
        for (uint256 i; i < 3; ++i) {
            _give(donors[i], campaignId, 1);
        }
        ICharity.SecondSignature memory second = secondForRetirement(SECOND_KEY, campaignId, classId, 2);
        VM.prank(POOL);
        charity.retireEarly(campaignId, classId, 2, second);
        VM.prank(REGISTRAR);
        charity.delistCharity(POOL);
        charity.finalise(campaignId);
        address[] memory all = new address[](3);
        (all[0], all[1], all[2]) = (ALICE, BOB, CAROL);
        VM.expectEmit(address(charity));
        emit ICharity.Refunded(campaignId, ALICE, classId, 0);
        charity.refund(campaignId, classId, all);

        checkEq(credit.balanceOf(CAROL, classId), 1, "the last gram");
        checkEq(charity.heldOf(campaignId, classId), 0, "nothing stays");
    }

    function test_refund__to_the_wallet_the_donor_named__by_its_own_word_or_signature() external {
        uint256 campaignId = openCampaign(POOL, ICharity.Kind.RetirePool, ICharity.Funding.AllOrNothing, 1e9);
        _give(ALICE, campaignId, 500);
        _give(BOB, campaignId, 300);
        bytes32 structHash = keccak256(abi.encode(TypeHashes.REFUND_TO, ALICE, CAROL, 4, FAR));
        bytes memory signature = signDigest(ALICE_KEY, digestOf(charity.domainSeparator(), structHash));
        VM.expectRevert(abi.encodeWithSelector(ISignedActs.SignatureInvalid.selector, ALICE));
        charity.refundToBySig(ALICE, STRANGER, 4, FAR, signature);
        VM.expectEmit(address(charity));
        emit ICharity.RefundDirected(ALICE, CAROL);
        VM.prank(STRANGER);
        charity.refundToBySig(ALICE, CAROL, 4, FAR, signature);
        VM.expectRevert(abi.encodeWithSelector(ISignedActs.NumberAlreadyUsed.selector, ALICE, 4));
        charity.refundToBySig(ALICE, CAROL, 4, FAR, signature);
        VM.startPrank(BOB);
        charity.refundTo(STRANGER);
        charity.refundTo(address(0));
        VM.stopPrank();
        VM.warp(START + 30 days);
        charity.finalise(campaignId);
        address[] memory donors = new address[](2);
        (donors[0], donors[1]) = (ALICE, BOB);
        VM.prank(STRANGER);
        charity.refund(campaignId, classId, donors);

        checkEq(credit.balanceOf(CAROL, classId), 500, "Alice's, to her new wallet");
        checkEq(credit.balanceOf(BOB, classId), 300, "Bob's, to himself again");
        checkEq(credit.balanceOf(ALICE, classId) + credit.balanceOf(STRANGER, classId), 0, "nobody else");
    }

    function test_refund_to__the_charity_contract__reverts() external {
        VM.expectRevert(abi.encodeWithSelector(ICharity.RefundWalletInvalid.selector, address(charity)));
        VM.prank(ALICE);
        charity.refundTo(address(charity));
    }

    /// @dev A wallet that refuses its own refund can still have it paid elsewhere.
    function test_refund__of_a_wallet_that_refuses__to_another() external {
        uint256 campaignId = openCampaign(POOL, ICharity.Kind.RetirePool, ICharity.Funding.AllOrNothing, 1e9);
        HostileAccount wallet = new HostileAccount(BOB);
        _give(address(wallet), campaignId, 500);
        wallet.setReceiving(HostileAccount.Receiving.Revert);
        VM.warp(START + 30 days);
        charity.finalise(campaignId);
        address[] memory donors = new address[](1);
        donors[0] = address(wallet);
        charity.refund(campaignId, classId, donors);
        checkEq(charity.heldOf(campaignId, classId), 500, "refused");
        wallet.execute(address(charity), abi.encodeCall(ICharity.refundTo, (CAROL)));
        VM.warp(FAR);
        charity.refund(campaignId, classId, donors);

        checkEq(credit.balanceOf(CAROL, classId), 500, "for ever");
    }

    function _give(address donor, uint256 campaignId, uint256 amount) private {
        giveCredits(donor, amount);
        VM.prank(donor);
        credit.safeTransferFrom(donor, address(charity), classId, amount, abi.encode(campaignId, donor));
    }

    function _giveAll(uint256 campaignId, uint256 seed) private {
        for (uint256 i; i < DONORS; ++i) {
            _donors.push(address(uint160(uint256(keccak256(abi.encode("donor", i))))));
            _gifts.push(1 + uint256(keccak256(abi.encode(seed, i))) % (i % 3 == 0 ? 10 : 100_000));
            _total += _gifts[i];
        }
        giveCredits(ALICE, _total);
        for (uint256 i; i < DONORS; ++i) {
            VM.prank(ALICE);
            credit.safeTransferFrom(ALICE, _donors[i], classId, _gifts[i], "");
            VM.prank(_donors[i]);
            credit.safeTransferFrom(
                _donors[i], address(charity), classId, _gifts[i], abi.encode(campaignId, _donors[i])
            );
        }
    }

    function _checkEmpty(uint256 campaignId, uint256 refunded) private view {
        checkEq(charity.heldOf(campaignId, classId), 0, "nothing stays");
        checkEq(charity.campaignOf(campaignId).refunded, refunded, "INV-06: all that was left went back");
        checkEq(charity.pocketOf(campaignId, classId).giftsRefunded, _total, "every gift is answered");
        checkEq(credit.balanceOf(address(charity), classId), 0, "balance");
    }
}
