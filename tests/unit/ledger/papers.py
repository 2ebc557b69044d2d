"""Statements' documents as they are read back, and what was found in them."""

import json
from collections.abc import Sequence
from typing import Any

from backend.footprint.factors import FactorSet
from backend.kernel.digest import canonical_json, to_hex
from backend.ledger.content import Account, Memo, content_of
from backend.ledger.netting import plan_of
from backend.ledger.recompute import Discrepancy
from backend.ledger.statement import Year

Values = dict[str, Any]


def said(factors: FactorSet, year: Year, *, carried_in_gco2e: int = 0, memos: Sequence[Memo] = ()) -> Values:
    """A year's document as it is read back."""
    account = Account("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266", b"\x01" * 32, 1)
    plan = plan_of(year, carried_in_gco2e=carried_in_gco2e, deficits=[])
    content = content_of(account, year, plan, to_hex(factors.digest), memos)
    values: Values = json.loads(canonical_json(content))
    return values


def codes(found: list[Discrepancy]) -> set[str]:
    return {one.code for one in found}


def fields(found: list[Discrepancy]) -> set[str]:
    return {one.field for one in found}
