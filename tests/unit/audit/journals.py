"""Journals written line by line by a test, which knows what must come of each line."""

from pathlib import Path
from typing import Any

from backend.audit.journal import Journal
from backend.audit.replay import audit_journal
from backend.audit.report import Finding
from backend.chain.class_id import pack
from backend.chain.keys import Signer, dev_signer
from backend.chain.typed_data import Domain, digest, domain_name, sign
from backend.kernel.clock import from_unix_s, iso
from backend.kernel.digest import to_hex
from tests.integration.audit.journal_story import Rows

CLASS_ID = pack("CN-SC", 2025, "SIM")
DOMAIN = Domain(*domain_name("Exchange"), 31337, "0x5FbDB2315678afecb367f032d93F642f64180aa3")
ANA, BO, CHEN, DANA = (dev_signer(10 + index) for index in range(4))
NOON_S = 1_768_478_400
HOUR_S = 3600

Trade = tuple[int, int, int, int]
"""Buy, sell, lots, price per kg."""


class Written:
    """A journal; `trades` of a line are told as (buy, sell, lots, price), their ids follow."""

    def __init__(self) -> None:
        self.now_s = NOON_S
        self.trades = 0
        self.rows = Rows(
            [
                {
                    "format": "tanyu-journal/1",
                    "chainId": DOMAIN.chain_id,
                    "exchange": DOMAIN.verifying_contract,
                    "operator": ANA.address,
                    "writtenAt": iso(from_unix_s(NOON_S + HOUR_S)),
                }
            ]
        )
        self._orders: list[dict[str, Any]] = []

    def line(self, kind: str, payload: dict[str, Any], *trades: Trade) -> int:
        """Its sequence."""
        told = []
        for buy, sell, lots, price in trades:
            self.trades += 1
            ids = {"tradeId": self.trades, "buyId": buy, "sellId": sell}
            told.append({**ids, "lots": str(lots), "pricePerKg": str(price)})
        sequence = len(self.rows.lines) + 1
        row = {"kind": kind, "payload": payload, "time": iso(from_unix_s(self.now_s)), "trades": told}
        self.rows.rows.append({**row, "sequence": sequence})
        return sequence

    def order(
        self, maker: Signer, side: str, lots: int, price: int, *, number: int | None = None, owner: str | None = None
    ) -> dict[str, Any]:
        """A payload's part that the maker signed, for an hour."""
        message: dict[str, Any] = {
            "maker": maker.address,
            "beneficiary": maker.address,
            "classId": CLASS_ID,
            "side": side,
            "amountGco2e": lots * 1000,
            "pricePerKg": price,
            "maxFeeBps": 100,
            "expiry": NOON_S + HOUR_S,
            "number": len(self.rows.lines) if number is None else number,
            "epoch": 0,
            "action": "hold",
            "ref": bytes(32),
        }
        wire = {name: to_hex(held) if isinstance(held, bytes) else str(held) for name, held in message.items()}
        hashed, signature = digest("Order", DOMAIN, message), sign(maker, "Order", DOMAIN, message)
        told = {"order": wire, "orderHash": to_hex(hashed), "signature": to_hex(signature)}
        return told | {"owner": owner or maker.address}

    def place(
        self,
        maker: Signer,
        side: str,
        lots: int,
        price: int,
        *trades: Trade,
        owner: str | None = None,
        **instructions: Any,
    ) -> int:
        """A place line; instructions by their names in JSON."""
        payload = self.order(maker, side, lots, price, owner=owner)
        return self.line("place", payload | ({"instructions": instructions} if instructions else {}), *trades)

    def phase(self, phase: str, reason: str = "schedule") -> int:
        return self.line("phase", {"classId": str(CLASS_ID), "phase": phase, "at": self.now_s, "reason": reason})

    def reference(self, price: int, low: int | None, high: int | None) -> int:
        bounds = {"lowPerKg": None if low is None else str(low), "highPerKg": None if high is None else str(high)}
        payload = {"classId": str(CLASS_ID), "pricePerKg": str(price), **bounds, "day": 20_468, "reason": "governance"}
        return self.line("reference", payload)

    def auction(self, price: int | None, lots: int, *trades: Trade, phase: str = "closed") -> int:
        told = {"pricePerKg": None if price is None else str(price), "lots": str(lots)}
        return self.line("auction", {"classId": str(CLASS_ID), "at": self.now_s, "phase": phase, **told}, *trades)

    def findings(self, folder: Path, **ends: tuple[str, int, int]) -> list[Finding]:
        """What an auditor finds; `ends`: what is told of orders at the end, `o1=("open", lots open, lots matched)`."""
        told = [
            {"orderId": int(name[1:]), "state": state, "lotsOpen": str(lots), "lotsMatched": str(matched)}
            for name, (state, lots, matched) in ends.items()
        ]
        written = Rows([*self.rows.rows, *told])
        written.rechain()
        report = audit_journal(Journal.load(written.written(folder).path))
        assert ends or any(finding.check != "journal.outcomes" for finding in report.findings)
        return [finding for finding in report.findings if ends or finding.check != "journal.outcomes"]
