"""A person's wallet as the browser's extension would bring it (EIP-1193, announced by EIP-6963), signing with a key of
the test's. What it was asked for is kept, and it can be told to refuse.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from eth_account.messages import encode_typed_data
from playwright.sync_api import BrowserContext

from backend.chain.keccak import keccak
from backend.chain.keys import Signer, personal_sign
from backend.chain.rpc import LOCAL_CHAIN_ID, connect
from backend.kernel.digest import to_hex

SCRIPT = Path(__file__).with_name("wallet.js")
USER_REJECTED = 4001
UNSUPPORTED = 4200
SIGNATURES = {"personal_sign", "eth_signTypedData_v4"}


@dataclass
class Wallet:
    """One account's wallet. `asked` has every request: method and parameters."""

    signer: Signer
    node_url: str
    """Where its transactions go. The node signs them: it knows the first ten development accounts."""
    refuses: bool = False
    refuses_to_sign: bool = False
    """Its person says no to each signature, and yes to the rest."""
    asked: list[tuple[str, list[Any]]] = field(default_factory=list)

    def install(self, context: BrowserContext) -> None:
        """Into every page of the context, from its next load on."""
        context.expose_function("__testWallet", self._answer)
        context.add_init_script(path=SCRIPT)

    @property
    def signed(self) -> list[dict[str, Any]]:
        """The typed data it was asked to sign, oldest first."""
        return [json.loads(parameters[1]) for method, parameters in self.asked if method == "eth_signTypedData_v4"]

    def _answer(self, method: str, parameters_json: str) -> dict[str, Any]:
        parameters: list[Any] = json.loads(parameters_json)
        self.asked.append((method, parameters))
        refuses = self.refuses or (self.refuses_to_sign and method in SIGNATURES)
        if refuses and method != "eth_chainId":
            return {"error": {"code": USER_REJECTED, "message": "User rejected the request."}}
        answers: dict[str, Callable[[], object]] = {
            "eth_requestAccounts": lambda: [self.signer.address],
            "eth_accounts": lambda: [self.signer.address],
            "eth_chainId": lambda: hex(LOCAL_CHAIN_ID),
            "wallet_switchEthereumChain": lambda: None,
            "eth_sendTransaction": lambda: connect(self.node_url).eth.send_transaction(parameters[0]).to_0x_hex(),
            "personal_sign": lambda: self._sign_text(bytes.fromhex(parameters[0].removeprefix("0x")).decode()),
            "eth_signTypedData_v4": lambda: self._sign_typed_data(json.loads(parameters[1])),
        }
        if method not in answers:
            return {"error": {"code": UNSUPPORTED, "message": f"{method} is not supported"}}
        return {"result": answers[method]()}

    def _sign_text(self, text: str) -> str:
        return to_hex(personal_sign(self.signer, text))

    def _sign_typed_data(self, data: dict[str, Any]) -> str:
        encoded = encode_typed_data(full_message=data)
        return to_hex(self.signer.sign_digest(keccak(b"\x19" + encoded.version + encoded.header + encoded.body)))
