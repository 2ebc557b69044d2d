"""What the ledger's use cases work with, put together once at composition."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date

from backend.chain.rpc import LOCAL_CHAIN_ID
from backend.footprint.factors import FactorSet, catalogue
from backend.ledger.personhood import DevelopmentIssuer, LedgerKeys, NoIssuer, PersonhoodProvider
from backend.ledger.policy import PolicySet, shipped_policies
from backend.ledger.service import random_salt
from backend.ledger.utility import Utilities, shipped_utilities


@dataclass(frozen=True)
class Books:
    """Factors, policies, the identity issuer, the pepper, where salts come from, and utilities that may sign."""

    factors: FactorSet
    policies: PolicySet
    personhood: PersonhoodProvider
    pepper: bytes
    salts: Callable[[], bytes] = random_salt
    utilities: Utilities = field(default_factory=shipped_utilities)
    _frozen: dict[int, FactorSet] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def development(cls, keys: LedgerKeys) -> "Books":
        """The shipped catalogue and policies, with the development issuer."""
        return cls(catalogue(), shipped_policies(), DevelopmentIssuer(keys.issuer_key), keys.pepper)

    @classmethod
    def on_chain(cls, keys: LedgerKeys, chain_id: int) -> "Books":
        """The same; but the development issuer vouches for anybody, so on any chain but the local one nobody does."""
        local = cls.development(keys)
        return local if chain_id == LOCAL_CHAIN_ID else replace(local, personhood=NoIssuer())

    def factors_for(self, vintage: int) -> FactorSet:
        """The factors published before the vintage opened."""
        if vintage not in self._frozen:
            self._frozen[vintage] = self.factors.frozen_before(date(vintage, 1, 1))
        return self._frozen[vintage]
