"""What the ledger's use cases work with, put together once at composition."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeAlias

from sqlmodel import Session

from backend.chain.rpc import LOCAL_CHAIN_ID
from backend.footprint.factors import FactorSet
from backend.footprint.freeze import frozen_for
from backend.kernel.digest import Json
from backend.ledger.personhood import DevelopmentIssuer, LedgerKeys, NoIssuer, PersonhoodProvider
from backend.ledger.policy import PolicySet, shipped_policies
from backend.ledger.service import random_salt
from backend.ledger.utility import Utilities, shipped_utilities

ErasureCheck: TypeAlias = Callable[[Session, int, Sequence[str], datetime], list[str]]
"""Of a person's row and addresses, at a time: what is in the way of its erasure, in words."""

ErasureStep: TypeAlias = Callable[[Session, int, datetime], None]
"""Empties what a room has of a person's row when it is erased at a time; again, changes nothing."""

ExportSection: TypeAlias = Callable[[Session, int, Sequence[str]], Iterator[Json]]
"""Of a person's row and addresses: what a room has of it, one after the other."""

AidStageOf: TypeAlias = Callable[[Session, int, bytes], str | None]
"""Of a person's row and a deficit's reference: where its application for aid stands, in one word; None without one."""


def _no_aid(_session: Session, _person_id: int, _reference: bytes) -> None:
    """Of a ledger that stands alone."""


@dataclass(frozen=True)
class Books:
    """Policies, the identity issuer, the pepper, where salts come from, the factor set of each vintage, and utilities
    that may sign.
    """

    policies: PolicySet
    personhood: PersonhoodProvider
    pepper: bytes
    salts: Callable[[], bytes] = random_salt
    factors_for: Callable[[int], FactorSet] = frozen_for
    """The set that was frozen for a vintage."""
    utilities: Utilities = field(default_factory=shipped_utilities)
    erasure_checks: tuple[ErasureCheck, ...] = ()
    """What other rooms hold of a person that has to be settled before it is erased."""
    erasure_steps: tuple[ErasureStep, ...] = ()
    """What other rooms do when a person is erased."""
    export_sections: Mapping[str, ExportSection] = field(default_factory=dict)
    """What other rooms have of a person, by the section's name in the export."""
    aid_stage: AidStageOf = _no_aid
    """What another room does about a deficit."""

    @classmethod
    def development(cls, keys: LedgerKeys) -> "Books":
        """The shipped policies and frozen sets, with the development issuer."""
        return cls(shipped_policies(), DevelopmentIssuer(keys.issuer_key), keys.pepper)

    @classmethod
    def on_chain(cls, keys: LedgerKeys, chain_id: int) -> "Books":
        """The same; but the development issuer vouches for anybody, so on any chain but the local one nobody does."""
        local = cls.development(keys)
        return local if chain_id == LOCAL_CHAIN_ID else replace(local, personhood=NoIssuer())
