"""A body's yes: who said it, of whom, and that it says nothing else."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from joserfc import jws

from backend.chain.keys import dev_signer
from backend.giving.eligibility import (
    VALIDITY,
    EligibilityForged,
    EligibilityMalformed,
    EligibilityUnfit,
    eligibility_credential,
    verify_eligibility,
)
from backend.issuance.issuer import ALGORITHM, IssuerMalformed, did_of, signing_key
from backend.issuance.vc_jwt import MEDIA_TYPE
from backend.kernel.clock import iso
from backend.kernel.digest import canonical_json
from tests.unit.giving.chain import ALICE, BOB

AT = datetime(2026, 1, 15, 12, 0, 0, 500, tzinfo=UTC)
BODY, OTHER = dev_signer(90), dev_signer(91)
CHAIN = 31337


def credential() -> str:
    return eligibility_credential(BODY, chain_id=CHAIN, account=ALICE, at=AT)


def signed(by: Any = BODY, header: dict[str, str] | None = None, **changed: Any) -> str:
    """One with other contents than a body would write."""
    payload: dict[str, Any] = {
        "type": ["VerifiableCredential", "TanyuAidEligibility"],
        "issuer": did_of(BODY),
        "validFrom": iso(AT),
        "validUntil": iso(AT + timedelta(days=1)),
        "credentialSubject": {"id": f"did:pkh:eip155:{CHAIN}:{ALICE}", "eligible": True},
    }
    head = {"alg": ALGORITHM, "kid": f"{did_of(BODY)}#0", "typ": MEDIA_TYPE} | (header or {})
    return jws.serialize_compact(head, canonical_json(payload | changed), signing_key(by), algorithms=[ALGORITHM])


def verified(text: str, *, account: str = ALICE, chain_id: int = CHAIN, at: datetime = AT) -> str:
    return verify_eligibility(text, chain_id=chain_id, account=account, at=at).body


def test_credential__of_a_body__says_yes_of_one_account_for_half_a_year() -> None:
    found = verify_eligibility(credential(), chain_id=CHAIN, account=ALICE, at=AT)

    assert (found.body, found.valid_until - found.valid_from) == (BODY.address, VALIDITY)
    assert verified(signed()) == BODY.address


@pytest.mark.parametrize(
    ("account", "chain_id", "at"),
    [
        (BOB, CHAIN, AT),
        (ALICE, 1, AT),
        (ALICE, CHAIN, AT - timedelta(seconds=1)),
        (ALICE, CHAIN, AT.replace(microsecond=0) + VALIDITY),
    ],
)
def test_credential__of_another_account_chain_or_time__is_of_no_use(account: str, chain_id: int, at: datetime) -> None:
    with pytest.raises(EligibilityUnfit):
        verified(credential(), account=account, chain_id=chain_id, at=at)


def test_credential__that_says_no_or_too_long__is_of_no_use() -> None:
    subject = {"id": f"did:pkh:eip155:{CHAIN}:{ALICE}", "eligible": False}
    with pytest.raises(EligibilityUnfit):
        verified(signed(credentialSubject=subject))
    with pytest.raises(EligibilityUnfit):
        verified(signed(validUntil=iso(AT + VALIDITY + timedelta(seconds=1))))


@pytest.mark.parametrize(
    "subject",
    [
        {"id": f"did:pkh:eip155:{CHAIN}:{ALICE}", "eligible": True, "income": "12000"},
        {"id": f"did:pkh:eip155:{CHAIN}:{ALICE}", "eligible": "yes"},
        {"id": f"did:pkh:eip155:{CHAIN}:{ALICE}"},
        "yes",
        None,
    ],
)
def test_credential__that_tells_more_or_less_than_yes__is_none(subject: Any) -> None:
    with pytest.raises(EligibilityMalformed):
        verified(signed(credentialSubject=subject))


@pytest.mark.parametrize(
    "text",
    ["", "a.b.c", "x" * 5_000, "e30.e30.", signed(type=["VerifiableCredential"]), signed(header={"typ": "JWT"}), "…"],
)
def test_credential__that_is_something_else__is_none(text: str) -> None:
    with pytest.raises(EligibilityMalformed):
        verified(text)


def test_credential__signed_by_another_key__is_forged() -> None:
    with pytest.raises(EligibilityForged):
        verified(signed(by=OTHER))
    with pytest.raises(EligibilityForged):
        verified(signed(header={"kid": f"{did_of(OTHER)}#0"}))
    with pytest.raises(IssuerMalformed):
        verified(signed(issuer="did:web:example.org"))
