// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
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
        // A call to nothing succeeds, and filling does not ask again.
        if (creditToken.code.length == 0) revert NotAContract(creditToken);

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
        (bytes calldata matches, uint256 count) = BatchReader.matches(batch, cursor);
        bytes memory data = Legs.buffer(count);
        uint256 feeBps = setting.feeBps;
        for (uint256 i; i < count;) {
            uint256 length = BatchReader.groupLength(matches, i, count);
            _settleGroup(matches, i, length, orders, feeBps, data);
            unchecked {
                i += length;
            }
        }
        _numbers.record(orders);
    }

    /// @inheritdoc IExchange
    function fill(Leg[] calldata legs) external override {
        if (msg.sender != address(this)) revert OnlySelf();

        // A group has at least one match.
        _fill(legs[0]);
        uint256 count = legs.length;
        for (uint256 i = 1; i < count; ++i) {
            // What burns more than its own share would make the next fail as if by their own fault.
            if (gasleft() < FILL_GAS * (count - i)) revert GasExhausted();
            _fill(legs[i]);
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
        uint256 feeBps = setting.feeBps;
        uint256 common = OrderRules.OWN_SPACE;
        uint256 count = orders.length;
        Terms memory before = orders[0];
        for (uint256 i; i < count; ++i) {
            Terms memory terms = orders[i];
            bytes calldata signature;
            (signature, cursor) = BatchReader.order(batch, cursor, terms);
            terms.orderHash = OrderHash.digest(separator, terms);
            if (i == 0) {
                _numbers.load(terms);
            } else {
                if (!OrderRules.isBefore(before, terms)) revert OrdersNotAscending(i);
                _numbers.loadAfter(before, terms);
            }
            before = terms;
            if (terms.reason == 0) terms.reason = _reasonAgainst(terms, signature, feeBps);
            common &= terms.number;
        }
        if (common == 0 && msg.sender != setting.operator) revert NotOperator(msg.sender);
    }

    /// @dev Reverts only for an index that is none or for too little gas.
    function _settleGroup(
        bytes calldata matches,
        uint256 first,
        uint256 length,
        Terms[] memory orders,
        uint256 feeBps,
        bytes memory data
    ) private {
        bytes4 reason;
        uint256 taken;
        for (; taken < length; ++taken) {
            uint256 word = BatchReader.word(matches, first + taken);
            _requireWithin(word, orders.length);
            Terms memory buy = orders[BatchReader.buyOf(word)];
            Terms memory sell = orders[BatchReader.sellOf(word)];
            uint256 lots = BatchReader.lotsOf(word);
            uint256 pricePerKg = BatchReader.pricePerKgOf(word);
            if (!OrderRules.fits(buy, sell, lots, pricePerKg)) {
                reason = OrderRules.mismatch(buy, sell, lots, pricePerKg);
                break;
            }
            Legs.take(data, taken, buy, sell, lots, pricePerKg, feeBps);
        }
        if (taken == length) {
            Legs.setCount(data, length);
            bool done;
            (done, reason) = Isolated.tryCall(address(this), FILL_GAS * length, data);
            if (done) return;
            if (reason == 0) reason = GasExhausted.selector;
        }

        _skipGroup(matches, first, length, taken, orders, reason);
    }

    /// @dev Gives back what the first `taken` matches took.
    function _skipGroup(
        bytes calldata matches,
        uint256 first,
        uint256 length,
        uint256 taken,
        Terms[] memory orders,
        bytes4 reason
    ) private {
        for (uint256 i; i < length; ++i) {
            uint256 word = BatchReader.word(matches, first + i);
            _requireWithin(word, orders.length);
            Terms memory buy = orders[BatchReader.buyOf(word)];
            Terms memory sell = orders[BatchReader.sellOf(word)];
            if (i < taken) {
                uint256 grams = BatchReader.lotsOf(word) * OrderRules.GRAMS_PER_LOT;
                buy.leftGco2e += grams;
                sell.leftGco2e += grams;
            }
            emit Skipped(first + i, buy.orderHash, sell.orderHash, reason);
        }
    }

    function _requireWithin(uint256 word, uint256 count) private pure {
        if (BatchReader.buyOf(word) >= count) revert IndexOutOfRange(BatchReader.buyOf(word), count);
        if (BatchReader.sellOf(word) >= count) revert IndexOutOfRange(BatchReader.sellOf(word), count);
    }

    function _fill(Leg calldata leg) private {
        Legs.emitFilled(leg);
        (address buyer, address seller) = Legs.parties(leg);
        uint256 lots = leg.lots;
        uint256 fee = leg.fee;
        uint256 due;
        uint256 fees;
        uint256 grams;
        // lots < 2^64, pricePerKg < 2^96; the fee is a share of their product.
        unchecked {
            due = lots * leg.pricePerKg - fee;
            fees = 2 * fee;
            grams = lots * OrderRules.GRAMS_PER_LOT;
        }
        // The buyer pays cost + fee in all: cost - fee to the seller, both fees to the recipient.
        if (!payment.trySafeTransferFrom(buyer, seller, due)) revert PaymentFailed();
        if (fees != 0 && !payment.trySafeTransferFrom(buyer, feeRecipient, fees)) revert PaymentFailed();
        if (leg.action == OrderHash.HOLD) {
            if (!_tryMove(seller, buyer, leg.classId, grams)) revert CreditTransferFailed();
        } else {
            _act(leg, buyer, seller, grams);
        }
    }

    /// @dev What a failing receiver says is dropped: the reason of a skip is ours, whatever it reverts with.
    function _act(Leg calldata leg, address buyer, address seller, uint256 grams) private {
        if (leg.action == OrderHash.RETIRE) {
            try credit.retireFrom(seller, leg.classId, grams, leg.beneficiary, "retire", leg.ref) {}
            catch {
                revert ActionFailed();
            }
        } else {
            try credit.safeTransferFrom(seller, charity, leg.classId, grams, abi.encode(leg.ref, buyer)) {}
            catch {
                revert ActionFailed();
            }
        }
    }

    /// @dev The ABI's encoder and Solidity's check that there is code (the constructor asked) would cost half as much
    /// again as the call.
    function _tryMove(address from, address to, uint256 classId, uint256 grams) private returns (bool done) {
        address token = address(credit);
        bytes4 selector = IERC1155.safeTransferFrom.selector;
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            let data := mload(0x40)
            mstore(data, selector)
            mstore(add(data, 0x04), from)
            mstore(add(data, 0x24), to)
            mstore(add(data, 0x44), classId)
            mstore(add(data, 0x64), grams)
            mstore(add(data, 0x84), 0xa0) // where the empty bytes stand
            mstore(add(data, 0xa4), 0)
            done := call(gas(), token, 0, data, 0xc4, 0, 0)
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
        Terms memory terms = OrderHash.termsOf(order);
        terms.orderHash = OrderHash.digest(_domainSeparatorV4(), terms);
        _numbers.load(terms);
        address maker = terms.maker;
        bool isCancelledOrStale = _reasonIfCancelled(maker, _makerWord(maker), terms.epoch, terms.number) != 0;
        return isCancelledOrStale ? 0 : terms.leftGco2e;
    }

    /// @inheritdoc IExchange
    function hashOrder(Order calldata order) public view override returns (bytes32) {
        return OrderHash.digest(_domainSeparatorV4(), OrderHash.termsOf(order));
    }

    /// @dev All that concerns one order alone, the dearest last.
    function _reasonAgainst(Terms memory terms, bytes calldata signature, uint256 feeBps)
        private
        view
        returns (bytes4)
    {
        address maker = terms.maker;
        uint256 makerWord = _makerWord(maker);
        if (!OrderRules.isPlainlyGood(terms, feeBps, makerWord)) {
            if (!OrderRules.isWellFormed(terms)) return OrderMalformed.selector;
            if (block.timestamp >= terms.expiry) return OrderExpired.selector;
            if (terms.maxFeeBps < feeBps) return OrderFeeExceeded.selector;
            bytes4 reason = _reasonIfCancelled(maker, makerWord, terms.epoch, terms.number);
            if (reason != 0) return reason;
        }
        if (!Signatures.isValid(maker, terms.orderHash, signature)) return OrderSignatureInvalid.selector;
        return 0;
    }
}
