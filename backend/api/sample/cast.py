"""Who plays in the sample year: the development accounts by part and name. Their keys are public knowledge."""

from dataclasses import dataclass
from functools import cache

from backend.chain.keys import PERSON_FIRST, DevRole, Signer, dev_signer
from backend.ledger.sample import sample_households

TRADER_FIRST = 60
AID_BODY = 61

_ROLES = {
    DevRole.GOVERNOR: "Governor (acts with a delay of two days)",
    DevRole.OPERATOR: "Operator (relays and settles; its key pays the gas)",
    DevRole.REGISTRAR: "Registrar (lists charities, removes verifiers)",
    DevRole.PAUSER: "Pauser",
    DevRole.VERIFIER_A: "Verifier A",
    DevRole.VERIFIER_B: "Verifier B",
    DevRole.VERIFIER_C: "Verifier C",
    DevRole.POOL_CHARITY: "Charity: Forest Light (retirement pool)",
    DevRole.AID_CHARITY: "Charity: Warm Winter (aid)",
    DevRole.FEE_RECIPIENT: "Fee recipient",
    DevRole.POOL_CHARITY_SECOND: "Second signer of Forest Light (signs what it does, sends nothing)",
    DevRole.AID_CHARITY_SECOND: "Second signer of Warm Winter (signs what it does, sends nothing)",
}


@dataclass(frozen=True)
class Actor:
    """One development account: its index in the mnemonic, a key to find it by, and a name to show."""

    index: int
    key: str
    name: str

    @property
    def signer(self) -> Signer:
        """Its key; only for the local chain."""
        return dev_signer(self.index)


@cache
def cast_of_the_year() -> dict[str, Actor]:
    """Every actor by key: the parts, the sample households' people, a trader without a household, and a body that
    vouches for needs.
    """
    actors = [Actor(role, role.name.lower().replace("_", "-"), title) for role, title in _ROLES.items()]
    people = [person for household in sample_households() for person in household.people]
    actors += [Actor(PERSON_FIRST + i, person.key, person.name) for i, person in enumerate(people)]
    actors.append(Actor(TRADER_FIRST, "trader", "Trader without a household"))
    actors.append(Actor(AID_BODY, "aid-body", "Social services (vouches that somebody needs aid)"))
    return {actor.key: actor for actor in actors}
