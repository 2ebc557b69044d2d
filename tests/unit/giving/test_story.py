"""A campaign's story: what its digest promises."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.giving.kinds import CampaignKind
from backend.giving.public_text import PublicTextUnfit
from backend.giving.story import STORY_CHARS_MAX, TITLE_CHARS_MAX, Story, StoryInvalid
from backend.kernel.digest import sha256, to_hex
from backend.kernel.text import seen

STORY = Story("A quieter sky", "让天空安静些", "We retire it all.", "全部注销。", CampaignKind.RETIRE_POOL, 2_000_000)

_TEXT = st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=40).filter(
    lambda text: bool(seen(text).strip())
)


def test_story__its_digest__is_the_sha_256_of_its_document_and_never_changes() -> None:
    assert STORY.digest == sha256(STORY.document())
    assert to_hex(STORY.digest) == "0x4dfcc7458038b035411f18f4e174c396cd68d8ebe7b32d6153a9f28166056582"


_STORIES = st.builds(
    Story,
    _TEXT,
    _TEXT,
    _TEXT,
    _TEXT,
    st.sampled_from(CampaignKind),
    st.integers(min_value=1, max_value=2**64 - 1),
    st.none() | st.binary(min_size=32, max_size=32),
)


@given(_STORIES)
def test_story__any__reads_back_from_its_document(story: Story) -> None:
    assert Story.read(story.document().decode()) == story


@pytest.mark.parametrize("part", ["title_en", "title_zh", "story_en", "story_zh", "target_gco2e", "kind", "picture"])
def test_story__any_part_changed__has_another_digest(part: str) -> None:
    value: Any = {"target_gco2e": 1, "kind": CampaignKind.AID, "picture": b"p" * 32}.get(part, "another")

    assert replace(STORY, **{part: value}).digest != STORY.digest


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("title_en", " "),
        ("title_en", "two\nlines"),
        ("title_zh", "长" * (TITLE_CHARS_MAX + 1)),
        ("story_en", ""),
        ("story_en", "\u202egnikaeps sdrawkcab"),
        ("story_zh", "长" * (STORY_CHARS_MAX + 1)),
    ],
)
def test_story__a_text_missing_too_long_or_misleading__is_refused(part: str, value: Any) -> None:
    with pytest.raises(PublicTextUnfit) as caught:
        replace(STORY, **{part: value})
    assert caught.value.fields["field"] == part


@pytest.mark.parametrize(("part", "value"), [("target_gco2e", 0), ("target_gco2e", 2**64), ("picture", b"short")])
def test_story__a_target_or_picture_that_cannot_be__is_refused(part: str, value: Any) -> None:
    with pytest.raises(StoryInvalid) as caught:
        replace(STORY, **{part: value})
    assert caught.value.fields["part"] == part
