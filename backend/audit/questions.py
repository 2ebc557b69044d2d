"""Questions put to the contracts themselves, and the answers: from a node while recording, from the file on replay."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from eth_abi.exceptions import EncodingError

from backend.audit.interface import function
from backend.kernel.digest import to_hex


@dataclass(frozen=True)
class Question:
    """A view of a contract at the head, and what the events say it must answer."""

    contract: str
    view: str
    args: tuple[Any, ...]
    expected: tuple[Any, ...]

    @property
    def calldata(self) -> bytes:
        """The call."""
        return function(self.contract, self.view).calldata(self.args)

    def is_answered_by(self, answer: bytes | None) -> bool:
        """Whether an answer is the expected one, byte for byte; none is when events add up to the impossible."""
        try:
            return answer == function(self.contract, self.view).answer(self.expected)
        except EncodingError:
            return False

    @property
    def text(self) -> str:
        """`CarbonCredit.balanceOf(0x.., 3)`."""
        inside = ", ".join(to_hex(arg) if isinstance(arg, bytes) else str(arg) for arg in self.args)
        return f"{self.contract}.{self.view}({inside})"


@dataclass(frozen=True)
class Asked:
    """One eth_call, or (without calldata) one eth_getCode, at a block."""

    block: int
    to: str
    calldata: bytes | None

    @property
    def key(self) -> str:
        """How a history file names it."""
        what = "code" if self.calldata is None else to_hex(self.calldata)
        return f"{self.block}:{self.to.lower()}:{what}"


@dataclass
class Answers:
    """What the node answered. A question without an answer is remembered, so that a recording can ask it."""

    known: Mapping[str, str]
    asked: dict[str, Asked] = field(default_factory=dict)

    def _look_up(self, asked: Asked) -> bytes | None:
        self.asked[asked.key] = asked
        found = self.known.get(asked.key)
        return None if found is None else bytes.fromhex(found.removeprefix("0x"))

    def call(self, block: int, to: str, calldata: bytes) -> bytes | None:
        """What eth_call returned (empty if it reverted), or None if it was never asked."""
        return self._look_up(Asked(block, to, calldata))

    def has_code(self, block: int, account: str) -> bool | None:
        """Whether code stood at an account, or None if it was never asked."""
        found = self._look_up(Asked(block, account, None))
        return None if found is None else found != b""

    @property
    def missing(self) -> Sequence[Asked]:
        """Asked, but not known."""
        return [asked for key, asked in self.asked.items() if key not in self.known]

    @property
    def unexplained(self) -> Sequence[str]:
        """Known, but never asked: a history records no answer that its events do not call for."""
        return [key for key in self.known if key not in self.asked]
