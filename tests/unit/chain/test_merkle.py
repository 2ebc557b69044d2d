"""OpenZeppelin's standard Merkle tree; tests/contract/test_trees_on_chain.py claims through such trees."""

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak
from hypothesis import assume, given
from hypothesis import strategies as st

from backend.chain.keys import dev_signer
from backend.chain.merkle import LeafUnknown, MerkleTree, MerkleTreeEmpty, claim_leaf, verify

hashes = st.binary(min_size=32, max_size=32)
leaf_lists = st.lists(hashes, min_size=1, max_size=40, unique=True)


def test_root__the_example_of_openzeppelins_library__is_the_same() -> None:
    """README of @openzeppelin/merkle-tree, "Quick Start"."""
    values = [("0x" + "11" * 20, 5 * 10**18), ("0x" + "22" * 20, 25 * 10**17)]
    leaves = [keccak(keccak(encode(["address", "uint256"], value))) for value in values]
    root = MerkleTree(leaves).root
    assert root.hex() == "d4dee0beab2d53f2cc83e567171bd2820e49898130a22622b10ead383e90bd77"


@given(leaves=leaf_lists)
def test_proof__every_leaf__verifies_and_is_as_short_as_the_tree_is_low(leaves: list[bytes]) -> None:
    tree = MerkleTree(leaves)
    lengths = {len(tree.proof(leaf)) for leaf in leaves}
    assert all(verify(tree.root, leaf, tree.proof(leaf)) for leaf in leaves)
    assert lengths <= {(len(leaves) - 1).bit_length(), len(leaves).bit_length() - 1}


@given(leaves=leaf_lists, foreign=hashes, data=st.data())
def test_proof__a_foreign_leaf__has_none_and_borrows_none(
    leaves: list[bytes], foreign: bytes, data: st.DataObject
) -> None:
    assume(foreign not in leaves)
    tree = MerkleTree(leaves)
    with pytest.raises(LeafUnknown) as refusal:
        tree.proof(foreign)
    assert (refusal.value.code, refusal.value.fields) == ("merkle.leaf_unknown", {"leaf": foreign.hex()})
    assert not verify(tree.root, foreign, tree.proof(data.draw(st.sampled_from(leaves))))


@given(leaves=st.lists(hashes, min_size=2, max_size=40, unique=True), data=st.data())
def test_proof__changed_or_cut__verifies_no_more(leaves: list[bytes], data: st.DataObject) -> None:
    tree = MerkleTree(leaves)
    leaf = data.draw(st.sampled_from(leaves))
    proof = tree.proof(leaf)
    at = data.draw(st.integers(min_value=0, max_value=len(proof) - 1))
    other = data.draw(hashes.filter(lambda node: node != proof[at]))
    assert not verify(tree.root, leaf, [*proof[:at], other, *proof[at + 1 :]])
    assert not verify(tree.root, leaf, proof[:at] + proof[at + 1 :])
    assert not verify(tree.root, leaf, [*proof, other])


@given(leaves=leaf_lists, data=st.data())
def test_root__leaves_in_another_order__is_the_same(leaves: list[bytes], data: st.DataObject) -> None:
    assert MerkleTree(data.draw(st.permutations(leaves))).root == MerkleTree(leaves).root


@given(leaves=leaf_lists, extra=hashes)
def test_root__a_leaf_more__is_another(leaves: list[bytes], extra: bytes) -> None:
    assume(extra not in leaves)
    assert MerkleTree([*leaves, extra]).root != MerkleTree(leaves).root


@given(leaf=hashes)
def test_tree__of_one_leaf__is_that_leaf_with_an_empty_proof(leaf: bytes) -> None:
    tree = MerkleTree([leaf])
    assert tree.root == leaf
    assert tree.proof(leaf) == []
    assert verify(leaf, leaf, [])


@given(leaves=leaf_lists, data=st.data())
def test_tree__with_a_leaf_twice__still_proves_every_leaf(leaves: list[bytes], data: st.DataObject) -> None:
    twice = [*leaves, data.draw(st.sampled_from(leaves))]
    tree = MerkleTree(twice)
    assert all(verify(tree.root, leaf, tree.proof(leaf)) for leaf in leaves)
    assert tree.root != MerkleTree(leaves).root


def test_tree__of_nothing__is_refused() -> None:
    with pytest.raises(MerkleTreeEmpty) as refusal:
        MerkleTree([])
    assert refusal.value.code == "merkle.empty"


amounts = st.integers(min_value=0, max_value=2**256 - 1)


@given(class_id=amounts, amount=amounts, digest=hashes, nullifier=hashes, index=st.integers(0, 5))
def test_claim_leaf__any_claim__is_the_double_hash_of_its_abi_encoding(
    class_id: int, amount: int, digest: bytes, nullifier: bytes, index: int
) -> None:
    account = dev_signer(index).address
    words = bytes(12) + bytes.fromhex(account[2:]) + class_id.to_bytes(32) + amount.to_bytes(32) + digest + nullifier
    assert claim_leaf(account, class_id, amount, digest, nullifier) == keccak(keccak(words))
