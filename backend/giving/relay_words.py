"""What a relayed act is told as: what of it matters, and how to see where it stands. Pure."""

from collections.abc import Mapping
from typing import Any

from backend.access.language import Language
from backend.chain.class_id import class_code

_FOLLOW: Mapping[Language, str] = {
    "en": "`tanyu retire acts` with the same key tells where it stands; it counts once it is confirmed.",
    "zh": "用同一密钥运行 `tanyu retire acts` 可查看进度；确认后方才生效。",
}
_WITHOUT: Mapping[Language, str] = {
    "en": "Somebody sent the retirement to the chain alone before us: it is done as you signed it, without a receipt.",
    "zh": "有人抢先单独提交了这笔注销：它已按您的签名完成，但没有凭证。",
}
_OVER = frozenset({"confirmed", "reverted"})


def why_told(found: Mapping[str, Any], language: Language) -> str | None:
    """Why a relayed act is not what was asked for; None if it is."""
    reason: str | None = found["reason"]
    return _WITHOUT[language] if found["withoutReceipt"] else reason


def relay_told(found: Mapping[str, Any], language: Language) -> dict[str, Any]:
    """The JSON of a relayed act as people read it: its class by its code, no amount where nothing moves."""
    shown = {name: found[name] for name in ("kind", "account", "state", "txHash")}
    shown["reason"] = why_told(found, language)
    if found["classId"] is not None:
        shown |= {"classCode": class_code(int(found["classId"])), "amountGco2e": found["amountGco2e"]}
    return shown if found["state"] in _OVER else shown | {"follow": _FOLLOW[language]}
