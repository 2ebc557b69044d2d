"""Certificates over HTTP: what the chain says of a deed, its certificate as PDF, and whether a file is one. Public.

Words of a dedication and their salt come in bodies only: a path or a query would stay in histories and logs.
"""

from base64 import b64encode
from typing import Annotated, Any, cast

from fastapi import APIRouter, Depends, Path
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from backend.access.language import Language
from backend.access.problems import MediaTypeUnsupported
from backend.giving.certificate import require_words_of
from backend.giving.certificate_bodies import CertificateBody, CheckedOut, DedicationBody, DeedOut
from backend.giving.certifier import Certifier, Made

router = APIRouter(tags=["certificates"])

DeedId = Annotated[
    str, Path(alias="deedId", max_length=80, description="`<transaction hash>-<log index>`, as receipts are named.")
]
PDF = "application/pdf"
PDF_BYTES_MAX = 1024 * 1024
STREAMED = {"/certificates/check": PDF_BYTES_MAX}
"""Paths whose bodies are files, with the most bytes each takes."""

_FILE: dict[str, Any] = {"content": {PDF: {"schema": {"type": "string", "format": "binary"}}}}


class PdfExpected(MediaTypeUnsupported):
    """The body is not declared as PDF."""

    code = "certificate.pdf_expected"

    def __init__(self) -> None:
        super().__init__(f"send the file as the body, with Content-Type: {PDF}", expected=PDF)


def certifier_of(connection: HTTPConnection) -> Certifier:
    """What makes and checks certificates (`state.certifier`)."""
    return cast(Certifier, connection.app.state.certifier)


def pdf_response(made: Made, deed_id: str, language: Language) -> Response:
    """A certificate to keep, with its SHA-256 (RFC 9530)."""
    name = f"tanyu-{deed_id[:10]}-{deed_id.rpartition('-')[2]}-{language}.pdf"
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Repr-Digest": f"sha-256=:{b64encode(made.digest).decode()}:",
        "Cache-Control": "no-store",
    }
    return Response(made.pdf, media_type=PDF, headers=headers)


async def pdf_body(request: Request) -> bytes:
    """The body as a file. Raises PdfExpected."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != PDF:
        raise PdfExpected
    return await request.body()


@router.get("/certificates/{deedId}")
def deed(request: Request, deed_id: DeedId) -> DeedOut:
    """A retirement, donation or grant, read from the chain now; `/verify/{deedId}` shows the same to people."""
    certifier = certifier_of(request)
    found = certifier.witness.deed(deed_id)
    return DeedOut.of(found, certifier.story(found.deed))


@router.post("/certificates/{deedId}/dedication")
def dedicated_deed(request: Request, deed_id: DeedId, body: DedicationBody) -> DeedOut:
    """The same with the words it was dedicated with, if the chain commits to them."""
    certifier, dedication = certifier_of(request), body.dedication()
    found = certifier.witness.deed(deed_id)
    require_words_of(found.deed, dedication)
    return DeedOut.of(found, certifier.story(found.deed), dedication)


@router.post("/certificates/{deedId}/pdf", response_class=Response, responses={200: _FILE})
def certificate(request: Request, deed_id: DeedId, body: CertificateBody) -> Response:
    """The certificate of a final deed as PDF: the same to the byte each time. Words and salt are not kept."""
    dedication = None if body.dedication is None else body.dedication.dedication()
    made = certifier_of(request).make(deed_id, body.language, dedication)
    return pdf_response(made, deed_id, body.language)


@router.post("/certificates/check", openapi_extra={"requestBody": {"required": True, **_FILE}})
def check(request: Request, file: Annotated[bytes, Depends(pdf_body)]) -> CheckedOut:
    """Whether a file is a certificate: made again from the chain and compared to the byte. The file is not kept."""
    certifier = certifier_of(request)
    found = certifier.check(file)
    return CheckedOut.of(found, certifier.story(found.witnessed.deed))
