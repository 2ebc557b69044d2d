// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICharity} from "../../interfaces/ICharity.sol";
import {IExchange} from "../../interfaces/IExchange.sol";
import {TypeHashes} from "../../libraries/TypeHashes.sol";
import {HostileAccount} from "../../mocks/HostileAccount.sol";
import {BatchEncoder, Match} from "../BatchEncoder.sol";
import {Log} from "../Vm.sol";
import {Comparison} from "./Comparison.sol";

/// @title A market with an evil operator: what makers do, what the operator tries, and an independent account of what
/// each fill may do (INV-03, 04, 05, 07, 08).
contract MarketActs is Comparison {
    /// @dev A maker's signed order with what filled so far.
    struct Signed {
        IExchange.Order order;
        bytes signature;
        uint256 filled;
        bool exists;
    }

    bytes32[] public hashes;
    mapping(bytes32 orderHash => Signed) private _signed;
    mapping(bytes32 numberId => bytes32 orderHash) private _numberTaken;
    mapping(address maker => mapping(uint256 number => bool)) private _cancelled;
    mapping(address maker => uint256) private _epoch;
    /// @notice What each account ought to hold, by the makers' own acts and the fills.
    mapping(address account => uint256) public money;
    mapping(address account => uint256) public credits;
    mapping(address account => uint256) public retired;
    uint256 public feeBps;
    uint256 public fills;
    uint256 public skips;
    uint256 private _campaignId;

    function _outfitActors() internal override {
        _campaignId = openCampaign(POOL, ICharity.Kind.RetirePool, ICharity.Funding.KeepWhatYouRaise, 0);
        for (uint256 i; i < ACTORS; ++i) {
            outfit(actors[i], 200_000, 1e9);
            (credits[actors[i]], money[actors[i]]) = (200_000, 1e9);
        }
    }

    function hashCount() external view returns (uint256) {
        return hashes.length;
    }

    function signedOf(bytes32 orderHash) external view returns (Signed memory) {
        return _signed[orderHash];
    }

    function acts() external pure returns (bytes4[] memory selectors) {
        selectors = new bytes4[](9);
        selectors[0] = this.signOrders.selector;
        selectors[1] = this.settleAnything.selector;
        selectors[2] = this.settleWell.selector;
        selectors[3] = this.settleStarved.selector;
        selectors[4] = this.cancelSome.selector;
        selectors[5] = this.govern.selector;
        selectors[6] = this.approveOrWithdraw.selector;
        selectors[7] = this.misbehave.selector;
        selectors[8] = this.moveOrRetire.selector;
    }

    // --- What makers do ---

    /// @notice A maker signs orders whose numbers often collide.
    function signOrders(uint256 seed) external {
        _start(seed);
        for (uint256 i; i < 3; ++i) {
            _signOne();
        }
    }

    function cancelSome(uint256 seed) external {
        _start(seed);
        uint256 i = _pick(ACTORS);
        address maker = actors[i];
        uint256 number = _number();
        bool done;
        if (_chance(45)) {
            (done,) = _act(maker, address(exchange), abi.encodeCall(IExchange.cancel, (number)));
            _cancelled[maker][number] = true;
        } else if (_chance(85)) {
            bytes32 structHash = keccak256(abi.encode(TypeHashes.CANCEL, maker, number, FAR));
            bytes memory signature = signDigest(actorKeys[i], digestOf(exchange.domainSeparator(), structHash));
            (done,) = _act(
                STRANGER, address(exchange), abi.encodeCall(IExchange.cancelBySig, (maker, number, FAR, signature))
            );
            check(done || i >= KEYS, "INV-08: a signed cancellation is never blocked");
            if (done) _cancelled[maker][number] = true;
        } else {
            (done,) = _act(maker, address(exchange), abi.encodeCall(IExchange.cancelAll, ()));
            check(done, "INV-08: cancelling is never blocked");
            _epoch[maker] = exchange.epochOf(maker);
        }
    }

    function approveOrWithdraw(uint256 seed) external {
        _start(seed);
        address account = _actor();
        bool give = _chance(90);
        _act(account, address(payment), abi.encodeCall(payment.approve, (address(exchange), give ? FAR : 0)));
        (bool done,) =
            _act(account, address(credit), abi.encodeCall(credit.setApprovalForAll, (address(exchange), give)));
        check(done, "INV-08: approval and withdrawal are never blocked");
    }

    function moveOrRetire(uint256 seed) external {
        _start(seed);
        address from = _actor();
        address to = actors[_pick(KEYS)];
        uint256 amount = _pick(credits[from] / 4 + 1);
        if (_chance(50)) {
            (bool done,) =
                _act(from, address(credit), abi.encodeCall(credit.safeTransferFrom, (from, to, classId, amount, "")));
            check(done, "INV-08: transfer is never blocked");
            credits[from] -= amount;
            credits[to] += amount;
        } else if (amount != 0) {
            (bool done,) =
                _act(from, address(credit), abi.encodeCall(credit.retire, (classId, amount, to, "gift", bytes32(0))));
            check(done, "INV-08: retire is never blocked");
            credits[from] -= amount;
            retired[to] += amount;
        }
    }

    /// @notice The wallet contracts change how they misbehave; none ever says yes to what its key did not sign.
    function misbehave(uint256 seed) external {
        _start(seed);
        HostileAccount hostile = HostileAccount(actors[KEYS + _pick(ACTORS - KEYS)]);
        HostileAccount.Answering[6] memory answers = [
            HostileAccount.Answering.Honest,
            HostileAccount.Answering.Honest,
            HostileAccount.Answering.Revert,
            HostileAccount.Answering.BurnGas,
            HostileAccount.Answering.Short,
            HostileAccount.Answering.DirtyYes
        ];
        hostile.setAnswering(answers[_pick(6)]);
        bytes[4] memory tricks = [
            abi.encodeCall(IExchange.cancelAll, ()),
            abi.encodeCall(IExchange.cancel, (_number())),
            abi.encodeCall(
                IExchange.settle, (BatchEncoder.encode(new IExchange.Order[](0), new bytes[](0), new Match[](1)))
            ),
            abi.encodeCall(credit.safeTransferFrom, (ALICE, address(hostile), classId, 1, ""))
        ];
        uint256 trick = _pick(4);
        hostile.setCall(trick == 3 ? address(credit) : address(exchange), tricks[trick]);
        hostile.setReceiving(HostileAccount.Receiving(_chance(50) ? 7 : _pick(8)));
    }

    // --- What governance and time do ---

    function govern(uint256 seed) external {
        _start(seed);
        if (_chance(40)) {
            uint256 rate = _pick(101);
            _act(GOVERNOR, address(exchange), abi.encodeCall(IExchange.setFee, (rate)));
            feeBps = rate;
        }
        if (_chance(10)) _act(PAUSER, address(exchange), abi.encodeCall(IExchange.pause, ()));
        else if (_chance(70)) _act(PAUSER, address(exchange), abi.encodeCall(IExchange.unpause, ()));
        if (_chance(30)) _warpBy(_pick(1 days));
        bytes32 digest = bytes32(_pick(1e9));
        _act(OPERATOR, address(anchors), abi.encodeCall(anchors.publish, ("journal", block.timestamp / 1 days, digest)));
        bytes memory appoint = _chance(50)
            ? abi.encodeCall(governance.grantRole, (0, actors[_pick(KEYS)], 0))
            : abi.encodeCall(governance.revokeRole, (0, actors[_pick(KEYS)]));
        _act(GOVERNOR, address(governance), appoint);
    }

    // --- What the operator tries ---

    /// @notice Any orders, altered or not, in any matches, by the operator or a stranger.
    function settleAnything(uint256 seed) external {
        _start(seed);
        uint256 size = 1 + _pick(4);
        IExchange.Order[] memory orders = new IExchange.Order[](size);
        bytes[] memory signatures = new bytes[](size);
        for (uint256 i; i < size; ++i) {
            if (hashes.length == 0) return;
            Signed storage signed = _signed[hashes[_pick(hashes.length)]];
            (orders[i], signatures[i]) = (signed.order, signed.signature);
            if (_chance(30)) _alter(orders[i]);
            // A batch takes each number once: mostly, give it what it takes.
            if (_chance(90) && _isAmong(orders, i)) return;
        }
        Match[] memory matches = new Match[](1 + _pick(3));
        for (uint256 i; i < matches.length; ++i) {
            matches[i] = Match({
                buy: _pick(_chance(97) ? size : size + 1),
                sell: _pick(size),
                lots: _chance(5) ? type(uint64).max - _pick(3) : _pick(12),
                pricePerKg: 850 + _pick(300),
                group: _chance(70) ? 0 : 1 + _pick(2)
            });
        }
        (bool done, Log[] memory logs) = _act(
            _chance(85) ? OPERATOR : STRANGER,
            address(exchange),
            abi.encodeCall(IExchange.settle, (BatchEncoder.encode(orders, signatures, matches)))
        );
        if (done) _account(logs);
    }

    /// @notice Pairs that can meet, at a price both signed.
    function settleWell(uint256 seed) external {
        _start(seed);
        if (_chance(80)) _act(PAUSER, address(exchange), abi.encodeCall(IExchange.unpause, ()));
        (bool found, bytes memory data,) = _goodCall(_chance(50) ? KEYS : ACTORS);
        if (!found) return;
        (bool done, Log[] memory logs) = _act(OPERATOR, address(exchange), data);
        check(done || exchange.paused(), "INV-07: nothing reverts a well-formed settlement");
        if (done) _account(logs);
    }

    /// @notice A pair of keys that must fill, with any gas: it fills, or everything reverts.
    function settleStarved(uint256 seed) external {
        _start(seed);
        if (_chance(80)) _act(PAUSER, address(exchange), abi.encodeCall(IExchange.unpause, ()));
        (bool found, bytes memory data, uint256 lots) = _goodCall(KEYS);
        if (!found || exchange.paused()) return;
        (bool done, Log[] memory logs) = _actWithGas(OPERATOR, address(exchange), data, 40_000 + _pick(2_000_000));
        if (!done) return;
        check(countOf(logs, FILLED) == 1 && lots != 0, "INV-07: a starved settlement skips nothing");
        _account(logs);
    }

    /// @dev A pair signed before, or failing that a new one.
    function _goodCall(uint256 among) private returns (bool found, bytes memory data, uint256 lots) {
        for (uint256 i; i < 20 && hashes.length != 0 && !found; ++i) {
            (found, data, lots) =
                _tryPair(_signed[hashes[_pick(hashes.length)]], _signed[hashes[_pick(hashes.length)]], among);
        }
        if (!found) {
            uint256 buyer = _pick(among);
            bytes32 buy = _keep(buyer, aBuy(actors[buyer], 1 + _pick(12), 1000 + _pick(50)));
            uint256 seller = (buyer + 1 + _pick(among - 1)) % among;
            bytes32 sell = _keep(seller, aSell(actors[seller], 1 + _pick(12), 950 + _pick(50)));
            (found, data, lots) = _tryPair(_signed[buy], _signed[sell], among);
        }
    }

    function _tryPair(Signed storage buy, Signed storage sell, uint256 among)
        private
        returns (bool found, bytes memory data, uint256 lots)
    {
        if (!_canMeet(buy, sell, among)) return (false, "", 0);
        lots = 1 + _pick(_least(buy.order.amountGco2e - buy.filled, sell.order.amountGco2e - sell.filled) / LOT);
        uint256 price = buy.order.pricePerKg - _pick(buy.order.pricePerKg - sell.order.pricePerKg + 1);
        // Between keys it must fill: so only what is funded and approved.
        if (among == KEYS && !_isFunded(buy.order.maker, sell.order.maker, lots, price)) return (false, "", 0);
        (IExchange.Order[] memory orders, bytes[] memory signatures, Match[] memory matches) =
            pairCall(buy.order, buy.signature, sell.order, sell.signature, lots, price);
        return (true, abi.encodeCall(IExchange.settle, (BatchEncoder.encode(orders, signatures, matches))), lots);
    }

    // --- The independent account ---

    /// @dev Goes through what a settlement told and checks each fill against what was signed.
    function _account(Log[] memory logs) private {
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].topics[0] == FILLED) _accountFill(logs[i]);
            if (logs[i].topics[0] == SKIPPED) ++skips;
        }
    }

    function _accountFill(Log memory log) private {
        // buyer, seller, lots, price, fee, buy number, sell number, buy left, sell left
        uint256[9] memory told = abi.decode(log.data, (uint256[9]));
        Signed storage buy = _signed[log.topics[1]];
        Signed storage sell = _signed[log.topics[2]];
        check(buy.exists && sell.exists, "INV-08: only what a maker signed fills");
        check(buy.order.side == IExchange.Side.Buy && sell.order.side == IExchange.Side.Sell, "INV-08: sides");
        check(buy.order.classId == sell.order.classId, "INV-08: class");
        check(told[2] != 0, "INV-04: a fill of zero does not exist");
        check(told[3] <= buy.order.pricePerKg && told[3] >= sell.order.pricePerKg, "INV-04: limit price");
        check(!exchange.paused(), "paused exchanges settle nothing");
        _accountSide(buy, log.topics[1], told[2], told[7]);
        _accountSide(sell, log.topics[2], told[2], told[8]);

        uint256 cost = told[2] * told[3];
        uint256 fee = cost * feeBps / 10_000;
        check(told[4] == fee, "INV-04: fee");
        money[buy.order.maker] -= cost + fee;
        money[sell.order.maker] += cost - fee;
        money[FEES] += 2 * fee;
        credits[sell.order.maker] -= told[2] * LOT;
        if (buy.order.action == IExchange.Action.Hold) credits[buy.order.maker] += told[2] * LOT;
        if (buy.order.action == IExchange.Action.Retire) retired[buy.order.beneficiary] += told[2] * LOT;
        if (buy.order.action == IExchange.Action.Donate) credits[address(charity)] += told[2] * LOT;
        ++fills;
    }

    function _accountSide(Signed storage signed, bytes32 orderHash, uint256 lots, uint256 left) private {
        IExchange.Order storage order = signed.order;
        signed.filled += lots * LOT;
        check(signed.filled <= order.amountGco2e, "INV-04: amount");
        checkEq(left, order.amountGco2e - signed.filled, "what is left");
        check(block.timestamp < order.expiry, "INV-04: expiry");
        check(feeBps <= order.maxFeeBps, "INV-04: fee bound");
        check(!_cancelled[order.maker][order.number], "INV-04: cancelled");
        check(_epoch[order.maker] == order.epoch, "INV-04: epoch");
        bytes32 numberId = keccak256(abi.encode(order.number & OWN == 0 ? address(0) : order.maker, order.number));
        check(_numberTaken[numberId] == 0 || _numberTaken[numberId] == orderHash, "one order to a number");
        _numberTaken[numberId] = orderHash;
    }

    function _signOne() private {
        uint256 i = _pick(ACTORS);
        IExchange.Order memory order = _chance(50)
            ? aBuy(actors[i], 1 + _pick(12), 950 + _pick(150))
            : aSell(actors[i], 1 + _pick(12), 900 + _pick(150));
        order.number = _number();
        order.maxFeeBps = _chance(80) ? 100 : _pick(100);
        order.expiry = _chance(80) ? FAR : block.timestamp + _pick(2 days);
        if (order.side == IExchange.Side.Buy && _chance(40)) {
            order.action = _chance(50) ? IExchange.Action.Retire : IExchange.Action.Donate;
            if (order.action == IExchange.Action.Retire) order.beneficiary = actors[_pick(ACTORS)];
            order.ref = bytes32(_campaignId);
        }
        _keep(i, order);
    }

    function _keep(uint256 i, IExchange.Order memory order) private returns (bytes32 orderHash) {
        orderHash = exchange.hashOrder(order);
        if (_signed[orderHash].exists) return orderHash;
        hashes.push(orderHash);
        _signed[orderHash] = Signed(order, signDigest(actorKeys[i], orderHash), 0, true);
    }

    function _alter(IExchange.Order memory order) private {
        uint256 field = _pick(11);
        if (field == 0) order.amountGco2e += LOT * (1 + _pick(100));
        if (field == 1) order.pricePerKg = 1 + _pick(2000);
        if (field == 2) order.maxFeeBps += 1;
        if (field == 3) order.expiry = FAR + 1;
        if (field == 4) order.number = _number();
        if (field == 5) order.epoch = _epoch[order.maker];
        if (field == 6) order.beneficiary = _actor();
        if (field == 7) order.maker = _actor();
        if (field == 8) order.side = IExchange.Side(1 - uint256(order.side));
        if (field == 9) order.action = IExchange.Action(_pick(3));
        if (field == 10) order.ref = bytes32(_pick(3));
    }

    function _isAmong(IExchange.Order[] memory orders, uint256 last) private pure returns (bool) {
        for (uint256 i; i < last; ++i) {
            if (orders[i].number == orders[last].number && orders[i].number & OWN == 0) return true;
        }
        return false;
    }

    function _number() private returns (uint256) {
        return _chance(70) ? _pick(140) : OWN | _pick(6);
    }

    function _canMeet(Signed storage buy, Signed storage sell, uint256 among) private view returns (bool) {
        if (buy.order.side != IExchange.Side.Buy || sell.order.side != IExchange.Side.Sell) return false;
        if (buy.order.maker == sell.order.maker || buy.order.pricePerKg < sell.order.pricePerKg) return false;
        // The operator gave one shared number to both: only one of them can ever fill.
        if (buy.order.number == sell.order.number && buy.order.number & OWN == 0) return false;
        if (among == KEYS && buy.order.action != IExchange.Action.Hold) return false;
        return _canFill(buy.order, among) && _canFill(sell.order, among);
    }

    function _canFill(IExchange.Order storage order, uint256 among) private view returns (bool) {
        if (among == KEYS && order.maker != ALICE && order.maker != BOB && order.maker != CAROL) return false;
        return block.timestamp < order.expiry && feeBps <= order.maxFeeBps && _epoch[order.maker] == order.epoch
            && !_cancelled[order.maker][order.number] && exchange.leftOf(order) != 0;
    }

    function _isFunded(address buyer, address seller, uint256 lots, uint256 price) private view returns (bool) {
        uint256 cost = lots * price * 10_100 / 10_000;
        return money[buyer] >= cost && payment.allowance(buyer, address(exchange)) >= cost
            && credits[seller] >= lots * LOT && credit.isApprovedForAll(seller, address(exchange));
    }

    function _least(uint256 a, uint256 b) private pure returns (uint256) {
        return a < b ? a : b;
    }
}
