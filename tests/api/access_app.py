"""An app of the access room alone, with a wallet to sign in with; for the tests of sign-in and of what it guards."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, FastAPI

from backend.access.body_limit import BodyLimit
from backend.access.problems import install_problems
from backend.access.routes import router
from backend.access.session import signed_in
from backend.access.site import Site
from backend.access.siwe import SiweMessage
from backend.access.wire import PositiveAmount, Wire
from backend.chain.deployment import Deployment
from backend.chain.keys import Signer, dev_signer, personal_sign
from backend.kernel.clock import FixedClock, parse_iso
from backend.kernel.digest import to_hex
from backend.storage.database import Database
from tests.web import TestClient

ORIGIN = "http://127.0.0.1:8000"
HTTPS_ORIGIN = "https://tanyu.example"
CHAIN_ID = 31337
ALICE = dev_signer(10)
BOB = dev_signer(11)
WALLET, BY_WALLET = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", b"yes"
"""An account that is a contract, and what it takes for its signature."""

OWN_PAGE = {"Sec-Fetch-Site": "same-origin"}


class Note(Wire):
    amount_gco2e: PositiveAmount


def an_app(database: Database, clock: FixedClock, streamed: Mapping[str, int] | None = None) -> FastAPI:
    """Sign-in routes, and two private ones: /private to read, /private to change. `streamed`: as `BodyLimit` has it."""
    app = FastAPI()
    app.state.database = database
    app.state.clock = clock
    app.state.site = Site.local(8000, more=(HTTPS_ORIGIN,))
    app.state.deployment = Deployment(CHAIN_ID, "0x" + "00" * 32, 0, {}, {})
    app.state.wallet_accepts = lambda account, _digest, signature: (account, signature) == (WALLET, BY_WALLET)
    app.include_router(router)
    install_problems(app)
    app.add_middleware(
        BodyLimit, limit_bytes=4096, by_path={"/private": 512, "/private/large": 2048}, streamed=streamed
    )

    @app.get("/private")
    def _read(account: Annotated[str, Depends(signed_in)]) -> dict[str, str]:
        return {"account": account}

    @app.post("/private")
    def _change(account: Annotated[str, Depends(signed_in)], body: Note) -> dict[str, str]:
        return {"account": account, "amount": str(body.amount_gco2e)}

    return app


def a_client(app: FastAPI, origin: str = ORIGIN) -> TestClient:
    """A client that answers 500 like a server instead of raising."""
    return TestClient(app, base_url=origin, raise_server_exceptions=False)


@dataclass(frozen=True)
class SignIn:
    """A message as text, and the body that carries it."""

    text: str
    body: dict[str, str]


def a_sign_in(client: TestClient, signer: Signer = ALICE, by: Signer | None = None, **fields: Any) -> SignIn:
    """A valid sign-in for `signer` with a fresh nonce; `fields` replace the message's, `by` signs in its stead."""
    nonce = client.post("/sessions/nonce").json()
    whole = {
        "domain": nonce["domain"],
        "address": signer.address,
        "statement": nonce["statement"],
        "uri": nonce["uri"],
        "chain_id": nonce["chainId"],
        "nonce": nonce["nonce"],
        "issued_at": parse_iso(nonce["issuedAt"]),
    }
    text = SiweMessage(**(whole | fields)).text()
    return SignIn(text, {"message": text, "signature": to_hex(personal_sign(by or signer, text))})


def token_for(client: TestClient, signer: Signer = ALICE, **fields: Any) -> str:
    """Signs in and returns the token; the client's cookie jar is emptied."""
    answer = client.post("/sessions", json=a_sign_in(client, signer, **fields).body)
    assert answer.status_code == 201, answer.text
    client.cookies.clear()
    return str(answer.json()["token"])


def bearer(token: str) -> dict[str, str]:
    """The header that carries a token."""
    return {"Authorization": f"Bearer {token}"}
