"""A person's net position, always whole: budget - footprint + corrections - minted + retired for me.

A statement stands as it was attested; what was found wrong in it later is a line of its own. Selling a surplus does not
make a footprint smaller: what was minted is taken off, wherever it is now. Only credits retired for the person come
back, its own or others', and what others retired or granted for its deficits.
"""

from dataclasses import dataclass

from sqlmodel import Session, col, func, select

from backend.chain.class_id import class_code
from backend.ledger.address import addresses_of, claim_addresses_of
from backend.ledger.correction import Effect, effects_of
from backend.ledger.deficit import open_deficits
from backend.ledger.service import Statement, statements_of
from backend.ledger.state import State
from backend.ledger.tables import DeficitRow, SettlementRow
from backend.link.balances import credit_holdings


@dataclass(frozen=True)
class VintagePosition:
    """One closed vintage, in grams. `minted_gco2e` is what its claim minted to the holder, 0 before that."""

    vintage: int
    state: State
    credit_class: str
    budget_gco2e: int
    footprint_gco2e: int
    minted_gco2e: int


@dataclass(frozen=True)
class Position:
    """Everything together, in grams. `net_gco2e` may be negative."""

    vintages: tuple[VintagePosition, ...]
    corrections: tuple[Effect, ...]
    budget_gco2e: int
    footprint_gco2e: int
    corrected_gco2e: int
    """What corrections come to; less than 0 if more was found to be owed."""
    minted_gco2e: int
    retired_gco2e: int
    """Retired for the person, whatever the class and whoever did it, under any address it has, had or claimed to."""
    settled_by_others_gco2e: int
    """Grants and retirements of others that counted towards its deficits without naming it."""
    net_gco2e: int
    owed_gco2e: int
    """What of its deficits is neither settled nor netted."""


def _vintage(statement: Statement) -> VintagePosition:
    return VintagePosition(
        vintage=statement.vintage,
        state=statement.state,
        credit_class=class_code(statement.class_id),
        budget_gco2e=statement.budget_gco2e,
        footprint_gco2e=statement.footprint_gco2e,
        minted_gco2e=statement.credit_gco2e if statement.state is State.CLAIMED else 0,
    )


def _settled_by_others(session: Session, person_id: int, addresses: list[str]) -> int:
    query = (
        select(func.sum(col(SettlementRow.amount_gco2e)))
        .join(DeficitRow, col(DeficitRow.id) == col(SettlementRow.deficit_id))
        .where(
            col(DeficitRow.person_id) == person_id,
            col(SettlementRow.beneficiary).is_(None) | col(SettlementRow.beneficiary).not_in(addresses),
        )
    )
    return int(session.exec(query).one() or 0)


def position_of(session: Session, person_id: int) -> Position:
    """A person's position over its closed vintages, as of the last block that the index applied."""
    vintages = tuple(_vintage(one) for one in statements_of(session, person_id))
    addresses = addresses_of(session, person_id) + claim_addresses_of(session, person_id)
    budget = sum(one.budget_gco2e for one in vintages)
    footprint = sum(one.footprint_gco2e for one in vintages)
    minted = sum(one.minted_gco2e for one in vintages)
    retired = sum(row.retired_gco2e for address in addresses for row in credit_holdings(session, address))
    corrections = tuple(effects_of(session, person_id))
    corrected = sum(one.effect_gco2e for one in corrections)
    by_others = _settled_by_others(session, person_id, addresses)
    return Position(
        vintages=vintages,
        corrections=corrections,
        budget_gco2e=budget,
        footprint_gco2e=footprint,
        corrected_gco2e=corrected,
        minted_gco2e=minted,
        retired_gco2e=retired,
        settled_by_others_gco2e=by_others,
        net_gco2e=budget - footprint + corrected - minted + retired + by_others,
        owed_gco2e=sum(one.outstanding_gco2e for one in open_deficits(session, person_id)),
    )
