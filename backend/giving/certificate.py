"""What a certificate says: words of one language for a deed that the chain will keep. Pure.

Only facts that never change, so that the same deed gives the same certificate at any time. It claims what was done and
no more: what was given away is not said to be retired, and nothing is said to offset or prove anything.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from backend.access.figures import kg_text, minute_text
from backend.access.language import Language
from backend.chain.class_id import SIMULATED
from backend.giving.dedication import Dedication, DedicationMismatch
from backend.giving.deed import Deed, DeedKind, Serves
from backend.giving.story import Story
from backend.kernel.digest import to_hex

_WORDS = "certificate_words.json"

DEDICABLE = frozenset({Serves.SELF, Serves.ANOTHER, Serves.EVENT, Serves.REFERENCE, Serves.UNSTATED})
"""What a deed may serve and still bear words: a deficit's reference and a campaign commit to none."""


@dataclass(frozen=True)
class Certificate:
    """What is printed, in one language, with the title and the honest sentence in the other language too. `facts`: what
    to check, as (label, value). `name` is empty where none is shown.
    """

    language: Language
    title: str
    title_other: str
    amount: str
    act: str
    credit_class: str
    label: str
    name: str
    beneath: str
    simulated: str
    honest: str
    honest_other: str
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Place:
    """Where a deed is: the chain's id, the contract that keeps it, and the one that keeps its receipt if that is
    another.
    """

    chain_id: int
    contract: str
    receipts: str | None = None


@cache
def words_of(language: Language) -> Mapping[str, Any]:
    """The sentences of a language."""
    catalogue: dict[str, dict[str, Any]] = json.loads(files("backend.giving").joinpath(_WORDS).read_text("utf-8"))
    return catalogue[language]


def other_than(language: Language) -> Language:
    """The other of our two."""
    return "en" if language == "zh" else "zh"


def certificate_of(
    deed: Deed, place: Place, language: Language, *, dedication: Dedication | None = None, story: Story | None = None
) -> Certificate:
    """The certificate of a deed. `story`: its campaign's, known to be the chain's. Raises DedicationMismatch."""
    if dedication is not None:
        require_words_of(deed, dedication)
    words, other = words_of(language), words_of(other_than(language))
    credit = deed.credit_class
    label, name, beneath = _centre(deed, words, language, dedication, story)
    return Certificate(
        language=language,
        title=words["title"][deed.kind],
        title_other=other["title"][deed.kind],
        amount=kg_text(deed.amount_gco2e),
        act=words["act"][deed.kind],
        credit_class=words["class"].format(
            region=credit.region, vintage=credit.vintage, methodology=credit.methodology
        ),
        label=label,
        name=name,
        beneath=beneath,
        simulated=words["simulated"] if credit.methodology == SIMULATED else "",
        honest=words["honest"][deed.kind],
        honest_other=other["honest"][deed.kind],
        facts=tuple(_facts(deed, place, words["facts"], dedication)),
    )


def require_words_of(deed: Deed, dedication: Dedication) -> None:
    """Raises DedicationMismatch unless the chain commits the deed to these words."""
    if deed.serves not in DEDICABLE or dedication.digest != deed.ref:
        raise DedicationMismatch


def _centre(
    deed: Deed, words: Mapping[str, Any], language: Language, dedication: Dedication | None, story: Story | None
) -> tuple[str, str, str]:
    """Label, name and what stands beneath: for whom or for what."""
    serves = deed.serves if deed.kind is DeedKind.RETIREMENT else deed.kind
    if dedication is not None:
        return words["named"][serves], dedication.words, ""
    label, beneath = words["serves"][serves], words["beneath"].get(serves, "")
    if deed.campaign_id is None:
        return label, "", beneath
    numbered: str = words["campaign"].format(campaign_id=deed.campaign_id)
    if story is None:
        return label, numbered, beneath
    return label, story.title_zh if language == "zh" else story.title_en, beneath


def _facts(deed: Deed, place: Place, words: Mapping[str, str], dedication: Dedication | None) -> list[tuple[str, str]]:
    found: dict[str, str | None] = {
        "at": f"{minute_text(deed.at)} UTC",
        "transaction": words["place"].format(tx_hash=to_hex(deed.tx_hash), log_index=deed.log_index),
        "block": f"{deed.block_number}, {to_hex(deed.block_hash)}",
        "chain": f"{place.chain_id}, {place.contract}",
        "account": None if deed.kind is DeedKind.GRANT else deed.account,
        "beneficiary": deed.beneficiary if deed.beneficiary != deed.account else None,
        "campaign": None if deed.campaign_id is None else str(deed.campaign_id),
        "ref": None if deed.ref is None else to_hex(deed.ref),
        "salt": None if dedication is None else to_hex(dedication.salt),
        "receipt": None
        if deed.receipt_token is None
        else ", ".join(filter(None, (str(deed.receipt_token), place.receipts))),
    }
    return [(words[name], value) for name, value in found.items() if value is not None]
