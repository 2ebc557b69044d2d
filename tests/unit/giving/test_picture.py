"""Pictures: what is shown is a picture and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.giving.picture import JPEG, PICTURE_BYTES_MAX, PNG, SIDE_PIXELS_MAX, Picture, PictureUnfit
from backend.kernel.digest import sha256
from tests.unit.giving.pictures import chunk, jpeg, png, segment

PAGE = b"<html><script>alert(1)</script></html>"


@pytest.mark.parametrize(("media_type", "content"), [(PNG, png()), (JPEG, jpeg()), (PNG, png(4_000, 1_000))])
def test_picture__plain__is_named_by_its_bytes(media_type: str, content: bytes) -> None:
    assert Picture(media_type, content).digest == sha256(content)


@pytest.mark.parametrize(
    ("media_type", "content"),
    [
        (PNG, jpeg()),
        (JPEG, png()),
        ("image/svg+xml", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
        ("text/html", PAGE),
        (PNG, PAGE),
        (JPEG, PAGE),
        (PNG, png(behind=PAGE)),
        (JPEG, jpeg(behind=PAGE)),
        (PNG, png(more=chunk(b"tEXt", b"Comment\0" + PAGE))),
        (PNG, png(more=chunk(b"eXIf", b"MM\0*"))),
        (PNG, png(more=chunk(b"iCCP", b"profile\0\0"))),
        (PNG, png(more=chunk(b"IHDR", b"\0" * 13))),
        (JPEG, jpeg(more=segment(0xE1, b"Exif\0\0where it was taken"))),
        (JPEG, jpeg(more=segment(0xFE, PAGE))),
        (JPEG, jpeg(more=segment(0xC0, b"\x08\x00\x01\x00\x01\x01\x01\x11\x00"))),
        (PNG, png(SIDE_PIXELS_MAX + 1, 1)),
        (PNG, png(3_000, 3_000)),
        (PNG, png(0, 1)),
        (JPEG, jpeg(0, 8)),
        (PNG, png()[:-1]),
        (JPEG, jpeg()[:-1]),
        (PNG, png().replace(b"IDAT", b"IDAU")),
        (PNG, b""),
        (JPEG, b""),
        (PNG, png(more=chunk(b"PLTE", b"\0" * PICTURE_BYTES_MAX))),
    ],
)
def test_picture__of_another_kind_or_with_more_in_it__is_refused(media_type: str, content: bytes) -> None:
    with pytest.raises(PictureUnfit) as refused:
        Picture(media_type, content)
    assert refused.value.fields["media_types"] == [PNG, JPEG]


@given(st.sampled_from([PNG, JPEG]), st.binary(max_size=200), st.integers(min_value=0, max_value=60))
def test_picture__any_bytes__are_a_picture_or_refused_as_none(media_type: str, noise: bytes, kept: int) -> None:
    whole = png() if media_type == PNG else jpeg()
    try:
        found = Picture(media_type, whole[:kept] + noise)
    except PictureUnfit:
        return
    assert found.content == whole[:kept] + noise
