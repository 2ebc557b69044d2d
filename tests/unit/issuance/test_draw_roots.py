"""A draw's seed for other lists: their roots stand in what is anchored, and wait again if a draw comes to nothing."""

import pytest

from backend.issuance.draw_list import draw_list_of
from backend.issuance.draw_record import wrong_with
from backend.issuance.draw_roots import await_seed, drawn_for, is_awaiting, waiting_roots
from backend.kernel.digest import sha256, to_hex
from tests.unit.issuance.drawing import DAY, committed, opened, played, record_of, revealed
from tests.unit.issuance.world import AT, VERIFIERS, World

ROOTS = sorted(sha256(name) for name in (b"one", b"another"))


@pytest.fixture(autouse=True)
def awaiting(world: World) -> None:
    with world.database.write() as session:
        for root in (*ROOTS, *ROOTS):
            await_seed(session, root, AT)
        assert waiting_roots(session) == ROOTS


def test_roots__without_a_statement_to_draw__are_reason_enough_and_get_a_seed(world: World) -> None:
    record = played(world)

    assert record["listed"]["roots"] == [to_hex(root) for root in ROOTS]
    assert (record["listed"]["entries"], record["drawn"]) == ([], [])
    assert wrong_with(record) == []
    assert draw_list_of(record["listed"]).document() == record["listed"]
    with world.database.read() as session:
        drawn = drawn_for(session, ROOTS[0])
        assert drawn is not None
        assert (drawn.day, to_hex(drawn.seed or b"")) == (DAY, record["seed"])
        assert waiting_roots(session) == []
        assert is_awaiting(session, ROOTS[0])
        assert drawn_for(session, sha256(b"a third")) is None


def test_roots__of_a_draw_under_way__wait_for_it_and_for_no_other(world: World) -> None:
    opened(world)

    with world.database.read() as session:
        assert waiting_roots(session) == []
        assert drawn_for(session, ROOTS[0]) is None


def test_roots__of_a_draw_that_came_to_nothing__wait_again(world: World) -> None:
    listed = opened(world)
    committed(world, listed, VERIFIERS[0])
    revealed(world, listed, VERIFIERS[0])

    assert record_of(world)["seed"] is None
    with world.database.read() as session:
        assert waiting_roots(session) == ROOTS
        assert drawn_for(session, ROOTS[0]) is None


def test_record__with_another_root__is_found_out(world: World) -> None:
    record = played(world)
    record["listed"]["roots"] = [to_hex(sha256(b"mine"))]

    assert any("digest" in sentence for sentence in wrong_with(record))


def test_list__without_roots__is_the_document_it_was_before_there_were_any(world: World) -> None:
    played(world)
    world.three_attested()

    assert "roots" not in draw_list_of(record_of(world)["listed"] | {"roots": []}).document()
