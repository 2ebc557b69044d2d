"""Signing in, being signed in and signing out over HTTP; and everything that must not pass for it (T12, T13)."""

from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from sqlmodel import select

from backend.access.session import COOKIE_HTTP, COOKIE_HTTPS, SESSION_LIFETIME
from backend.access.tables import NonceRow, SessionRow
from backend.chain.signature import SECP256K1_N
from backend.kernel.clock import FixedClock
from backend.kernel.digest import sha256, to_hex
from backend.storage.database import Database
from tests.api.access_app import (
    ALICE,
    BOB,
    BY_WALLET,
    HTTPS_ORIGIN,
    ORIGIN,
    OWN_PAGE,
    WALLET,
    a_client,
    a_sign_in,
    an_app,
    bearer,
    token_for,
)
from tests.web import TestClient


@pytest.fixture
def app(database: Database, clock: FixedClock) -> FastAPI:
    return an_app(database, clock)


@pytest.fixture
def client(app: FastAPI) -> TestClient:
    return a_client(app)


def refusal(client: TestClient, body: object) -> tuple[int, str]:
    """Status and code of a refused sign-in, after checking that no session came of it."""
    answer = client.post("/sessions", json=body)

    assert "set-cookie" not in answer.headers
    return answer.status_code, answer.json()["code"]


class TestSignIn:
    def test_valid_message__opens_a_session_for_its_signer(self, client: TestClient) -> None:
        answer = client.post("/sessions", json=a_sign_in(client).body)

        assert answer.status_code == 201
        assert answer.json()["address"] == ALICE.address
        assert answer.headers["cache-control"] == "no-store"
        assert client.get("/sessions/me", headers=bearer(answer.json()["token"])).json() == {
            "address": ALICE.address,
            "expiresAt": answer.json()["expiresAt"],
        }

    def test_same_message_again__is_refused_because_its_nonce_is_spent(self, client: TestClient) -> None:
        sign_in = a_sign_in(client)
        client.post("/sessions", json=sign_in.body)

        assert refusal(client, sign_in.body) == (401, "siwe.nonce_unknown")

    def test_nonce_five_minutes_old__is_refused(self, client: TestClient, clock: FixedClock) -> None:
        sign_in = a_sign_in(client)
        clock.at += timedelta(minutes=5)

        assert refusal(client, sign_in.body) == (401, "siwe.nonce_unknown")

    def test_nonce_never_handed_out__is_refused(self, client: TestClient) -> None:
        assert refusal(client, a_sign_in(client, nonce="a" * 32).body) == (401, "siwe.nonce_unknown")

    @pytest.mark.parametrize(
        ("fields", "code"),
        [
            ({"domain": "evil.example"}, "siwe.domain_wrong"),
            ({"uri": "http://evil.example"}, "siwe.uri_wrong"),
            ({"chain_id": 1}, "siwe.chain_wrong"),
        ],
    )
    def test_message_for_another_place__is_refused(self, client: TestClient, fields: dict[str, Any], code: str) -> None:
        assert refusal(client, a_sign_in(client, **fields).body) == (401, code)

    def test_message_expired_or_not_yet_valid__is_refused(self, client: TestClient, clock: FixedClock) -> None:
        assert refusal(client, a_sign_in(client, expiration_time=clock.at).body) == (401, "siwe.expired")
        assert refusal(client, a_sign_in(client, not_before=clock.at + timedelta(seconds=1)).body) == (
            401,
            "siwe.too_early",
        )

    def test_message_signed_by_another_key__is_refused_and_leaves_the_nonce_usable(self, client: TestClient) -> None:
        forged = a_sign_in(client, ALICE, by=BOB)
        assert refusal(client, forged.body) == (401, "siwe.signer_wrong")

        honest = a_sign_in(client, ALICE)
        assert client.post("/sessions", json=honest.body).status_code == 201

    @pytest.mark.parametrize("char", ["message", "signature"])
    def test_body_without_a_part__is_invalid(self, client: TestClient, char: str) -> None:
        body = a_sign_in(client).body
        del body[char]

        assert refusal(client, body) == (422, "input.invalid")

    def test_text_that_is_no_message__is_malformed(self, client: TestClient) -> None:
        body = a_sign_in(client).body | {"message": "let me in"}

        assert refusal(client, body) == (422, "siwe.malformed")

    def test_host_header_of_another_site__does_not_change_what_must_be_signed(self, client: TestClient) -> None:
        nonce = client.post("/sessions/nonce", headers={"Host": "evil.example"}).json()

        assert (nonce["domain"], nonce["uri"]) == ("127.0.0.1:8000", ORIGIN)

    def test_expiration_time_in_the_message__shortens_the_session(self, client: TestClient, clock: FixedClock) -> None:
        token = token_for(client, expiration_time=clock.at + timedelta(minutes=1))
        assert client.get("/private", headers=bearer(token)).status_code == 200

        clock.at += timedelta(minutes=1)
        assert client.get("/private", headers=bearer(token)).json()["code"] == "auth.required"

    def test_signing_in_again__ends_the_session_carried_so_far(self, client: TestClient) -> None:
        old = client.post("/sessions", json=a_sign_in(client).body).json()["token"]
        new = client.post("/sessions", json=a_sign_in(client).body, headers=OWN_PAGE).json()["token"]
        client.cookies.clear()

        assert client.get("/private", headers=bearer(old)).status_code == 401
        assert client.get("/private", headers=bearer(new)).status_code == 200

    def test_another_sites_page__cannot_sign_a_visitor_in(self, client: TestClient) -> None:
        body = a_sign_in(client).body

        for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "http://evil.example"}, {"Origin": "null"}):
            answer = client.post("/sessions", json=body, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (403, "access.cross_site")


class TestSignatureForms:
    """What the contracts would accept is accepted, and nothing more (reference: signature form matrix)."""

    def compact(self, raw: bytes) -> bytes:
        vs = int.from_bytes(raw[32:64]) | (raw[64] - 27) << 255
        return raw[:32] + vs.to_bytes(32)

    def high_s(self, raw: bytes) -> bytes:
        s = SECP256K1_N - int.from_bytes(raw[32:64])
        return raw[:32] + s.to_bytes(32) + bytes([55 - raw[64]])

    def signed(self, client: TestClient) -> tuple[dict[str, str], bytes]:
        body = a_sign_in(client).body
        return body, bytes.fromhex(body["signature"][2:])

    def test_sixty_four_bytes_of_eip_2098__are_accepted(self, client: TestClient) -> None:
        body, raw = self.signed(client)

        answer = client.post("/sessions", json=body | {"signature": to_hex(self.compact(raw))})

        assert answer.status_code == 201
        assert answer.json()["address"] == ALICE.address

    def test_high_s_or_v_of_0_or_1_or_zero_r__is_malformed(self, client: TestClient) -> None:
        body, raw = self.signed(client)
        forms = [
            self.high_s(raw),
            raw[:64] + bytes([raw[64] - 27]),
            raw[:64] + b"\x1d",
            bytes(32) + raw[32:],
            bytes(65),
        ]

        for form in forms:
            assert refusal(client, body | {"signature": to_hex(form)}) == (422, "signature.malformed")

    @pytest.mark.parametrize("text", ["0x", "0x00", "0x" + "11" * 66])
    def test_other_lengths__that_no_wallet_takes__are_malformed(self, client: TestClient, text: str) -> None:
        assert refusal(client, a_sign_in(client).body | {"signature": text}) == (422, "signature.malformed")

    @pytest.mark.parametrize("text", ["", "11" * 65, "0x" + "zz" * 65])
    def test_no_hex__is_refused_at_the_field(self, client: TestClient, text: str) -> None:
        answer = client.post("/sessions", json=a_sign_in(client).body | {"signature": text})

        assert answer.status_code == 422
        assert answer.json()["errors"][0] == {
            "at": "body.signature",
            "code": "signature.unreadable",
            "message": "expected at most 2048 bytes as 0x and hex",
        }

    def test_wallet_contract__opens_a_session_by_what_its_code_takes(self, client: TestClient) -> None:
        body = a_sign_in(client, address=WALLET).body

        assert refusal(client, body) == (401, "siwe.signer_wrong"), "a key's signature is no wallet's"
        assert refusal(client, body | {"signature": to_hex(b"no")}) == (422, "signature.malformed")
        answer = client.post("/sessions", json=body | {"signature": to_hex(BY_WALLET)})
        assert answer.status_code == 201, answer.text
        assert answer.json()["address"] == WALLET
        assert refusal(client, body | {"signature": to_hex(BY_WALLET)}) == (401, "siwe.nonce_unknown")


class TestSession:
    def test_nobody_signed_in__private_routes_ask_to_sign_in(self, client: TestClient) -> None:
        answer = client.get("/private")

        assert (answer.status_code, answer.json()["code"]) == (401, "auth.required")
        assert answer.headers["www-authenticate"].startswith("Bearer")

    def test_twelve_hours_later__the_session_is_over(self, client: TestClient, clock: FixedClock) -> None:
        token = token_for(client)
        clock.at += SESSION_LIFETIME - timedelta(seconds=1)
        assert client.get("/private", headers=bearer(token)).status_code == 200

        clock.at += timedelta(seconds=1)
        assert client.get("/private", headers=bearer(token)).status_code == 401

    def test_signing_out__revokes_every_copy_of_the_token(self, client: TestClient) -> None:
        token = token_for(client)
        other = token_for(client)

        assert client.delete("/sessions", headers=bearer(token)).status_code == 204

        assert client.get("/private", headers=bearer(token)).status_code == 401
        assert client.get("/private", headers=bearer(other)).status_code == 200

    def test_database_alone__signs_nobody_in(self, client: TestClient, database: Database) -> None:
        token = token_for(client)
        with database.read() as session:
            row = session.exec(select(SessionRow)).one()

        assert row.token_digest == sha256(token.encode())
        for stolen in (row.token_digest.hex(), to_hex(row.token_digest), row.address):
            assert client.get("/private", headers=bearer(stolen)).status_code == 401

    def test_tokens__are_long_and_differ(self, client: TestClient) -> None:
        tokens = {token_for(client) for _ in range(5)}

        assert len(tokens) == 5
        assert all(len(token) == 43 for token in tokens)

    @pytest.mark.parametrize("header", ["Bearer", "Bearer ", "Basic YWxpY2U6", "Bearer " + "A" * 43, "Bearer é"])
    def test_authorization_that_is_no_token_of_ours__is_refused(self, client: TestClient, header: str) -> None:
        assert client.get("/private", headers={"Authorization": header.encode()}).status_code == 401

    def test_wrong_bearer_with_a_good_cookie__is_not_rescued_by_the_cookie(self, client: TestClient) -> None:
        client.post("/sessions", json=a_sign_in(client).body)

        assert client.get("/private", headers=bearer("A" * 43)).status_code == 401

    def test_ended_nonces_and_sessions__are_forgotten(
        self, client: TestClient, database: Database, clock: FixedClock
    ) -> None:
        token_for(client)
        client.post("/sessions/nonce")
        clock.at += SESSION_LIFETIME
        token_for(client, BOB)

        with database.read() as session:
            assert [row.address for row in session.exec(select(SessionRow))] == [BOB.address]
            assert session.exec(select(NonceRow)).all() == []


class TestCookie:
    def set_cookie_of(self, app: FastAPI, origin: str) -> str:
        client = a_client(app, origin)
        return str(client.post("/sessions", json=a_sign_in(client).body).headers["set-cookie"])

    def test_on_plain_http__it_is_http_only_and_same_site_strict(self, app: FastAPI) -> None:
        cookie = self.set_cookie_of(app, ORIGIN)

        assert cookie.startswith(f"{COOKIE_HTTP}=")
        assert {"HttpOnly", "SameSite=strict", "Path=/", "Max-Age=43200"} <= set(cookie.split("; "))
        assert "Domain" not in cookie

    def test_on_https__it_takes_the_host_prefix_and_is_secure(self, app: FastAPI) -> None:
        cookie = self.set_cookie_of(app, HTTPS_ORIGIN)

        assert cookie.startswith(f"{COOKIE_HTTPS}=")
        assert {"HttpOnly", "Secure", "SameSite=strict", "Path=/"} <= set(cookie.split("; "))
        assert "Domain" not in cookie

    def test_plain_cookie_sent_over_https__is_not_read(self, app: FastAPI) -> None:
        token = token_for(a_client(app))
        client = a_client(app, HTTPS_ORIGIN)

        assert client.get("/private", headers={"Cookie": f"{COOKIE_HTTP}={token}"}).status_code == 401
        assert client.get("/private", headers={"Cookie": f"{COOKIE_HTTPS}={token}"}).status_code == 200

    def test_signing_out__removes_it(self, client: TestClient) -> None:
        client.post("/sessions", json=a_sign_in(client).body)
        answer = client.delete("/sessions", headers=OWN_PAGE)

        assert answer.status_code == 204
        assert "Max-Age=0" in answer.headers["set-cookie"]
        assert client.get("/private").status_code == 401


NOTE = {"amountGco2e": "1"}


class TestCrossSite:
    @pytest.fixture
    def browser(self, client: TestClient) -> TestClient:
        """Signed in by cookie."""
        client.post("/sessions", json=a_sign_in(client).body)
        return client

    @pytest.mark.parametrize(
        "headers", [{"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}, {"Origin": ORIGIN}]
    )
    def test_change_from_our_own_page__passes(self, browser: TestClient, headers: dict[str, str]) -> None:
        assert browser.post("/private", json=NOTE, headers=headers).json()["account"] == ALICE.address

    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
            {"Sec-Fetch-Site": "cross-site", "Origin": ORIGIN},
            {"Sec-Fetch-Site": ""},
            {"Origin": "null"},
            {"Origin": "http://evil.example"},
            {"Origin": "http://localhost:8000"},
            {"Origin": "http://127.0.0.1:8001"},
            {"Origin": "https://127.0.0.1:8000"},
            {"Origin": "http://evil.example", "Host": "evil.example"},
        ],
    )
    def test_change_from_anywhere_else_by_cookie__is_refused(
        self, browser: TestClient, headers: dict[str, str]
    ) -> None:
        token = browser.cookies[COOKIE_HTTP]
        answer = browser.post("/private", json=NOTE, headers=headers | {"Cookie": f"{COOKIE_HTTP}={token}"})

        assert (answer.status_code, answer.json()["code"]) == (403, "access.cross_site")

    def test_signing_out_from_another_site__is_refused(self, browser: TestClient) -> None:
        assert browser.delete("/sessions", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
        assert browser.get("/private").status_code == 200

    def test_change_by_bearer_token__needs_no_origin(self, client: TestClient) -> None:
        token = token_for(client)

        assert client.post("/private", json=NOTE, headers=bearer(token)).status_code == 200

    def test_reading_by_cookie__needs_no_origin(self, browser: TestClient) -> None:
        assert browser.get("/private").json() == {"account": ALICE.address}
