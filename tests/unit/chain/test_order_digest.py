"""The fast hash of an order is the general one, ours and another's, for every order and domain."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.chain.keys import dev_signer
from backend.chain.order_digest import OrderDigest
from backend.chain.signature import checksum_address, recover, signer_of
from backend.chain.typed_data import Domain, digest, sign_digest, typed_data
from tests.unit.chain.test_typed_data import VALUES, domains, encoded_elsewhere

DOMAIN = Domain("Tanyu Exchange", "1", 31337, "0x5FbDB2315678afecb367f032d93F642f64180aa3")
WORDS = {"side": st.sampled_from(["buy", "sell"]), "action": st.sampled_from(["hold", "retire", "donate"])}

messages = st.fixed_dictionaries({name: WORDS.get(name, VALUES[kind]) for name, kind in typed_data("Order").fields})
MESSAGE: dict[str, object] = {
    **dict.fromkeys(("maker", "beneficiary"), "0x" + "11" * 20),
    **dict.fromkeys(("classId", "amountGco2e", "pricePerKg", "maxFeeBps", "expiry", "number", "epoch"), 1),
    "side": "buy",
    "action": "hold",
    "ref": bytes(32),
}


@given(domain=domains, message=messages)
def test_order_digest__any_order_and_domain__is_the_general_one_and_eth_accounts(
    domain: Domain, message: dict[str, object]
) -> None:
    assert (
        OrderDigest(domain)(message) == digest("Order", domain, message) == encoded_elsewhere("Order", domain, message)
    )


@given(message=messages, index=st.integers(min_value=0, max_value=20))
def test_order_digest__signed__recovers_the_same_key_both_ways(message: dict[str, object], index: int) -> None:
    signer = dev_signer(index)
    order_hash = OrderDigest(DOMAIN)(message)
    signature = sign_digest(signer, order_hash)
    assert checksum_address(signer_of(order_hash, signature)) == recover(order_hash, signature) == signer.address


@pytest.mark.parametrize(("field", "value"), [("number", -1), ("classId", 2**256), ("expiry", 2**256)])
def test_order_digest__a_number_no_uint256_holds__is_refused(field: str, value: int) -> None:
    with pytest.raises(OverflowError):
        OrderDigest(DOMAIN)(MESSAGE | {field: value})


@pytest.mark.parametrize("field", ["side", "action"])
def test_order_digest__a_word_we_do_not_know__is_refused(field: str) -> None:
    with pytest.raises(KeyError):
        OrderDigest(DOMAIN)(MESSAGE | {field: "lend"})
