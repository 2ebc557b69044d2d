"""Applying for aid from a terminal: what is sent, and what a person is told before it is."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from backend.access.figures import kg_text
from backend.access.language import Language
from backend.giving.eligibility import EligibilityMalformed

_SAYS: Mapping[Language, Sequence[str]] = {
    "en": (
        "You apply to aid round {roundId} of campaign {campaignId} for at most {kg} kg of what you owe for {vintage}.",
        "Your application stays sealed here; the charity sees a salted reference and grams, everybody else a digest.",
        "Whether you get something, rule and draw decide after {closesAt}. The deficit is settled once a grant is on"
        " the chain, not before; your address is not on it.",
    ),
    "zh": (
        "您向公益项目 {campaignId} 第 {roundId} 轮援助申请资助，用于 {vintage} 年的赤字，最多 {kg} kg。",
        "申请内容在此加密保存；慈善机构只看到加盐编号和克数，其他人只看到摘要。",
        "是否获得资助，由规则与抽签在 {closesAt} 之后决定。资助上链后赤字才算结清；链上没有您的地址。",
    ),
}


def application_path(round_id: int) -> str:
    """Where an application is posted."""
    return f"/aid/rounds/{round_id}/applications"


def application_body(credential: Path, vintage: int, auditor: str | None) -> dict[str, Any]:
    """What is posted: a body's credential from its file. Raises EligibilityMalformed."""
    try:
        body = {"credential": credential.read_text("ascii").strip(), "vintage": vintage}
    except (OSError, UnicodeDecodeError) as failure:
        raise EligibilityMalformed(str(failure)) from failure
    return body | ({"auditor": auditor} if auditor else {})


def application_words(chance: Mapping[str, Any], vintage: int, language: Language) -> Sequence[str]:
    """Sentences about a round as GET /deficits tells it, before somebody applies."""
    values = {**chance, "vintage": vintage, "kg": kg_text(int(chance["mostGco2e"]))}
    return [one.format(**values) for one in _SAYS[language]]
