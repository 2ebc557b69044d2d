"""Our Merkle trees are the contract's: every leaf of a tree of any size claims, nothing else does."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from web3.exceptions import ContractLogicError

from backend.chain.merkle import MerkleTree, claim_leaf
from tests.contract.people import People, Reverted

Leaf = tuple[str, int, int, bytes, bytes]


def anchored(people: People, size: int) -> tuple[MerkleTree, list[Leaf]]:
    """A batch of claims of its own, anchored with two signatures."""
    leaves = [people.claim(40 + index % 7, 10_000 * (1 + index % 3)) for index in range(size)]
    tree = MerkleTree([claim_leaf(*leaf) for leaf in leaves])
    batch = people.batch(tree.root, 2 * sum(leaf[2] for leaf in leaves))
    people.send("Issuance", "anchorBatch", tuple(batch.values()), people.approvals(batch))
    return tree, leaves


def claims(people: People, tree: MerkleTree, leaf: Leaf, proof: list[bytes]) -> bool:
    """Whether the claim would mint now."""
    try:
        people.contracts.issuance.functions.claim(tree.root, leaf, proof).call()
    except ContractLogicError:
        return False
    return True


@settings(max_examples=6)
@given(size=st.integers(min_value=1, max_value=33), data=st.data())
def test_claim__through_a_tree_of_any_size__every_leaf_and_no_other(
    people: People, size: int, data: st.DataObject
) -> None:
    tree, leaves = anchored(people, size)
    for leaf in leaves:
        assert claims(people, tree, leaf, tree.proof(claim_leaf(*leaf)))

    leaf = data.draw(st.sampled_from(leaves))
    proof = tree.proof(claim_leaf(*leaf))
    account, class_id, amount, digest, nullifier = leaf
    for foreign in (
        (people.person(39).address, class_id, amount, digest, nullifier),
        (account, class_id, amount + 1, digest, nullifier),
        (account, class_id, amount, b"\x09" * 32, nullifier),
        (account, class_id, amount, digest, b"\x09" * 32),
    ):
        assert not claims(people, tree, foreign, proof)
    assert not claims(people, tree, leaf, [*proof, b"\x09" * 32])
    if proof:
        assert not claims(people, tree, leaf, proof[1:])


@pytest.mark.parametrize("size", [1, 2, 3, 8, 13])
def test_claim__all_of_a_tree__mints_every_gram_once(people: People, size: int) -> None:
    tree, leaves = anchored(people, size)
    holders = {leaf[0] for leaf in leaves}
    before = {account: people.credits_of(account) for account in holders}
    for leaf in leaves:
        people.send("Issuance", "claim", tree.root, leaf, tree.proof(claim_leaf(*leaf)))
    for account in holders:
        own = sum(leaf[2] for leaf in leaves if leaf[0] == account)
        assert people.credits_of(account) - before[account] == own
    with pytest.raises(Reverted, match="NullifierUsed"):
        people.send("Issuance", "claim", tree.root, leaves[0], tree.proof(claim_leaf(*leaves[0])))


def test_claim__of_a_leaf_twice_in_its_tree__mints_once(people: People) -> None:
    """A tree proves a repeated leaf; the nullifier is what makes it mint once (INV-02)."""
    leaf, other = people.claim(47, 10_000), people.claim(48, 10_000)
    tree = MerkleTree([claim_leaf(*leaf), claim_leaf(*leaf), claim_leaf(*other)])
    batch = people.batch(tree.root, 60_000)
    people.send("Issuance", "anchorBatch", tuple(batch.values()), people.approvals(batch))
    proof = tree.proof(claim_leaf(*leaf))
    people.send("Issuance", "claim", tree.root, leaf, proof)
    with pytest.raises(Reverted, match="NullifierUsed"):
        people.send("Issuance", "claim", tree.root, leaf, proof)
    assert people.credits_of(people.person(47).address) == 10_000
