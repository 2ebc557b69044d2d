"""A campaign's story: a document whose SHA-256 the chain holds, so that nobody can rewrite it later. Pure."""

import json
from dataclasses import dataclass

from backend.giving.kinds import CampaignKind
from backend.giving.public_text import require_public
from backend.kernel.digest import Json, canonical_json, sha256, to_hex
from backend.kernel.errors import InvalidInput

SCHEMA = "tanyu/campaign-story/1"
PICTURED_SCHEMA = "tanyu/campaign-story/2"
"""The same with a picture, named by its digest."""
TITLE_CHARS_MAX = 120
STORY_CHARS_MAX = 10_000


class StoryInvalid(InvalidInput):
    """A part of a story is missing or too long."""

    code = "story.invalid"

    def __init__(self, part: str, expected: str) -> None:
        super().__init__(f"the story's {part} must be {expected}", part=part, expected=expected)


@dataclass(frozen=True)
class Story:
    """What a campaign is for, in English and Chinese. `target_gco2e` in grams over all classes. `picture`: the SHA-256
    of one that was published. Raises PublicTextUnfit, StoryInvalid.
    """

    title_en: str
    title_zh: str
    story_en: str
    story_zh: str
    kind: CampaignKind
    target_gco2e: int
    picture: bytes | None = None

    def __post_init__(self) -> None:
        for part in ("title_en", "title_zh"):
            require_public(part, getattr(self, part), longest=TITLE_CHARS_MAX)
        for part in ("story_en", "story_zh"):
            require_public(part, getattr(self, part), longest=STORY_CHARS_MAX, lines=True)
        if not 0 < self.target_gco2e < 2**64:
            raise StoryInvalid("target_gco2e", "1 to 2^64 - 1 grams")
        if self.picture is not None and len(self.picture) != 32:
            raise StoryInvalid("picture", "a digest of 32 bytes")

    def document(self) -> bytes:
        """RFC 8785 canonical JSON: what is hashed and shown."""
        written: dict[str, Json] = {
            "schema": SCHEMA if self.picture is None else PICTURED_SCHEMA,
            "title": {"en": self.title_en, "zh": self.title_zh},
            "story": {"en": self.story_en, "zh": self.story_zh},
            "kind": str(self.kind),
            "targetGco2e": str(self.target_gco2e),
        }
        if self.picture is not None:
            written["picture"] = to_hex(self.picture)
        return canonical_json(written)

    @property
    def digest(self) -> bytes:
        """SHA-256 of the document: the chain's storyDigest."""
        return sha256(self.document())

    @classmethod
    def read(cls, document: str) -> "Story":
        """The story of a document that `document()` wrote."""
        raw = json.loads(document)
        picture = raw.get("picture")
        return cls(
            title_en=raw["title"]["en"],
            title_zh=raw["title"]["zh"],
            story_en=raw["story"]["en"],
            story_zh=raw["story"]["zh"],
            kind=CampaignKind(raw["kind"]),
            target_gco2e=int(raw["targetGco2e"]),
            picture=None if picture is None else bytes.fromhex(picture.removeprefix("0x")),
        )
