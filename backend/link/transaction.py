"""EIP-1559 transactions as bytes, and what they offer to pay. No database, no node."""

from dataclasses import dataclass

from eth_account import Account

from backend.chain.keys import Signer

BASE_FEE_HEADROOM = 2
"""The cap allows for the base fee doubling: about six full blocks in a row."""

GAS_HEADROOM = 50_000


@dataclass(frozen=True)
class Fees:
    """Wei per gas: the most to pay in all, and the tip within it."""

    cap_wei: int
    tip_wei: int


@dataclass(frozen=True)
class Signed:
    """A signed transaction: its bytes and their hash."""

    raw: bytes
    tx_hash: bytes


def suggested(base_fee_wei: int, tip_wei: int) -> Fees:
    """What to offer for a first attempt."""
    return Fees(base_fee_wei * BASE_FEE_HEADROOM + tip_wei, tip_wei)


def _eighth_more(amount: int) -> int:
    return max(amount + 1, -(-amount * 9 // 8))


def bumped(last: Fees, now: Fees) -> Fees:
    """At least 12.5 % more than `last` on cap and tip, rounded up (nodes ask for 10 %), and at least `now`."""
    tip_wei = max(_eighth_more(last.tip_wei), now.tip_wei)
    return Fees(max(_eighth_more(last.cap_wei), now.cap_wei, tip_wei), tip_wei)


def gas_limit(estimate: int) -> int:
    """A quarter more than the estimate and a little: the state may change before the call is mined."""
    return estimate + estimate // 4 + GAS_HEADROOM


def sign(signer: Signer, *, chain_id: int, nonce: int, to: str, data: bytes, gas: int, fees: Fees) -> Signed:
    """A type-2 transaction of no value. The same arguments give the same bytes (RFC 6979)."""
    signed = Account.sign_transaction(
        {
            "type": 2,
            "chainId": chain_id,
            "nonce": nonce,
            "to": to,
            "value": 0,
            "data": data,
            "gas": gas,
            "maxFeePerGas": fees.cap_wei,
            "maxPriorityFeePerGas": fees.tip_wei,
        },
        signer.key,
    )
    return Signed(bytes(signed.raw_transaction), bytes(signed.hash))
