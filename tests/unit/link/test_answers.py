"""What nodes say to a broadcast, in their several words."""

import pytest

from backend.link.node import Answer, answer_in

SAYINGS = [
    ("already known", Answer.ACCEPTED),
    ("transaction already imported", Answer.ACCEPTED),
    ("Known transaction: 0xabc", Answer.ACCEPTED),
    ("AlreadyKnown", Answer.ACCEPTED),
    ("nonce too low", Answer.NONCE_USED),
    ("nonce too low: next nonce 7, tx nonce 5", Answer.NONCE_USED),
    ("Transaction nonce too low. Expected nonce to be at least 7 but got 5.", Answer.NONCE_USED),
    ("OldNonce", Answer.NONCE_USED),
    ("replacement transaction underpriced", Answer.OUTBID),
    (
        "Replacement transaction underpriced. A gasPrice/maxFeePerGas of at least 11000000000 is necessary",
        Answer.OUTBID,
    ),
    ("transaction underpriced", Answer.TOO_CHEAP),
    ("max fee per gas less than block base fee", Answer.TOO_CHEAP),
    ("FeeTooLow", Answer.TOO_CHEAP),
    ("Insufficient funds for gas * price + value", Answer.UNFUNDED),
    ("Sender doesn't have enough funds to send tx", Answer.UNFUNDED),
    ("intrinsic gas too low", Answer.IMPOSSIBLE),
    ("intrinsic gas too high -- tx.gas_limit > env.block.gas_limit", Answer.IMPOSSIBLE),
    ("exceeds block gas limit", Answer.IMPOSSIBLE),
    ("oversized data", Answer.IMPOSSIBLE),
    ("the moon is in the wrong house", None),
]


@pytest.mark.parametrize(("words", "meaning"), SAYINGS)
def test_answer__words_of_a_node__mean_one_thing(words: str, meaning: Answer | None) -> None:
    assert answer_in(words) is meaning
