// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title One order as it is hashed and checked.
/// @dev The first thirteen words are the EIP-712 encoding of an `Order` (contracts/eip712/order.json) in the order of
/// its type, so the order is hashed where it lies: side and action are the hashes of their words.
/// `reason` is the selector of why the order cannot fill; zero if it can. `statusWord` is the word its number's status
/// stands in, as it was when the batch began, and `statusSlot` where that is kept; `leftGco2e` is what is left of the
/// order now, `leftBeforeGco2e` what was left then.
struct Terms {
    bytes32 typeHash;
    address maker;
    address beneficiary;
    uint256 classId;
    bytes32 side;
    uint256 amountGco2e;
    uint256 pricePerKg;
    uint256 maxFeeBps;
    uint256 expiry;
    uint256 number;
    uint256 epoch;
    bytes32 action;
    bytes32 ref;
    bytes32 orderHash;
    bytes4 reason;
    uint256 statusSlot;
    uint256 statusWord;
    uint256 leftBeforeGco2e;
    uint256 leftGco2e;
}
