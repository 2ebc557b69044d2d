"""A fresh address for one vintage's claim hides nobody from the rules on who may judge whom."""

import pytest

from backend.chain.keys import DevRole, dev_signer
from backend.issuance.assignment import Work, first_of, ranked
from backend.issuance.case import disclosures_of, review
from backend.issuance.inspection import ask_inspection, inspector_of
from backend.issuance.task import task_of
from backend.issuance.verifier import VerifierInterested
from backend.ledger.service import Statement
from tests.unit.issuance.world import AT, THRIFTY, VERIFIERS, VINTAGE, World

FRESH, VERIFIER = dev_signer(40), VERIFIERS[0]


def assert_interested(world: World, statement: Statement) -> None:
    """The verifier is given nothing of it and shown nothing of it, alone or in a batch."""
    assert world.attester(statement) != VERIFIER
    with world.database.read() as session, pytest.raises(VerifierInterested):
        task_of(session, VERIFIER.address, statement.digest, AT)
    world.attest(statement, *world.household("70", 31), *world.household("80", 32))
    with world.database.write() as session:
        asked = ask_inspection(session, world.books, person_id=statement.person_id, vintage=VINTAGE + 1, at=AT)
        assert inspector_of(session, asked, AT) != VERIFIER.address
    root = world.plan().root
    with world.database.write() as session, pytest.raises(VerifierInterested):
        disclosures_of(session, VERIFIER.address, root, AT)
    with pytest.raises(VerifierInterested):
        world.approve(root, VERIFIER)


def test_own_statement__that_mints_to_a_fresh_address__is_still_ones_own(world: World) -> None:
    (own,) = world.household(THRIFTY, int(DevRole.VERIFIER_A), claim=FRESH)
    assert own.account == FRESH.address
    assert_interested(world, own)


def test_verifier__known_only_as_the_address_somebody_claims_to__is_interested(world: World) -> None:
    (statement,) = world.household(THRIFTY, 11, claim=VERIFIER)
    assert statement.account == VERIFIER.address
    assert_interested(world, statement)


def test_verifier__to_whose_address_a_housemate_claims__is_interested_in_the_others_too(world: World) -> None:
    claiming, mate = world.household(THRIFTY, 11, 12, claim=VERIFIER)
    world.attest(claiming)
    assert_interested(world, mate)


def test_assignment__by_the_nullifier__is_the_same_for_a_fresh_address(world: World) -> None:
    for number in (11, 12, 13):
        (statement,) = world.household(str(50 + number), number, claim=dev_signer(40 + number))
        order = ranked([one.address for one in VERIFIERS], Work.ATTEST, statement.nullifier)
        assert world.attester(statement).address == first_of(order, ())


def test_review__people_of_one_home__may_share_a_curve_whatever_address_they_claim_to(world: World) -> None:
    with_fresh, plain = world.household(THRIFTY, 11, 12, claim=FRESH)
    with world.database.read() as session:
        assert review(session, with_fresh.digest) == review(session, plain.digest) == []
