"""Policies over HTTP: public, each by its id and every revision by its digest; reports over personas; the personas."""

import re
from functools import lru_cache
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from backend.kernel.digest import canonical_json
from backend.ledger.caller import books_of
from backend.ledger.persona import persona_of, shipped_personas
from backend.ledger.policy import Policy, PolicySet
from backend.ledger.policy_record import policy_records
from backend.ledger.policy_report import report_of
from backend.ledger.policy_report_views import PersonaOut, PersonasOut, PolicyReportsOut, persona_out, reports_out
from backend.ledger.policy_views import (
    PoliciesOut,
    PolicyRecordsOut,
    PolicyWholeOut,
    policy_out,
    policy_whole_out,
    records_out,
)

router = APIRouter(tags=["policies"])
_DIGEST = re.compile(r"(0x)?[0-9a-f]{64}")

Against = Annotated[str | None, Query(description="Another policy of the same region, by its id or digest.")]


def named(policies: PolicySet, name: str) -> Policy:
    """The policy of an id in its newest revision, or any revision by its digest; raises PolicyUnknown."""
    if _DIGEST.fullmatch(name):
        return policies.at(bytes.fromhex(name.removeprefix("0x")))
    return policies.policy(name)


@router.get("/policies")
def list_policies(request: Request) -> PoliciesOut:
    """The budget policies, each with its derivation and what it leaves out."""
    policies = books_of(request).policies.by_id
    return PoliciesOut(policies=[policy_out(policy) for _, policy in sorted(policies.items())])


@router.get("/policies/records")
def list_records() -> PolicyRecordsOut:
    """Every revision of every policy with its digest: a used file never changes."""
    return records_out(policy_records())


@router.get(
    "/policies/{policy_id}", responses={200: {"content": {"application/json": {}}}}, response_model=PolicyWholeOut
)
def show_policy(request: Request, policy_id: str) -> PolicyWholeOut | Response:
    """One policy, whole; or, by the digest of any revision, its file as canonical JSON: the very bytes that have the
    digest.
    """
    found = named(books_of(request).policies, policy_id)
    if found.id != policy_id:
        return Response(canonical_json(dict(found.source)), media_type="application/json")
    return policy_whole_out(found)


@router.get("/policies/{policy_id}/report")
def show_report(request: Request, policy_id: str, against: Against = None) -> PolicyReportsOut:
    """Who gains and who loses by a policy (against another), over the personas of its region; to the gram."""
    policies = books_of(request).policies
    return _report(policies, named(policies, policy_id), named(policies, against) if against else None)


@lru_cache(maxsize=64)
def _report(policies: PolicySet, policy: Policy, against: Policy | None) -> PolicyReportsOut:
    """Kept, because it is public and every persona is computed for it."""
    return reports_out([report_of(policy, policies, shipped_personas(), against)])


@router.get("/personas")
def list_personas() -> PersonasOut:
    """Made-up people with a known year: diets, homes, ways of travel, regions; and what their years came to."""
    return PersonasOut(personas=[persona_out(one) for one in shipped_personas().values()])


@router.get("/personas/{persona_id}")
def show_persona(persona_id: str) -> PersonaOut:
    """One persona, with every result it ever had and why it changed."""
    return persona_out(persona_of(persona_id))
