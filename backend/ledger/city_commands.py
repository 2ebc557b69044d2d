"""`tanyu city`: a region's year in totals, from this Tanyu's database or from a city's own tables."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from backend.access.terminal import EXIT_FINDING, AsJson, emit, failing_plainly
from backend.access.told import told
from backend.chain.deployment import Deployment
from backend.chain.rpc import LOCAL_CHAIN_ID
from backend.kernel.clock import SystemClock
from backend.kernel.errors import InvalidInput
from backend.ledger.books import Books
from backend.ledger.city_told import require_settled, tell, told_of
from backend.ledger.personhood import LedgerKeys
from backend.ledger.policy import Policy
from backend.storage.database import Database
from backend.storage.settings import Settings

if TYPE_CHECKING:
    from backend.ledger.city_report import CityReport, Side

app = typer.Typer(name="city", help="A region's year in totals; no figure is of a few people.", no_args_is_help=True)


class OneFileOnly(InvalidInput):
    """People without lines, or lines without people."""

    code = "city.one_file_only"


@app.callback()
def city() -> None:
    """A region's year in totals; no figure is of a few people."""


@app.command("report")
def report_city(
    region: Annotated[str, typer.Argument(help="A region that a policy governs, such as CN-SC.")],
    vintage: int,
    *,
    persons: Annotated[Path | None, typer.Option(help="The city's people, CSV or Parquet; see city_intake.")] = None,
    lines: Annotated[Path | None, typer.Option(help="Their lines, CSV or Parquet.")] = None,
    as_json: AsJson = False,
) -> None:
    """Closes everybody's year of a region at once and shows totals and a distribution: of two files; or of the people
    of this Tanyu's database, once everybody's time to hand it in is over. Then each is also closed alone (exit 1: a
    figure differs, and nothing is told), and what is told first is told again whenever it is asked.
    """
    with failing_plainly(as_json=as_json):
        if (persons is None) != (lines is None):
            raise OneFileOnly("give both --persons and --lines, or neither for the people of this Tanyu")
        books = _books()
        policy = books.policies.governing(region, vintage)
        if persons is not None and lines is not None:
            found = _of_files(books, policy, persons, lines)
        else:
            found = _of_this_tanyu(books, policy)
    emit(found, as_json=as_json, render=told)
    if found.get("differing"):
        raise typer.Exit(EXIT_FINDING)


def _books() -> Books:
    settings = Settings.of_environment()
    path = settings.deployment_path
    chain_id = Deployment.load(path).chain_id if path.exists() else LOCAL_CHAIN_ID
    return Books.on_chain(LedgerKeys.at(settings.data_dir / "ledger-keys.json"), chain_id)


def _of_files(books: Books, policy: Policy, persons: Path, lines: Path) -> dict[str, Any]:
    # ibis takes a second to import, which no other command should wait for
    from backend.ledger.city_engine import Engine  # noqa: PLC0415
    from backend.ledger.city_intake import close_files  # noqa: PLC0415
    from backend.ledger.city_report import report_of  # noqa: PLC0415

    factors = books.factors_for(policy.vintage)
    with Engine() as engine:
        closed = close_files(engine, persons=persons, lines=lines, policy=policy, factors=factors)
        return _fields(report_of(engine, policy, closed))


def _of_this_tanyu(books: Books, policy: Policy) -> dict[str, Any]:
    # as above
    from backend.ledger.city_books import close_region  # noqa: PLC0415
    from backend.ledger.city_engine import Engine  # noqa: PLC0415
    from backend.ledger.city_report import report_of  # noqa: PLC0415

    now = SystemClock().now()
    require_settled(policy.region, policy.vintage, now)
    database = Database.of(Settings.of_environment())
    try:
        with database.read() as session, Engine() as engine:
            told = told_of(session, policy.region, policy.vintage)
            if told is not None:
                return told
            checked = close_region(session, engine, books, policy)
            report = report_of(engine, policy, checked.closed)
        if checked.differing:
            return {"policy": policy.id, "differing": checked.differing}
        with database.write() as session:
            return tell(session, policy.region, policy.vintage, _fields(report), now)
    finally:
        database.close()


def _side(side: "Side", minimum: int) -> dict[str, Any]:
    if side.people is None:
        return {"people": f"not told: it, or what it leaves of the whole, is of fewer than {minimum}", "gco2e": None}
    return {"people": side.people, "gco2e": str(side.gco2e)}


def _fields(report: "CityReport") -> dict[str, Any]:
    minimum = report.minimum_people
    return {
        "policy": report.policy.id,
        "region": report.policy.region,
        "vintage": report.policy.vintage,
        "people": report.people,
        "minimumPeople": minimum,
        "closedApart": report.apart,
        "refused": report.refused,
        "budgetGco2e": str(report.budget_gco2e),
        "footprintGco2e": str(report.footprint_gco2e),
        "boundGco2e": str(report.bound_gco2e),
        "outsideGco2e": str(report.outside_gco2e),
        "surplus": _side(report.surplus, minimum),
        "deficit": _side(report.deficit, minimum),
        "neutral": _side(report.neutral, minimum),
        "footprints": [
            {
                "fromGco2e": str(one.from_gco2e),
                "belowGco2e": None if one.below_gco2e is None else str(one.below_gco2e),
                "people": one.people,
            }
            for one in report.footprints
        ],
    }
