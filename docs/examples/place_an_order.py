"""One whole act, from a key to an order in the book, with nothing but HTTP and an Ethereum key.

    .venv/bin/python docs/examples/place_an_order.py http://127.0.0.1:8000 INDEX

INDEX is a development account of `tanyu accounts`: its key is at m/44'/60'/0'/0/INDEX of the mnemonic below. These keys
are public and serve only the local chain. The sample year's trader has money to buy with.
"""

import sys
from datetime import UTC, datetime

import httpx
from eth_account import Account
from eth_account.messages import encode_defunct

MNEMONIC = "test test test test test test test test test test test junk"
SIGN_IN = """{domain} wants you to sign in with your Ethereum account:
{address}

{statement}

URI: {uri}
Version: 1
Chain ID: {chainId}
Nonce: {nonce}
Issued At: {issuedAt}"""


def main(url: str, index: int) -> None:
    """Signs in, asks for an order number, signs a buy of 1 kg and posts it."""
    Account.enable_unaudited_hdwallet_features()
    account = Account.from_mnemonic(MNEMONIC, account_path=f"m/44'/60'/0'/0/{index}")
    api = httpx.Client(base_url=url, trust_env=False)

    def post(path: str, body: dict[str, object] | None = None) -> dict[str, str]:
        answer = api.post(path, json=body)
        if answer.is_error:
            sys.exit(f"{answer.status_code} {answer.text}")
        return dict(answer.json())

    # 1. Sign in (EIP-4361). Only private reads and order numbers need a session; the acts themselves do not.
    text = SIGN_IN.format(address=account.address, **post("/sessions/nonce"))
    signature = account.sign_message(encode_defunct(text=text)).signature
    token = post("/sessions", {"message": text, "signature": signature.to_0x_hex()})["token"]
    api.headers["Authorization"] = f"Bearer {token}"

    # 2. What is signed, and where it is valid: GET /signing gives domain and types of every act.
    messages = {one["primaryType"]: one for one in api.get("/signing").json()["messages"]}
    market = api.get("/market/classes").json()[0]

    # 3. The order. Its number is one that the book handed to this account.
    number = int(post("/orders/numbers", {"count": 1})["from"])
    order = {
        "maker": account.address,
        "beneficiary": account.address,
        "classId": int(market["classId"]),
        "side": "buy",
        "amountGco2e": 1_000,
        "pricePerKg": int(market["tick"]),
        "maxFeeBps": 100,
        "expiry": int(datetime.now(UTC).timestamp()) + 3600,
        "number": number,
        "epoch": 0,
        "action": "hold",
        "ref": "0x" + "00" * 32,
    }
    kind = messages["Order"]
    signed = account.sign_typed_data(
        full_message={
            "domain": kind["domain"],
            "types": kind["types"],
            "primaryType": "Order",
            "message": order,
        }
    )

    # 4. In JSON amounts are decimal strings.
    body = {name: str(value) for name, value in order.items()} | {"signature": signed.signature.to_0x_hex()}
    print(post("/orders", body)["orderHash"])


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
