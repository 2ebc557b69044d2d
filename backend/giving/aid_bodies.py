"""The JSON of aid: who may vouch, rounds, applications, and what a round gives."""

from pydantic import Field

from backend.access.wire import (
    AddressText,
    Amount,
    HexBytes32,
    Iso,
    PositiveAmount,
    SignatureText,
    Wire,
)
from backend.chain.class_id import class_code
from backend.giving.aid import AidRule
from backend.giving.aid_application import ApplicationView, WhyNothing
from backend.giving.aid_round import RoundTerms, seed_at
from backend.giving.aid_tables import AidBodyWord, AidRound
from backend.giving.receipt import receipt_id_of
from backend.issuance.draw_list import day_of

CREDENTIAL_CHARS_MAX = 8_000


class BodyWordBody(Wire):
    """A registrar's signed word about a body (EIP-191; GET /aid/bodies/text has the text)."""

    body: AddressText
    name: str
    registered: bool
    registrar: AddressText
    said_at: Iso
    signature: SignatureText

    def word(self) -> AidBodyWord:
        """As a row."""
        return AidBodyWord(
            body=self.body,
            name=self.name,
            registered=self.registered,
            registrar=self.registrar,
            said_at=self.said_at,
            signature=self.signature,
        )


class BodyTextOut(Wire):
    """A text to sign."""

    text: str


class BodyWordOut(Wire):
    """One word of a registrar about a body that may vouch for needs, or may not any more."""

    body: AddressText
    name: str
    registered: bool
    registrar: AddressText
    said_at: Iso

    @classmethod
    def of(cls, row: AidBodyWord) -> "BodyWordOut":
        """As JSON."""
        return cls(
            body=row.body, name=row.name, registered=row.registered, registrar=row.registrar, said_at=row.said_at
        )


class RoundBody(Wire):
    """A round's terms. Every grant is a whole multiple of `stepGco2e`, at most `capGco2e` for one person; with fewer
    than `leastPeople` grants nothing is given out.
    """

    class_id: Amount
    rule: AidRule
    pot_gco2e: PositiveAmount
    cap_gco2e: PositiveAmount
    step_gco2e: PositiveAmount
    least_people: int = Field(ge=1, le=1_000)
    opens_at: Iso
    closes_at: Iso

    def terms(self) -> RoundTerms:
        """Raises AidRoundInvalid."""
        return RoundTerms(
            class_id=self.class_id,
            rule=self.rule,
            pot_gco2e=self.pot_gco2e,
            cap_gco2e=self.cap_gco2e,
            step_gco2e=self.step_gco2e,
            least_people=self.least_people,
            opens_at=self.opens_at,
            closes_at=self.closes_at,
        )


class RoundOut(Wire):
    """A round of an aid campaign. `root` is of the salted applications, on the chain before there was what makes the
    `seed` with it: of a lottery `drawSeed`, of the verification draw of `drawDay` whose list names the root (GET
    /verification/draws/{day}); else the hash of a block.
    """

    round_id: int
    campaign_id: Amount
    class_code: str
    rule: AidRule
    pot_gco2e: Amount
    cap_gco2e: Amount
    step_gco2e: Amount
    least_people: int
    opens_at: Iso
    closes_at: Iso
    applications: int | None
    root: HexBytes32 | None
    block_number: int | None
    block_hash: HexBytes32 | None
    draw_day: str | None
    draw_seed: HexBytes32 | None
    seed: HexBytes32 | None
    concluded_at: Iso | None

    @classmethod
    def of(cls, row: AidRound) -> "RoundOut":
        """As JSON."""
        assert row.id is not None
        return cls(
            round_id=row.id,
            campaign_id=row.campaign_id,
            class_code=class_code(row.class_id),
            rule=AidRule(row.rule),
            pot_gco2e=row.pot_gco2e,
            cap_gco2e=row.cap_gco2e,
            step_gco2e=row.step_gco2e,
            least_people=row.least_people,
            opens_at=row.opens_at,
            closes_at=row.closes_at,
            applications=None if row.closed_at is None else row.applications,
            root=row.root,
            block_number=row.block_number,
            block_hash=row.block_hash,
            draw_day=None if row.draw_day is None else day_of(row.draw_day).isoformat(),
            draw_seed=row.draw_seed,
            seed=seed_at(row),
            concluded_at=row.concluded_at,
        )


class ApplicationBody(Wire):
    """`credential`: a registered body's yes (a compact `vc+jwt`). `vintage`: of the deficit. `auditor`: who may read
    this application too; nobody if left out.
    """

    credential: str = Field(max_length=CREDENTIAL_CHARS_MAX)
    vintage: int = Field(ge=2000, le=2999)
    auditor: AddressText | None = None


class ApplicationOut(Wire):
    """An application with all that proves it. `leaf` is SHA-256 of "tanyu.aid.application" and a zero byte, `salt`, and
    the canonical JSON of [roundId, reference, needGco2e]; `proof` leads from it to the round's `root` (OpenZeppelin's
    Merkle tree). `grant` is the receipt of the grant once the chain has it, `settledGco2e` what it settled.
    `whyNothing`: why a concluded round awarded nothing.
    """

    round: RoundOut
    reference: HexBytes32
    need_gco2e: Amount
    salt: HexBytes32
    leaf: HexBytes32
    proof: list[HexBytes32]
    body: AddressText
    auditor: AddressText | None
    applied_at: Iso
    award_gco2e: Amount
    grant: str | None
    grant_tx_hash: HexBytes32 | None
    settled_gco2e: Amount
    why_nothing: WhyNothing | None

    @classmethod
    def of(cls, view: ApplicationView) -> "ApplicationOut":
        """As JSON."""
        row, grant = view.row, view.grant
        return cls(
            round=RoundOut.of(view.round),
            reference=bytes.fromhex(row.reference[2:]),
            need_gco2e=int(row.need_gco2e),
            salt=bytes.fromhex(row.salt[2:]),
            leaf=row.leaf,
            proof=list(view.proof),
            body=row.body,
            auditor=row.auditor,
            applied_at=row.applied_at,
            award_gco2e=view.award_gco2e,
            grant=None if grant is None else receipt_id_of(grant),
            grant_tx_hash=None if grant is None else grant.tx_hash,
            settled_gco2e=0 if grant is None else grant.counted_gco2e,
            why_nothing=view.why_nothing,
        )


class AwardOut(Wire):
    """A grant to make: grams under a salted reference that says nothing of whose it is."""

    reference: HexBytes32
    amount_gco2e: Amount


class ReadableOut(Wire):
    """An application that its applicant let an auditor read."""

    application: ApplicationOut
    account: AddressText
