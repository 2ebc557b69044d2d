"""Answers written down once, made without our code, for every format somebody else must reproduce: a page, a verifier,
an auditor. A change on both sides of a round trip shows here.
"""

import json
from typing import Any

import pytest

from backend.chain.artifacts import CHECKOUT
from backend.chain.class_id import class_code, parse_code
from backend.chain.keys import PERSON_FIRST, dev_signer, personal_sign
from backend.chain.merkle import MerkleTree, claim_leaf, verify
from backend.chain.signature import recover
from backend.chain.typed_data import Domain, digest, sign, type_files, typed_data
from backend.issuance.draw import commitment_of, commitment_text, drawn_of, seed_of
from backend.issuance.draw_list import draw_list_of
from backend.issuance.verifier_check import batch_signature, secret_of
from backend.kernel.clock import from_unix_s
from backend.kernel.digest import canonical_json, digest_of, to_hex
from backend.ledger.document import disclose, verify_disclosure
from backend.ledger.document import verify as read_document


def vectors(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(CHECKOUT.joinpath("tests", "vectors", f"{name}.json").read_text())
    return found


def octets(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


@pytest.mark.parametrize("vector", vectors("typed_data")["vectors"], ids=lambda vector: str(vector["type"]))
def test_typed_data__each_message__has_the_written_digest_and_signature(vector: dict[str, Any]) -> None:
    kinds = dict(typed_data(vector["type"]).fields)
    assert list(vector["message"]) == list(kinds)
    message = {
        name: int(text) if kinds[name] == "uint256" else octets(text) if kinds[name] == "bytes32" else text
        for name, text in vector["message"].items()
    }
    raw = vector["domain"]
    domain = Domain(raw["name"], raw["version"], raw["chainId"], raw["verifyingContract"])
    assert to_hex(digest(vector["type"], domain, message)) == vector["digest"]
    assert to_hex(sign(dev_signer(PERSON_FIRST), vector["type"], domain, message)) == vector["signature"]
    assert recover(octets(vector["digest"]), octets(vector["signature"])) == vector["signer"]


def test_typed_data__every_message__has_a_vector() -> None:
    assert {json.loads(path.read_text())["primaryType"] for path in type_files()} == {
        vector["type"] for vector in vectors("typed_data")["vectors"]
    }


def test_claim_tree__the_written_batch__has_its_leaves_root_and_proofs() -> None:
    batch = vectors("claim_tree")
    leaves = []
    for claim in batch["claims"]:
        numbers = int(claim["classId"]), int(claim["amountGco2e"])
        leaf = claim_leaf(claim["account"], *numbers, octets(claim["statementDigest"]), octets(claim["nullifier"]))
        assert to_hex(leaf) == claim["leaf"]
        leaves.append(leaf)
    tree = MerkleTree(leaves)
    assert to_hex(tree.root) == batch["root"]
    for leaf, claim in zip(leaves, batch["claims"], strict=True):
        assert [to_hex(sibling) for sibling in tree.proof(leaf)] == claim["proof"]
        assert verify(octets(batch["root"]), leaf, [octets(sibling) for sibling in claim["proof"]])


@pytest.mark.parametrize("row", vectors("class_ids")["classes"], ids=lambda row: str(row["code"]))
def test_class_id__each_code__has_the_written_id(row: dict[str, str]) -> None:
    assert parse_code(row["code"]) == int(row["id"])
    assert class_code(int(row["id"])) == row["code"]


@pytest.mark.parametrize("row", vectors("canonical_json")["documents"], ids=lambda row: str(row["sha256"])[:10])
def test_canonical_json__each_document__has_the_written_bytes_and_digest(row: dict[str, Any]) -> None:
    assert to_hex(canonical_json(row["document"])) == row["canonical"]
    assert to_hex(digest_of(row["document"])) == row["sha256"]


def test_statement_document__the_written_document__proves_itself_and_each_disclosed_field() -> None:
    written = vectors("statement_document")
    document = read_document(written["statement"])
    assert document.text() == written["statement"]
    assert disclose(document, ["lines", "vintage"]) == written["disclosure"]
    assert verify_disclosure(written["disclosure"]) == {name: document.values[name] for name in ("lines", "vintage")}


def test_batch__as_a_verifier_is_shown_it__has_the_written_signature() -> None:
    written = vectors("batch")
    raw, shown = written["domain"], written["shown"]
    signature = batch_signature(
        shown,
        Domain(raw["name"], raw["version"], raw["chainId"], raw["verifyingContract"]),
        dev_signer(5),
        root=octets(shown["message"]["root"]),
        attesters={one["verifier"] for one in shown["statements"]},
        now=from_unix_s(int(shown["message"]["deadline"]) - 1),
    )
    assert to_hex(signature) == written["signature"]


def test_draw__the_written_list__has_its_parts_seed_and_choice() -> None:
    draw = vectors("draw")
    listed = draw_list_of(draw["listed"])
    assert to_hex(listed.digest) == draw["listDigest"]
    secrets = {}
    for number, part in zip((4, 5), draw["parts"], strict=True):
        signer, secret = dev_signer(number), octets(part["secret"])
        assert (signer.address, secret_of(listed, signer)) == (part["verifier"], secret)
        commitment = commitment_of(listed.digest, signer.address, secret)
        assert to_hex(commitment) == part["commitment"]
        assert commitment_text(listed, signer.address, commitment) == part["text"]
        assert to_hex(personal_sign(signer, part["text"])) == part["signature"]
        secrets[signer.address] = secret
    seed = seed_of(listed.digest, octets(draw["blockHash"]), secrets)
    assert to_hex(seed) == draw["seed"]
    assert [to_hex(digest) for digest in drawn_of(seed, listed.candidates, listed.least_drawn)] == draw["drawn"]
