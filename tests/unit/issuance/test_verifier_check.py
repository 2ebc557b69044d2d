"""A verifier signs what it worked out itself: whatever the server shows otherwise, nothing is signed."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from backend.chain.keys import Signer, dev_signer
from backend.chain.typed_data import digest, recover
from backend.issuance.batch import BatchEmpty
from backend.issuance.case import disclosures_of
from backend.issuance.reading import batch_at
from backend.issuance.verifier_check import ShownUnsound, attestation_of_document, batch_signature, secret_of
from backend.issuance.verifier_routes import batch_to_sign_out
from backend.kernel.digest import sha256
from backend.ledger.document import DocumentTampered
from backend.ledger.service import Statement
from tests.unit.issuance.drawing import opened
from tests.unit.issuance.world import AT, DEPLOYMENT, THRIFTY, VERIFIERS, World

DOMAIN = DEPLOYMENT.domain("Issuance")
ATTESTERS = {one.address for one in VERIFIERS}


def signed(document: str, statement_digest: bytes) -> Any:
    return attestation_of_document(
        document, statement_digest, DOMAIN, VERIFIERS[0], rule_version="v", accepted=["outlier"], at=AT
    )


def test_attestation__of_a_document__says_what_the_document_says(world: World) -> None:
    (statement,) = world.household(THRIFTY, 11)
    attestation = signed(statement.document, statement.digest)
    assert attestation.is_of(statement)
    assert attestation.is_signed(DOMAIN)


def test_attestation__of_another_statement_or_a_changed_one__is_not_signed(world: World) -> None:
    (statement,) = world.household(THRIFTY, 11)
    with pytest.raises(DocumentTampered):
        signed(statement.document, sha256(b"another"))
    raised = statement.document.replace(f'"{statement.credit_gco2e}"', '"999990000"')
    assert raised != statement.document
    with pytest.raises(DocumentTampered):
        signed(raised, statement.digest)


@pytest.fixture
def statements(world: World) -> list[Statement]:
    return world.three_attested()


def shown(world: World, by: Signer = VERIFIERS[0]) -> tuple[bytes, dict[str, Any]]:
    """A batch as the route shows it."""
    root = world.plan().root
    with world.database.write() as session:
        found = batch_to_sign_out(session, root, disclosures_of(session, by.address, root, AT))
    return root, json.loads(found.model_dump_json(by_alias=True))


def sign_batch(root: bytes, batch: dict[str, Any], by: Signer = VERIFIERS[0], attesters: set[str] = ATTESTERS) -> bytes:
    return batch_signature(batch, DOMAIN, by, root=root, attesters=attesters, now=AT)


@pytest.mark.usefixtures("statements")
def test_batch__worked_out_again__is_signed_as_the_contract_wants_it(world: World) -> None:
    root, batch = shown(world)
    signature = sign_batch(root, batch)
    with world.database.read() as session:
        message = batch_at(session, root).totals.message()
    assert recover(digest("Batch", DOMAIN, message), signature) == VERIFIERS[0].address


@pytest.mark.usefixtures("statements")
def test_batch__shows_no_more_than_it_is_made_of(world: World) -> None:
    _, batch = shown(world)
    for one in batch["statements"]:
        names = {field["name"] for field in one["disclosure"]["fields"]}
        assert not {name for name in names if name.startswith(("line.", "month.", "category."))}
        assert len(names) == 10


def _raise_credit(batch: dict[str, Any]) -> None:
    for field in batch["statements"][0]["disclosure"]["fields"]:
        if field["name"] == "creditGco2e":
            field["value"] = "999990000"


@pytest.mark.usefixtures("statements")
def test_batch__shown_otherwise_than_it_is__is_not_signed(world: World) -> None:
    root, batch = shown(world)
    changes: dict[str, tuple[Callable[[dict[str, Any]], object], type[Exception]]] = {
        "one left out": (lambda copy: copy["statements"].pop(), ShownUnsound),
        "all left out": (lambda copy: copy["statements"].clear(), BatchEmpty),
        "more budget": (lambda copy: copy["message"].update(budgetsGco2e="1"), ShownUnsound),
        "more surplus": (lambda copy: copy["message"].update(surplusesGco2e="999999999"), ShownUnsound),
        "another root": (lambda copy: copy["message"].update(root="0x" + "11" * 32), ShownUnsound),
        "over": (lambda copy: copy["message"].update(deadline="1"), ShownUnsound),
        "more credit": (_raise_credit, DocumentTampered),
        "unsigned": (lambda copy: copy["statements"][0].update(attestedAt="1"), ShownUnsound),
    }
    for name, (change, error) in changes.items():
        copy = json.loads(json.dumps(batch))
        change(copy)
        try:
            sign_batch(root, copy)
        except error:
            continue
        pytest.fail(f"{name}: it was signed")
    with pytest.raises(ShownUnsound) as caught:
        sign_batch(root, batch, attesters=set())
    assert caught.value.code == "verifier.shown_unsound"


def test_batch__with_the_verifiers_own_statement__is_not_signed(world: World) -> None:
    world.attest(*world.household(THRIFTY, 11), *world.household("70", 12), *world.household("80", 13))
    root, batch = shown(world)
    with pytest.raises(ShownUnsound, match="your own"):
        sign_batch(root, batch, by=dev_signer(12))


@pytest.mark.usefixtures("statements")
def test_secret__of_one_key_and_list__is_always_the_same_and_of_no_other(world: World) -> None:
    listed = opened(world)
    assert secret_of(listed, VERIFIERS[0]) == secret_of(listed, VERIFIERS[0])
    assert secret_of(listed, VERIFIERS[0]) != secret_of(listed, VERIFIERS[1])


@pytest.mark.usefixtures("statements")
def test_batch__shown_page_by_page__is_whole_and_in_the_order_of_its_leaves(world: World) -> None:
    root, batch = shown(world)
    pages = []
    with world.database.write() as session:
        for after in range(4):
            found = disclosures_of(session, VERIFIERS[0].address, root, AT, limit=1, after=after)
            pages.append(json.loads(batch_to_sign_out(session, root, found).model_dump_json(by_alias=True)))
    assert [one["id"] for page in pages for one in page["statements"]] == [1, 2, 3]
    assert [one for page in pages for one in page["statements"]] == batch["statements"]
    streamed = {"message": batch["message"], "statements": (one for page in pages for one in page["statements"])}
    assert sign_batch(root, streamed) == sign_batch(root, batch)
    with pytest.raises(ShownUnsound):
        sign_batch(root, {"message": batch["message"], "statements": pages[0]["statements"]})
