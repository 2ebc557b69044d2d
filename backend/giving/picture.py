"""A campaign's picture: PNG or JPEG that is a picture and nothing else. Pure.

Named by the SHA-256 of its bytes, which the story holds and the chain through it. So its bytes are never changed here;
what could harm is refused instead: another type than declared, dimensions that fill a reader's memory, parts that hold
text, a place or a camera (EXIF) or a colour profile, and anything before or behind the picture, where a page or an
archive would hide. Formats: PNG (W3C, third edition) section 5; JPEG (ITU-T T.81) annex B.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from backend.kernel.digest import sha256
from backend.kernel.errors import InvalidInput

PICTURE_BYTES_MAX = 512 * 1024
SIDE_PIXELS_MAX = 4_096
PIXELS_MAX = 4_000_000

PNG, JPEG = "image/png", "image/jpeg"
MEDIA_TYPES = (PNG, JPEG)

_PNG_HEAD = b"\x89PNG\r\n\x1a\n"
_PNG_PARTS = frozenset({b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"pHYs"})
_JPEG_HEAD = b"\xff\xd8"
_SCAN, _END = 0xDA, 0xD9
_FRAMES = frozenset({0xC0, 0xC1, 0xC2})
"""Baseline, extended and progressive: what browsers show."""
_JPEG_PARTS = _FRAMES | {0xC4, 0xDB, 0xDD, 0xE0, 0xEE, _SCAN}
"""Frames, Huffman and quantization tables, restart interval, JFIF, Adobe's colour flag, scans."""


class PictureUnfit(InvalidInput):
    """Not a picture that is shown here."""

    code = "picture.unfit"

    def __init__(self, why: str) -> None:
        super().__init__(
            f"the picture {why}; give a PNG or JPEG of at most {PICTURE_BYTES_MAX} bytes and {PIXELS_MAX} pixels, "
            "saved without comments, location or profile",
            why=why,
            bytes_max=PICTURE_BYTES_MAX,
            pixels_max=PIXELS_MAX,
            media_types=list(MEDIA_TYPES),
        )


@dataclass(frozen=True)
class Picture:
    """A picture that was looked through. Raises PictureUnfit for any other."""

    media_type: str
    content: bytes

    def __post_init__(self) -> None:
        if len(self.content) > PICTURE_BYTES_MAX:
            raise PictureUnfit(f"has {len(self.content)} bytes")
        try:
            if self.media_type == PNG:
                width, height = _png_size(self.content)
            elif self.media_type == JPEG:
                width, height = _jpeg_size(self.content)
            else:
                raise PictureUnfit("is of another media type")
        except IndexError:
            raise PictureUnfit("ends too early") from None
        if not (0 < width <= SIDE_PIXELS_MAX and 0 < height <= SIDE_PIXELS_MAX and width * height <= PIXELS_MAX):
            raise PictureUnfit(f"has {width} x {height} pixels")

    @property
    def digest(self) -> bytes:
        """SHA-256 of its bytes: its name."""
        return sha256(self.content)


def _take(content: bytes, at: int, count: int) -> bytes:
    """Bytes that have to be there; raises IndexError."""
    if at + count > len(content):
        raise IndexError
    return content[at : at + count]


def _png_size(content: bytes) -> tuple[int, int]:
    """Width and height, if every chunk is one of a plain picture and whole."""
    if not content.startswith(_PNG_HEAD):
        raise PictureUnfit("is no PNG")
    at, kinds, size = len(_PNG_HEAD), list[bytes](), (0, 0)
    while not kinds or kinds[-1] != b"IEND":
        length = int.from_bytes(_take(content, at, 4))
        kind, data = _take(content, at + 4, 4), _take(content, at + 8, length)
        if kind not in _PNG_PARTS:
            raise PictureUnfit("holds more than a picture")
        if int.from_bytes(_take(content, at + 8 + length, 4)) != zlib.crc32(kind + data):
            raise PictureUnfit("is damaged")
        if (kind == b"IHDR") != (not kinds):
            raise PictureUnfit("has no header, or two")
        if kind == b"IHDR":
            size = int.from_bytes(_take(data, 0, 4)), int.from_bytes(_take(data, 4, 4))
        kinds.append(kind)
        at += 12 + length
    if b"IDAT" not in kinds or at != len(content):
        raise PictureUnfit("holds no picture, or something behind it")
    return size


def _jpeg_size(content: bytes) -> tuple[int, int]:
    """Width and height, if every segment is one of a plain picture."""
    if not content.startswith(_JPEG_HEAD):
        raise PictureUnfit("is no JPEG")
    sizes = []
    for marker, data in _jpeg_parts(content):
        if marker not in _JPEG_PARTS:
            raise PictureUnfit("holds more than a picture")
        if marker in _FRAMES:
            sizes.append((int.from_bytes(_take(data, 3, 2)), int.from_bytes(_take(data, 1, 2))))
    if len(sizes) != 1:
        raise PictureUnfit("has no frame, or several")
    return sizes[0]


def _jpeg_parts(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Each segment's marker and content, up to the end of the picture, which is the end of the file."""
    at = len(_JPEG_HEAD)
    while True:
        if content[at] != 0xFF:
            raise PictureUnfit("is damaged")
        marker = content[at + 1]
        if marker == _END:
            if at + 2 != len(content):
                raise PictureUnfit("holds something behind it")
            return
        length = int.from_bytes(_take(content, at + 2, 2))
        yield marker, _take(content, at + 4, max(0, length - 2))
        at += 2 + length
        if marker == _SCAN:
            at = _scan_end(content, at)


def _scan_end(content: bytes, at: int) -> int:
    """Where the coded data ends: at the first marker that is neither a stuffed zero nor a restart."""
    while True:
        at = content.find(b"\xff", at)
        if at < 0:
            raise IndexError
        following = content[at + 1]
        if following != 0x00 and not 0xD0 <= following <= 0xD7:
            return at
        at += 2
