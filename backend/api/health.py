"""`/health`: the process answers. `/ready`: what it depends on answers too, part by part."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from importlib.metadata import version
from typing import Literal

from fastapi import APIRouter
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import Response

from backend.access.problems import RETRY_AFTER_S, problem_of, problem_response
from backend.access.state import clock_of
from backend.access.wire import Iso, Wire
from backend.kernel.errors import TanyuError, Unavailable
from backend.storage.database import Database

ReadyCheck = Callable[[], None]
"""Returns if its part can serve, else raises (an Unavailable that says why, or the part's own network error)."""

VERSION = version("tanyu")


class NotReady(Unavailable):
    """A part this server depends on does not answer; `parts` says which."""

    code = "service.not_ready"

    def __init__(self, failing: list[str]) -> None:
        super().__init__(f"not ready: {', '.join(failing)}", failing=failing)


class HealthOut(Wire):
    """The process is up; nothing about what it depends on."""

    status: Literal["ok"] = "ok"
    version: str
    started_at: Iso
    uptime_s: int


class PartOut(Wire):
    """One part: `ok`, or the code and sentence of what is wrong."""

    ok: bool
    code: str | None = None
    detail: str | None = None


class ReadyOut(Wire):
    """Every part answers."""

    status: Literal["ok"] = "ok"
    parts: dict[str, PartOut]


def database_check(database: Database) -> ReadyCheck:
    """A check that the database answers a query."""

    def check() -> None:
        with database.read() as session:
            session.execute(text("SELECT 1"))

    return check


def _part(check: ReadyCheck) -> PartOut:
    try:
        check()
    except TanyuError as error:
        return PartOut(ok=False, code=error.code, detail=error.message)
    except (OSError, SQLAlchemyError) as error:
        return PartOut(ok=False, code=Unavailable.code, detail=type(error).__name__)
    return PartOut(ok=True)


def health_router(checks: Mapping[str, ReadyCheck], started_at: datetime) -> APIRouter:
    """The two routes. `checks` by the name of their part, such as chain, database, index."""
    router = APIRouter(tags=["service"])

    @router.get("/health")
    def health(request: Request) -> HealthOut:
        """Whether the process is up: always 200 while it answers at all."""
        uptime = clock_of(request).now() - started_at
        return HealthOut(version=VERSION, started_at=started_at, uptime_s=uptime // timedelta(seconds=1))

    @router.get("/ready", response_model=ReadyOut)
    def ready() -> ReadyOut | Response:
        """Whether the chain, the database and the index answer: 200, or 503 saying which part does not."""
        parts = {name: _part(check) for name, check in checks.items()}
        failing = [name for name, part in parts.items() if not part.ok]
        if not failing:
            return ReadyOut(parts=parts)
        error = NotReady(failing)
        problem = problem_of(error) | {"parts": {name: part.model_dump(mode="json") for name, part in parts.items()}}
        return problem_response(problem, {"Retry-After": str(RETRY_AFTER_S)})

    return router
