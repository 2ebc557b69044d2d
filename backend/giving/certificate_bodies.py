"""The JSON of certificates."""

from typing import Annotated

from pydantic import Field

from backend.access.language import Language
from backend.access.wire import AddressText, Amount, HexBytes32, Iso, Wire
from backend.giving.certificate import words_of
from backend.giving.certificate_token import Token
from backend.giving.certifier import Checked, Verdict
from backend.giving.dedication import SALT_BYTES, WORDS_CHARS_MAX, Dedication, plain_words
from backend.giving.deed import DeedKind, Serves
from backend.giving.kinds import CampaignState
from backend.giving.story import Story
from backend.giving.witness import CampaignNow, Witnessed

SALT_PATTERN = f"^0x[0-9a-f]{{{2 * SALT_BYTES}}}$"


class DedicationBody(Wire):
    """Words and the salt they were committed under."""

    words: Annotated[str, Field(max_length=4 * WORDS_CHARS_MAX)]
    salt: Annotated[str, Field(pattern=SALT_PATTERN, examples=["0x" + "00" * SALT_BYTES])]

    def dedication(self) -> Dedication:
        """Raises DedicationInvalid."""
        return Dedication(plain_words(self.words), bytes.fromhex(self.salt[2:]))


class CertificateBody(Wire):
    """Which certificate to make: its language, and the words to show on it if the chain commits to them."""

    language: Language = "en"
    dedication: DedicationBody | None = None


class CampaignNowOut(Wire):
    """What the chain says now of a campaign and of this class in it, in grams: donated = held + retired + granted +
    refunded. `donorGco2e`: what this donor gave of the class and was not refunded for.
    """

    campaign_id: Amount
    charity: AddressText
    state: CampaignState
    title_en: str | None
    title_zh: str | None
    donated_gco2e: Amount
    held_gco2e: Amount
    retired_gco2e: Amount
    granted_gco2e: Amount
    refunded_gco2e: Amount
    donor_gco2e: Amount

    @classmethod
    def of(cls, now: CampaignNow, story: Story | None) -> "CampaignNowOut":
        """As JSON."""
        return cls(
            campaign_id=now.campaign_id,
            charity=now.charity,
            state=now.state,
            title_en=None if story is None else story.title_en,
            title_zh=None if story is None else story.title_zh,
            donated_gco2e=now.donated_gco2e,
            held_gco2e=now.held_gco2e,
            retired_gco2e=now.retired_gco2e,
            granted_gco2e=now.granted_gco2e,
            refunded_gco2e=now.refunded_gco2e,
            donor_gco2e=now.donor_gco2e,
        )


class DeedOut(Wire):
    """A retirement, donation or grant as the chain has it now. `isRetired`: whether it put the credits out of the world
    itself. `served`: the one thing it was for. `words`: of its dedication, if they were given and are the chain's.
    `final` from `confirmations` blocks on; it has `depth` on top of its own. `honest`: what it is not.
    """

    deed_id: str
    kind: DeedKind
    served: Serves
    is_retired: bool
    class_id: Amount
    class_code: str
    region: str
    vintage: int
    methodology: str
    amount_gco2e: Amount
    account: AddressText
    beneficiary: AddressText | None
    purpose: str | None
    ref: HexBytes32 | None
    words: str | None
    receipt_token: Amount | None
    at: Iso
    tx_hash: HexBytes32
    block_number: int
    block_hash: HexBytes32
    log_index: int
    depth: int
    confirmations: int
    final: bool
    campaign: CampaignNowOut | None
    honest_en: str
    honest_zh: str

    @classmethod
    def of(cls, found: Witnessed, story: Story | None, dedication: Dedication | None = None) -> "DeedOut":
        """As JSON."""
        deed, credit = found.deed, found.deed.credit_class
        same = ("deed_id", "kind", "is_retired", "class_id", "amount_gco2e", "account", "beneficiary", "purpose", "ref")
        where = ("receipt_token", "at", "tx_hash", "block_number", "block_hash", "log_index")
        return cls(
            **{name: getattr(deed, name) for name in (*same, *where)},
            served=deed.serves,
            class_code=credit.code,
            region=credit.region,
            vintage=credit.vintage,
            methodology=credit.methodology,
            words=None if dedication is None else dedication.words,
            depth=found.depth,
            confirmations=found.confirmations,
            final=found.is_final,
            campaign=None if found.campaign is None else CampaignNowOut.of(found.campaign, story),
            honest_en=words_of("en")["honest"][deed.kind],
            honest_zh=words_of("zh")["honest"][deed.kind],
        )


class CheckedOut(Wire):
    """Whether a file is a certificate. genuine: the chain's facts give these very bytes. recorded: made here with an
    earlier setting. altered: it names a deed and is not its certificate; then only `deed` is to be believed.
    """

    verdict: Verdict
    digest: HexBytes32
    language: Language
    words: str | None
    deed: DeedOut

    @classmethod
    def of(cls, checked: Checked, story: Story | None) -> "CheckedOut":
        """As JSON."""
        token: Token = checked.token
        is_ours = checked.verdict is not Verdict.ALTERED
        words = None if token.dedication is None or not is_ours else token.dedication.words
        return cls(
            verdict=checked.verdict,
            digest=checked.digest,
            language=token.language,
            words=words,
            deed=DeedOut.of(checked.witnessed, story, token.dedication if is_ours else None),
        )
