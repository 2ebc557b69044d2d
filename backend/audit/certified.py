"""Whether a certificate holds: its block recomputes, its deed is there, every claim and the words are the chain's."""

from collections.abc import Mapping
from typing import Any

from backend.audit.certificate import Certificate, Mined, logs_of
from backend.audit.deed import Facts, facts_of
from backend.audit.evidence import HEADER_HASH, RECEIPTS, TRANSACTIONS, check_block
from backend.audit.report import Check, Report, Verdicts, Where
from backend.chain.deployment import Deployment
from backend.chain.events import EventDecoder
from backend.kernel.clock import from_unix_s
from backend.kernel.digest import to_hex

THERE = Check("EVIDENCE", "certificate.there", "the chain has the certificate's transaction, and it did that deed")
FINAL = Check("EVIDENCE", "certificate.final", "the deed's block is no later than the block asked for")
CLAIMS = Check("INV-06", "certificate.claims", "everything the certificate says of the deed is what the chain says")
WORDS = Check("INV-06", "certificate.words", "words and salt give the digest that the chain holds")

CHECKS = (HEADER_HASH, TRANSACTIONS, RECEIPTS, THERE, FINAL, CLAIMS, WORDS)

SHEET = (
    "a PDF's print cannot be read here: compare the sheet with the facts above, or have it made again by any server "
    "(`tanyu retire verify`)"
)
SALTLESS = "the words stand without their salt, so nobody can check them: name the file that --keep wrote with --kept"


def check_certificate(certificate: Certificate, deployment: Deployment, mined: Mined | None) -> Report:
    """Every check of a certificate. `mined`: its transaction's block, None if the chain has no such transaction."""
    verdicts = Verdicts(CHECKS)
    facts = None if mined is None else _facts(certificate, deployment, mined, verdicts)
    place = Where(transaction=certificate.transaction, log_index=certificate.log_index)
    found = "none" if facts is None else "it"
    verdicts.require(THERE, facts is not None, certificate.deed_id, place, expected="a deed", found=found)
    covered: dict[str, int | str] = {"deedId": certificate.deed_id}
    if mined is not None:
        number = mined.body.number
        verdicts.require(
            FINAL, number <= mined.head_number, f"block {number}", place, expected=mined.head_number, found=number
        )
        covered |= {"headBlock": mined.head_number, "headHash": mined.head_hash, "depth": mined.head_number - number}
    if facts is not None:
        covered |= {f"deed.{name}": str(value) for name, value in facts.items() if value is not None}
        _check_claims(certificate.claims, facts, place, verdicts)
        _check_words(certificate, facts, place, verdicts)
    if certificate.is_sheet:
        verdicts.note(SHEET)
    return Report(CHECKS, verdicts.counts, tuple(verdicts.findings), tuple(verdicts.notes), covered)


def _facts(certificate: Certificate, deployment: Deployment, mined: Mined, verdicts: Verdicts) -> Facts | None:
    """The deed, out of a block that was recomputed."""
    check_block(mined.body, mined.header, deployment.chain_id, verdicts)
    decoder, at = EventDecoder(deployment), from_unix_s(int(mined.header["timestamp"], 16))
    decoded = [decoder.decode(log, at) for log in logs_of(mined, certificate.transaction)]
    events = [event for event in decoded if event is not None]
    return facts_of(events, certificate.log_index, deployment.address("Charity"))


def _check_claims(claims: Mapping[str, Any], facts: Facts, place: Where, verdicts: Verdicts) -> None:
    """Each that the file makes. Of a campaign only its number: the rest is what the chain says of it by now."""
    said = dict(claims)
    if "campaign" in said:
        said["campaignId"] = None if said["campaign"] is None else said["campaign"].get("campaignId")
    for name, fact in facts.items():
        if name in said:
            verdicts.require_equal(CLAIMS, name, place, expected=fact, found=said[name])


def _check_words(certificate: Certificate, facts: Facts, place: Where, verdicts: Verdicts) -> None:
    words = certificate.words
    if words is None:
        return
    if words.digest is None:
        verdicts.note(SALTLESS)
        return
    verdicts.require_equal(WORDS, repr(words.text), place, expected=facts["ref"], found=to_hex(words.digest))
