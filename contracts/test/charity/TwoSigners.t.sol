// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICharity} from "../../interfaces/ICharity.sol";
import {ISignedActs} from "../../interfaces/ISignedActs.sol";
import {TypeHashes} from "../../libraries/TypeHashes.sol";
import {World} from "../World.sol";

/// @title A charity opens and closes early by two: neither of its keys can do either alone.
contract TwoSignersTest is World {
    Opening private _opening;

    function setUp() public override {
        super.setUp();
        _opening = anOpening(POOL, ICharity.Kind.RetirePool, ICharity.Funding.KeepWhatYouRaise, 20_000);
    }

    function test_open__a_word_of_somebody_else__reverts() external {
        _refusesOpening(_opening, secondForOpening(BOB_KEY, _opening), _invalid());
        ICharity.SecondSignature memory none;
        none.deadline = FAR;
        _refusesOpening(_opening, none, _invalid());
    }

    /// @dev The second signer alone has no door either: the word is good in the charity's own transaction only.
    function test_open__by_the_second_signer_itself__reverts() external {
        ICharity.SecondSignature memory second = secondForOpening(SECOND_KEY, _opening);
        _opening.charity = SECOND;
        _refusesOpening(_opening, second, abi.encodeWithSelector(ICharity.CharityNotListed.selector, SECOND));
    }

    /// @dev Both charities have the same second signer, and each word names one of them.
    function test_open__a_word_for_another_charity__reverts() external {
        ICharity.SecondSignature memory second = secondForOpening(SECOND_KEY, _opening);
        _opening.charity = AID;
        _refusesOpening(_opening, second, _invalid());
    }

    function testFuzz_open__any_term_changed__reverts(uint256 term, uint64 value) external {
        ICharity.SecondSignature memory second = secondForOpening(SECOND_KEY, _opening);
        Opening memory other = _opening;
        term = bound(term, 0, 4);
        if (term == 0) other.kind = ICharity.Kind.Aid;
        else if (term == 1) other.funding = ICharity.Funding.AllOrNothing;
        else if (term == 2) other.opens = uint64(bound(value, 0, other.opens - 1));
        else if (term == 3) other.closes = uint64(bound(value, other.opens + 1, other.closes - 1));
        else other.target = value == other.target ? 0 : value;
        _refusesOpening(other, second, _invalid());

        checkEq(openCampaign(_opening, second), 1, "as it was signed");
    }

    function test_open__another_story__reverts() external {
        ICharity.SecondSignature memory second = secondForOpening(SECOND_KEY, _opening);
        VM.expectRevert(_invalid());
        VM.prank(POOL);
        charity.openCampaign(
            _opening.kind, _opening.funding, _opening.opens, _opening.closes, _opening.target, "false", second
        );
    }

    /// @dev One word opens one campaign, and none once its signer has voided its number.
    function test_open__again_or_voided__reverts() external {
        ICharity.SecondSignature memory second = secondForOpening(SECOND_KEY, _opening);
        openCampaign(_opening, second);
        _refusesOpening(_opening, second, _used(second.number));
        second = secondForOpening(SECOND_KEY, _opening);
        VM.prank(SECOND);
        charity.useNumber(second.number);
        _refusesOpening(_opening, second, _used(second.number));

        checkEq(charity.campaignCount(), 1, "one");
    }

    /// @dev What the registrar named at the time of the act counts.
    function test_open__another_second_signer_since__reverts() external {
        ICharity.SecondSignature memory second = secondForOpening(SECOND_KEY, _opening);
        VM.prank(REGISTRAR);
        charity.listCharity(POOL, BOB);
        _refusesOpening(_opening, second, abi.encodeWithSelector(ISignedActs.SignatureInvalid.selector, BOB));
        openCampaign(_opening, secondForOpening(BOB_KEY, _opening));
    }

    function test_words__are_good_until_their_deadline__half_open() external {
        uint256 campaignId = openCampaign(_opening);
        ICharity.SecondSignature memory second = ICharity.SecondSignature(77, START + 10, "");
        bytes32 structHash = keccak256(abi.encode(TypeHashes.CLOSE_EARLY, campaignId, 77, START + 10));
        second.signature = signDigest(SECOND_KEY, digestOf(charity.domainSeparator(), structHash));
        VM.warp(START + 10);
        VM.expectRevert(abi.encodeWithSelector(ISignedActs.SignatureExpired.selector, START + 10));
        closeEarly(POOL, campaignId, second);
        VM.warp(START + 9);
        closeEarly(POOL, campaignId, second);

        checkEq(charity.campaignOf(campaignId).closes, START + 9, "closed");
    }

    /// @dev Neither without the second signer, nor by a word for another campaign, nor by one for another act.
    function test_close_early__without_its_second_signer__reverts() external {
        (uint256 campaignId, uint256 other) = (openCampaign(_opening), openCampaign(_opening));
        _refusesClosing(campaignId, secondForClosing(BOB_KEY, campaignId));
        _refusesClosing(campaignId, secondForClosing(SECOND_KEY, other));
        _refusesClosing(campaignId, secondForOpening(SECOND_KEY, _opening));
        _refusesClosing(campaignId, secondForRetirement(SECOND_KEY, campaignId, classId, 1));

        checkEq(charity.campaignOf(campaignId).closes, _opening.closes, "as it was");
    }

    function test_close_early__under_a_number_used_for_another_act__reverts() external {
        ICharity.SecondSignature memory second = secondForOpening(SECOND_KEY, _opening);
        uint256 campaignId = openCampaign(_opening, second);
        bytes32 structHash = keccak256(abi.encode(TypeHashes.CLOSE_EARLY, campaignId, second.number, FAR));
        second.signature = signDigest(SECOND_KEY, digestOf(charity.domainSeparator(), structHash));
        VM.expectRevert(_used(second.number));
        closeEarly(POOL, campaignId, second);
    }

    function _refusesOpening(Opening memory opening, ICharity.SecondSignature memory second, bytes memory reason)
        private
    {
        VM.expectRevert(reason);
        openCampaign(opening, second);
    }

    function _refusesClosing(uint256 campaignId, ICharity.SecondSignature memory second) private {
        VM.expectRevert(_invalid());
        closeEarly(POOL, campaignId, second);
    }

    function _invalid() private view returns (bytes memory) {
        return abi.encodeWithSelector(ISignedActs.SignatureInvalid.selector, SECOND);
    }

    function _used(uint256 number) private view returns (bytes memory) {
        return abi.encodeWithSelector(ISignedActs.NumberAlreadyUsed.selector, SECOND, number);
    }
}
