"""A factor set read back from its published content: whoever has the file can choose and compute with it."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from backend.footprint.factor import Factor, FactorMalformed, Interval, ProxyFor, Uncertainty
from backend.footprint.factors import FactorSet
from backend.kernel.errors import InvalidInput


class FactorSetMalformed(InvalidInput):
    """Not the content of a factor set as `GET /factors/{digest}` serves it, or one with another ladder."""

    code = "footprint.factor_set_malformed"

    def __init__(self, why: str) -> None:
        super().__init__(f"not the content of a factor set: {why}", why=why)


def factor_from_passport(passport: Mapping[str, Any]) -> Factor:
    """The factor of a whole passport. Raises KeyError, TypeError, ValueError, ArithmeticError for what is none."""
    interval = passport.get("interval")
    return Factor(
        id=passport["id"],
        kind=passport["kind"],
        region=passport["region"],
        year=passport["year"],
        value=Decimal(passport["value"]),
        unit=passport["unit"],
        via=passport["via"],
        gas_basis=passport["gasBasis"],
        gwp_set=passport["gwpSet"],
        boundary=passport["boundary"],
        boundary_note=passport["boundaryNote"],
        published_on=date.fromisoformat(passport["publishedOn"]),
        published_note=passport["publishedNote"],
        document=passport["document"],
        table=passport["table"],
        licence=passport["licence"],
        status=passport["status"],
        derivation=passport["derivation"],
        uncertainty=Uncertainty(
            passport["uncertaintyBasis"], passport["uncertaintyHalfWidthBps"], passport["uncertaintyNote"]
        ),
        review_by=date.fromisoformat(passport["reviewBy"]),
        revision=passport["revision"],
        proxies=tuple(ProxyFor(proxy["place"], proxy["kind"]) for proxy in passport["proxyFor"]),
        reference=passport.get("reference", ""),
        interval=Interval(Decimal(interval["lower"]), Decimal(interval["upper"]), interval["of"]) if interval else None,
        judged_as="",
        entered=1,
        withdrawn=None,
    )


def factor_set_of(content: Any) -> FactorSet:
    """The set of a content; its digest is the content's. Raises FactorSetMalformed."""
    try:
        grids = content.get("grids")
        found = FactorSet.of(
            (factor_from_passport(passport) for passport in content["factors"]),
            {place: (grid or None, nation) for place, (grid, nation) in grids.items()} if grids is not None else None,
        )
    except (AttributeError, KeyError, TypeError, ValueError, ArithmeticError, FactorMalformed) as failure:
        raise FactorSetMalformed(repr(failure)) from failure
    if found.content() != content:
        raise FactorSetMalformed("it holds more or other things than a factor set of this version")
    return found
