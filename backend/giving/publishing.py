"""What a charity publishes before its campaign opens: the story, and the picture that the story names."""

from datetime import datetime

from sqlmodel import Session, col, func, select

from backend.giving.charity import require_listed
from backend.giving.picture import Picture
from backend.giving.story import Story
from backend.giving.tables import PictureRow, StoryRow
from backend.kernel.digest import to_hex
from backend.kernel.errors import NotFound, RuleViolated

PICTURES_MAX = 200
"""Of one charity: 100 MiB at the most."""


class PictureUnknown(NotFound):
    """No picture was published under that digest."""

    code = "picture.unknown"

    def __init__(self, digest: bytes) -> None:
        super().__init__("no picture was published under this digest", digest=to_hex(digest))


class PicturesTooMany(RuleViolated):
    """A charity has published as many pictures as there is room for."""

    code = "picture.too_many"

    def __init__(self) -> None:
        super().__init__(f"a charity publishes at most {PICTURES_MAX} pictures", most=PICTURES_MAX)


class StoryUnknown(NotFound):
    """No story was published under that digest."""

    code = "story.unknown"

    def __init__(self, digest: bytes) -> None:
        super().__init__("no story was published under this digest", digest=to_hex(digest))


def publish_story(session: Session, story: Story, now: datetime) -> bytes:
    """Keeps a story for whoever reads the campaign; returns the digest to open the campaign with. Raises
    PictureUnknown.
    """
    if story.picture is not None:
        picture_at(session, story.picture)
    if session.get(StoryRow, story.digest) is None:
        session.add(StoryRow(digest=story.digest, document=story.document().decode(), published_at=now))
        session.flush()
    return story.digest


def publish_charitys_story(session: Session, charity: str, story: Story, now: datetime) -> bytes:
    """The same for a charity that asks over HTTP. Raises CharityNotListed, PictureUnknown."""
    require_listed(session, charity)
    return publish_story(session, story, now)


def publish_picture(session: Session, charity: str, picture: Picture, now: datetime) -> bytes:
    """Keeps a picture under its digest; the same again changes nothing. Raises CharityNotListed, PicturesTooMany."""
    require_listed(session, charity)
    if session.get(PictureRow, picture.digest) is None:
        count = session.exec(select(func.count()).where(col(PictureRow.charity) == charity)).one()
        if count >= PICTURES_MAX:
            raise PicturesTooMany
        session.add(
            PictureRow(
                digest=picture.digest,
                media_type=picture.media_type,
                content=picture.content,
                charity=charity,
                published_at=now,
            )
        )
        session.flush()
    return picture.digest


def picture_at(session: Session, digest: bytes) -> PictureRow:
    """Raises PictureUnknown."""
    row = session.get(PictureRow, digest)
    if row is None:
        raise PictureUnknown(digest)
    return row


def story_document(session: Session, digest: bytes) -> str:
    """The very text whose SHA-256 the chain holds. Raises StoryUnknown."""
    row = session.get(StoryRow, digest)
    if row is None:
        raise StoryUnknown(digest)
    return row.document
