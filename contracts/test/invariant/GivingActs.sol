// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Charity} from "../../Charity.sol";
import {ICharity} from "../../interfaces/ICharity.sol";
import {TypeHashes} from "../../libraries/TypeHashes.sol";
import {HostileAccount} from "../../mocks/HostileAccount.sol";
import {Log} from "../Vm.sol";
import {Comparison} from "./Comparison.sol";

/// @title Campaigns with hostile donors, greedy charities and strangers who try every door (INV-06, 07, 08).
contract GivingActs is Comparison {
    uint256 public secondClass;
    uint256 public gifts;
    uint256 public outs;
    uint256 public refunds;
    uint256 public draws;
    /// @notice What donors gave less what came back to them.
    mapping(uint256 campaignId => mapping(address donor => mapping(uint256 classId => uint256))) public given;
    /// @notice Gifts that a refund answered, whole or in part.
    mapping(uint256 campaignId => mapping(uint256 classId => uint256)) public answered;
    mapping(uint256 classId => uint256) public granted;
    mapping(address charityOwner => mapping(uint256 classId => uint256)) public retired;

    function _outfitActors() internal override {
        for (uint256 i; i < ACTORS; ++i) {
            giveCredits(actors[i], 100_000);
        }
        VM.prank(GOVERNOR);
        secondClass = credit.createClass("US-CA", 2025, "SIM", CAP, 0);
        (classId, secondClass) = (secondClass, classId);
        for (uint256 i; i < ACTORS; ++i) {
            giveCredits(actors[i], 100_000);
            VM.prank(actors[i]);
            credit.setApprovalForAll(address(charity), true);
        }
        openCampaign(POOL, ICharity.Kind.RetirePool, ICharity.Funding.AllOrNothing, 1e9);
        openCampaign(AID, ICharity.Kind.Aid, ICharity.Funding.KeepWhatYouRaise, 0);
    }

    function charityContract() external view returns (Charity) {
        return charity;
    }

    function charities() external view returns (address[2] memory) {
        return [POOL, AID];
    }

    function acts() external pure returns (bytes4[] memory selectors) {
        selectors = new bytes4[](9);
        selectors[0] = this.openSome.selector;
        selectors[1] = this.give.selector;
        selectors[2] = this.giveBySig.selector;
        selectors[3] = this.decide.selector;
        selectors[4] = this.spend.selector;
        selectors[5] = this.refundSome.selector;
        selectors[6] = this.govern.selector;
        selectors[7] = this.misbehave.selector;
        selectors[8] = this.draw.selector;
    }

    function openSome(uint256 seed) external {
        _start(seed);
        if (charity.campaignCount() > 40) return;
        Opening memory opening = Opening({
            charity: _chance(45) ? POOL : _chance(80) ? AID : STRANGER,
            kind: ICharity.Kind(_pick(2)),
            funding: ICharity.Funding(_chance(65) ? 0 : 1),
            opens: uint64(_chance(70) ? block.timestamp : block.timestamp + _pick(5 days)),
            closes: uint64(block.timestamp + 1 days + _pick(30 days)),
            target: uint64(_chance(30) ? _pick(20_000) : 20_000 + _pick(80_000))
        });
        uint256 key = _chance(90) ? SECOND_KEY : ALICE_KEY;
        bytes memory opens = openingCall(key, opening);
        (bool done,) = _act(opening.charity, address(charity), opens);
        check(!done || (opening.charity != STRANGER && key == SECOND_KEY), "INV-06: opened by both keys alone");
        (done,) = _act(opening.charity, address(charity), opens);
        check(!done, "INV-06: one word opens one campaign");
    }

    /// @notice By transfer or by the charity's own hand, sometimes in another's name.
    function give(uint256 seed) external {
        _start(seed);
        address donor = _actor();
        uint256 campaignId = _campaign();
        uint256 id = _class();
        uint256 amount = _pick(8000);
        if (_chance(50)) {
            (bool done,) =
                _act(donor, address(charity), abi.encodeCall(ICharity.donate, (campaignId, id, amount, _chance(30))));
            if (done) _countGift(campaignId, donor, id, amount);
        } else {
            address named = _chance(70) ? donor : _actor();
            (bool done,) = _act(
                donor,
                address(credit),
                abi.encodeCall(
                    credit.safeTransferFrom, (donor, address(charity), id, amount, _giftData(campaignId, named))
                )
            );
            check(!done || named == donor, "INV-06: no gift in another's name");
            if (done) _countGift(campaignId, donor, id, amount);
        }
    }

    function giveBySig(uint256 seed) external {
        _start(seed);
        uint256 i = _pick(ACTORS);
        uint256[3] memory terms = [_campaign(), _class(), _pick(8000)];
        uint256 number = _pick(300);
        bool used = charity.numberUsed(actors[i], number);
        bool receipt = _chance(30);
        bytes32 structHash =
            keccak256(abi.encode(TypeHashes.DONATE, actors[i], terms[0], terms[1], terms[2], receipt, number, FAR));
        bool forged = _chance(20);
        bytes memory signature =
            signDigest(forged ? 0xBAD : actorKeys[i], digestOf(charity.domainSeparator(), structHash));
        (bool done,) = _act(
            STRANGER,
            address(charity),
            abi.encodeCall(
                ICharity.donateBySig, (actors[i], terms[0], terms[1], terms[2], receipt, number, FAR, signature)
            )
        );
        check(!done || (!used && !forged), "INV-08: a signed gift is its donor's, and once");
        if (done) _countGift(terms[0], actors[i], terms[1], terms[2]);
    }

    function decide(uint256 seed) external {
        _start(seed);
        if (_chance(30)) _warpBy(_pick(6 days));
        uint256 campaignId = _campaign();
        ICharity.Campaign memory campaign = charity.campaignOf(campaignId);
        (bool done,) = _act(STRANGER, address(charity), abi.encodeCall(ICharity.finalise, (campaignId)));
        bool over = block.timestamp >= campaign.closes || !charity.isListed(campaign.charity);
        bool due = campaign.state == ICharity.State.Open && over;
        check(done == due, "a campaign is decided once, when its window has closed or its charity is delisted");
    }

    /// @notice Charities and strangers spend, or try to, with the second signer's word or a forged one.
    function spend(uint256 seed) external {
        _start(seed);
        if (_chance(70)) _act(PAUSER, address(charity), abi.encodeCall(ICharity.unpause, ()));
        (uint256 campaignId, uint256 id) = (_campaign(), _class());
        for (uint256 i; i < 12 && charity.heldOf(campaignId, id) == 0; ++i) {
            (campaignId, id) = (_campaign(), _class());
        }
        ICharity.Campaign memory campaign = charity.campaignOf(campaignId);
        address caller = _chance(70) ? campaign.charity : _chance(50) ? STRANGER : POOL;
        uint256 amount = _chance(70) ? _pick(charity.heldOf(campaignId, id) + 1) : _pick(30_000);
        uint256 key = _chance(85) ? SECOND_KEY : ALICE_KEY;
        if (campaign.kind == ICharity.Kind.Aid && _chance(80)) {
            _grantSome(campaignId, id, amount, caller, key);
        } else if (campaign.state == ICharity.State.Open) {
            bytes memory early = abi.encodeCall(
                ICharity.retireEarly, (campaignId, id, amount, secondForRetirement(key, campaignId, id, amount))
            );
            (bool done,) = _act(caller, address(charity), early);
            check(!done || (caller == campaign.charity && key == SECOND_KEY), "INV-06: early by both keys alone");
            if (done) _countRetired(campaign.charity, id, amount);
        } else {
            (bool done,) = _act(caller, address(charity), abi.encodeCall(ICharity.retireHeld, (campaignId, id, amount)));
            bool waits = campaign.kind == ICharity.Kind.Aid && block.timestamp < uint256(campaign.closes) + 90 days;
            check(!done || (campaign.state == ICharity.State.Succeeded && !waits), "INV-06: left-overs when due");
            if (done) _countRetired(campaign.charity, id, amount);
        }
    }

    function _grantSome(uint256 campaignId, uint256 id, uint256 amount, address caller, uint256 key) private {
        uint256[] memory amounts = new uint256[](2);
        bytes32[] memory refs = new bytes32[](2);
        (amounts[0], amounts[1]) = (amount, _pick(3000));
        (refs[0], refs[1]) = (bytes32(_pick(200)), bytes32(_pick(200)));
        ICharity.SecondSignature memory second = secondForGrants(key, campaignId, id, amounts, refs);
        (bool done, Log[] memory logs) =
            _act(caller, address(charity), abi.encodeCall(ICharity.grant, (campaignId, id, amounts, refs, second)));
        check(!done || key == SECOND_KEY, "INV-06: no grant without the second signer");
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].topics[0] != ICharity.Granted.selector) continue;
            check(caller == charity.campaignOf(campaignId).charity, "INV-06: its charity alone grants");
            granted[id] += abi.decode(logs[i].data, (uint256));
            ++outs;
        }
    }

    /// @notice Draws under pledges: of any terms, sometimes voided, forged, or two under one number.
    function draw(uint256 seed) external {
        _start(seed);
        uint256 i = _pick(ACTORS);
        ICharity.Pledge memory pledge = ICharity.Pledge({
            donor: actors[i],
            campaignId: _campaign(),
            classId: _class(),
            shareBps: 1 + _pick(10_000),
            maxAmountGco2e: 2000 + _pick(2) * 1000,
            start: block.timestamp - _pick(2),
            expiry: block.timestamp + _pick(3) * 100,
            number: 1000 + _pick(40)
        });
        bytes32 structHash = keccak256(abi.encode(TypeHashes.PLEDGE, pledge));
        bool forged = _chance(10);
        bytes memory signature =
            signDigest(forged ? 0xBAD : actorKeys[i], digestOf(charity.domainSeparator(), structHash));
        for (uint256 again; again < 3; ++again) {
            if (_chance(15)) _act(actors[i], address(charity), abi.encodeCall(charity.useNumber, (pledge.number)));
            bool used = charity.numberUsed(actors[i], pledge.number);
            uint256 amount = _pick(2500);
            (bool done,) =
                _act(STRANGER, address(charity), abi.encodeCall(ICharity.drawPledge, (pledge, amount, signature)));
            check(!done || (!used && !forged && block.timestamp < pledge.expiry), "INV-08: as its donor lets it");
            if (!done) continue;
            _countGift(pledge.campaignId, actors[i], pledge.classId, amount);
            ++draws;
            checkAtMost(charity.drawsOf(actors[i], pledge.number).drawn, pledge.maxAmountGco2e, "INV-08: the maximum");
        }
    }

    /// @notice Anyone asks refunds for anyone, with any gas.
    function refundSome(uint256 seed) external {
        _start(seed);
        uint256 id = _class();
        uint256 campaignId = _failedCampaign(id);
        address[] memory donors = new address[](1 + _pick(3));
        for (uint256 i; i < donors.length; ++i) {
            donors[i] = _actor();
            for (uint256 j; j < 12 && given[campaignId][donors[i]][id] == 0; ++j) {
                donors[i] = _actor();
            }
        }
        (bool done, Log[] memory logs) = _actWithGas(
            STRANGER,
            address(charity),
            abi.encodeCall(ICharity.refund, (campaignId, id, donors)),
            _chance(70) ? 5_000_000 : 50_000 + _pick(900_000)
        );
        if (!done) return;
        check(charity.campaignOf(campaignId).state == ICharity.State.Failed, "INV-06: only what failed refunds");
        uint256 left = charity.pocketOf(campaignId, id).held + charity.pocketOf(campaignId, id).refunded;
        uint256 told;
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].topics[0] == ICharity.RefundSkipped.selector) ++told;
            if (logs[i].topics[0] != ICharity.Refunded.selector) continue;
            address donor = address(uint160(uint256(logs[i].topics[2])));
            _checkShare(campaignId, id, abi.decode(logs[i].data, (uint256)), given[campaignId][donor][id], left);
            answered[campaignId][id] += given[campaignId][donor][id];
            given[campaignId][donor][id] = 0;
            ++refunds;
            ++told;
        }
        checkEq(told, donors.length, "INV-07: each donor is refunded or told skipped");
    }

    /// @dev A donor gets its share of what is left, rounded down or up; all of it if nothing was spent.
    function _checkShare(uint256 campaignId, uint256 id, uint256 amount, uint256 gift, uint256 left) private view {
        uint256 donated = charity.pocketOf(campaignId, id).donated;
        checkAtMost(gift * left / donated, amount, "INV-06: no less than the share");
        checkAtMost(amount, (gift * left + donated - 1) / donated, "INV-06: no more than the share");
    }

    function govern(uint256 seed) external {
        _start(seed);
        if (_chance(15)) _act(PAUSER, address(charity), abi.encodeCall(ICharity.pause, ()));
        else _act(PAUSER, address(charity), abi.encodeCall(ICharity.unpause, ()));
        if (_chance(30)) {
            address owner = _chance(50) ? POOL : AID;
            bytes memory list = abi.encodeCall(ICharity.listCharity, (owner, SECOND));
            bytes memory delist = abi.encodeCall(ICharity.delistCharity, (owner));
            _act(REGISTRAR, address(charity), _chance(80) ? list : delist);
        }
        if (_chance(20)) {
            _closeSome();
        }
        if (_chance(20)) {
            _act(_actor(), address(charity), abi.encodeCall(ICharity.refundTo, (_chance(50) ? _actor() : address(0))));
        }
    }

    /// @dev With the word for this campaign or for another, of the second signer or of somebody else.
    function _closeSome() private {
        (uint256 campaignId, uint256 key) = (_campaign(), _chance(85) ? SECOND_KEY : ALICE_KEY);
        uint256 named = _chance(85) ? campaignId : _campaign();
        address caller = _chance(60) ? POOL : AID;
        ICharity.SecondSignature memory second = secondForClosing(key, named);
        (bool done,) = _act(caller, address(charity), abi.encodeCall(ICharity.closeEarly, (campaignId, second)));
        bool agreed = caller == charity.campaignOf(campaignId).charity && key == SECOND_KEY && named == campaignId;
        check(!done || agreed, "INV-06: closed early by both keys alone");
    }

    function misbehave(uint256 seed) external {
        _start(seed);
        HostileAccount hostile = HostileAccount(actors[KEYS + _pick(ACTORS - KEYS)]);
        address[] memory donors = new address[](1);
        donors[0] = address(hostile);
        hostile.setCall(address(charity), abi.encodeCall(ICharity.refund, (_campaign(), _class(), donors)));
        hostile.setReceiving(HostileAccount.Receiving(_chance(50) ? 7 : _pick(8)));
    }

    function _countGift(uint256 campaignId, address donor, uint256 id, uint256 amount) private {
        given[campaignId][donor][id] += amount;
        ++gifts;
    }

    function _countRetired(address owner, uint256 id, uint256 amount) private {
        retired[owner][id] += amount;
        ++outs;
    }

    function _giftData(uint256 campaignId, address named) private returns (bytes memory) {
        return _chance(70) ? abi.encode(campaignId, named) : abi.encode(campaignId, named, _chance(50));
    }

    /// @dev The youngest more often: they are the open ones.
    function _campaign() private returns (uint256) {
        uint256 count = charity.campaignCount();
        return _chance(50) && count > 3 ? count - _pick(3) : 1 + _pick(count);
    }

    /// @dev A failed campaign that still holds of the class if there is one, starting anywhere.
    function _failedCampaign(uint256 id) private returns (uint256 campaignId) {
        uint256 count = charity.campaignCount();
        campaignId = _campaign();
        for (uint256 i; i < count; ++i) {
            bool failed = charity.campaignOf(campaignId).state == ICharity.State.Failed;
            if (failed && charity.heldOf(campaignId, id) != 0) break;
            campaignId = 1 + campaignId % count;
        }
    }

    function _class() private returns (uint256) {
        return _chance(60) ? classId : secondClass;
    }
}
