// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {IERC1155Receiver} from "@openzeppelin/contracts/token/ERC1155/IERC1155Receiver.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @title A wallet contract with one key that can misbehave in every way we know when asked for a signature or handed
/// credits. Mock: for tests only.
contract HostileAccount is IERC1271, IERC1155Receiver {
    enum Receiving {
        Accept,
        Revert,
        RevertBomb,
        ReturnBomb,
        WrongMagic,
        BurnGas,
        BurnThenAccept,
        Call
    }

    enum Answering {
        Honest,
        Yes,
        No,
        Revert,
        Bomb,
        BurnGas,
        Short,
        DirtyYes
    }

    error Refused();

    uint256 private constant BOMB_SIZE = 200_000;
    /// @dev What BurnThenAccept leaves itself to answer with.
    uint256 private constant BREATH = 2000;

    address public immutable key;
    Receiving public receiving;
    Answering public answering;
    address public target;
    bytes public payload;
    /// @notice Whether the last call from inside a receipt succeeded, and how many there were.
    bool public callSucceeded;
    uint256 public calls;

    constructor(address key_) {
        key = key_;
    }

    function setReceiving(Receiving mode) external {
        receiving = mode;
    }

    function setAnswering(Answering mode) external {
        answering = mode;
    }

    /// @notice What to call when credits arrive (Receiving.Call).
    function setCall(address target_, bytes calldata payload_) external {
        (target, payload) = (target_, payload_);
        receiving = Receiving.Call;
    }

    /// @notice Acts as this account.
    function execute(address to, bytes calldata data) external returns (bytes memory answer) {
        bool done;
        (done, answer) = to.call(data);
        if (!done) _revertWith(answer);
    }

    function onERC1155Received(address, address, uint256, uint256, bytes calldata) external override returns (bytes4) {
        return _receive() ? IERC1155Receiver.onERC1155Received.selector : bytes4(0xdeadbeef);
    }

    function onERC1155BatchReceived(address, address, uint256[] calldata, uint256[] calldata, bytes calldata)
        external
        override
        returns (bytes4)
    {
        return _receive() ? IERC1155Receiver.onERC1155BatchReceived.selector : bytes4(0xdeadbeef);
    }

    function isValidSignature(bytes32 hash, bytes calldata signature) external view override returns (bytes4) {
        if (answering == Answering.Honest) {
            (address signer,,) = ECDSA.tryRecoverCalldata(hash, signature);
            return signer == key ? IERC1271.isValidSignature.selector : bytes4(0);
        }
        if (answering == Answering.Yes) return IERC1271.isValidSignature.selector;
        if (answering == Answering.No) return bytes4(0);
        if (answering == Answering.Revert) revert Refused();
        if (answering == Answering.Bomb) _answerWith(IERC1271.isValidSignature.selector, BOMB_SIZE);
        if (answering == Answering.Short) _answerWith(IERC1271.isValidSignature.selector, 4);
        if (answering == Answering.DirtyYes) {
            _answerWith(bytes32(IERC1271.isValidSignature.selector) | bytes32(uint256(1)), 32);
        }
        _burn(0);
        return IERC1271.isValidSignature.selector;
    }

    function supportsInterface(bytes4) external pure override returns (bool) {
        return true;
    }

    function _receive() private returns (bool accepted) {
        if (receiving == Receiving.Revert) revert Refused();
        if (receiving == Receiving.RevertBomb) _revertBomb();
        if (receiving == Receiving.ReturnBomb) _answerWith(IERC1155Receiver.onERC1155Received.selector, BOMB_SIZE);
        if (receiving == Receiving.WrongMagic) return false;
        if (receiving == Receiving.BurnGas) _burn(0);
        if (receiving == Receiving.BurnThenAccept) _burn(BREATH);
        if (receiving == Receiving.Call) {
            ++calls;
            (callSucceeded,) = target.call(payload);
        }
        return true;
    }

    function _burn(uint256 rest) private view {
        while (gasleft() > rest) {}
    }

    function _revertBomb() private pure {
        assembly {
            revert(0, BOMB_SIZE)
        }
    }

    function _answerWith(bytes32 word, uint256 size) private pure {
        assembly {
            mstore(0, word)
            return(0, size)
        }
    }

    function _revertWith(bytes memory answer) private pure {
        assembly {
            revert(add(answer, 0x20), mload(answer))
        }
    }
}
