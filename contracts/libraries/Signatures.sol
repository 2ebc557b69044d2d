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
    function recover(bytes32 digest, bytes calldata signature) internal pure returns (address signer) {
        if (signature.length == 65) {
            (signer,,) = ECDSA.tryRecoverCalldata(digest, signature);
        } else if (signature.length == 64) {
            (signer,,) = ECDSA.tryRecover(digest, bytes32(signature[0:32]), bytes32(signature[32:64]));
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
