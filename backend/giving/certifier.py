"""Making certificates, and telling genuine ones from others: a file counts if the chain gives the very same bytes."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlmodel import Session

from backend.access.language import Language
from backend.giving.certificate import Place, certificate_of
from backend.giving.certificate_pdf import edition, pdf_of
from backend.giving.certificate_token import Token, token_in
from backend.giving.dedication import Dedication
from backend.giving.deed import Deed
from backend.giving.story import Story
from backend.giving.tables import Campaign, CertificateRow, StoryRow
from backend.giving.witness import Witness, Witnessed
from backend.kernel.clock import Clock
from backend.kernel.digest import sha256
from backend.storage.database import Database


class Verdict(StrEnum):
    """What a file is.

    genuine: the chain's facts give these very bytes. recorded: made here with an earlier setting, of a deed that the
    chain still has; its digest is on our record. altered: it names a deed, and is not its certificate.
    """

    GENUINE = "genuine"
    RECORDED = "recorded"
    ALTERED = "altered"


@dataclass(frozen=True)
class Made:
    """A certificate's file and its SHA-256."""

    pdf: bytes
    digest: bytes


@dataclass(frozen=True)
class Checked:
    """A file's verdict, its SHA-256, what it says of itself, and the deed it names as the chain has it."""

    verdict: Verdict
    digest: bytes
    token: Token
    witnessed: Witnessed


class Certifier:
    """Certificates of one deployment's deeds. `origin`: the web origin that the codes on them lead to."""

    def __init__(self, witness: Witness, database: Database, clock: Clock, origin: str) -> None:
        self.witness = witness
        self._database, self._clock, self._origin = database, clock, origin

    def address(self, deed_id: str) -> str:
        """The page that verifies a deed."""
        return f"{self._origin}/verify/{deed_id}"

    def place(self, deed: Deed) -> Place:
        """The chain, the contract whose event the deed's id names, and the one that issued a retirement's receipt."""
        address = self.witness.address
        if deed.campaign_id:
            return Place(self.witness.chain_id, address("Charity"))
        receipts = None if deed.receipt_token is None else address("RetirementReceipts")
        return Place(self.witness.chain_id, address("CarbonCredit"), receipts)

    def story(self, deed: Deed) -> Story | None:
        """The story of the deed's campaign, if it is published here and the chain holds its digest."""
        if deed.campaign_id is None:
            return None
        with self._database.read() as session:
            campaign = session.get(Campaign, deed.campaign_id)
            row = None if campaign is None else session.get(StoryRow, campaign.story_digest)
        if campaign is None or row is None:
            return None
        is_its = self.witness.is_story(row.document.encode(), campaign.campaign_id, campaign.tx_hash)
        return Story.read(row.document) if is_its else None

    def make(self, deed_id: str, language: Language, dedication: Dedication | None = None) -> Made:
        """The certificate of a deed that the chain will keep; its digest is recorded.

        Raises DeedIdMalformed, DeedUnknown, DeedUndone, DeedNotFinal, DedicationMismatch.
        """
        deed = self.witness.final_deed(deed_id).deed
        story = self.story(deed)
        token = Token(deed.deed_id, language, edition(), story is not None, dedication)
        pdf = self._set(deed, token, story)
        made = Made(pdf, sha256(pdf))
        with self._database.write() as session:
            record(session, deed, token, made.digest, self._clock.now())
        return made

    def check(self, file: bytes) -> Checked:
        """Makes a file's certificate again from the chain, and compares. Raises CertificateUnreadable, DeedUnknown,
        DeedUndone, DeedNotFinal, DedicationMismatch.
        """
        token, digest = token_in(file), sha256(file)
        witnessed = self.witness.final_deed(token.deed_id)
        story = self.story(witnessed.deed) if token.titled else None
        if self._set(witnessed.deed, token, story) == file:
            return Checked(Verdict.GENUINE, digest, token, witnessed)
        with self._database.read() as session:
            row = session.get(CertificateRow, digest)
        is_recorded = row is not None and (row.tx_hash, row.log_index) == (
            witnessed.deed.tx_hash,
            witnessed.deed.log_index,
        )
        return Checked(Verdict.RECORDED if is_recorded else Verdict.ALTERED, digest, token, witnessed)

    def _set(self, deed: Deed, token: Token, story: Story | None) -> bytes:
        certificate = certificate_of(deed, self.place(deed), token.language, dedication=token.dedication, story=story)
        return pdf_of(certificate, address=self.address(deed.deed_id), token=token.text())


def record(session: Session, deed: Deed, token: Token, digest: bytes, now: datetime) -> None:
    """Notes a file that was made, once."""
    if session.get(CertificateRow, digest) is None:
        session.add(
            CertificateRow(
                digest=digest,
                tx_hash=deed.tx_hash,
                log_index=deed.log_index,
                language=token.language,
                edition=token.edition,
                made_at=now,
            )
        )
        session.flush()
