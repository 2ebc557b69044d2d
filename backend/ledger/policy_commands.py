"""`tanyu policy`: budget policies and how they came about, who gains and who loses by one, and personas explained."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.table import Table
from rich.text import Text

from backend.access.figures import kg_column, percent_text
from backend.access.terminal import AsJson, emit, failing_plainly
from backend.footprint.freeze import frozen_for
from backend.kernel.digest import to_hex
from backend.ledger.commands import read_text
from backend.ledger.explain import explain
from backend.ledger.persona import persona_of, shipped_personas
from backend.ledger.persona_year import play
from backend.ledger.policy import Policy, PolicySet, parse_policy, shipped_policies
from backend.ledger.policy_record import policy_records
from backend.ledger.policy_report import report_of
from backend.ledger.policy_report_views import PolicyReportOut, PolicyReportsOut, reports_out
from backend.ledger.policy_routes import named
from backend.ledger.policy_views import (
    PoliciesOut,
    PolicyOut,
    PolicyRecordsOut,
    PolicyWholeOut,
    policy_out,
    policy_whole_out,
    records_out,
)
from backend.ledger.rule_words import GUARD_WORDS, RULE_WORDS, rule_value

app = typer.Typer(name="policy", help="Budget policies, and who gains and loses by them.", no_args_is_help=True)

Found = TypeVar("Found")

BACKCAST = "BACKCAST: before the path's first anchor, so nobody set this value"


def _tell(found: Found, tables: Callable[[Found], list[Table]], *, as_json: bool) -> None:
    """JSON, or one table after the other."""
    for table in [Table()] if as_json else tables(found):
        emit(found, as_json=as_json, render=partial(_table, table))


def _table(table: Table, _: object) -> Table:
    return table


def _policy_or_file(policies: PolicySet, name: str) -> Policy:
    """A shipped policy by id or digest, or one that is not shipped yet by its file."""
    path = Path(name)
    return parse_policy(read_text(path)) if path.suffix == ".toml" else named(policies, name)


def _flags(policy: PolicyOut) -> str:
    flags = ["illustrative"] * policy.illustrative + ["backcast"] * bool(policy.path and policy.path.backcast)
    return ", ".join(flags)


def _render_list(found: PoliciesOut) -> Table:
    table = Table(title="budget policies")
    for name in ("id", "revision", "class", "a year", "covers", "flags", "digest"):
        table.add_column(name)
    for one in found.policies:
        total = kg_column(sum(category.budget_gco2e for category in one.categories))
        covers = ", ".join(category.category for category in one.categories)
        table.add_row(one.id, str(one.revision), one.credit_class, total, covers, _flags(one), to_hex(one.digest))
    return table


def _facts(policy: PolicyWholeOut) -> Table:
    facts = Table(title=f"{policy.title} ({_flags(policy) or 'as it stands'})", show_header=False)
    facts.add_row("id", f"{policy.id} revision {policy.revision}")
    facts.add_row("digest", to_hex(policy.digest))
    facts.add_row("class", policy.credit_class)
    facts.add_row("region cap", kg_column(policy.region_cap_gco2e))
    for section, words in (("rules", RULE_WORDS), ("guards", GUARD_WORDS)):
        told = policy.source.get(section, {})
        for rule, word in words.items():
            if rule in told:
                facts.add_row(word, rule_value(rule, told[rule]))
    if policy.path is not None:
        anchors = ", ".join(f"{one.year}: {kg_column(one.value_gco2e)}" for one in policy.path.anchors)
        facts.add_row("path", f"{anchors}; {policy.path.source}")
        flag = f", {BACKCAST}" if policy.path.backcast else ""
        facts.add_row("path, this vintage", f"{kg_column(policy.path.value_gco2e)}{flag}. {policy.path.note}")
        if policy.path.outside_gco2e is not None:
            facts.add_row("of it outside", f"{kg_column(policy.path.outside_gco2e)}, as follows")
    for term in policy.adjusters:
        facts.add_row(
            f"term {term.term}", f"+{percent_text(term.extra_bps)} of {', '.join(term.categories)}: {term.note}"
        )
    for one in policy.outside:
        size = "" if one.value_gco2e is None else f" ({kg_column(one.value_gco2e)})"
        facts.add_row("outside", f"{one.name}{size}: {one.reason}")
    return facts


def _budgets(policy: PolicyWholeOut) -> Table:
    table = Table(title="per adult and full year")
    for name in ("category", "budget", "high default", "basis", "derivation", "sources"):
        table.add_column(name, overflow="fold")
    for line in policy.categories:
        basis = f"{line.gas_basis}, {', '.join([line.boundary, *line.boundaries_alike])}"
        amounts = (kg_column(line.budget_gco2e), kg_column(line.high_default_gco2e))
        table.add_row(line.category, *amounts, basis, line.derivation, "; ".join(line.sources))
    return table


def _outcomes(report: PolicyReportOut) -> Table:
    flags = " ".join([*["(illustrative)"] * report.illustrative, *[BACKCAST] * report.backcast])
    versus = f" against {report.against}" if report.against else ""
    table = Table(title=f"{report.policy} revision {report.revision}{versus} {flags}")
    for name in ("persona", "verdict", "better by", "budget", "footprint", "bound", "surplus", "credit", "deficit"):
        table.add_column(name)
    for one in report.outcomes:
        now = one.now
        amounts = (
            int(one.change_gco2e), now.budget_gco2e, now.footprint_gco2e, now.bound_gco2e, now.surplus_gco2e,
            now.credit_gco2e, now.deficit_gco2e,
        )  # fmt: skip
        table.add_row(one.persona, one.verdict, *map(kg_column, amounts))
    for row in report.left_out:
        table.add_row(row.persona, "not closed", *[""] * 7)
    given, cap = kg_column(report.budget_gco2e), kg_column(report.region_cap_gco2e)
    share = f"given {given} of the region's cap of {cap}, which is for {report.people_under_cap} full-year adults"
    reasons = [f"{row.persona} cannot be closed: {row.why}" for row in report.left_out]
    table.caption = "\n".join([f"{share}; personas are made up", *reasons])
    return table


def _groups(found: PolicyReportsOut) -> Table:
    table = Table(title="groups")
    for name in ("group", "people", "gain", "lose", "budget", "footprint", "surplus", "deficit", "better by"):
        table.add_column(name)
    for one in found.groups:
        change = int(one.change_gco2e)
        amounts = (one.budget_gco2e, one.footprint_gco2e, one.surplus_gco2e, one.deficit_gco2e, change)
        counts = (str(one.people), str(one.gains), str(one.loses))
        table.add_row(f"{one.aspect}: {one.value}", *counts, *map(kg_column, amounts))
    return table


def _render_records(found: PolicyRecordsOut) -> Table:
    table = Table(title="policies as they were first used")
    for name in ("id", "revision", "recorded", "digest", "note"):
        table.add_column(name)
    for one in found.records:
        table.add_row(one.id, str(one.revision), str(one.on), to_hex(one.digest), one.note)
    return table


def _render_tables(found: Mapping[str, str]) -> Text:
    return Text("\n\n".join(f"{name}\n\n{table}" for name, table in found.items()))


@app.command("list")
def list_policies(*, as_json: AsJson = False) -> None:
    """Lists the shipped policies, each in its newest revision, with its digest and what it covers."""
    with failing_plainly(as_json=as_json):
        found = [policy_out(one) for _, one in sorted(shipped_policies().by_id.items())]
    emit(PoliciesOut(policies=found), as_json=as_json, render=_render_list)


@app.command("show")
def show_policy(policy: str, *, as_json: AsJson = False) -> None:
    """Shows a policy by its id, digest or file: path, rules, household terms, budgets with derivation and sources, and
    what it leaves out.
    """
    with failing_plainly(as_json=as_json):
        found = policy_whole_out(_policy_or_file(shipped_policies(), policy))
    _tell(found, lambda one: [_facts(one), _budgets(one)], as_json=as_json)


@app.command("records")
def show_records(*, as_json: AsJson = False) -> None:
    """Lists every revision of every policy with its digest; a used file never changes."""
    with failing_plainly(as_json=as_json):
        found = records_out(policy_records())
    emit(found, as_json=as_json, render=_render_records)


@app.command("report")
def report_policy(
    policy: Annotated[
        str | None, typer.Argument(help="Id, digest or TOML file of a policy; all of the newest vintage if left out.")
    ] = None,
    *,
    against: Annotated[str | None, typer.Option(help="Another policy of the same region: id, digest or file.")] = None,
    as_json: AsJson = False,
) -> None:
    """Shows over the personas who gains and who loses by a policy, shipped or not yet, to the gram; by region, diet,
    home, travel and children; and against another policy with --against.
    """
    if against and policy is None:
        raise typer.BadParameter("name the policy to compare", param_hint="--against")
    with failing_plainly(as_json=as_json):
        policies = shipped_policies()
        newest = max(one.vintage for one in policies.by_id.values())
        chosen = [_policy_or_file(policies, policy)] if policy else policies.of_vintage(newest)
        other = _policy_or_file(policies, against) if against else None
        found = reports_out([report_of(one, policies, shipped_personas(), other) for one in chosen])
    _tell(found, lambda all_: [*map(_outcomes, all_.reports), _groups(all_)], as_json=as_json)


@app.command("explain")
def explain_persona(persona: str, *, as_json: AsJson = False) -> None:
    """Explains a persona's year line by line, from each activity by its factor to budget and credit, in Markdown."""
    with failing_plainly(as_json=as_json):
        found = play(persona_of(persona), shipped_policies())
        tables = explain(found.year, found.plan, frozen_for(found.policy.vintage).digest)
    emit(tables, as_json=as_json, render=_render_tables)
