"""What a claim file proves by itself: that its leaf is in the root, and which verifiers signed that root."""

from dataclasses import dataclass
from typing import Any

from backend.chain.merkle import claim_leaf, verify
from backend.chain.signature import SignatureMalformed
from backend.chain.typed_data import Domain, digest, domain_name, recover
from backend.issuance.claim_file import CLAIM_SCHEMA
from backend.kernel.errors import InvalidInput, RuleViolated

_OCTETS = frozenset({"root", "policyDigest", "factorsDigest"})


class ClaimFileMalformed(InvalidInput):
    """Not a claim file."""

    code = "claim.malformed"

    def __init__(self, why: str) -> None:
        super().__init__(f"not a claim file: {why}", why=why)


class ClaimUnproven(RuleViolated):
    """The file's parts do not belong together: something in it was changed."""

    code = "claim.unproven"

    def __init__(self, why: str) -> None:
        super().__init__(f"the claim file proves nothing: {why}", why=why)


@dataclass(frozen=True)
class ProvenClaim:
    """A claim whose proof leads to its batch's root. Grams of CO2e."""

    digest: bytes
    account: str
    class_id: int
    amount_gco2e: int
    nullifier: bytes
    root: bytes
    chain_id: int
    issuance: str
    verifiers: tuple[str, ...]
    """Who signed the batch; whether the chain hears them is for the chain to say."""


def _octets(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


def proven_claim(loaded: Any) -> ProvenClaim:
    """The claim of a claim file. Raises ClaimFileMalformed, ClaimUnproven."""
    if not isinstance(loaded, dict) or loaded.get("schema") != CLAIM_SCHEMA:
        raise ClaimFileMalformed(f"its schema is not {CLAIM_SCHEMA}")
    try:
        leaf, batch, root = loaded["leaf"], loaded["batch"], _octets(loaded["root"])
        statement_digest, nullifier = _octets(leaf["statementDigest"]), _octets(leaf["nullifier"])
        class_id, amount_gco2e = int(leaf["classId"]), int(leaf["amountGco2e"])
        hashed = claim_leaf(leaf["account"], class_id, amount_gco2e, statement_digest, nullifier)
        proven = verify(root, hashed, [_octets(sibling) for sibling in loaded["proof"]])
        domain = Domain(*domain_name("Issuance"), int(loaded["chainId"]), str(loaded["issuance"]))
        message = {name: _octets(value) if name in _OCTETS else int(value) for name, value in batch.items()}
        signed = digest("Batch", domain, message)
        verifiers = tuple(recover(signed, _octets(signature)) for signature in loaded["signatures"])
    except SignatureMalformed as failure:
        raise ClaimUnproven(f"a signature of its batch is {failure.message}") from failure
    except (KeyError, TypeError, ValueError, AttributeError, AssertionError, OverflowError) as failure:
        raise ClaimFileMalformed(repr(failure)) from failure
    if not proven:
        raise ClaimUnproven("the proof does not lead from the leaf to the root")
    if message["root"] != root or message["classId"] != class_id:
        raise ClaimUnproven("its batch has another root or class")
    return ProvenClaim(
        digest=statement_digest,
        account=leaf["account"],
        class_id=class_id,
        amount_gco2e=amount_gco2e,
        nullifier=nullifier,
        root=root,
        chain_id=domain.chain_id,
        issuance=domain.verifying_contract,
        verifiers=verifiers,
    )
