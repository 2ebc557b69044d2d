// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {BitMaps} from "@openzeppelin/contracts/utils/structs/BitMaps.sol";
import {ICarbonCredit} from "./interfaces/ICarbonCredit.sol";
import {IExchange} from "./interfaces/IExchange.sol";
import {Isolated} from "./libraries/Isolated.sol";
import {OrderHash} from "./libraries/OrderHash.sol";
import {OrderRules} from "./libraries/OrderRules.sol";
import {OrderStatus} from "./libraries/OrderStatus.sol";
import {Signatures} from "./libraries/Signatures.sol";
import {TypeHashes} from "./libraries/TypeHashes.sol";

/// @title Settles signed orders, peer to peer; holds nothing.
/// @dev Tokens move from maker to maker by their approvals; no function moves a token to or from this contract's
/// balance.
contract Exchange is IExchange, AccessManaged, EIP712, ReentrancyGuardTransient {
    using BitMaps for BitMaps.BitMap;
    using OrderStatus for OrderStatus.Numbers;
    using SafeERC20 for IERC20;

    /// @dev One percent.
    uint256 public constant FEE_BPS_MAX = 100;
    /// @dev What one match may burn: more than twice the dearest honest one (a first donation).
    uint256 public constant FILL_GAS = 500_000;

    uint256 private constant BPS = 10_000;

    ICarbonCredit public immutable credit;
    IERC20 public immutable payment;
    address public immutable charity;

    /// @dev One slot: all that settle reads of our settings before it fills.
    struct Settings {
        address operator;
        uint16 feeBps;
        bool paused;
    }

    /// @dev `reason` is the selector of why the order cannot fill; zero if it can.
    struct Checked {
        bytes32 orderHash;
        bytes4 reason;
    }

    Settings private _settings;
    /// @inheritdoc IExchange
    address public override feeRecipient;
    OrderStatus.Numbers private _numbers;
    mapping(address maker => BitMaps.BitMap numbers) private _cancelled;
    /// @inheritdoc IExchange
    mapping(address maker => uint256 epoch) public override epochOf;

    constructor(
        address governance,
        address creditToken,
        address paymentToken,
        address charityContract,
        address initialOperator,
        address initialFeeRecipient
    ) AccessManaged(governance) EIP712("Tanyu Exchange", "1") {
        if (creditToken == address(0) || paymentToken == address(0) || charityContract == address(0)) {
            revert AddressZero();
        }

        credit = ICarbonCredit(creditToken);
        payment = IERC20(paymentToken);
        charity = charityContract;
        _setOperator(initialOperator);
        _setFeeRecipient(initialFeeRecipient);
    }

    // --- Settlement ---

    /// @inheritdoc IExchange
    function settle(Order[] calldata orders, bytes[] calldata signatures, Match[] calldata matches)
        external
        override
        nonReentrant
    {
        Settings memory settings = _settings;
        if (settings.paused) revert EnforcedPause();
        if (matches.length == 0) revert BatchEmpty();
        if (orders.length != signatures.length) revert LengthMismatch(orders.length, signatures.length);
        if (msg.sender != settings.operator && !_areOwnSpace(orders)) revert NotOperator(msg.sender);

        // Nothing that is checked here can change before the last match: cancelling shares our lock.
        Checked[] memory checked = new Checked[](orders.length);
        for (uint256 i; i < orders.length; ++i) {
            checked[i] = _check(orders[i], signatures[i], settings.feeBps);
        }
        for (uint256 i; i < matches.length; ++i) {
            _settleMatch(i, orders, checked, matches[i], settings.feeBps);
        }
    }

    /// @inheritdoc IExchange
    function fill(Fill calldata leg) external override {
        if (msg.sender != address(this)) revert OnlySelf();
        // No overflow: the rules bound lots and price by 2^128.
        uint256 grams = leg.lots * OrderRules.GRAMS_PER_LOT;
        uint256 cost = leg.lots * leg.pricePerKg;
        uint256 fee = cost * leg.feeBps / BPS;

        uint256 buyLeft = _numbers.take(leg.buyer, leg.buyNumber, leg.buyHash, leg.buyAmountGco2e, grams);
        uint256 sellLeft = _numbers.take(leg.seller, leg.sellNumber, leg.sellHash, leg.sellAmountGco2e, grams);

        _emitFilled(leg, fee, buyLeft, sellLeft);

        _pay(leg.buyer, leg.seller, cost, fee);
        _deliver(leg, grams);
    }

    /// @dev Reverts only for an index that is none or for too little gas.
    function _settleMatch(
        uint256 index,
        Order[] calldata orders,
        Checked[] memory checked,
        Match calldata pair,
        uint256 rateBps
    ) private {
        if (pair.buy >= orders.length) revert IndexOutOfRange(pair.buy, orders.length);
        if (pair.sell >= orders.length) revert IndexOutOfRange(pair.sell, orders.length);
        Checked memory buy = checked[pair.buy];
        Checked memory sell = checked[pair.sell];

        bytes4 reason = buy.reason != 0 ? buy.reason : sell.reason;
        if (reason == 0) reason = OrderRules.mismatch(orders[pair.buy], orders[pair.sell], pair);
        if (reason == 0) {
            reason = _tryFill(_leg(orders[pair.buy], orders[pair.sell], buy.orderHash, sell.orderHash, pair, rateBps));
        }

        if (reason != 0) emit Skipped(index, buy.orderHash, sell.orderHash, reason);
    }

    function _tryFill(Fill memory leg) private returns (bytes4 reason) {
        bool done;
        (done, reason) = Isolated.tryCall(address(this), FILL_GAS, abi.encodeCall(IExchange.fill, (leg)));
        if (!done && reason == 0) reason = GasExhausted.selector;
    }

    function _emitFilled(Fill calldata leg, uint256 fee, uint256 buyLeft, uint256 sellLeft) private {
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
            buyLeft,
            sellLeft
        );
    }

    /// @dev The buyer pays cost + fee in all: cost - fee to the seller, both fees to the recipient.
    function _pay(address buyer, address seller, uint256 cost, uint256 fee) private {
        if (!payment.trySafeTransferFrom(buyer, seller, cost - fee)) revert PaymentFailed();
        if (fee != 0 && !payment.trySafeTransferFrom(buyer, feeRecipient, 2 * fee)) revert PaymentFailed();
    }

    /// @dev What a failing receiver says is dropped: the reason of a skip is ours, whatever it reverts with.
    function _deliver(Fill calldata leg, uint256 grams) private {
        if (leg.action == Action.Retire) {
            try credit.retireFrom(leg.seller, leg.classId, grams, leg.beneficiary, "retire", leg.ref) {}
            catch {
                revert ActionFailed();
            }
        } else if (leg.action == Action.Donate) {
            bytes memory gift = abi.encode(uint256(leg.ref), leg.buyer);
            try credit.safeTransferFrom(leg.seller, charity, leg.classId, grams, gift) {}
            catch {
                revert ActionFailed();
            }
        } else {
            try credit.safeTransferFrom(leg.seller, leg.buyer, leg.classId, grams, "") {}
            catch {
                revert CreditTransferFailed();
            }
        }
    }

    // --- Cancelling: never paused ---

    /// @inheritdoc IExchange
    function cancel(uint256 number) external override nonReentrant {
        _cancel(msg.sender, number);
    }

    /// @inheritdoc IExchange
    function cancelAll() external override nonReentrant {
        _cancelAll(msg.sender);
    }

    /// @inheritdoc IExchange
    function cancelBySig(address maker, uint256 number, uint256 deadline, bytes calldata signature)
        external
        override
        nonReentrant
    {
        bytes32 structHash = keccak256(abi.encode(TypeHashes.CANCEL, maker, number, deadline));
        _requireSigned(maker, structHash, deadline, signature);

        _cancel(maker, number);
    }

    /// @inheritdoc IExchange
    function cancelAllBySig(address maker, uint256 epoch, uint256 deadline, bytes calldata signature)
        external
        override
        nonReentrant
    {
        if (epoch != epochOf[maker]) revert EpochMismatch(maker, epoch, epochOf[maker]);
        bytes32 structHash = keccak256(abi.encode(TypeHashes.CANCEL_ALL, maker, epoch, deadline));
        _requireSigned(maker, structHash, deadline, signature);

        _cancelAll(maker);
    }

    /// @dev Cancelling twice is the same as once, so a signed cancellation needs no number of its own.
    function _cancel(address maker, uint256 number) private {
        _cancelled[maker].set(number);

        emit NumberCancelled(maker, number);
    }

    function _cancelAll(address maker) private {
        uint256 epoch = ++epochOf[maker];

        emit AllCancelled(maker, epoch);
    }

    // --- Governance ---

    /// @inheritdoc IExchange
    function setFee(uint256 newFeeBps) external override restricted {
        if (newFeeBps > FEE_BPS_MAX) revert FeeTooHigh(newFeeBps, FEE_BPS_MAX);

        _settings.feeBps = uint16(newFeeBps);

        emit FeeSet(newFeeBps);
    }

    /// @inheritdoc IExchange
    function setOperator(address newOperator) external override restricted {
        _setOperator(newOperator);
    }

    /// @inheritdoc IExchange
    function setFeeRecipient(address newFeeRecipient) external override restricted {
        _setFeeRecipient(newFeeRecipient);
    }

    /// @inheritdoc IExchange
    function pause() external override restricted {
        if (_settings.paused) revert EnforcedPause();

        _settings.paused = true;

        emit Paused(msg.sender);
    }

    /// @inheritdoc IExchange
    function unpause() external override restricted {
        if (!_settings.paused) revert ExpectedPause();

        _settings.paused = false;

        emit Unpaused(msg.sender);
    }

    function _setOperator(address newOperator) private {
        if (newOperator == address(0)) revert AddressZero();

        _settings.operator = newOperator;

        emit OperatorSet(newOperator);
    }

    /// @dev Fees sent here would be a balance (INV-03).
    function _setFeeRecipient(address newFeeRecipient) private {
        if (newFeeRecipient == address(0)) revert AddressZero();
        if (newFeeRecipient == address(this)) revert FeeRecipientInvalid(newFeeRecipient);

        feeRecipient = newFeeRecipient;

        emit FeeRecipientSet(newFeeRecipient);
    }

    // --- Views ---

    /// @inheritdoc IExchange
    function leftOf(Order calldata order) external view override returns (uint256) {
        return _numbers.leftOf(order.maker, order.number, hashOrder(order), order.amountGco2e);
    }

    /// @inheritdoc IExchange
    function isCancelled(address maker, uint256 number) external view override returns (bool) {
        return _cancelled[maker].get(number);
    }

    /// @inheritdoc IExchange
    function feeBps() external view override returns (uint256) {
        return _settings.feeBps;
    }

    /// @inheritdoc IExchange
    function operator() external view override returns (address) {
        return _settings.operator;
    }

    /// @notice Whether settling is paused.
    function paused() external view returns (bool) {
        return _settings.paused;
    }

    /// @inheritdoc IExchange
    function domainSeparator() external view override returns (bytes32) {
        return _domainSeparatorV4();
    }

    /// @inheritdoc IExchange
    function hashOrder(Order calldata order) public view override returns (bytes32) {
        return _hashTypedDataV4(OrderHash.structHash(order));
    }

    /// @dev All that concerns one order alone, the dearest last.
    function _check(Order calldata order, bytes calldata signature, uint256 rateBps)
        private
        view
        returns (Checked memory checked)
    {
        checked.orderHash = hashOrder(order);
        address maker = order.maker;
        if (!OrderRules.isWellFormed(order)) {
            checked.reason = OrderMalformed.selector;
        } else if (block.timestamp >= order.expiry) {
            checked.reason = OrderExpired.selector;
        } else if (order.maxFeeBps < rateBps) {
            checked.reason = OrderFeeExceeded.selector;
        } else if (order.epoch != epochOf[maker]) {
            checked.reason = OrderEpochStale.selector;
        } else if (_cancelled[maker].get(order.number)) {
            checked.reason = OrderCancelled.selector;
        } else if (!Signatures.isValid(maker, checked.orderHash, signature)) {
            checked.reason = OrderSignatureInvalid.selector;
        }
    }

    function _requireSigned(address maker, bytes32 structHash, uint256 deadline, bytes calldata signature)
        private
        view
    {
        if (block.timestamp >= deadline) revert SignatureExpired(deadline);
        if (!Signatures.isValid(maker, _hashTypedDataV4(structHash), signature)) revert SignatureInvalid(maker);
    }

    function _areOwnSpace(Order[] calldata orders) private pure returns (bool) {
        for (uint256 i; i < orders.length; ++i) {
            if (orders[i].number & OrderRules.OWN_SPACE == 0) return false;
        }
        return true;
    }

    function _leg(
        Order calldata buy,
        Order calldata sell,
        bytes32 buyHash,
        bytes32 sellHash,
        Match calldata pair,
        uint256 rateBps
    ) private pure returns (Fill memory leg) {
        leg.buyHash = buyHash;
        leg.sellHash = sellHash;
        leg.buyer = buy.maker;
        leg.seller = sell.maker;
        leg.beneficiary = buy.beneficiary;
        leg.classId = buy.classId;
        leg.lots = pair.lots;
        leg.pricePerKg = pair.pricePerKg;
        leg.feeBps = rateBps;
        leg.buyNumber = buy.number;
        leg.sellNumber = sell.number;
        leg.buyAmountGco2e = buy.amountGco2e;
        leg.sellAmountGco2e = sell.amountGco2e;
        leg.action = buy.action;
        leg.ref = buy.ref;
    }
}
