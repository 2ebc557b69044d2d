"""Receipts: what a gift, a retirement, a grant or a refund was, recomputed from the projection every time it is asked.

The words are honest on purpose: what was retired is an allowance surplus; it offsets nothing and proves no reduction.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlmodel import Session, select

from backend.chain.class_id import SIMULATED, class_code, unpack
from backend.giving.kinds import MovementKind
from backend.giving.tables import Movement, Retirement
from backend.kernel.digest import to_hex
from backend.kernel.errors import InvalidInput, NotFound
from backend.link.index import is_final

ReceiptKind = Literal["gift", "campaign-retirement", "grant", "refund", "retirement"]

_ID = re.compile(r"(0x[0-9a-f]{64})-([0-9]{1,9})")

_WORDS: dict[ReceiptKind, tuple[str, str]] = {
    "gift": (
        "{kg} kg of allowance surplus were given to a campaign. They are retired only when the campaign says so.",
        "已向公益项目捐赠 {kg} kg 配额盈余；只有项目注销后才算注销。",
    ),
    "campaign-retirement": (
        "A campaign retired {kg} kg of allowance surplus, for ever.",
        "公益项目已永久注销 {kg} kg 配额盈余。",
    ),
    "grant": (
        "{kg} kg of allowance surplus were retired, for ever, for a deficit known by its salted reference only.",
        "已为一笔仅以加盐编号标识的赤字永久注销 {kg} kg 配额盈余。",
    ),
    "refund": (
        "{kg} kg of allowance surplus went back to their donor because the campaign failed. Nothing was retired.",
        "项目未成功，{kg} kg 配额盈余已退还捐赠人，未作注销。",
    ),
    "retirement": ("{kg} kg of allowance surplus were retired, for ever.", "已永久注销 {kg} kg 配额盈余。"),
}
_HONEST = (
    " This is not an offset and no proof of a reduction.",
    "这不是碳抵消，也不证明任何减排。",
)
_SIMULATED = (
    " Simulated (SIM): no real carbon credit.",
    "模拟数据（SIM），不是真实的碳信用。",
)


class ReceiptIdMalformed(InvalidInput):
    """Not a receipt's id."""

    code = "receipt.id_malformed"

    def __init__(self, receipt_id: str) -> None:
        super().__init__(
            "a receipt's id is a transaction hash, a hyphen and a log index, such as 0x12…ef-3", receipt_id=receipt_id
        )


class ReceiptUnknown(NotFound):
    """The chain, as far as it is indexed, has no such event."""

    code = "receipt.unknown"

    def __init__(self, receipt_id: str) -> None:
        super().__init__("no receipt has this id, or a reorganisation undid it", receipt_id=receipt_id)


@dataclass(frozen=True)
class Receipt:
    """`final`: deep enough in the chain to count on. `account`: who gave or retired; None where a campaign did."""

    receipt_id: str
    kind: ReceiptKind
    class_id: int
    class_code: str
    amount_gco2e: int
    account: str | None
    beneficiary: str | None
    campaign_id: int | None
    purpose: str | None
    ref: bytes | None
    settled_gco2e: int
    """Grams that counted towards a deficit of this ledger."""
    receipt_token: int | None
    """Of a retirement: its receipt that cannot be moved."""
    at: datetime
    tx_hash: bytes
    block_number: int
    log_index: int
    final: bool
    words_en: str
    words_zh: str


def receipt_id_of(row: Movement | Retirement) -> str:
    """Names the event: transaction hash and log index."""
    return f"{to_hex(row.tx_hash)}-{row.log_index}"


def _kg(amount_gco2e: int) -> str:
    kilograms, grams = divmod(amount_gco2e, 1000)
    return f"{kilograms}.{grams:03}" if grams else str(kilograms)


def _words(kind: ReceiptKind, class_id: int, amount_gco2e: int) -> tuple[str, str]:
    simulated = unpack(class_id).methodology == SIMULATED
    english, chinese = (words.format(kg=_kg(amount_gco2e)) for words in _WORDS[kind])
    return (
        english + _HONEST[0] + (_SIMULATED[0] if simulated else ""),
        chinese + _HONEST[1] + (_SIMULATED[1] if simulated else ""),
    )


def receipt_of(session: Session, row: Movement | Retirement) -> Receipt:
    """The receipt of a row."""
    kind: ReceiptKind = "retirement"
    if isinstance(row, Movement):
        kinds: dict[str, ReceiptKind] = {
            MovementKind.GIFT: "gift",
            MovementKind.RETIREMENT: "campaign-retirement",
            MovementKind.GRANT: "grant",
            MovementKind.REFUND: "refund",
        }
        kind = kinds[row.kind]
    english, chinese = _words(kind, row.class_id, row.amount_gco2e)
    return Receipt(
        receipt_id=receipt_id_of(row),
        kind=kind,
        class_id=row.class_id,
        class_code=class_code(row.class_id),
        amount_gco2e=row.amount_gco2e,
        account=row.donor if isinstance(row, Movement) else row.account,
        beneficiary=None if isinstance(row, Movement) else row.beneficiary,
        campaign_id=row.campaign_id if isinstance(row, Movement) else None,
        purpose=None if isinstance(row, Movement) else row.purpose,
        ref=row.ref if row.ref != bytes(32) else None,
        settled_gco2e=row.counted_gco2e,
        receipt_token=None if isinstance(row, Movement) else row.receipt_token,
        at=row.at,
        tx_hash=row.tx_hash,
        block_number=row.block_number,
        log_index=row.log_index,
        final=is_final(session, row.block_number),
        words_en=english,
        words_zh=chinese,
    )


def receipt_at(session: Session, receipt_id: str) -> Receipt:
    """The receipt with an id; raises ReceiptIdMalformed, ReceiptUnknown."""
    found = _ID.fullmatch(receipt_id)
    if found is None:
        raise ReceiptIdMalformed(receipt_id)
    tx_hash, log_index = bytes.fromhex(found[1][2:]), int(found[2])
    movement = select(Movement).where(Movement.tx_hash == tx_hash, Movement.log_index == log_index)
    retirement = select(Retirement).where(Retirement.tx_hash == tx_hash, Retirement.log_index == log_index)
    row = session.exec(movement).first() or session.exec(retirement).first()
    if row is None:
        raise ReceiptUnknown(receipt_id)
    return receipt_of(session, row)
