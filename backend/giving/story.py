"""A campaign's story: a document whose SHA-256 the chain holds, so that nobody can rewrite it later. Pure."""

import json
from dataclasses import dataclass

from backend.giving.kinds import CampaignKind
from backend.kernel.digest import Json, canonical_json, sha256
from backend.kernel.errors import InvalidInput

SCHEMA = "tanyu/campaign-story/1"
TITLE_CHARS_MAX = 120
STORY_CHARS_MAX = 10_000


class StoryInvalid(InvalidInput):
    """A part of a story is missing or too long."""

    code = "story.invalid"

    def __init__(self, part: str, expected: str) -> None:
        super().__init__(f"the story's {part} must be {expected}", part=part, expected=expected)


@dataclass(frozen=True)
class Story:
    """What a campaign is for, in English and Chinese. `target_gco2e` in grams over all classes."""

    title_en: str
    title_zh: str
    story_en: str
    story_zh: str
    kind: CampaignKind
    target_gco2e: int

    def __post_init__(self) -> None:
        for part, limit in (
            ("title_en", TITLE_CHARS_MAX),
            ("title_zh", TITLE_CHARS_MAX),
            ("story_en", STORY_CHARS_MAX),
            ("story_zh", STORY_CHARS_MAX),
        ):
            if not 1 <= len(getattr(self, part).strip()) <= limit:
                raise StoryInvalid(part, f"1 to {limit} characters")
        if not 0 < self.target_gco2e < 2**128:
            raise StoryInvalid("target_gco2e", "a positive number of grams")

    def document(self) -> bytes:
        """RFC 8785 canonical JSON: what is hashed and shown."""
        written: dict[str, Json] = {
            "schema": SCHEMA,
            "title": {"en": self.title_en, "zh": self.title_zh},
            "story": {"en": self.story_en, "zh": self.story_zh},
            "kind": str(self.kind),
            "targetGco2e": str(self.target_gco2e),
        }
        return canonical_json(written)

    @property
    def digest(self) -> bytes:
        """SHA-256 of the document: the chain's storyDigest."""
        return sha256(self.document())

    @classmethod
    def read(cls, document: str) -> "Story":
        """The story of a document that `document()` wrote."""
        raw = json.loads(document)
        return cls(
            title_en=raw["title"]["en"],
            title_zh=raw["title"]["zh"],
            story_en=raw["story"]["en"],
            story_zh=raw["story"]["zh"],
            kind=CampaignKind(raw["kind"]),
            target_gco2e=int(raw["targetGco2e"]),
        )
