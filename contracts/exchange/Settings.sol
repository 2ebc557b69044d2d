// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IExchange} from "../interfaces/IExchange.sol";

/// @title What governance decides about the Exchange: its operator, its fee and who gets it, and whether it is paused.
abstract contract Settings is IExchange, AccessManaged {
    /// @dev One percent.
    uint256 public constant FEE_BPS_MAX = 100;

    /// @dev One slot: all that settle reads of our settings before it fills.
    struct Setting {
        address operator;
        uint16 feeBps;
        bool paused;
    }

    Setting internal _setting;
    /// @inheritdoc IExchange
    address public override feeRecipient;

    constructor(address initialOperator, address initialFeeRecipient) {
        _setOperator(initialOperator);
        _setFeeRecipient(initialFeeRecipient);
    }

    /// @inheritdoc IExchange
    function setFee(uint256 newFeeBps) external override restricted {
        if (newFeeBps > FEE_BPS_MAX) revert FeeTooHigh(newFeeBps, FEE_BPS_MAX);

        _setting.feeBps = uint16(newFeeBps);

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
        if (_setting.paused) revert EnforcedPause();

        _setting.paused = true;

        emit Paused(msg.sender);
    }

    /// @inheritdoc IExchange
    function unpause() external override restricted {
        if (!_setting.paused) revert ExpectedPause();

        _setting.paused = false;

        emit Unpaused(msg.sender);
    }

    function _setOperator(address newOperator) private {
        if (newOperator == address(0)) revert AddressZero();

        _setting.operator = newOperator;

        emit OperatorSet(newOperator);
    }

    /// @dev Fees sent here would be a balance (INV-03).
    function _setFeeRecipient(address newFeeRecipient) private {
        if (newFeeRecipient == address(0)) revert AddressZero();
        if (newFeeRecipient == address(this)) revert FeeRecipientInvalid(newFeeRecipient);

        feeRecipient = newFeeRecipient;

        emit FeeRecipientSet(newFeeRecipient);
    }

    /// @inheritdoc IExchange
    function feeBps() external view override returns (uint256) {
        return _setting.feeBps;
    }

    /// @inheritdoc IExchange
    function operator() external view override returns (address) {
        return _setting.operator;
    }

    /// @notice Whether settling is paused.
    function paused() external view returns (bool) {
        return _setting.paused;
    }
}
