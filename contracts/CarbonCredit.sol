// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {ERC1155} from "@openzeppelin/contracts/token/ERC1155/ERC1155.sol";
import {ICarbonCredit} from "./interfaces/ICarbonCredit.sol";
import {ISignedActs} from "./interfaces/ISignedActs.sol";
import {ClassSupply} from "./libraries/ClassSupply.sol";
import {SignedActs} from "./libraries/SignedActs.sol";
import {TypeHashes} from "./libraries/TypeHashes.sol";

/// @title The only credit token: grams of CO2e by class.
/// @dev It has no pause and no way to move what its holder did not let go.
contract CarbonCredit is ERC1155, SignedActs, ClassSupply {
    uint256 private constant PURPOSE_LENGTH_MAX = 32;

    /// @inheritdoc ICarbonCredit
    mapping(address account => mapping(uint256 classId => uint256)) public override retiredOf;
    /// @inheritdoc ICarbonCredit
    mapping(address operator => bool) public override isRegisteredOperator;

    /// @dev One word: each claim asks for both.
    struct Door {
        address issuance;
        bool paused;
    }

    Door private _door;

    modifier onlyIssuance() {
        if (msg.sender != _door.issuance) revert NotIssuance(msg.sender);
        _;
    }

    modifier throughOpenDoor() {
        Door memory door = _door;
        if (msg.sender != door.issuance) revert NotIssuance(msg.sender);
        if (door.paused) revert MintingPaused();
        _;
    }

    constructor(address governance, string memory uri)
        ERC1155(uri)
        AccessManaged(governance)
        SignedActs("Tanyu CarbonCredit")
    {
        emit UriSet(uri);
    }

    // --- Minting ---

    /// @inheritdoc ICarbonCredit
    function anchor(bytes32 root, uint256 classId, uint256 budgets, uint256 surplus) external override throughOpenDoor {
        _anchor(root, classId, budgets, surplus);
    }

    /// @inheritdoc ICarbonCredit
    function mint(
        address account,
        uint256 classId,
        uint256 amount,
        bytes32 root,
        bytes32 nullifier,
        bytes32 statementDigest
    ) external override throughOpenDoor {
        uint256 bufferAmount = _issue(classId, amount, root, nullifier);

        emit Issued(account, classId, nullifier, amount, bufferAmount, statementDigest, root);

        _mint(account, classId, amount, "");
    }

    /// @inheritdoc ICarbonCredit
    function setMintingPaused(bool paused) external override onlyIssuance {
        _door.paused = paused;

        emit MintingPausedSet(paused);
    }

    // --- Retirement ---

    /// @inheritdoc ICarbonCredit
    function retire(uint256 classId, uint256 amount, address beneficiary, string calldata purpose, bytes32 ref)
        external
        override
    {
        _retire(msg.sender, beneficiary, classId, amount, purpose, ref);
    }

    /// @inheritdoc ICarbonCredit
    function retireFrom(
        address account,
        uint256 classId,
        uint256 amount,
        address beneficiary,
        string calldata purpose,
        bytes32 ref
    ) external override {
        if (account != msg.sender && !isApprovedForAll(account, msg.sender)) {
            revert NotApproved(account, msg.sender);
        }

        _retire(account, beneficiary, classId, amount, purpose, ref);
    }

    /// @inheritdoc ICarbonCredit
    function retireBySig(
        address account,
        address beneficiary,
        uint256 classId,
        uint256 amount,
        string calldata purpose,
        bytes32 ref,
        uint256 number,
        uint256 deadline,
        bytes calldata signature
    ) external override {
        _authorise(
            account,
            keccak256(
                bytes.concat(
                    abi.encode(TypeHashes.RETIRE, account, beneficiary, classId, amount),
                    abi.encode(keccak256(bytes(purpose)), ref, number, deadline)
                )
            ),
            number,
            deadline,
            signature
        );

        _retire(account, beneficiary, classId, amount, purpose, ref);
    }

    /// @dev Retired grams leave the holder for ever and are counted for the beneficiary. Burning calls nobody.
    function _retire(
        address account,
        address beneficiary,
        uint256 classId,
        uint256 amount,
        string calldata purpose,
        bytes32 ref
    ) private {
        if (amount == 0) revert AmountZero();
        if (beneficiary == address(0)) revert BeneficiaryZero();
        if (!_isPlainWord(bytes(purpose))) revert PurposeInvalid(bytes(purpose).length);

        _burn(account, classId, amount);
        _countRetired(classId, amount);
        retiredOf[beneficiary][classId] += amount;

        emit Retired(account, beneficiary, classId, amount, purpose, ref);
    }

    /// @inheritdoc ICarbonCredit
    function refillBuffer(uint256 classId, uint256 amount) external override {
        _knownClass(classId);
        if (amount == 0) revert AmountZero();

        _burn(msg.sender, classId, amount);
        _countRefilled(classId, amount);

        emit BufferRefilled(msg.sender, classId, amount);
    }

    // --- Signed moves and approvals ---

    /// @inheritdoc ICarbonCredit
    function transferBySig(
        address from,
        address to,
        uint256 classId,
        uint256 amount,
        uint256 number,
        uint256 deadline,
        bytes calldata signature
    ) external override {
        if (amount == 0) revert AmountZero();
        bytes32 structHash = keccak256(abi.encode(TypeHashes.TRANSFER, from, to, classId, amount, number, deadline));
        _authorise(from, structHash, number, deadline, signature);

        _safeTransferFrom(from, to, classId, amount, "");
    }

    /// @inheritdoc ICarbonCredit
    function approveBySig(
        address account,
        address operator,
        bool approved,
        uint256 number,
        uint256 deadline,
        bytes calldata signature
    ) external override {
        if (approved && !isRegisteredOperator[operator]) revert OperatorNotRegistered(operator);
        bytes32 structHash = keccak256(abi.encode(TypeHashes.APPROVE, account, operator, approved, number, deadline));
        _authorise(account, structHash, number, deadline, signature);

        _setApprovalForAll(account, operator, approved);
    }

    // --- Governance ---

    /// @inheritdoc ICarbonCredit
    function setIssuance(address newIssuance) external override restricted {
        _door.issuance = newIssuance;

        emit IssuanceSet(newIssuance);
    }

    /// @inheritdoc ICarbonCredit
    function setRegisteredOperator(address operator, bool registered) external override restricted {
        isRegisteredOperator[operator] = registered;

        emit OperatorRegistered(operator, registered);
    }

    // --- Views ---

    /// @inheritdoc ICarbonCredit
    function issuance() external view override returns (address) {
        return _door.issuance;
    }

    /// @inheritdoc ICarbonCredit
    function mintingPaused() external view override returns (bool) {
        return _door.paused;
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) public view override(ERC1155, IERC165) returns (bool) {
        return interfaceId == type(ICarbonCredit).interfaceId || interfaceId == type(ISignedActs).interfaceId
            || super.supportsInterface(interfaceId);
    }

    function _isPlainWord(bytes calldata word) private pure returns (bool) {
        if (word.length == 0 || word.length > PURPOSE_LENGTH_MAX) return false;
        for (uint256 i; i < word.length; ++i) {
            bytes1 letter = word[i];
            if (!((letter >= "a" && letter <= "z") || (letter >= "0" && letter <= "9") || letter == "-")) return false;
        }
        return true;
    }
}
