"""That somebody may ask for aid: a body's yes, as a W3C Verifiable Credential (`vc+jwt`, `issuance.vc_jwt`).

It names an account and says `eligible`, and nothing of why: whoever looked into somebody's life keeps what it saw. The
body's key is its DID; who may vouch is the registrar's word (`aid_body`). No network.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from backend.chain.keys import Signer
from backend.issuance.credential import account_subject
from backend.issuance.vc_jwt import NotACredential, NotTheIssuers, opened_credential, signed_credential
from backend.kernel.clock import TimeMalformed, iso, parse_iso
from backend.kernel.digest import Json
from backend.kernel.errors import InvalidInput, RuleViolated

ELIGIBILITY = "TanyuAidEligibility"
VALIDITY = timedelta(days=180)
"""Longest: lives change."""


class EligibilityMalformed(InvalidInput):
    """Not a credential of eligibility, or one that tells more than yes."""

    code = "eligibility.malformed"

    def __init__(self, why: str) -> None:
        super().__init__(f"not a credential of eligibility: {why}", why=why)


class EligibilityForged(RuleViolated):
    """The signature is not the body's over this credential."""

    code = "eligibility.forged"

    def __init__(self, issuer: str) -> None:
        super().__init__(f"the signature is not that of {issuer}")


class EligibilityUnfit(RuleViolated):
    """A credential that is not valid now, is somebody else's, or says no."""

    code = "eligibility.unfit"

    def __init__(self, why: str) -> None:
        super().__init__(f"the credential of eligibility is of no use here: {why}", why=why)


@dataclass(frozen=True)
class Eligibility:
    """A body's yes. `body` is its key's address."""

    body: str
    subject: str
    valid_from: datetime
    valid_until: datetime


def eligibility_credential(body: Signer, *, chain_id: int, account: str, at: datetime) -> str:
    """The compact JWS of a body's yes for an account, valid from `at` (cut to the second) for `VALIDITY`."""
    start = at.replace(microsecond=0)
    payload: dict[str, Json] = {
        "validFrom": iso(start),
        "validUntil": iso(start + VALIDITY),
        "credentialSubject": {"id": account_subject(chain_id, account), "eligible": True},
    }
    return signed_credential(body, ELIGIBILITY, payload)


def verify_eligibility(compact: str, *, chain_id: int, account: str, at: datetime) -> Eligibility:
    """What a credential says of an account, if a body signed it and it holds now.

    Raises EligibilityMalformed, EligibilityForged, EligibilityUnfit, IssuerMalformed.
    """
    payload, body = _opened(compact)
    try:
        subject = payload["credentialSubject"]
        found = Eligibility(body, str(subject["id"]), parse_iso(payload["validFrom"]), parse_iso(payload["validUntil"]))
        told = set(subject) - {"id", "eligible"}
        says_yes = subject["eligible"]
    except (KeyError, TypeError, ValueError, AttributeError, TimeMalformed) as failure:
        raise EligibilityMalformed(repr(failure)) from failure
    if told or not isinstance(says_yes, bool):
        raise EligibilityMalformed("it says yes or no, and nothing else")
    if not says_yes:
        raise EligibilityUnfit("it says no")
    if found.subject != account_subject(chain_id, account):
        raise EligibilityUnfit("it is of another account, or of another chain")
    if not found.valid_from <= at < found.valid_until:
        raise EligibilityUnfit(f"it is valid from {iso(found.valid_from)} until {iso(found.valid_until)}")
    if found.valid_until - found.valid_from > VALIDITY:
        raise EligibilityUnfit(f"it is valid for more than {VALIDITY.days} days")
    return found


def _opened(compact: str) -> tuple[dict[str, Any], str]:
    """The payload of a JWS that its issuer signed, and the issuer's address."""
    try:
        payload, _, address = opened_credential(compact, ELIGIBILITY)
    except NotACredential as failure:
        raise EligibilityMalformed(str(failure)) from failure
    except NotTheIssuers as failure:
        raise EligibilityForged(failure.issuer) from failure
    return payload, address
