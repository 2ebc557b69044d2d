"""Certificates on a real node: read from the chain each time, the same to the byte; no other file passes for one."""

import json
from base64 import b64decode, urlsafe_b64decode, urlsafe_b64encode
from dataclasses import replace

import pytest
from httpx import Response
from sqlmodel import select

from backend.giving.certificate import DEDICABLE
from backend.giving.certificate_token import token_in
from backend.giving.certifier import Certifier, Verdict
from backend.giving.dedication import Dedication
from backend.giving.kinds import Funding
from backend.giving.tables import CertificateRow
from backend.giving.witness import DeedNotFinal, Witness
from backend.kernel.digest import sha256, to_hex
from tests.contract.people import CLASS_ID
from tests.integration.giving.deeds import Deeds
from tests.integration.giving.world import ORIGIN, POOL_STORY, World

PDF = {"Content-Type": "application/pdf"}
HONEST = "not an offset, not proof of a reduction"


def body_of(dedication: Dedication) -> dict[str, str]:
    return {"words": dedication.words, "salt": to_hex(dedication.salt)}


def pdf(world: World, deed_id: str, language: str = "en", dedication: Dedication | None = None) -> Response:
    body = {"language": language, "dedication": None if dedication is None else body_of(dedication)}
    answer: Response = world.client().post(f"/certificates/{deed_id}/pdf", json=body)
    return answer


def checked(world: World, file: bytes) -> Response:
    answer: Response = world.client().post("/certificates/check", content=file, headers=PDF)
    return answer


def code_of(answer: Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


class TestDeeds:
    def test_retirement__is_told_from_the_chain(self, world: World, deeds: Deeds) -> None:
        found = world.client().get(f"/certificates/{deeds.own}").json()

        said = {name: found[name] for name in ("kind", "served", "isRetired", "amountGco2e", "purpose", "ref", "words")}
        assert said == {
            "kind": "retirement",
            "served": "self",
            "isRetired": True,
            "amountGco2e": "12000",
            "purpose": "self",
            "ref": None,
            "words": None,
        }
        assert (found["region"], found["vintage"], found["methodology"]) == ("US-CA", 2025, "SIM")
        assert (found["final"], found["confirmations"]) == (True, 0)
        block = world.w3.eth.get_block(found["blockNumber"])
        assert found["blockHash"] == to_hex(bytes(block["hash"]))
        assert HONEST in found["honestEn"]

    def test_all_of_it__is_read_without_a_database(self, world: World, deeds: Deeds) -> None:
        witness = Witness(world.contracts, confirmations=0)

        for deed_id in deeds.all:
            shown = world.client().get(f"/certificates/{deed_id}").json()
            deed = witness.deed(deed_id).deed
            assert (str(deed.amount_gco2e), deed.kind, deed.serves) == (
                shown["amountGco2e"],
                shown["kind"],
                shown["served"],
            )

    def test_gift__has_its_soulbound_receipt_and_what_became_of_it(self, world: World, deeds: Deeds) -> None:
        found = world.client().get(f"/certificates/{deeds.gift}").json()

        assert (found["kind"], found["served"], found["isRetired"]) == ("donation", "campaign", False)
        token = int(found["receiptToken"])
        charity = world.contracts.charity.functions
        assert charity.locked(token).call() is True
        assert charity.ownerOf(token).call() == found["account"]
        campaign = found["campaign"]
        assert (campaign["titleEn"], campaign["state"]) == (POOL_STORY.title_en, "open")
        sums = [campaign[name] for name in ("donatedGco2e", "heldGco2e", "retiredGco2e", "donorGco2e")]
        assert sums == ["2500", "1500", "1000", "2500"]

    def test_both_events_of_a_campaigns_act__are_one_deed(self, world: World, deeds: Deeds) -> None:
        """What a campaign retires is told by two contracts: one gram must not be on two certificates."""
        for deed_id, kind in ((deeds.pooled, "retirement"), (deeds.granted, "grant")):
            tx_hash = deed_id.partition("-")[0]
            logs = world.w3.eth.get_transaction_receipt(tx_hash)["logs"]  # type: ignore[arg-type] # hex is taken too
            credit = world.contracts.deployment.address("CarbonCredit")
            told_again = max(log["logIndex"] for log in logs if log["address"] == credit)

            found = world.client().get(f"/certificates/{tx_hash}-{told_again}").json()

            assert (found["deedId"], found["kind"]) == (deed_id, kind)
            assert deed_id != f"{tx_hash}-{told_again}"

    def test_grant__names_nobody(self, world: World, deeds: Deeds) -> None:
        found = world.client().get(f"/certificates/{deeds.granted}").json()

        assert (found["kind"], found["served"], found["beneficiary"]) == ("grant", "deficit", None)
        assert found["ref"] is not None

    def test_gift_without_a_receipt__has_no_token(self, world: World, deeds: Deeds) -> None:
        campaign_id = int(world.client().get(f"/certificates/{deeds.granted}").json()["campaign"]["campaignId"])
        gift = world.client().get(f"/campaigns/{campaign_id}/gifts").json()[0]["receiptId"]

        assert world.client().get(f"/certificates/{gift}").json()["receiptToken"] is None

    def test_refund__is_no_deed_and_the_gift_shows_that_it_went_back(self, world: World, deeds: Deeds) -> None:
        story = replace(POOL_STORY, target_gco2e=10**9)
        campaign_id = world.open(world.pool, "too much", story, Funding.ALL_OR_NOTHING, hours=1)
        world.give(0, campaign_id, 700)
        gift = world.client().get(f"/campaigns/{campaign_id}/gifts").json()[0]["receiptId"]
        world.pass_time(3_600)
        donor = world.people.person(0).address
        world.people.send("Charity", "finalise", campaign_id)
        receipt = world.people.send("Charity", "refund", campaign_id, CLASS_ID, [donor])
        world.index()
        [refunded] = world.people.events(receipt, "Charity", "Refunded")
        refund = f"{to_hex(bytes(receipt['transactionHash']))}-{refunded['logIndex']}"

        assert code_of(world.client().get(f"/certificates/{refund}")) == (422, "deed.undone")
        campaign = world.client().get(f"/certificates/{gift}").json()["campaign"]
        sums = [campaign[name] for name in ("state", "refundedGco2e", "heldGco2e", "donorGco2e")]
        assert sums == ["failed", "700", "0", "0"]

    @pytest.mark.parametrize("deed_id", ["x", "0x12-3", "0x" + "0" * 64, "0x" + "0" * 64 + "-", "0x" + "G" * 64 + "-1"])
    def test_what_is_no_id__is_malformed(self, world: World, deed_id: str) -> None:
        assert code_of(world.client().get(f"/certificates/{deed_id}")) == (422, "deed.id_malformed")

    def test_id_of_nothing__is_unknown(self, world: World, deeds: Deeds) -> None:
        tx_hash = deeds.own.partition("-")[0]

        for deed_id in ("0x" + "0" * 64 + "-0", f"{tx_hash}-999", f"{tx_hash}-0"):
            if deed_id != deeds.own:
                assert code_of(world.client().get(f"/certificates/{deed_id}")) == (404, "deed.unknown")

    def test_block_that_is_not_deep_enough__has_no_certificate_yet(self, world: World, deeds: Deeds) -> None:
        depth = world.w3.eth.block_number - world.witness.deed(deeds.granted).deed.block_number
        shallow = Certifier(Witness(world.contracts, depth + 100), world.database, world.clock, ORIGIN)

        assert not shallow.witness.deed(deeds.granted).is_final
        with pytest.raises(DeedNotFinal):
            shallow.make(deeds.granted, "en")


class TestWords:
    def test_words_and_salt__are_shown_if_the_chain_commits_to_them(self, world: World, deeds: Deeds) -> None:
        shown = world.client().post(f"/certificates/{deeds.named}/dedication", json=body_of(deeds.words))

        assert (shown.status_code, shown.json()["words"]) == (200, "Grandmother Li 李秀兰")
        assert world.client().get(f"/certificates/{deeds.named}").json()["words"] is None

    def test_other_words_or_salt__are_refused(self, world: World, deeds: Deeds) -> None:
        right = body_of(deeds.words)

        for wrong in (right | {"words": "Grandmother Li"}, right | {"salt": "0x" + "00" * 16}):
            answer = world.client().post(f"/certificates/{deeds.named}/dedication", json=wrong)
            assert code_of(answer) == (422, "dedication.mismatch")

    def test_words__for_what_bears_none__are_refused(self, world: World, deeds: Deeds) -> None:
        for deed_id in (deeds.own, deeds.gift, deeds.granted, deeds.pooled):
            assert world.witness.deed(deed_id).deed.ref is None or deed_id == deeds.granted
            answer = pdf(world, deed_id, dedication=deeds.words)
            assert code_of(answer) == (422, "dedication.mismatch")
        assert world.witness.deed(deeds.granted).deed.serves not in DEDICABLE


class TestFiles:
    @pytest.mark.parametrize("language", ["en", "zh"])
    def test_certificate__made_again__is_the_same_to_the_byte_and_genuine(
        self, world: World, deeds: Deeds, language: str
    ) -> None:
        for deed_id in deeds.all:
            first, again = pdf(world, deed_id, language), pdf(world, deed_id, language)
            assert first.status_code == 200, first.text
            assert first.content == again.content
            assert first.content.startswith(b"%PDF-")
            digest = b64decode(first.headers["repr-digest"].removeprefix("sha-256=:").removesuffix(":"))
            assert digest == sha256(first.content)
            found = checked(world, first.content).json()
            assert (found["verdict"], found["digest"], found["deed"]["deedId"]) == ("genuine", to_hex(digest), deed_id)

    def test_digest__is_recorded_once_and_no_word_is_kept(self, world: World, deeds: Deeds) -> None:
        made = [pdf(world, deeds.named, dedication=deeds.words).content for _ in range(2)]

        with world.database.read() as session:
            rows = session.exec(select(CertificateRow).where(CertificateRow.digest == sha256(made[0]))).all()
        assert len(rows) == 1
        kept = repr(rows[0].model_dump())
        assert "Grandmother" not in kept
        assert deeds.words.salt.hex() not in kept

    def test_named_certificate__tells_its_words_to_whoever_holds_the_file(self, world: World, deeds: Deeds) -> None:
        made = pdf(world, deeds.named, "zh", deeds.words).content

        found = checked(world, made).json()

        assert (found["verdict"], found["words"], found["language"]) == ("genuine", "Grandmother Li 李秀兰", "zh")
        assert made != pdf(world, deeds.named, "zh").content

    def test_any_byte_changed__is_no_longer_genuine(self, world: World, deeds: Deeds) -> None:
        made = pdf(world, deeds.own).content

        for at in range(0, len(made), len(made) // 40):
            forged = made[:at] + bytes([made[at] ^ 1]) + made[at + 1 :]
            answer = checked(world, forged)
            verdict = answer.json()["verdict"] if answer.status_code == 200 else answer.json()["code"]
            assert verdict in {"altered", "certificate.unreadable", "deed.unknown", "deed.id_malformed"}, at
        for forged in (made + b"\n", made[:-1]):
            assert checked(world, forged).json()["verdict"] == "altered"

    def test_file_under_anothers_id__is_altered_and_shows_the_truth(self, world: World, deeds: Deeds) -> None:
        """The same page, said to be of another deed: what is shown is that deed as the chain has it, and no words."""
        made = pdf(world, deeds.named, dedication=deeds.words).content
        mark = token_in(made).text().encode()
        told = json.loads(urlsafe_b64decode(mark.removeprefix(b"tanyu-certificate-1-") + b"=="))
        other = b"tanyu-certificate-1-" + urlsafe_b64encode(
            json.dumps(told | {"id": deeds.gift, "words": None, "salt": None}).encode()
        ).rstrip(b"=")

        found = checked(world, made.replace(mark, other)).json()

        assert (found["verdict"], found["words"], found["deed"]["amountGco2e"]) == ("altered", None, "2500")

    def test_earlier_edition__is_genuine_by_the_record_only(
        self, world: World, deeds: Deeds, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        certifier = Certifier(world.witness, world.database, world.clock, "https://old.example")
        old = certifier.make(deeds.own, "en")

        found = checked(world, old.pdf).json()

        assert found["verdict"] == Verdict.RECORDED
        assert checked(world, old.pdf + b" ").json()["verdict"] == Verdict.ALTERED

    def test_what_is_no_certificate__is_unreadable(self, world: World) -> None:
        for file in (b"", b"%PDF-1.7 nothing", b"tanyu-certificate-1-AAAA", b"tanyu-certificate-1-" + b"W" * 3000):
            assert code_of(checked(world, file)) == (422, "certificate.unreadable")

    def test_body_that_is_not_declared_as_pdf_or_too_large__is_refused(self, world: World) -> None:
        client = world.client()

        said = client.post("/certificates/check", content=b"%PDF-", headers={"Content-Type": "text/plain"})
        assert code_of(said) == (415, "certificate.pdf_expected")
        large = client.post("/certificates/check", content=b"0" * (1024 * 1024 + 1), headers=PDF)
        assert code_of(large) == (413, "input.too_large")
