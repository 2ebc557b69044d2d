"""People who call the ledger over HTTP, and what they send."""

from datetime import UTC, datetime
from typing import Any

from sqlmodel import select

from backend.chain.keys import Signer, dev_signer
from backend.footprint.csv_intake import COLUMNS
from backend.ledger.tables import ActivityRow, PersonRow, StatementRow
from backend.storage.database import Database
from tests.api.access_app import bearer, token_for
from tests.unit.ledger.people import LAST_DAYS
from tests.web import TestClient

NEW_YEAR = datetime(2025, 1, 1, 20, tzinfo=UTC)
AFTER = datetime(2026, 1, 15, 12, tzinfo=UTC)
CHILD = dev_signer(12)


TRIP = {
    "kind": "bus",
    "quantity": "12.5",
    "unit": "passenger_km",
    "from": "2025-01-01",
    "to": "2025-01-01",
    "place": "US-CA",
}
BILL = {
    "kind": "grid_electricity", "quantity": "1.2", "unit": "MWh", "from": "2025-01-01", "to": "2025-01-31",
    "place": "US-CAMX", "meter": "M1", "evidence": "bill",
}  # fmt: skip


class Caller:
    """Somebody signed in, asking again and again."""

    def __init__(self, client: TestClient, signer: Signer) -> None:
        self.client, self.signer = client, signer
        self.renew()

    def renew(self) -> None:
        """Signs in again: sessions end with the day."""
        self.headers = bearer(token_for(self.client, self.signer))

    def get(self, path: str, **params: str) -> Any:
        return self.client.get(path, headers=self.headers, params=params)

    def post(self, path: str, body: object = None, **params: str) -> Any:
        return self.client.post(path, headers=self.headers, json=body, params=params)

    def ask(self, path: str, data: bytes | str, media_type: str, **params: Any) -> Any:
        """What a file would record."""
        headers = self.headers | {"Content-Type": media_type}
        return self.client.post(path, headers=headers, content=data, params=params)

    def hand_in(self, path: str, data: bytes | str, media_type: str, **params: Any) -> Any:
        """Asks what a file would record, and confirms it if it is not refused."""
        told = self.ask(path, data, media_type, **params)
        if told.status_code != 200:
            return told
        return self.ask(path, data, media_type, **params, confirm=told.json()["confirm"])

    def post_csv(self, text: str, media_type: str = "text/csv", **params: str) -> Any:
        return self.hand_in("/activities/import", text.encode(), media_type, **params)


def joined(caller: Caller, region: str = "US-CA") -> str:
    """Joins and registers a home; returns its code."""
    answer = caller.post("/accounts", {"region": region, "identity": caller.signer.address})
    assert answer.status_code == 201, answer.text
    grid = {"gridArea": "US-CAMX"} if region == "US-CA" else {}
    home = caller.post("/homes", {"region": region, "sinceOn": "2025-01-01", **grid})
    assert home.status_code == 201, home.text
    return str(home.json()["code"])


def a_year_of_bills(kwh: str = "100") -> str:
    rows = [
        f"electricity,grid_electricity,{kwh},kWh,2025-{month:02d}-01,2025-{month:02d}-{last},US-CAMX,M1,bill {month}"
        for month, last in enumerate(LAST_DAYS, 1)
    ]
    return "\n".join([",".join(COLUMNS), *rows])


def problem(answer: Any) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return answer.status_code, answer.json()["code"]


def rows_in(database: Database, table: type[PersonRow] | type[ActivityRow] | type[StatementRow]) -> int:
    with database.read() as session:
        return len(session.exec(select(table)).all())
