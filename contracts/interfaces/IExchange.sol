// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Settles signed orders, peer to peer; holds nothing (INV-03).
/// @notice The operator chooses who meets whom; it can never exceed what either side signed: amount, limit price, fee
/// bound, expiry, cancellation (INV-04, INV-08). What cannot settle is skipped with a reason; the rest settles
/// (INV-07).
interface IExchange {
    enum Side {
        Buy,
        Sell
    }

    /// @dev What a buy does on fill. A sell is always Hold.
    enum Action {
        Hold,
        Retire,
        Donate
    }

    /// @dev EIP-712 `Order`: see contracts/eip712/order.json; there `side` and `action` are words ("buy", "retire").
    /// `amountGco2e` is a positive multiple of 1000 (one lot = 1 kg); `pricePerKg` in payment-token base units;
    /// valid while block.timestamp < `expiry` and `epoch` equals the maker's epoch. Hold and every sell:
    /// beneficiary = maker, ref = 0. Retire: `ref` is a salted statement reference. Donate: `ref` is the campaign id.
    struct Order {
        address maker;
        address beneficiary;
        uint256 classId;
        Side side;
        uint256 amountGco2e;
        uint256 pricePerKg;
        uint256 maxFeeBps;
        uint256 expiry;
        uint256 number;
        uint256 epoch;
        Action action;
        bytes32 ref;
    }

    /// @dev One match with what its orders say, handed by the Exchange to itself in a call of its own. `action` is the
    /// hash of its word; what is left of each order is after this match. Words four to twelve are the data of `Filled`.
    struct Leg {
        bytes32 buyHash;
        bytes32 sellHash;
        uint256 classId;
        address buyer;
        address seller;
        uint256 lots;
        uint256 pricePerKg;
        uint256 fee;
        uint256 buyNumber;
        uint256 sellNumber;
        uint256 buyLeftGco2e;
        uint256 sellLeftGco2e;
        bytes32 action;
        address beneficiary;
        bytes32 ref;
    }

    /// @notice Cost is lots * pricePerKg: the buyer paid cost + fee, the seller got cost - fee.
    /// `buyLeftGco2e` and `sellLeftGco2e` are what remains of each order after this fill.
    event Filled(
        bytes32 indexed buyHash,
        bytes32 indexed sellHash,
        uint256 indexed classId,
        address buyer,
        address seller,
        uint256 lots,
        uint256 pricePerKg,
        uint256 fee,
        uint256 buyNumber,
        uint256 sellNumber,
        uint256 buyLeftGco2e,
        uint256 sellLeftGco2e
    );

    /// @notice Match `index` of this call did not settle; `reason` is the selector of the error that says why.
    event Skipped(uint256 indexed index, bytes32 indexed buyHash, bytes32 indexed sellHash, bytes4 reason);
    event NumberCancelled(address indexed maker, uint256 number);
    event AllCancelled(address indexed maker, uint256 previousEpoch, uint256 epoch);
    event FeeSet(uint256 feeBps);
    event OperatorSet(address operator);
    event FeeRecipientSet(address feeRecipient);
    event Paused(address account);
    event Unpaused(address account);

    error NotOperator(address caller);
    error BatchEmpty();
    error BatchMalformed(uint256 position);
    error OrdersNotAscending(uint256 index);
    error IndexOutOfRange(uint256 index, uint256 length);
    error GasInsufficient(uint256 given, uint256 needed);
    error OnlySelf();
    error FeeTooHigh(uint256 feeBps, uint256 max);
    error AddressZero();
    error NotAContract(address account);
    error FeeRecipientInvalid(address feeRecipient);
    error EnforcedPause();
    error ExpectedPause();

    // Reasons a match is skipped (their selectors are what `Skipped.reason` carries).
    error OrderMalformed(bytes32 orderHash);
    error OrderSignatureInvalid(bytes32 orderHash);
    error OrderExpired(bytes32 orderHash);
    error OrderEpochStale(bytes32 orderHash);
    error OrderCancelled(bytes32 orderHash);
    error OrderNumberTaken(bytes32 orderHash);
    error OrderFilled(bytes32 orderHash);
    error OrderFeeExceeded(bytes32 orderHash);
    error SidesMismatched();
    error ClassesMismatched();
    error SelfMatch(address maker);
    error LotsZero();
    error PriceOutsideLimit(uint256 pricePerKg);
    error LeftInsufficient(uint256 lots);
    error PaymentFailed();
    error CreditTransferFailed();
    error ActionFailed();
    error GasExhausted();

    // Errors of signed cancellation.
    error SignatureExpired(uint256 deadline);
    error SignatureInvalid(address maker);
    error EpochMismatch(address maker, uint256 given, uint256 current);

    error PermitFailed(address owner);

    /// @notice Settles the matches of a batch in order. Operator only, unless every order's number is in its maker's own
    /// space (top bit set), which anyone may settle. Not while paused. Reverts as a whole only for a malformed call or
    /// too little gas.
    ///
    /// The batch is packed: big-endian integers without padding.
    ///
    ///     u8   number of classes, then of each: u128 class id
    ///     u8   number of orders, then of each, by number (own-space numbers last, equal ones by maker), none twice:
    ///       u8   flags: 1 sell; 2, 4 action (0 hold, 1 retire, 2 donate); 8 own space; 16 long signature
    ///       u8   class, by its place above
    ///       u160 maker
    ///       u64  lots; amountGco2e is 1000 times that
    ///       u96  pricePerKg
    ///       u64  number; with the flag for own space, its top bit (255) is set too
    ///       u40  expiry
    ///       u16  maxFeeBps
    ///       u32  epoch
    ///       u160 beneficiary, b256 ref: only with an action other than hold, else the maker and zero
    ///       64 bytes signature as in EIP-2098; with the flag for long ones: u16 length, and so many bytes
    ///     matches to the end, of each:
    ///       u8 buy, u8 sell: orders by their places above
    ///       u8 group: matches of one group that follow each other settle all or none; 0 stands alone
    ///       u64 lots, u96 pricePerKg: cost = lots * pricePerKg, exactly
    ///
    /// An order whose fields do not fit cannot be settled: signers must not exceed them.
    function settle(bytes calldata batch) external;

    /// @notice Settles legs, all or none; only the Exchange itself, so that what fails is undone alone.
    function fill(Leg[] calldata legs) external;

    /// @notice Cancels one number of the caller.
    function cancel(uint256 number) external;

    /// @notice Cancels every order the caller has signed so far: raises the epoch by 1 to 65,536, as the last block's
    /// hash has it, so that an order signed ahead for a later epoch is dead too, but for one chance in 65,536.
    function cancelAll() external;

    /// @notice The same two by the maker's signed `Cancel` / `CancelAll` message, relayed by anyone.
    function cancelBySig(address maker, uint256 number, uint256 deadline, bytes calldata signature) external;
    function cancelAllBySig(address maker, uint256 epoch, uint256 deadline, bytes calldata signature) external;

    /// @notice Hands an EIP-2612 permit for this contract to the payment token; anyone. If somebody handed it in before,
    /// so that it no longer works, the allowance it gave is enough.
    function permit(address owner, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external;

    /// @notice Fee rate in basis points of cost, both sides, at most 100; governor (delayed).
    function setFee(uint256 feeBps) external;
    function setOperator(address operator) external;
    function setFeeRecipient(address feeRecipient) external;
    function pause() external;
    function unpause() external;

    function hashOrder(Order calldata order) external view returns (bytes32);
    /// @notice What may still be filled of `order`, in grams; zero if it is filled or cancelled, its epoch is not the
    /// maker's, or another order fills under its number. Of funds, time, fee and signature it says nothing. Reverts
    /// while a batch is being settled: what is left is recorded at its end.
    function leftOf(Order calldata order) external view returns (uint256);
    function isCancelled(address maker, uint256 number) external view returns (bool);
    function epochOf(address maker) external view returns (uint256);
    function feeBps() external view returns (uint256);
    function operator() external view returns (address);
    function feeRecipient() external view returns (address);
    function domainSeparator() external view returns (bytes32);
}
