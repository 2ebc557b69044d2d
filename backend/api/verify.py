"""`/verify`: certificates checked against the chain by anybody with a browser. English and Chinese, no script.

Words, salts and files come in bodies: a path or a query would stay in histories and logs. Nothing of them is kept.
"""

from collections.abc import Callable, Mapping
from functools import partial
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from backend.access.language import Language, language_of
from backend.access.problems import status_of
from backend.api.headers import CSP_FORM
from backend.api.reference import page_response
from backend.api.verify_page import Shown, render_deed, render_refusal, render_search
from backend.giving.certificate import require_words_of
from backend.giving.certificate_routes import PDF_BYTES_MAX, certifier_of, pdf_response
from backend.giving.certifier import Certifier, Verdict
from backend.giving.dedication import SALT_BYTES, Dedication, DedicationInvalid, plain_words
from backend.giving.deed import deed_place
from backend.kernel.errors import TanyuError

ENVELOPE_BYTES = 4096
"""What a browser puts around a file."""

UPLOADS = {"/verify": PDF_BYTES_MAX + ENVELOPE_BYTES}
"""Paths whose bodies are forms with a file, with the most bytes each takes."""

Given = Mapping[str, bytes | str]


async def form_of(request: Request) -> Given:
    """The fields of a form; none of what is no form."""
    try:
        async with request.form(max_files=1, max_fields=4) as form:
            return {name: held if isinstance(held, str) else await held.read() for name, held in form.items()}
    except HTTPException:
        return {}


def dedication_in(given: Given) -> Dedication | None:
    """Words and salt of a form, if it has them. Raises DedicationInvalid."""
    words, salt = given.get("words", ""), given.get("salt", "")
    if not isinstance(words, str) or not isinstance(salt, str) or not (words or salt):
        return None
    try:
        return Dedication(plain_words(words), bytes.fromhex(salt.strip().removeprefix("0x")))
    except ValueError as failure:
        raise DedicationInvalid("salt", f"0x and {2 * SALT_BYTES} hex digits") from failure


def shown_deed(certifier: Certifier, deed_id: str, given: Given) -> Shown:
    """What the page shows, with the words of a form if it has any. Raises DeedIdMalformed, DeedUnknown, DeedUndone,
    DedicationInvalid, DedicationMismatch, NodeUnavailable.
    """
    dedication = dedication_in(given)
    found = certifier.witness.deed(deed_id)
    if dedication is not None:
        require_words_of(found.deed, dedication)
    return Shown(found, certifier.place(found.deed), certifier.story(found.deed), dedication)


def checked_file(certifier: Certifier, file: bytes) -> Shown:
    """What the page shows of a file's deed, and what the file is. Raises as `Certifier.check`."""
    found = certifier.check(file)
    deed = found.witnessed.deed
    words = None if found.verdict is Verdict.ALTERED else found.token.dedication
    return Shown(
        found.witnessed, certifier.place(deed), certifier.story(deed), words, verdict=found.verdict, digest=found.digest
    )


def verify_router() -> APIRouter:
    """`/verify` and what is below it."""
    router = APIRouter(include_in_schema=False)

    @router.get("/verify")
    def search(
        request: Request, lang: str | None = None, asked: Annotated[str | None, Query(alias="id", max_length=80)] = None
    ) -> Response:
        language = _language(request, lang)
        if asked is None:
            return _page(render_search(language), language)
        try:
            deed_place(asked.strip())
        except TanyuError as failure:
            return _refused(failure, language)
        return RedirectResponse(f"/verify/{asked.strip()}?lang={language}", status_code=HTTPStatus.SEE_OTHER)

    @router.post("/verify")
    async def compare_file(request: Request, lang: str | None = None) -> Response:
        file = (await form_of(request)).get("file")
        content = file if isinstance(file, bytes) else b""
        show = partial(checked_file, certifier_of(request), content)
        return await run_in_threadpool(_shown, show, _language(request, lang))

    @router.get("/verify/{deed_id}")
    def deed(request: Request, deed_id: str, lang: str | None = None) -> Response:
        return _shown(partial(shown_deed, certifier_of(request), deed_id, {}), _language(request, lang))

    @router.post("/verify/{deed_id}")
    async def compare_words(request: Request, deed_id: str, lang: str | None = None) -> Response:
        show = partial(shown_deed, certifier_of(request), deed_id, await form_of(request))
        return await run_in_threadpool(_shown, show, _language(request, lang))

    @router.post("/verify/{deed_id}/pdf")
    async def certificate(request: Request, deed_id: str, lang: str | None = None) -> Response:
        given = await form_of(request)
        return await run_in_threadpool(_pdf, certifier_of(request), deed_id, given, _language(request, lang))

    return router


def _language(request: Request, lang: str | None) -> Language:
    return language_of(lang, request.headers.get("accept-language", ""))


def _page(markup: str, language: Language, status: HTTPStatus = HTTPStatus.OK) -> Response:
    """Never stored: it may show words that somebody gave, and the chain may say something else tomorrow."""
    headers = {"Content-Language": language, "Vary": "Accept-Language", "Cache-Control": "no-store"}
    response = page_response(markup, **headers, **{"Content-Security-Policy": CSP_FORM})
    response.status_code = status
    return response


def _refused(failure: TanyuError, language: Language) -> Response:
    return _page(render_refusal(failure, language), language, status_of(failure))


def _shown(show: Callable[[], Shown], language: Language) -> Response:
    try:
        return _page(render_deed(show(), language), language)
    except TanyuError as failure:
        return _refused(failure, language)


def _pdf(certifier: Certifier, deed_id: str, given: Given, language: Language) -> Response:
    wanted: Language = "zh" if given.get("language", language) == "zh" else "en"
    try:
        return pdf_response(certifier.make(deed_id, wanted, dedication_in(given)), deed_id, wanted)
    except TanyuError as failure:
        return _refused(failure, language)
