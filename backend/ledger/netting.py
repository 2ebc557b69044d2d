"""From a surplus to what mints: carried deficits first, then whole steps with room for the buffer. No framework."""

from collections.abc import Sequence
from dataclasses import dataclass

from backend.kernel.mass import share_ceil
from backend.ledger.debt import OpenDeficit
from backend.ledger.statement import Year


@dataclass(frozen=True)
class Plan:
    """What becomes of a year's surplus, in grams."""

    carried_in_gco2e: int
    netted_gco2e: int
    nettings: tuple[tuple[OpenDeficit, int], ...]
    credit_gco2e: int
    """Mints to the holder."""
    buffer_gco2e: int
    """Mints to the class buffer on top; both come out of the surplus."""
    carried_out_gco2e: int


def largest_mint(available_gco2e: int, step_gco2e: int, buffer_bps: int) -> int:
    """The most whole mint steps whose grams and buffer share together fit."""
    steps = available_gco2e // step_gco2e
    while steps and steps * step_gco2e + share_ceil(steps * step_gco2e, buffer_bps) > available_gco2e:
        steps -= 1
    return steps * step_gco2e


def plan_of(year: Year, *, carried_in_gco2e: int, deficits: Sequence[OpenDeficit]) -> Plan:
    """Nets what earlier vintages owe, oldest first, then mints whole steps; the rest is carried to the next vintage.

    What was carried in is left over from a year in which it was earned, so a year that earns nothing keeps it.
    """
    available = year.surplus_gco2e + carried_in_gco2e
    nettings: list[tuple[OpenDeficit, int]] = []
    for deficit in deficits:
        if deficit.vintage >= year.policy.vintage:
            continue
        part = min(available, deficit.outstanding_gco2e)
        if part:
            nettings.append((deficit, part))
            available -= part
    credit = largest_mint(available, year.policy.mint_step_gco2e, year.policy.buffer_bps)
    buffer = share_ceil(credit, year.policy.buffer_bps)
    return Plan(
        carried_in_gco2e=carried_in_gco2e,
        netted_gco2e=sum(part for _, part in nettings),
        nettings=tuple(nettings),
        credit_gco2e=credit,
        buffer_gco2e=buffer,
        carried_out_gco2e=available - credit - buffer,
    )
