"""Mass and money as integers: grams of CO2e, 1 kg lots, payment-token base units, basis points.

Names carry the unit last (`amount_gco2e`). Nothing here divides but the two fee functions, whose rounding is in
the name.
"""

from typing import NewType

from backend.kernel.errors import InvalidInput

Gco2e = NewType("Gco2e", int)
"""Grams of CO2e; one unit of the credit token."""

LOT_GCO2E = 1000
"""The market's lot: 1 kg."""

MINT_STEP_GCO2E = 10_000
"""Credits mint in whole 10 kg; the rest is carried."""

BPS = 10_000
"""Basis points in one."""

UINT256_MAX = 2**256 - 1


class LotMisaligned(InvalidInput):
    """An amount is not a positive multiple of the lot."""

    code = "amount.not_whole_lots"

    def __init__(self, amount_gco2e: int) -> None:
        super().__init__(
            f"{amount_gco2e} g is not a positive multiple of {LOT_GCO2E} g (1 kg)",
            amount_gco2e=amount_gco2e,
            lot_gco2e=LOT_GCO2E,
        )


def lots_of(amount_gco2e: int) -> int:
    """Lots in a whole-lot amount; raises LotMisaligned."""
    lots, rest = divmod(amount_gco2e, LOT_GCO2E)
    if rest or lots <= 0:
        raise LotMisaligned(amount_gco2e)
    return lots


def fee_floor(cost: int, fee_bps: int) -> int:
    """Fee in payment-token base units, rounded down (DESIGN section 2)."""
    return cost * fee_bps // BPS


def share_ceil(amount_gco2e: int, rate_bps: int) -> int:
    """`amount * rate`, rounded up to the gram: the buffer's share of a mint (DESIGN section 4)."""
    return -(-amount_gco2e * rate_bps // BPS)


def step_floor(amount_gco2e: int, step_gco2e: int = MINT_STEP_GCO2E) -> int:
    """The whole mint steps in an amount; what is left over is carried to the next vintage."""
    return amount_gco2e - amount_gco2e % step_gco2e
