"""Revisions only grow, freezes stay computable by their digest, and what an old one gave it gives for ever."""

from dataclasses import replace
from datetime import date

import pytest

from backend.footprint import factors as factors_module
from backend.footprint import freeze as freeze_module
from backend.footprint.changes import changes_between
from backend.footprint.factor_file import shipped_factors
from backend.footprint.factors import FactorSet, catalogue
from backend.footprint.finding import FactorSetAmbiguous, find_factors, set_of
from backend.footprint.freeze import (
    FactorSetUnknown,
    Freeze,
    FreezeBroken,
    factor_set,
    freezes,
    frozen_for,
    set_of_freeze,
)
from backend.footprint.kind import KINDS
from backend.footprint.place import places
from backend.footprint.revision import Revision, RevisionUnknown, head_revision, revisions
from backend.footprint.selection import FactorUnknown, choose
from backend.kernel.digest import digest_of


@pytest.mark.parametrize("revision", revisions(), ids=lambda one: f"revision {one.number}")
def test_revision__recomputed_from_its_rows__has_the_recorded_digest(revision: Revision) -> None:
    assert catalogue(revision.number).digest.hex() == revision.digest.hex()


def test_revisions__are_numbered_in_order_and_hold_every_row() -> None:
    assert [one.number for one in revisions()] == list(range(1, head_revision() + 1))
    assert {one.entered for one in shipped_factors()} <= set(range(1, head_revision() + 1))
    assert {one.entered for one in places().values()} <= set(range(1, head_revision() + 1))
    assert [one.on for one in revisions()] == sorted(one.on for one in revisions())


def test_revision__unknown__names_the_newest() -> None:
    with pytest.raises(RevisionUnknown) as refused:
        catalogue(99)

    assert refused.value.code == "footprint.revision_unknown"
    assert refused.value.fields["newest"] == head_revision()


@pytest.mark.parametrize("record", freezes(), ids=lambda one: f"{one.vintage} at {one.revision}")
def test_freeze__recomputed__has_its_digest_and_is_found_by_it(record: Freeze) -> None:
    found = set_of_freeze(record)

    assert found.digest == record.digest
    assert digest_of(found.content()) == record.digest
    assert factor_set(record.digest) is found
    assert all(factor.published_on < date(record.vintage, 1, 1) for factor in found.by_id.values())


def test_freeze__of_rows_that_were_edited__is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    edited = Freeze(2025, 1, date(2026, 11, 22), b"\1" * 32, "")
    monkeypatch.setattr(freeze_module, "freezes", lambda: (edited,))

    with pytest.raises(FreezeBroken) as refused:
        frozen_for(2025)

    assert refused.value.code == "footprint.freeze_broken"


def test_factor_set__of_any_revision_or_unknown__is_found_or_refused() -> None:
    for one in revisions():
        assert factor_set(one.digest).digest == one.digest
    with pytest.raises(FactorSetUnknown) as refused:
        factor_set(b"\0" * 32)
    assert refused.value.code == "footprint.factor_set_unknown"


def test_freeze__rows_that_enter_later__change_no_old_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if a third revision brought a figure of 2024 that had been overlooked: recorded sets do not move."""
    overlooked = replace(
        catalogue().factor("electricity-cn-sc-2022"), id="electricity-cn-sc-2022-late", revision=2, entered=3
    )
    assert overlooked.published_on < date(2025, 1, 1)
    monkeypatch.setattr(factors_module, "shipped_factors", lambda: (*shipped_factors(), overlooked))

    again = catalogue.__wrapped__(2)

    assert again.digest == catalogue(2).digest
    assert again.frozen_before(date(2025, 1, 1)).digest == frozen_for(2025).digest


def test_freeze_2025__amended__gives_every_place_of_the_first_record_what_it_gave() -> None:
    """Only Chongqing differs: it has its own figure now instead of its grid's."""
    first, last = (set_of_freeze(one) for one in freezes() if one.vintage == 2025)
    changed: set[tuple[str, str]] = set()
    for kind in KINDS:
        for place in (one.code for one in places().values() if one.entered == 1):
            try:
                before = choose(first, kind, place, 2025)
            except FactorUnknown:
                continue
            after = choose(last, kind, place, 2025)
            if before != after:
                changed.add((kind, place))

    assert changed == {("grid_electricity", "CN-CQ"), ("car_bev", "CN-CQ")}


def test_changes__between_revisions__are_what_came_and_what_now_comes_first() -> None:
    found = changes_between(catalogue(1), catalogue(2))

    assert len(found.added) == len(catalogue(2).by_id) - len(catalogue(1).by_id)
    assert (found.withdrawn, found.replaced) == ((), ())
    back = changes_between(catalogue(2), catalogue(1))
    assert [one.id for one in back.withdrawn] == [one.id for one in found.added]


def test_changes__a_better_figure_of_the_same_year__is_told_as_replacing() -> None:
    old = catalogue().factor("electricity-gb-2024")
    older = FactorSet.of([old])
    newer = FactorSet.of([old, replace(old, id="electricity-gb-2024-r3", revision=3)])

    (one,) = changes_between(older, newer).replaced

    assert (one.before.id, one.after.id) == ("electricity-gb-2024", "electricity-gb-2024-r3")


def test_set_of__vintage_and_a_day__contradict() -> None:
    with pytest.raises(FactorSetAmbiguous) as refused:
        set_of(before=date(2025, 1, 1), vintage=2025)

    assert refused.value.code == "footprint.set_ambiguous"
    assert set_of(vintage=2025) is frozen_for(2025)
    assert set_of(revision=1) is catalogue(1)


def test_find__words__must_all_be_there_in_any_order() -> None:
    found = find_factors(catalogue(), search="2022 hebei")

    assert [one.id for one in found] == ["electricity-cn-he-2022"]
    assert find_factors(catalogue(), search="hebei teleport") == []
