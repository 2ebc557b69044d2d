"""The JSON of leaderboards."""

from collections.abc import Sequence

from backend.access.language import Language
from backend.access.wire import Amount, Iso, Wire
from backend.chain.class_id import SIMULATED, class_code, unpack
from backend.giving.certificate import words_of
from backend.giving.deed import DeedKind
from backend.giving.leaderboard import Standing
from backend.giving.tables import BoardName


class BoardNameBody(Wire):
    """What you wish to be called on the leaderboards; nobody checks it. Your address does not stand beside it."""

    name: str


class BoardNameOut(Wire):
    """What you are called on the leaderboards, and since when you are on them. Both null: you are on none."""

    name: str | None
    joined_at: Iso | None

    @classmethod
    def of(cls, row: BoardName | None) -> "BoardNameOut":
        """As JSON."""
        return cls(name=None, joined_at=None) if row is None else cls(name=row.name, joined_at=row.joined_at)


class StandingOut(Wire):
    """A place. `name` is what its holder calls itself. `byClass`: grams by class code."""

    rank: int
    name: str
    amount_gco2e: Amount
    by_class: dict[str, Amount]


class BoardOut(Wire):
    """A leaderboard of those who asked to be on it. `wordsEn` and `wordsZh` say what its grams are, and are not."""

    standings: list[StandingOut]
    words_en: str
    words_zh: str

    @classmethod
    def of(cls, found: Sequence[Standing], kind: DeedKind, limit: int) -> "BoardOut":
        """As JSON, the first `limit`."""
        shown = found[:limit]
        is_simulated = any(unpack(class_id).methodology == SIMULATED for one in shown for class_id in one.by_class)
        return cls(
            standings=[
                StandingOut(
                    rank=one.rank,
                    name=one.name,
                    amount_gco2e=one.amount_gco2e,
                    by_class={class_code(class_id): amount for class_id, amount in one.by_class.items()},
                )
                for one in shown
            ],
            words_en=_words(kind, "en", is_simulated=is_simulated),
            words_zh=_words(kind, "zh", is_simulated=is_simulated),
        )


def _words(kind: DeedKind, language: Language, *, is_simulated: bool) -> str:
    """The honest sentence that stands on the certificates of what is counted."""
    words = words_of(language)
    said = [words["honest"][kind], *([words["simulated"]] if is_simulated else [])]
    return " ".join(said)
