"""k of n verifiers sign a batch; the contract wants their signatures by ascending address. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from backend.chain.keys import Signer
from backend.chain.typed_data import Domain, digest, recover, sign
from backend.issuance.batch import Batch
from backend.kernel.errors import Forbidden, RuleViolated

TYPE = "Batch"


class NotVerifier(Forbidden):
    """Not an accredited verifier on the chain now."""

    code = "issuance.not_verifier"

    def __init__(self, account: str) -> None:
        super().__init__(f"{account} is not an accredited verifier", account=account)


class ApprovalsMissing(RuleViolated):
    """Too few accredited verifiers have signed the batch."""

    code = "issuance.approvals_missing"

    def __init__(self, given: int, threshold: int) -> None:
        super().__init__(
            f"{given} accredited verifiers have signed; {threshold} are needed", given=given, threshold=threshold
        )


@dataclass(frozen=True)
class Approval:
    """One verifier's signature over a batch."""

    verifier: str
    signature: bytes


def sign_batch(signer: Signer, domain: Domain, batch: Batch) -> Approval:
    """The verifier's approval. `domain` is Issuance's."""
    return Approval(signer.address, sign(signer, TYPE, domain, batch.message()))


def signer_of(approval: Approval, domain: Domain, batch: Batch) -> str:
    """Who really signed; raises SignatureMalformed."""
    return recover(digest(TYPE, domain, batch.message()), approval.signature)


def sufficient(approvals: Iterable[Approval], accredited: Mapping[str, bool], threshold: int) -> list[Approval]:
    """Approvals of verifiers accredited now, by ascending address, as many as the chain wants; raises ApprovalsMissing."""
    counted = {item.verifier: item for item in approvals if accredited.get(item.verifier, False)}
    ordered = [counted[address] for address in sorted(counted, key=lambda address: int(address, 16))]
    if threshold < 1 or len(ordered) < threshold:
        raise ApprovalsMissing(len(ordered), threshold)
    return ordered[:threshold]
