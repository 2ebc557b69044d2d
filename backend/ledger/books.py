"""What the ledger's use cases work with, put together once at composition."""

from collections.abc import Callable
from dataclasses import dataclass

from backend.footprint.factors import FactorSet
from backend.footprint.freeze import frozen_for
from backend.ledger.personhood import DevelopmentIssuer, LedgerKeys, PersonhoodProvider
from backend.ledger.policy import PolicySet, shipped_policies
from backend.ledger.service import random_salt


@dataclass(frozen=True)
class Books:
    """Policies, the identity issuer, the pepper, where salts come from, and the factor set of each vintage."""

    policies: PolicySet
    personhood: PersonhoodProvider
    pepper: bytes
    salts: Callable[[], bytes] = random_salt
    factors_for: Callable[[int], FactorSet] = frozen_for
    """The set that was frozen for a vintage."""

    @classmethod
    def development(cls, keys: LedgerKeys) -> "Books":
        """The shipped policies and frozen sets, with the development issuer."""
        return cls(shipped_policies(), DevelopmentIssuer(keys.issuer_key), keys.pepper)
