"""A verifier's word for one statement: signed EIP-712, kept off-chain. Pure."""

from dataclasses import dataclass

from backend.chain.keys import Signer
from backend.chain.typed_data import Domain, digest, recover, sign
from backend.kernel.errors import Forbidden, RuleViolated

TYPE = "Attestation"


class OwnHousehold(Forbidden):
    """A verifier may not decide on its own or its household's statement."""

    code = "issuance.own_household"

    def __init__(self, verifier: str) -> None:
        super().__init__(
            f"{verifier} has an interest in this: it is of its own household; another verifier must decide",
            verifier=verifier,
        )


class AttestationForged(RuleViolated):
    """An attestation was not signed by the verifier it names."""

    code = "issuance.attestation_forged"

    def __init__(self, verifier: str, found: str) -> None:
        super().__init__(
            f"an attestation names {verifier} but {found} signed it", verifier=verifier, found=found
        )


@dataclass(frozen=True)
class Attestation:
    """What is attested: grams of CO2e, Unix seconds. `rule_version` is `plausibility.Rules.version`."""

    statement_digest: bytes
    nullifier: bytes
    class_id: int
    credit_gco2e: int
    deficit_gco2e: int
    rule_version: str
    attested_at_s: int

    def message(self) -> dict[str, object]:
        """The EIP-712 message, type "Attestation"."""
        return {
            "statementDigest": self.statement_digest,
            "nullifier": self.nullifier,
            "classId": self.class_id,
            "creditGco2e": self.credit_gco2e,
            "deficitGco2e": self.deficit_gco2e,
            "ruleVersion": self.rule_version,
            "attestedAt": self.attested_at_s,
        }


def require_disinterested(verifier: str, household: set[str]) -> None:
    """Raises OwnHousehold if the verifier is one of these addresses."""
    if verifier in household:
        raise OwnHousehold(verifier)


def sign_attestation(signer: Signer, domain: Domain, attestation: Attestation) -> bytes:
    """65-byte signature. `domain` is Issuance's."""
    return sign(signer, TYPE, domain, attestation.message())


def check_attestation(attestation: Attestation, signature: bytes, verifier: str, domain: Domain) -> None:
    """Raises AttestationForged or SignatureMalformed unless the verifier signed exactly this."""
    found = recover(digest(TYPE, domain, attestation.message()), signature)
    if found != verifier:
        raise AttestationForged(verifier, found)
