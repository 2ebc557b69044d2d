// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC1155Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {ICarbonCredit} from "../../interfaces/ICarbonCredit.sol";
import {World} from "../World.sol";

contract RetireTest is World {
    function setUp() public override {
        super.setUp();
        giveCredits(ALICE, 50_000);
    }

    function test_retire__counts_for_the_beneficiary_and_is_told() external {
        VM.expectEmit(address(credit));
        emit ICarbonCredit.Retired(ALICE, CAROL, classId, 20_000, "gift", "ref");
        VM.prank(ALICE);
        credit.retire(classId, 20_000, CAROL, "gift", "ref");

        checkEq(credit.balanceOf(ALICE, classId), 30_000, "left");
        checkEq(credit.retiredOf(CAROL, classId), 20_000, "beneficiary");
        checkEq(credit.retiredOf(ALICE, classId), 0, "giver");
        checkEq(credit.classOf(classId).retired, 20_000, "class");
    }

    function testFuzz_inv_01__retire__moves_between_the_terms(uint256 amount) external {
        amount = bound(amount, 1, 50_000);
        VM.prank(ALICE);
        credit.retire(classId, amount, ALICE, "own-deficit", 0);

        ICarbonCredit.CreditClass memory class = credit.classOf(classId);
        uint256 held = credit.balanceOf(ALICE, classId);
        checkEq(held + class.buffer + class.retired + class.cancelled, class.issued, "INV-01");
    }

    function test_retire__more_than_held__reverts() external {
        VM.expectRevert(
            abi.encodeWithSelector(IERC1155Errors.ERC1155InsufficientBalance.selector, ALICE, 50_000, 50_001, classId)
        );
        VM.prank(ALICE);
        credit.retire(classId, 50_001, ALICE, "own-deficit", 0);
    }

    function test_retire__bad_terms__revert() external {
        VM.startPrank(ALICE);
        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.AmountZero.selector));
        credit.retire(classId, 0, ALICE, "gift", 0);
        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.BeneficiaryZero.selector));
        credit.retire(classId, 1, address(0), "gift", 0);
        VM.stopPrank();
        _refusesPurpose("");
        _refusesPurpose("two words");
        _refusesPurpose("Capital");
        _refusesPurpose("abcdefghijklmnopqrstuvwxyz0123456");
        _refusesPurpose(unicode"碳");
    }

    function test_retire__longest_plain_word__is_accepted() external {
        VM.prank(ALICE);
        credit.retire(classId, 1, ALICE, "abcdefghijklmnopqrstuvwxyz-01239", 0);

        checkEq(credit.retiredOf(ALICE, classId), 1, "retired");
    }

    function test_retire_from__without_approval__reverts() external {
        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.NotApproved.selector, ALICE, BOB));
        VM.prank(BOB);
        credit.retireFrom(ALICE, classId, 1, BOB, "theft", 0);
    }

    function test_retire_from__by_the_account_or_an_approved_operator() external {
        VM.startPrank(ALICE);
        credit.retireFrom(ALICE, classId, 1, ALICE, "own-deficit", 0);
        credit.setApprovalForAll(BOB, true);
        VM.stopPrank();
        VM.prank(BOB);
        credit.retireFrom(ALICE, classId, 2, CAROL, "gift", 0);

        checkEq(credit.retiredOf(ALICE, classId), 1, "own");
        checkEq(credit.retiredOf(CAROL, classId), 2, "by operator");
    }

    /// @dev There is no function that lowers it; what can be tried is tried.
    function test_inv_06__retired_credits__never_move() external {
        VM.startPrank(ALICE);
        credit.retire(classId, 50_000, ALICE, "own-deficit", 0);
        VM.expectRevert();
        credit.safeTransferFrom(ALICE, BOB, classId, 1, "");
        VM.expectRevert();
        credit.retire(classId, 1, BOB, "twice", 0);
        VM.expectRevert();
        credit.refillBuffer(classId, 1);
        VM.stopPrank();

        checkEq(credit.retiredOf(ALICE, classId), 50_000, "for ever");
    }

    function _refusesPurpose(string memory purpose) private {
        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.PurposeInvalid.selector, bytes(purpose).length));
        VM.prank(ALICE);
        credit.retire(classId, 1, ALICE, purpose, 0);
    }
}
