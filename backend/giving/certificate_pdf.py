"""A certificate as PDF, set by Typst (the pinned `typst` wheel) in fonts that come with packages pinned by hash.

The same certificate gives the same bytes, on any machine with the same packages: no system font, no time, no network.
Whatever a text holds is set as text.
"""

import io
import json
from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from threading import Lock
from typing import Literal

import segno
from pylopdf_fonts_zh_cn import serif_path
from typst import Compiler, Fonts

from backend.giving.certificate import Certificate, words_of
from backend.kernel.digest import Json, digest_of, sha256, to_hex
from backend.kernel.errors import Unavailable

INK = "#1d2b24"
SETTING = "certificate.typ"
FONT_SHA256 = bytes.fromhex("e8f396decc1f0963a016a989c3d8852e863d1350996f573860a80767c83a1cd3")
"""Of Noto Serif SC Regular (SIL Open Font License 1.1), as pylopdf-fonts-zh-cn 0.1.1 carries it. The Latin letters are
Libertinus Serif and DejaVu Sans Mono, which the typst wheel holds.
"""

SCREEN_PPI = 96


class CertificateFontChanged(Unavailable):
    """The font is not the one that certificates are set in: they would come out different."""

    code = "certificate.font_changed"

    def __init__(self, found: bytes) -> None:
        super().__init__(
            "the installed font is not the pinned one; install the packages of requirements.lock",
            found=to_hex(found),
            expected=to_hex(FONT_SHA256),
        )


_SETTING_ONE = Lock()
"""The compiler keeps what it has read from one certificate to the next, and sets one at a time."""


def require_pinned(font: Path) -> Path:
    """The font's folder; raises CertificateFontChanged."""
    found = sha256(font.read_bytes())
    if found != FONT_SHA256:
        raise CertificateFontChanged(found)
    return font.parent


@cache
def _compiler() -> Compiler:
    fonts = Fonts(include_system_fonts=False, font_paths=[require_pinned(serif_path())])
    return Compiler(font_paths=fonts, ignore_system_fonts=True)


@cache
def _setting() -> bytes:
    return files("backend.giving").joinpath(SETTING).read_bytes()


@cache
def edition() -> str:
    """What else than the facts decides the bytes: setting, words, fonts, and the libraries that set and draw."""
    parts: dict[str, Json] = {
        "setting": to_hex(sha256(_setting())),
        "words": to_hex(digest_of([dict(words_of("en")), dict(words_of("zh"))])),
        "font": to_hex(FONT_SHA256),
        "typst": version("typst"),
        "segno": version("segno"),
    }
    return digest_of(parts).hex()[:16]


def pdf_of(certificate: Certificate, *, address: str, token: str) -> bytes:
    """The certificate's PDF. `address`: the page that verifies it, also as a QR code. `token`: what the file tells of
    itself to whoever checks it (`certificate_token`). Raises CertificateFontChanged.
    """
    return _set(_told(certificate, address, token), "pdf")


def picture_of(certificate: Certificate, *, address: str, ppi: int = SCREEN_PPI) -> bytes:
    """The same page as PNG, to look at."""
    return _set(_told(certificate, address, ""), "png", ppi)


def _told(certificate: Certificate, address: str, token: str) -> str:
    drawn = io.BytesIO()
    segno.make(address, error="m", micro=False).save(drawn, kind="svg", border=0, dark=INK, xmldecl=False)
    words = words_of(certificate.language)
    told: dict[str, Json | Mapping[str, object]] = {
        **asdict(certificate),
        "class": certificate.credit_class,
        "number": _short(address.rpartition("/")[2]),
        "region": words["region"],
        "scan": words["scan"],
        "address": address,
        "code": drawn.getvalue().decode(),
        "token": token,
    }
    return json.dumps(told, ensure_ascii=False, sort_keys=True)


def _short(deed_id: str) -> str:
    """Enough of a deed's id to tell one sheet from another; the whole stands among the facts."""
    tx_hash, _, log_index = deed_id.rpartition("-")
    return f"№ {tx_hash[:10]}…{tx_hash[-6:]}-{log_index}"


def _set(told: str, kind: Literal["pdf", "png"], ppi: int = SCREEN_PPI) -> bytes:
    with _SETTING_ONE:
        made = _compiler().compile(input=_setting(), format=kind, ppi=ppi, sys_inputs={"certificate": told})
    assert isinstance(made, bytes), "a certificate has one page"
    return made
