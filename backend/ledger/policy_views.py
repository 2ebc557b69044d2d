"""Policies as JSON shows them: a backcast and an assumption are said wherever they are shown."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from backend.access.wire import Amount, HexBytes32, Wire
from backend.ledger.path import Use
from backend.ledger.policy import CategoryBudget, Policy
from backend.ledger.policy_record import PolicyRecord


class CategoryOut(Wire):
    """One category of a policy: grams per adult and full year, and how the number was derived."""

    category: str
    budget_gco2e: Amount
    high_default_gco2e: Amount
    gas_basis: str
    boundary: str
    boundaries_alike: list[str]
    derivation: str
    sources: list[str]


class OutsideOut(Wire):
    """A part of life that a policy gives no budget for; its share of the path, if the path is shared out."""

    name: str
    value_gco2e: Amount | None
    reason: str


class AnchorOut(Wire):
    """A year of a path and what a person may emit in it."""

    year: int
    value_gco2e: Amount


class PathOut(Wire):
    """The declining path of a policy. `backcast`: the vintage is before the first anchor, so nobody set its value."""

    id: str
    title: str
    use: str
    anchors: list[AnchorOut]
    value_gco2e: Amount
    outside_gco2e: Amount | None
    """What of the value is in no category's budget, if the path is shared out."""
    backcast: bool
    source: str
    note: str


class AdjusterOut(Wire):
    """A household term: what it adds to the daily budget of some categories, and where that comes from."""

    term: str
    extra_bps: int
    categories: list[str]
    note: str


class PolicyOut(Wire):
    """A policy in short."""

    id: str
    title: str
    revision: int
    illustrative: bool
    credit_class: str
    digest: HexBytes32
    region_cap_gco2e: Amount
    categories: list[CategoryOut]
    outside: list[OutsideOut]
    path: PathOut | None
    adjusters: list[AdjusterOut]


class PolicyWholeOut(PolicyOut):
    """The same with the file as read: its canonical JSON has the digest, and is what `/policies/{digest}` answers."""

    source: dict[str, Any]


class PoliciesOut(Wire):
    """Every policy in its newest revision, in order of id."""

    policies: list[PolicyOut]


class PolicyRecordOut(Wire):
    """One revision of a policy, as it was first used."""

    id: str
    revision: int
    on: date
    digest: HexBytes32
    note: str


class PolicyRecordsOut(Wire):
    """Every revision of every policy, in the order recorded."""

    records: list[PolicyRecordOut]


def _category_out(one: CategoryBudget) -> CategoryOut:
    return CategoryOut(
        category=one.category,
        budget_gco2e=one.budget_gco2e,
        high_default_gco2e=one.high_default_gco2e,
        gas_basis=one.gas_basis,
        boundary=one.boundary,
        boundaries_alike=list(one.boundaries_alike),
        derivation=one.derivation,
        sources=list(one.sources),
    )


def _path_out(policy: Policy) -> PathOut | None:
    declared = policy.path
    if declared is None:
        return None
    given_gco2e = sum(one.budget_gco2e for one in policy.categories)
    return PathOut(
        id=declared.path.id,
        title=declared.path.title,
        use=declared.use,
        anchors=[AnchorOut(year=year, value_gco2e=value) for year, value in declared.path.anchors],
        value_gco2e=declared.value_gco2e,
        outside_gco2e=declared.value_gco2e - given_gco2e if declared.use is Use.SHARES else None,
        backcast=declared.backcast,
        source=declared.path.source,
        note=declared.note.strip(),
    )


def _fields(policy: Policy) -> dict[str, Any]:
    path_gco2e = policy.path.value_gco2e if policy.path else 0
    return {
        "id": policy.id,
        "title": policy.title,
        "revision": policy.revision,
        "illustrative": policy.illustrative,
        "credit_class": policy.credit_class.code,
        "digest": policy.digest,
        "region_cap_gco2e": policy.region_cap_gco2e,
        "categories": [_category_out(one) for one in policy.categories],
        "outside": [
            OutsideOut(name=one.name, value_gco2e=one.value_gco2e(path_gco2e), reason=one.reason)
            for one in policy.outside
        ],
        "path": _path_out(policy),
        "adjusters": [
            AdjusterOut(term=one.term, extra_bps=one.extra_bps, categories=sorted(one.categories), note=one.note)
            for one in policy.adjusters
        ],
    }


def policy_out(policy: Policy) -> PolicyOut:
    """A policy in short."""
    return PolicyOut(**_fields(policy))


def policy_whole_out(policy: Policy) -> PolicyWholeOut:
    """A policy with its file."""
    return PolicyWholeOut(**_fields(policy), source=dict(policy.source))


def records_out(records: Sequence[PolicyRecord]) -> PolicyRecordsOut:
    """The record."""
    return PolicyRecordsOut(
        records=[
            PolicyRecordOut(id=one.id, revision=one.revision, on=one.on, digest=one.digest, note=one.note)
            for one in records
        ]
    )
