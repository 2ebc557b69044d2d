"""What a person is told in words, as JSON in both languages."""

from collections.abc import Iterable

from backend.access.wire import Wire
from backend.ledger.notices import Notice


class NoticeOut(Wire):
    """One thing to know, in English and Chinese."""

    name: str
    en: str
    zh: str


def notices_out(found: Iterable[Notice]) -> list[NoticeOut]:
    """Notices as JSON."""
    return [NoticeOut(name=one.name, en=one.en, zh=one.zh) for one in found]
