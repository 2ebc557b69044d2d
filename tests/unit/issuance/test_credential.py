"""A statement as a verifiable credential: what holds, and every way of tampering refused by its code."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import ECKey

from backend.chain.keys import DevRole, dev_signer
from backend.chain.typed_data import sign
from backend.issuance.attestation import attestation_of
from backend.issuance.checked import checked, disagreements
from backend.issuance.claim_file import claim_file
from backend.issuance.credential import (
    CLAIMS,
    VALIDITY,
    CredentialEarly,
    CredentialExpired,
    CredentialForged,
    CredentialMalformed,
    EvidenceWrong,
    account_subject,
    compact_of,
    credential_of,
    enveloped,
    pairwise_subject,
    verify_credential,
)
from backend.issuance.issuer import ALGORITHM, IssuerMalformed, did_of, issuer_key, signing_key
from backend.issuance.proof import ClaimFileMalformed, ClaimUnproven, proven_claim
from backend.kernel.digest import canonical_json, to_hex
from backend.kernel.errors import TanyuError
from backend.ledger.document import Document, disclose, verify
from backend.ledger.service import Statement, statements_in
from backend.ledger.sources import Sources
from backend.ledger.state import State
from backend.storage.database import Database
from tests.unit.issuance.world import AT, DEPLOYMENT, THRIFTY, VERIFIERS, World

OPERATOR, OTHER = dev_signer(DevRole.OPERATOR), dev_signer(DevRole.PAUSER)
SUBJECT = "urn:uuid:00000000-0000-8000-8000-000000000000"
Payload = dict[str, Any]


@pytest.fixture
def world(database: Database) -> World:
    made = World(database)
    made.attest(*made.household(THRIFTY, 11))
    return made


@pytest.fixture
def document(world: World) -> Document:
    (statement,) = [world.again(one) for one in _statements(world)]
    return verify(statement.document)


def _statements(world: World) -> list[Statement]:
    with world.database.read() as session:
        return statements_in(session, State.ATTESTED)


@pytest.fixture
def compact(world: World, document: Document) -> str:
    with world.database.read() as session:
        attestation = attestation_of(session, document.digest)
    return credential_of(document, attestation, DEPLOYMENT, issuer=OPERATOR, subject=SUBJECT, at=AT)


def opened(compact: str) -> tuple[Payload, Payload]:
    seen = jws.extract_compact(compact.encode())
    return dict(seen.headers()), json.loads(seen.payload)


def signed(payload: Payload, header: Payload, key: ECKey) -> str:
    return jws.serialize_compact(header, canonical_json(payload), key, algorithms=[ALGORITHM])


def test_credential__of_an_attested_statement__says_its_totals_and_who_attested(
    compact: str, document: Document
) -> None:
    found = verify_credential(compact, AT)

    assert found.digest == document.digest
    assert found.claims == {name: document.values[name] for name in CLAIMS}
    assert (found.issuer_address, found.verifier, found.subject) == (OPERATOR.address, VERIFIERS[0].address, SUBJECT)
    assert found.status["nullifier"] == document.values["nullifier"]
    assert str(document.values["account"]) not in json.dumps(opened(compact)[1]), "the subject is pairwise"


def test_credential__read_by_an_independent_library_with_the_key_in_its_did__verifies(compact: str) -> None:
    header, payload = opened(compact)
    key, _ = issuer_key(payload["issuer"])
    assert header == {"alg": "ES256K", "typ": "vc+jwt", "kid": payload["issuer"] + "#0"}
    assert json.loads(jws.deserialize_compact(compact, key, algorithms=["ES256K"]).payload) == payload
    assert payload["@context"][0] == "https://www.w3.org/ns/credentials/v2"
    assert payload["type"][0] == "VerifiableCredential"


def test_credential__twice__is_the_same_word(world: World, document: Document, compact: str) -> None:
    with world.database.read() as session:
        attestation = attestation_of(session, document.digest)
    again = credential_of(document, attestation, DEPLOYMENT, issuer=OPERATOR, subject=SUBJECT, at=AT)
    assert opened(again)[1] == opened(compact)[1]


def every_value(payload: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(payload, dict):
        return [way for key, held in payload.items() for way in every_value(held, (*path, key))]
    if isinstance(payload, list):
        return [way for at, held in enumerate(payload) for way in every_value(held, (*path, at))]
    return [path]


def put(payload: Payload, path: tuple[Any, ...], value: Any) -> None:
    place: Any = payload
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value


def test_tampered__any_value_without_the_key__is_refused(compact: str) -> None:
    header, _, signature = compact.split(".")
    values = opened(compact)[1]
    paths = every_value(values)
    assert len(paths) > 40
    for path in paths:
        changed = json.loads(json.dumps(values))
        put(changed, path, "0x00")
        forged = signed(changed, {"alg": ALGORITHM}, signing_key(OTHER)).split(".")[1]
        with pytest.raises((CredentialForged, CredentialMalformed, IssuerMalformed)) as refused:
            verify_credential(f"{header}.{forged}.{signature}", AT)
        assert refused.value.code in {"credential.forged", "credential.malformed", "credential.issuer_malformed"}


def test_tampered__signed_by_another_key__is_refused(compact: str) -> None:
    header, payload = opened(compact)
    with pytest.raises(CredentialForged) as refused:
        verify_credential(signed(payload, header, signing_key(OTHER)), AT)
    assert refused.value.code == "credential.forged"
    with pytest.raises(CredentialForged):
        verify_credential(signed(payload, header | {"kid": did_of(OTHER) + "#0"}, signing_key(OTHER)), AT)


def test_issuer_of_ones_own__is_told_by_its_address(compact: str) -> None:
    _, payload = opened(compact)
    own = payload | {"issuer": did_of(OTHER)}
    header = {"alg": ALGORITHM, "typ": "vc+jwt", "kid": did_of(OTHER) + "#0"}
    found = verify_credential(signed(own, header, signing_key(OTHER)), AT)
    assert found.issuer_address == OTHER.address != OPERATOR.address


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ({"alg": "none"}, "credential.malformed"),
        ({"alg": "HS256"}, "credential.malformed"),
        ({"typ": "JWT"}, "credential.malformed"),
        ({"typ": None}, "credential.malformed"),
    ],
)
def test_header__of_another_algorithm_or_type__is_refused(compact: str, header: Payload, code: str) -> None:
    _, payload, signature = compact.split(".")
    made = json.dumps(opened(compact)[0] | header).encode()
    with pytest.raises(TanyuError) as refused:
        verify_credential(f"{urlsafe_b64encode(made).rstrip(b'=').decode()}.{payload}.{signature}", AT)
    assert refused.value.code == code


def test_evidence__that_attests_something_else__is_refused_though_the_issuer_signed(compact: str) -> None:
    header, payload = opened(compact)
    key = signing_key(OPERATOR)
    for path, value in {
        ("credentialSubject", "creditGco2e"): "990000",
        ("credentialSubject", "deficitGco2e"): "1",
        ("credentialSubject", "classId"): "7",
        ("credentialSubject", "digest"): "0x" + "07" * 32,
        ("credentialStatus", "nullifier"): "0x" + "07" * 32,
        ("credentialStatus", "chainId"): 1,
        ("evidence", 0, "verifier"): OTHER.address,
        ("evidence", 0, "message", "ruleVersion"): "other",
        ("evidence", 0, "message", "attestedAt"): "7",
        ("evidence", 0, "domain", "name"): "Other",
        ("evidence", 0, "domain", "verifyingContract"): OTHER.address,
        ("evidence", 0, "signature"): "0x" + "00" * 65,
    }.items():
        changed = json.loads(json.dumps(payload))
        put(changed, path, value)
        with pytest.raises(EvidenceWrong) as refused:
            verify_credential(signed(changed, header, key), AT)
        assert refused.value.code == "credential.evidence_wrong", path


def test_time__before_and_after__are_refused_by_code(compact: str) -> None:
    assert verify_credential(compact, AT + VALIDITY - timedelta(seconds=2)).digest
    with pytest.raises(CredentialExpired) as expired:
        verify_credential(compact, AT + VALIDITY)
    with pytest.raises(CredentialEarly) as early:
        verify_credential(compact, AT - timedelta(seconds=2))
    assert (expired.value.code, early.value.code) == ("credential.expired", "credential.not_yet_valid")


@pytest.mark.parametrize("text", ["eyJ.e30.AA", "ey..", "ey.ey.ey", "eyJhbGciOiJub25lIn0.e30."])
def test_junk__is_no_credential(text: str) -> None:
    with pytest.raises(CredentialMalformed) as refused:
        verify_credential(text, AT)
    assert refused.value.code == "credential.malformed"


def test_payload__without_a_part__is_malformed(compact: str) -> None:
    header, payload = opened(compact)
    for name in ("credentialSubject", "credentialStatus", "evidence", "validFrom", "validUntil", "type"):
        less = {key: value for key, value in payload.items() if key != name}
        with pytest.raises(CredentialMalformed):
            verify_credential(signed(less, header, signing_key(OPERATOR)), AT)


@pytest.mark.parametrize(
    "did", ["", "did:key:z6", "did:jwk:", "did:jwk:e30", "did:jwk:bnVsbA", "did:jwk:!!", "did:jwk:W10"]
)
def test_issuer__that_holds_no_key__is_refused(did: str) -> None:
    with pytest.raises(IssuerMalformed) as refused:
        issuer_key(did)
    assert refused.value.code == "credential.issuer_malformed"


def test_did__of_a_key__gives_its_address_back() -> None:
    for index in range(20):
        signer = dev_signer(index)
        assert issuer_key(did_of(signer))[1] == signer.address


def test_subject__is_another_for_each_audience_and_tied_to_the_account(document: Document) -> None:
    names = {pairwise_subject(document, audience) for audience in ("", "a bank", "a city")}
    assert len(names) == 3
    assert names == {pairwise_subject(document, audience) for audience in ("", "a bank", "a city")}
    assert all(name.startswith("urn:uuid:") and name[23] == "8" for name in names)
    assert account_subject(31337, "0xabc") == "did:pkh:eip155:31337:0xabc"


def test_envelope__and_compact_form__are_one(compact: str) -> None:
    assert compact_of(json.dumps(enveloped(compact))) == compact_of(compact + "\n") == compact
    assert compact_of("{}") is compact_of("[1]") is compact_of("not json") is None


class TestPapers:
    """Document, disclosure, credential and claim file of one statement, checked together."""

    @pytest.fixture
    def claim(self, world: World, document: Document) -> dict[str, Any]:
        world.attest(*(one for number in range(12, 15) for one in world.household(THRIFTY, number)))
        batch = world.approve(world.plan().root)
        with world.database.read() as session:
            made = json.loads(json.dumps(claim_file(session, DEPLOYMENT, document.digest)))
        assert made["root"] == to_hex(batch.root)
        return dict(made)

    def papers(self, *texts: str) -> list[Any]:
        return [checked(text, Sources(), AT) for text in texts]

    def test_all_of_one_statement__agree(self, document: Document, compact: str, claim: dict[str, Any]) -> None:
        shown = disclose(document, ["creditGco2e", "line.0003", "account"])
        papers = self.papers(document.text(), shown, compact, json.dumps(enveloped(compact)), json.dumps(claim))
        assert [paper.kind for paper in papers] == ["document", "disclosure", "credential", "credential", "claim"]
        assert disagreements(papers) == []
        assert all(paper.digest == document.digest for paper in papers)
        assert papers[0].findings == []
        assert papers[4].shown["batchSignedBy"] == sorted(
            (one.address for one in VERIFIERS[:2]), key=lambda address: int(address, 16)
        )

    def test_of_two_statements__disagree(self, document: Document, compact: str) -> None:
        fields = tuple(
            replace(field, value="10000") if field.name == "creditGco2e" else field for field in document.fields
        )
        papers = self.papers(compact, Document(fields).text())
        assert {one.code for one in disagreements(papers)} == {"papers.disagree"}
        assert {one.field for one in disagreements(papers)} == {
            "the digest of the document",
            "creditGco2e of the document",
        }

    @pytest.mark.parametrize(
        "change",
        [
            lambda claim: claim["leaf"].update(amountGco2e="990000"),
            lambda claim: claim["leaf"].update(statementDigest="0x" + "07" * 32),
            lambda claim: claim["leaf"].update(nullifier="0x" + "07" * 32),
            lambda claim: claim["leaf"].update(account=OTHER.address),
            lambda claim: claim["proof"].pop(),
            lambda claim: claim["proof"].reverse(),
            lambda claim: claim["batch"].update(root="0x" + "07" * 32),
            lambda claim: claim["batch"].update(classId="7"),
            lambda claim: claim.update(root="0x" + "07" * 32),
            lambda claim: claim.update(signatures=["0x" + "00" * 65]),
        ],
    )
    def test_claim_file__with_anything_changed__proves_nothing(
        self, claim: dict[str, Any], change: Callable[[dict[str, Any]], object]
    ) -> None:
        change(claim)
        with pytest.raises(ClaimUnproven) as refused:
            proven_claim(claim)
        assert refused.value.code == "claim.unproven"

    def test_claim_file__with_totals_changed__has_other_signers(self, claim: dict[str, Any]) -> None:
        claim["batch"]["surplusesGco2e"] = "1"
        assert not set(proven_claim(claim).verifiers) & {one.address for one in VERIFIERS}

    @pytest.mark.parametrize(
        "junk", [None, [], {}, {"schema": "tanyu.claim/1"}, {"schema": "tanyu.claim/1", "leaf": 7}]
    )
    def test_claim_file_of_junk__is_refused(self, junk: Any) -> None:
        with pytest.raises(ClaimFileMalformed) as refused:
            proven_claim(junk)
        assert refused.value.code == "claim.malformed"


def test_attestation_of_a_verifier__with_another_key__is_found(world: World, document: Document) -> None:
    with world.database.read() as session:
        attestation = attestation_of(session, document.digest)
    domain = DEPLOYMENT.domain("Issuance")
    stolen = replace(attestation, signature=sign(OTHER, "Attestation", domain, attestation.message()))
    made = credential_of(document, stolen, DEPLOYMENT, issuer=OPERATOR, subject=SUBJECT, at=AT)
    with pytest.raises(EvidenceWrong, match="signed it, not"):
        verify_credential(made, AT)
