"""What composition puts into `app.state`, read back with its type. A room adds its own accessor in its routes.py."""

from typing import cast

from starlette.requests import HTTPConnection

from backend.access.limits import Limits
from backend.access.site import Site
from backend.chain.account_signature import WalletQuestion
from backend.chain.deployment import Deployment
from backend.kernel.clock import Clock
from backend.storage.database import Database


def database_of(connection: HTTPConnection) -> Database:
    """The database (`state.database`)."""
    return cast(Database, connection.app.state.database)


def clock_of(connection: HTTPConnection) -> Clock:
    """Where the time comes from (`state.clock`)."""
    return cast(Clock, connection.app.state.clock)


def deployment_of(connection: HTTPConnection) -> Deployment:
    """The contracts served (`state.deployment`)."""
    return cast(Deployment, connection.app.state.deployment)


def site_of(connection: HTTPConnection) -> Site:
    """The web origins this server answers as (`state.site`)."""
    return cast(Site, connection.app.state.site)


def wallet_accepts_of(connection: HTTPConnection) -> WalletQuestion:
    """Whom to ask whether an account with code takes a signature for its own (`state.wallet_accepts`)."""
    return cast(WalletQuestion, connection.app.state.wallet_accepts)


def limits_of(connection: HTTPConnection) -> Limits | None:
    """How often may be asked (`state.limits`); None where nothing is limited."""
    return cast(Limits | None, getattr(connection.app.state, "limits", None))
