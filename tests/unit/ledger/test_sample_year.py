"""The sample year: every household's statement to the gram, and the published profiles behind four of them."""

import csv
import io
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import SQLModel

from backend.ledger.closing import close, submit
from backend.ledger.sample import sample_households
from backend.ledger.service import Statement
from backend.storage.database import Database
from tests.unit.footprint.shared_data import shared_folder
from tests.unit.ledger.people import AT, play_sample_year, some_books

PINNED = {
    # key: (budget, footprint, bound, credit, deficit), in grams
    "coastal-1": (459_000, 334_116, 368_407, 80_000, 0),
    "coastal-2": (459_000, 334_116, 368_407, 80_000, 0),
    "coastal-3": (459_000, 334_116, 368_407, 80_000, 0),
    "desert-flat-1": (459_000, 591_145, 641_430, 0, 132_145),
    "desert-flat-2": (459_000, 591_145, 641_430, 0, 132_145),
    "desert-house-1": (459_000, 701_991, 760_910, 0, 242_991),
    "desert-house-2": (459_000, 701_991, 760_910, 0, 242_991),
    "desert-house-3": (459_000, 701_991, 760_910, 0, 242_991),
    "desert-house-4": (459_000, 701_991, 760_910, 0, 242_991),
    "mountain-1": (459_000, 548_964, 595_790, 0, 89_964),
    "mountain-2": (459_000, 548_964, 595_790, 0, 89_964),
    "mountain-3": (125_753, 251_061, 272_133, 0, 125_308),
    "chengdu-flat-1": (658_000, 390_652, 626_730, 20_000, 0),
    # One car, shared equally by its odometer: it used to be two halves that each declared.
    "mianyang-couple-1": (658_000, 1_243_811, 1_717_139, 0, 585_811),
    "mianyang-couple-2": (658_000, 1_243_811, 1_717_139, 0, 585_811),
    "leshan-family-1": (658_000, 389_379, 574_605, 70_000, 0),
    "leshan-family-2": (658_000, 364_433, 569_574, 80_000, 0),
    "leshan-family-3": (329_000, 268_988, 390_435, 0, 0),
    "zigong-couple-1": (658_000, 290_354, 570_204, 80_000, 0),
    "zigong-couple-2": (658_000, 277_343, 570_204, 80_000, 0),
    "chengdu-flyer-1": (658_000, 4_437_632, 7_388_573, 0, 3_779_632),
}

PROFILES = {
    "coastal": ("Coastal_Multi_Family_Jan_1_2011_to_Jan_1_2012_RetailCustomer_5.xml", 4_425_305),
    "desert-flat": ("Desert_Multi_Family_Jan_1_2011_to_Jan_1_2012_RetailCustomer_6.xml", 5_219_781),
    "desert-house": ("Desert_Single_Family_Jan_1_2011_to_Jan_1_2012_RetailCustomer_7.xml", 12_397_107),
    "mountain": ("Mountain_Multi_family_Jan_1_2011_to_Jan_1_2012_RetailCustomer_10.xml", 5_955_741),
}


def _play(database: Database) -> dict[str, Statement]:
    books = some_books()
    with database.write() as session:
        people = play_sample_year(session, books)
        for person in people.values():
            close(session, books, person_id=person.person_id, vintage=2025, at=AT)
        return {
            key: submit(session, books, person_id=person.person_id, vintage=2025, at=AT)
            for key, person in people.items()
        }


def _fresh_year(folder: Path) -> dict[str, Statement]:
    database = Database.at(folder / "tanyu.db")
    SQLModel.metadata.create_all(database.writer)
    try:
        return _play(database)
    finally:
        database.close()


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Statement]:
    return _fresh_year(tmp_path_factory.mktemp("year"))


def test_sample_year__every_statement__is_what_it_was_to_the_gram(year: dict[str, Statement]) -> None:
    found = {
        key: (one.budget_gco2e, one.footprint_gco2e, one.bound_gco2e, one.credit_gco2e, one.deficit_gco2e)
        for key, one in year.items()
    }

    assert found == PINNED


def test_sample_year__played_twice_with_the_same_salts__gives_the_same_digests(
    year: dict[str, Statement], tmp_path: Path
) -> None:
    replayed = _fresh_year(tmp_path)

    assert {key: one.digest for key, one in replayed.items()} == {key: one.digest for key, one in year.items()}


def test_sample_year__by_policy_alone__at_least_four_households_mint_and_two_owe(year: dict[str, Statement]) -> None:
    homes = [[year[person.key] for person in household.people] for household in sample_households()]

    assert sum(any(one.credit_gco2e >= 10_000 for one in home) for home in homes) >= 4
    assert sum(any(one.deficit_gco2e for one in home) for home in homes) >= 2
    assert {one.methodology for one in year.values()} == {"SIM"}


def test_sample_year__all_figures__are_named_for_what_they_are() -> None:
    for household in sample_households():
        prefix = "Published sample profile: " if household.region == "US-CA" else "Described household: "
        assert household.name.startswith(prefix)
        assert household.assumption


@pytest.mark.parametrize("key", PROFILES)
def test_published_profile__its_monthly_totals__are_the_file_s_to_the_watt_hour(key: str) -> None:
    file, total_wh = PROFILES[key]
    household = next(one for one in sample_households() if one.key == key)
    rows = list(csv.DictReader(io.StringIO(household.csv_texts[0])))
    carried = {int(row["from"][5:7]): int(row["quantity"]) for row in rows}

    assert sum(carried.values()) == total_wh
    assert carried == _monthly_wh(shared_folder("green_button") / file)


def _monthly_wh(path: Path) -> dict[int, int]:
    """Totals of a Green Button file's readings by local month."""
    zone, space = ZoneInfo("America/Los_Angeles"), "{http://naesb.org/espi}"
    months: Counter[int] = Counter()
    for reading in ET.parse(path).getroot().iter(f"{space}IntervalReading"):
        start, value = reading.findtext(f"{space}timePeriod/{space}start"), reading.findtext(f"{space}value")
        assert start is not None
        assert value is not None
        months[datetime.fromtimestamp(int(start), UTC).astimezone(zone).month] += int(value)
    return dict(months)
