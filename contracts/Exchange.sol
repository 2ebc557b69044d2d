// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {Cancelling} from "./exchange/Cancelling.sol";
import {Settings} from "./exchange/Settings.sol";
import {ICarbonCredit} from "./interfaces/ICarbonCredit.sol";
import {IExchange} from "./interfaces/IExchange.sol";
import {BatchReader} from "./libraries/BatchReader.sol";
import {Isolated} from "./libraries/Isolated.sol";
import {Legs} from "./libraries/Legs.sol";
import {OrderHash} from "./libraries/OrderHash.sol";
import {OrderRules} from "./libraries/OrderRules.sol";
import {OrderStatus} from "./libraries/OrderStatus.sol";
import {Signatures} from "./libraries/Signatures.sol";
import {Terms} from "./libraries/Terms.sol";

/// @title Settles signed orders, peer to peer; holds nothing.
/// @dev Tokens move from maker to maker by their approvals; no function moves a token to or from this contract's
/// balance.
contract Exchange is Settings, Cancelling {
    using OrderStatus for OrderStatus.Numbers;
    using SafeERC20 for IERC20;

    /// @dev What one match may burn: more than twice the dearest honest one (a first donation).
    uint256 public constant FILL_GAS = 500_000;

    uint256 private constant BPS = 10_000;

    ICarbonCredit public immutable credit;
    IERC20 public immutable payment;
    address public immutable charity;

    OrderStatus.Numbers private _numbers;

    constructor(
        address governance,
        address creditToken,
        address paymentToken,
        address charityContract,
        address initialOperator,
        address initialFeeRecipient
    ) AccessManaged(governance) EIP712("Tanyu Exchange", "1") Settings(initialOperator, initialFeeRecipient) {
        if (creditToken == address(0) || paymentToken == address(0) || charityContract == address(0)) {
            revert AddressZero();
        }

        credit = ICarbonCredit(creditToken);
        payment = IERC20(paymentToken);
        charity = charityContract;
    }

    // --- Settlement ---

    /// @inheritdoc IExchange
    function settle(bytes calldata batch) external override nonReentrant {
        Setting memory setting = _setting;
        if (setting.paused) revert EnforcedPause();

        // Nothing that is checked here can change before the last match: cancelling shares our lock.
        (Terms[] memory orders, uint256 cursor) = _readOrders(batch, setting);
        uint256 size = batch.length - cursor;
        if (size == 0) revert BatchEmpty();
        if (size % BatchReader.MATCH_SIZE != 0) revert BatchMalformed(cursor);
        uint256 count = size / BatchReader.MATCH_SIZE;
        bytes memory data = Legs.buffer(count);
        for (uint256 i; i < count;) {
            uint256 length = _groupLength(batch, cursor, i, count);
            _settleGroup(batch, cursor, i, length, orders, setting.feeBps, data);
            i += length;
        }
        _numbers.record(orders);
    }

    /// @inheritdoc IExchange
    function fill(Leg[] calldata legs) external override {
        if (msg.sender != address(this)) revert OnlySelf();

        for (uint256 i; i < legs.length; ++i) {
            _pay(legs[i]);
            _deliver(legs[i], legs[i].lots * OrderRules.GRAMS_PER_LOT);
        }
    }

    /// @dev Reads and checks every order. They stand by number (own-space numbers by maker then), each once.
    function _readOrders(bytes calldata batch, Setting memory setting)
        private
        view
        returns (Terms[] memory orders, uint256 cursor)
    {
        (cursor, orders) = BatchReader.header(batch);
        bytes32 separator = _domainSeparatorV4();
        uint256 count = orders.length;
        uint256 common = OrderRules.OWN_SPACE;
        for (uint256 i; i < count; ++i) {
            Terms memory terms = orders[i];
            bytes calldata signature;
            (signature, cursor) = BatchReader.order(batch, cursor, terms);
            if (i != 0 && !OrderRules.isBefore(orders[i - 1], terms)) revert OrdersNotAscending(i);
            terms.orderHash = MessageHashUtils.toTypedDataHash(separator, OrderHash.structHash(terms));
            _numbers.load(terms);
            if (terms.reason == 0) terms.reason = _reasonAgainst(terms, signature, setting.feeBps);
            common &= terms.number;
        }
        if (common == 0 && msg.sender != setting.operator) revert NotOperator(msg.sender);
    }

    /// @dev How many matches from `index` on settle all or none.
    function _groupLength(bytes calldata batch, uint256 cursor, uint256 index, uint256 count)
        private
        pure
        returns (uint256 length)
    {
        uint256 group = BatchReader.group(batch, cursor, index);
        length = 1;
        if (group == 0) return length;
        while (index + length < count && BatchReader.group(batch, cursor, index + length) == group) {
            ++length;
        }
    }

    /// @dev Cannot underflow: the rules proved that so much is left of each.
    function _take(
        bytes memory data,
        uint256 index,
        Terms memory buy,
        Terms memory sell,
        uint256 lots,
        uint256 pricePerKg,
        uint256 rateBps
    ) private pure {
        unchecked {
            buy.leftGco2e -= lots * OrderRules.GRAMS_PER_LOT;
            sell.leftGco2e -= lots * OrderRules.GRAMS_PER_LOT;
        }
        Legs.put(data, index, buy, sell, lots, pricePerKg, rateBps);
    }

    function _giveBack(bytes calldata batch, uint256 cursor, uint256 first, uint256 taken, Terms[] memory orders)
        private
        pure
    {
        for (uint256 i; i < taken; ++i) {
            (Terms memory buy, Terms memory sell, uint256 lots,) = _pair(batch, cursor, first + i, orders);
            buy.leftGco2e += lots * OrderRules.GRAMS_PER_LOT;
            sell.leftGco2e += lots * OrderRules.GRAMS_PER_LOT;
        }
    }

    /// @dev Reverts only for an index that is none or for too little gas.
    function _settleGroup(
        bytes calldata batch,
        uint256 cursor,
        uint256 first,
        uint256 length,
        Terms[] memory orders,
        uint256 rateBps,
        bytes memory data
    ) private {
        bytes4 reason;
        uint256 taken;
        for (; taken < length; ++taken) {
            (Terms memory buy, Terms memory sell, uint256 lots, uint256 pricePerKg) =
                _pair(batch, cursor, first + taken, orders);
            reason = OrderRules.mismatch(buy, sell, lots, pricePerKg);
            if (reason != 0) break;
            _take(data, taken, buy, sell, lots, pricePerKg, rateBps);
        }
        if (reason == 0) {
            Legs.setCount(data, length);
            bool done;
            (done, reason) = Isolated.tryCall(address(this), FILL_GAS * length, data);
            if (done) return;
            if (reason == 0) reason = GasExhausted.selector;
        }

        _giveBack(batch, cursor, first, taken, orders);
        for (uint256 i; i < length; ++i) {
            (Terms memory buy, Terms memory sell,,) = _pair(batch, cursor, first + i, orders);
            emit Skipped(first + i, buy.orderHash, sell.orderHash, reason);
        }
    }

    function _pair(bytes calldata batch, uint256 cursor, uint256 index, Terms[] memory orders)
        private
        pure
        returns (Terms memory, Terms memory, uint256, uint256)
    {
        (uint256 b, uint256 s, uint256 lots, uint256 pricePerKg) = BatchReader.pair(batch, cursor, index);
        if (b >= orders.length) revert IndexOutOfRange(b, orders.length);
        if (s >= orders.length) revert IndexOutOfRange(s, orders.length);
        return (orders[b], orders[s], lots, pricePerKg);
    }

    function _emitFilled(Leg calldata leg, uint256 fee) private {
        emit Filled(
            leg.buyHash,
            leg.sellHash,
            leg.classId,
            leg.buyer,
            leg.seller,
            leg.lots,
            leg.pricePerKg,
            fee,
            fee,
            leg.buyNumber,
            leg.sellNumber,
            leg.buyLeftGco2e,
            leg.sellLeftGco2e
        );
    }

    /// @dev The buyer pays cost + fee in all: cost - fee to the seller, both fees to the recipient.
    function _pay(Leg calldata leg) private {
        // No overflow: lots < 2^64, price < 2^96.
        uint256 cost = leg.lots * leg.pricePerKg;
        uint256 fee = cost * leg.feeBps / BPS;
        _emitFilled(leg, fee);

        if (!payment.trySafeTransferFrom(leg.buyer, leg.seller, cost - fee)) revert PaymentFailed();
        if (fee != 0 && !payment.trySafeTransferFrom(leg.buyer, feeRecipient, 2 * fee)) revert PaymentFailed();
    }

    /// @dev What a failing receiver says is dropped: the reason of a skip is ours, whatever it reverts with.
    function _deliver(Leg calldata leg, uint256 grams) private {
        if (leg.action == OrderHash.HOLD) {
            try credit.safeTransferFrom(leg.seller, leg.buyer, leg.classId, grams, "") {}
            catch {
                revert CreditTransferFailed();
            }
        } else if (leg.action == OrderHash.RETIRE) {
            try credit.retireFrom(leg.seller, leg.classId, grams, leg.beneficiary, "retire", leg.ref) {}
            catch {
                revert ActionFailed();
            }
        } else {
            bytes memory gift = abi.encode(leg.ref, leg.buyer);
            try credit.safeTransferFrom(leg.seller, charity, leg.classId, grams, gift) {}
            catch {
                revert ActionFailed();
            }
        }
    }

    // --- Allowances ---

    /// @inheritdoc IExchange
    function permit(address owner, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external override {
        try IERC20Permit(address(payment)).permit(owner, address(this), value, deadline, v, r, s) {}
        catch {
            if (payment.allowance(owner, address(this)) < value) revert PermitFailed(owner);
        }
    }

    // --- Views ---

    /// @inheritdoc IExchange
    function leftOf(Order calldata order) external view override nonReentrantView returns (uint256) {
        return _numbers.leftOf(order.maker, order.number, hashOrder(order), order.amountGco2e);
    }

    /// @inheritdoc IExchange
    function hashOrder(Order calldata order) public view override returns (bytes32) {
        return _hashTypedDataV4(OrderHash.structHash(OrderHash.termsOf(order)));
    }

    /// @dev All that concerns one order alone, the dearest last.
    function _reasonAgainst(Terms memory terms, bytes calldata signature, uint256 rateBps)
        private
        view
        returns (bytes4)
    {
        if (!OrderRules.isWellFormed(terms)) return OrderMalformed.selector;
        if (block.timestamp >= terms.expiry) return OrderExpired.selector;
        if (terms.maxFeeBps < rateBps) return OrderFeeExceeded.selector;
        address account = terms.maker;
        bytes4 reason = _reasonIfCancelled(account, terms.epoch, terms.number);
        if (reason != 0) return reason;
        if (!Signatures.isValid(account, terms.orderHash, signature)) return OrderSignatureInvalid.selector;
        return 0;
    }
}
