// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @title Checks a signature by a key (65 bytes with low s, or 64 bytes as in EIP-2098) or by a wallet (EIP-1271).
library Signatures {
    /// @dev What a wallet contract may burn to answer. Fixed, so that no caller can turn its yes into a no.
    uint256 internal constant WALLET_GAS = 100_000;

    /// @dev The call must be handed WALLET_GAS after the 63/64 rule and the cost of the call itself (two cold
    /// accounts when the wallet's code is delegated).
    uint256 private constant WALLET_GAS_NEEDED = WALLET_GAS + WALLET_GAS / 63 + 10_000;

    uint256 private constant COMPACT_SIZE = 64;
    /// @dev Half the order of secp256k1, rounded down: an s above it is a second signature of the same key (EIP-2).
    uint256 private constant HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0;

    error GasInsufficient(uint256 given, uint256 needed);

    /// @notice True if `account` signed `digest`. The key is tried first; the wallet only on mismatch and if there is
    /// code, so that accounts with delegated code still sign with their key.
    function isValid(address account, bytes32 digest, bytes calldata signature) internal view returns (bool) {
        address signer = recover(digest, signature);
        if (signer != address(0) && signer == account) return true;
        if (account.code.length == 0) return false;
        return _isValidForWallet(account, digest, signature);
    }

    /// @notice The key that signed `digest`, or zero if the signature is malformed.
    function recover(bytes32 digest, bytes calldata signature) internal view returns (address signer) {
        if (signature.length == COMPACT_SIZE) return _recoverCompact(digest, signature);
        if (signature.length == 65) (signer,,) = ECDSA.tryRecoverCalldata(digest, signature);
    }

    /// @dev As ECDSA.tryRecover(digest, r, vs) does, at a quarter of its cost: nearly every order is signed so.
    function _recoverCompact(bytes32 digest, bytes calldata signature) private view returns (address signer) {
        // The four words of the question end where the zero slot ends: both are put back.
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            let vs := calldataload(add(signature.offset, 0x20))
            let s := shr(1, shl(1, vs))
            if iszero(gt(s, HALF_ORDER)) {
                let free := mload(0x40)
                mstore(0, digest)
                mstore(0x20, add(27, shr(255, vs)))
                mstore(0x40, calldataload(signature.offset))
                mstore(0x60, s)
                // No answer leaves what was there: zero.
                mstore(free, 0)
                // It fails for lack of gas alone; no caller may turn a yes into a no by that.
                if iszero(staticcall(gas(), 1, 0, 0x80, free, 0x20)) { revert(0, 0) }
                signer := mload(free)
                mstore(0x40, free)
                mstore(0x60, 0)
            }
        }
    }

    /// @dev One word of the answer is read, whatever its size, so a wallet cannot make the caller pay for copying.
    function _isValidForWallet(address wallet, bytes32 digest, bytes calldata signature)
        private
        view
        returns (bool valid)
    {
        bytes memory question = abi.encodeCall(IERC1271.isValidSignature, (digest, signature));
        bytes32 yes = bytes32(IERC1271.isValidSignature.selector);
        if (gasleft() < WALLET_GAS_NEEDED) revert GasInsufficient(gasleft(), WALLET_GAS_NEEDED);

        // Solidity would copy all of the answer.
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            let answered := staticcall(WALLET_GAS, wallet, add(question, 0x20), mload(question), 0, 0x20)
            valid := and(and(answered, gt(returndatasize(), 0x1f)), eq(mload(0), yes))
        }
    }
}
