"""`tanyu retire`: retiring one's own credits at a running Tanyu, and the certificates of it."""

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from backend.access.language import terminal_language
from backend.access.signed_in import Key, client_at
from backend.access.terminal import AsJson, failing_plainly
from backend.chain.class_id import parse_code
from backend.giving.dedication import Dedication
from backend.giving.kept_words import keep_words
from backend.giving.kinds import RetirementPurpose
from backend.giving.relay_words import relay_told
from backend.giving.retire_words import retire_words
from backend.giving.retirement import NO_REF, RECEIPTS, RefWrong, Retire, require_sense
from backend.giving.signed_message import deadline_after, fresh_number, signed_body
from backend.kernel.clock import SystemClock
from backend.kernel.digest import to_hex
from backend.kernel.errors import InvalidInput
from backend.ledger.address import require_address
from backend.ledger.person_session import PersonSession, group

app, person = group(
    "retire",
    "Retiring credits for ever, and certificates of it. To retire, say who you are: `tanyu retire make CN-SC/2025/SIM"
    " 2500 --self --keystore KEY --password-file FILE`, or `--dev 10` on the local chain.",
)

ClassCode = Annotated[str, typer.Argument(metavar="CLASS", help="The credits' class, such as CN-SC/2025/SIM.")]
Grams = Annotated[int, typer.Argument(min=1, help="Grams of CO2e.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Says in words what would be signed, and signs nothing.")]
Yes = Annotated[bool, typer.Option("--yes", help="Signs without asking.")]


class ServesNotOne(InvalidInput):
    """A retirement for nothing, or for several things: each serves exactly one."""

    code = "retirement.serves_not_one"

    def __init__(self) -> None:
        super().__init__("say what for, one of: --self, --another ADDRESS, --event, --deficit REFERENCE")


class OccasionMissing(InvalidInput):
    """A retirement for an occasion that has no words: nothing would say which."""

    code = "retirement.occasion_missing"

    def __init__(self) -> None:
        super().__init__("say for which occasion: --words WORDS --keep FILE")


class WordsUnkept(InvalidInput):
    """Words without a file to keep them in: only their salted digest is public, and it cannot be turned back."""

    code = "dedication.unkept"

    def __init__(self) -> None:
        super().__init__("give --words and --keep FILE together: without the salt in it nobody can show the words")


class ReferenceMalformed(InvalidInput):
    """Not a deficit's reference."""

    code = "deficit.reference_malformed"

    def __init__(self, reference: str) -> None:
        super().__init__("a deficit's reference is 0x and 64 hex digits; see `tanyu me owe`", reference=reference[:80])


def reference_of(text: str) -> bytes:
    """32 bytes of a deficit's reference. Raises ReferenceMalformed."""
    try:
        found = bytes.fromhex(text.removeprefix("0x"))
    except ValueError as failure:
        raise ReferenceMalformed(text) from failure
    if len(found) != len(NO_REF):
        raise ReferenceMalformed(text)
    return found


def sign_and_retire(
    session: PersonSession,
    key: Key,
    retire: Retire,
    words: str | None,
    *,
    dry_run: bool,
    yes: bool,
    receipt: bool = False,
) -> Any:
    """Tells what will be signed, asks, signs and posts; with `dry_run` it only tells."""
    require_sense(retire)
    says = retire_words(retire, words, terminal_language(session.language, os.environ), receipt=receipt)
    if dry_run:
        return {"wouldRetire": list(says), "amountGco2e": str(retire.amount_gco2e)}
    if not yes:
        typer.echo("\n".join(says), err=True)
        typer.confirm("Sign this?", abort=True, err=True)
    with client_at(session.url) as client:
        body = signed_body(client, key, "Retire", retire.message(), contract="CarbonCredit")
        if receipt:
            asked = signed_body(client, key, "RetirementReceipt", retire.message(), contract=RECEIPTS)
            body["receiptSignature"] = asked["signature"]
        return client.post("/retirements", body)


def _served(
    *, for_self: bool, another: str | None, event: bool, deficit: str | None
) -> tuple[RetirementPurpose, str | None, bytes]:
    """Purpose, beneficiary and deficit reference of exactly one option. Raises ServesNotOne, ReferenceMalformed,
    AddressMalformed.
    """
    if [for_self, another is not None, event, deficit is not None].count(True) != 1:
        raise ServesNotOne
    if another is not None:
        require_address(another)
        return RetirementPurpose.ANOTHER, another, NO_REF
    if deficit is not None:
        return RetirementPurpose.DEFICIT, None, reference_of(deficit)
    return (RetirementPurpose.SELF if for_self else RetirementPurpose.EVENT), None, NO_REF


@app.command("make")
def make(  # noqa: PLR0917 - typer's parameters, each an option by its name
    class_code: ClassCode,
    grams: Grams,
    for_self: Annotated[bool, typer.Option("--self", help="For yourself.")] = False,
    another: Annotated[str | None, typer.Option("--another", help="For somebody else's account.")] = None,
    event: Annotated[bool, typer.Option("--event", help="For an occasion; give its --words.")] = False,
    deficit: Annotated[str | None, typer.Option("--deficit", help="Settles the deficit of this reference.")] = None,
    words: Annotated[str | None, typer.Option("--words", help="A name or an occasion, for a certificate.")] = None,
    keep: Annotated[Path | None, typer.Option("--keep", help="A new file for the words and their salt.")] = None,
    receipt: Annotated[
        bool, typer.Option("--receipt", help="With a receipt: a token at your address that cannot be moved or sold.")
    ] = False,
    dry_run: DryRun = False,
    yes: Yes = False,
    *,
    as_json: AsJson = False,
) -> None:
    """Retires credits of yours for ever, by one signed message and without gas: for exactly one thing."""
    with failing_plainly(as_json=as_json):
        purpose, beneficiary, ref = _served(for_self=for_self, another=another, event=event, deficit=deficit)
        if (words is None) is not (keep is None):
            raise WordsUnkept
        if event and words is None:
            raise OccasionMissing
        key = person.key()
        dedication = None if words is None else Dedication.of(words)
        if dedication is not None and purpose is RetirementPurpose.DEFICIT:
            raise RefWrong(purpose, "the deficit's reference, which bears no words")
        retire = Retire(
            account=key.signer.address,
            beneficiary=beneficiary or person.ward or key.signer.address,
            class_id=parse_code(class_code),
            amount_gco2e=grams,
            purpose=purpose,
            ref=ref if dedication is None else dedication.digest,
            number=fresh_number(),
            deadline=deadline_after(SystemClock().now()),
        )
        if dedication is not None and keep is not None and not dry_run:
            require_sense(retire)
            keep_words(keep, dedication)
        found = sign_and_retire(person, key, retire, words, dry_run=dry_run, yes=yes, receipt=receipt)
        kept = {} if keep is None or dry_run else {"keptIn": str(keep), "ref": to_hex(retire.ref)}
        language = terminal_language(person.language, os.environ)
        person.show(
            found | kept, as_json=as_json, shape=None if dry_run else lambda one: relay_told(one, language) | kept
        )
