"""Fees in integers, and transactions whose bytes depend on nothing but their fields."""

import pytest
from eth_account import Account
from eth_account.typed_transactions.typed_transaction import TypedTransaction
from hexbytes import HexBytes
from hypothesis import given
from hypothesis import strategies as st

from backend.chain.keccak import keccak
from backend.chain.keys import dev_signer
from backend.link.transaction import Fees, bumped, gas_limit, sign, suggested

wei = st.integers(0, 10**24)


@given(wei, wei, wei, wei)
def test_bumped__any_fees__offers_an_eighth_more_on_both_and_never_less_than_now(
    cap: int, tip: int, cap_now: int, tip_now: int
) -> None:
    last, now = Fees(max(cap, tip), tip), Fees(max(cap_now, tip_now), tip_now)

    fees = bumped(last, now)

    for more, less, floor in (
        (fees.cap_wei, last.cap_wei, now.cap_wei),
        (fees.tip_wei, last.tip_wei, now.tip_wei),
    ):
        assert more > less
        assert 8 * more >= 9 * less
        assert more >= floor
    assert fees.tip_wei <= fees.cap_wei


def test_bumped__small_fees__are_rounded_up() -> None:
    assert bumped(Fees(9, 0), Fees(0, 0)) == Fees(11, 1)
    assert bumped(Fees(800, 80), Fees(0, 0)) == Fees(900, 90)


def test_suggested__base_fee__may_double_before_the_offer_falls_short() -> None:
    assert suggested(100, 7) == Fees(207, 7)


@pytest.mark.parametrize(("estimate", "limit"), [(21_000, 76_250), (3, 50_003), (1_000_000, 1_300_000)])
def test_gas_limit__leaves_a_quarter_and_a_little(estimate: int, limit: int) -> None:
    assert gas_limit(estimate) == limit


def test_sign__same_fields__gives_the_same_bytes_which_say_those_fields() -> None:
    signer, to = dev_signer(1), dev_signer(2).address

    def signed(nonce: int) -> bytes:
        fees = Fees(3 * 10**9, 10**9)
        made = sign(signer, chain_id=31337, nonce=nonce, to=to, data=b"\x01\x02", gas=50_000, fees=fees)
        assert made.tx_hash == keccak(made.raw)
        return made.raw

    raw = signed(5)

    assert raw == signed(5) != signed(6)
    assert Account.recover_transaction(raw) == signer.address
    fields = TypedTransaction.from_bytes(HexBytes(raw)).as_dict()
    assert (fields["type"], fields["nonce"], fields["value"], fields["gas"]) == (2, 5, 0, 50_000)
    assert (fields["maxFeePerGas"], fields["maxPriorityFeePerGas"], fields["chainId"]) == (3 * 10**9, 10**9, 31337)
