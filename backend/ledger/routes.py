"""The ledger over HTTP: accounts and homes, activities, statements, and the public policies."""

from typing import Any

from fastapi import APIRouter, Depends
from starlette.requests import Request

from backend.access.wire import Amount, HexBytes32, Wire
from backend.ledger import (
    account_routes,
    activity_routes,
    air_routes,
    intake_routes,
    life_routes,
    privacy_routes,
    report_routes,
    sharing_routes,
    statement_routes,
)
from backend.ledger.caller import books_of, note_guardian
from backend.ledger.policy import Policy

router = APIRouter(dependencies=[Depends(note_guardian)])
router.include_router(account_routes.router)
router.include_router(life_routes.router)
router.include_router(privacy_routes.router)
router.include_router(intake_routes.router)
router.include_router(activity_routes.router)
router.include_router(report_routes.router)
router.include_router(sharing_routes.router)
router.include_router(statement_routes.router)
router.include_router(air_routes.router)


class CategoryOut(Wire):
    """One category of a policy: grams per adult and full year, and how the number was derived."""

    category: str
    budget_gco2e: Amount
    high_default_gco2e: Amount
    gas_basis: str
    boundary: str
    derivation: str
    sources: list[str]


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


class PolicyWholeOut(PolicyOut):
    """The same with the file as read: its canonical JSON has the digest."""

    source: dict[str, Any]


class PoliciesOut(Wire):
    """Every policy, in order of id."""

    policies: list[PolicyOut]


def _fields(policy: Policy) -> dict[str, Any]:
    return {
        "id": policy.id,
        "title": policy.title,
        "revision": policy.revision,
        "illustrative": policy.illustrative,
        "credit_class": policy.credit_class.code,
        "digest": policy.digest,
        "region_cap_gco2e": policy.region_cap_gco2e,
        "categories": [
            CategoryOut(
                category=one.category,
                budget_gco2e=one.budget_gco2e,
                high_default_gco2e=one.high_default_gco2e,
                gas_basis=one.gas_basis,
                boundary=one.boundary,
                derivation=one.derivation,
                sources=list(one.sources),
            )
            for one in policy.categories
        ],
    }


@router.get("/policies", tags=["policies"])
def list_policies(request: Request) -> PoliciesOut:
    """The budget policies, each with its derivation."""
    policies = books_of(request).policies.by_id
    return PoliciesOut(policies=[PolicyOut(**_fields(policy)) for _, policy in sorted(policies.items())])


@router.get("/policies/{policy_id}", tags=["policies"])
def show_policy(request: Request, policy_id: str) -> PolicyWholeOut:
    """One policy, whole."""
    policy = books_of(request).policies.policy(policy_id)
    return PolicyWholeOut(**_fields(policy), source=dict(policy.source))
