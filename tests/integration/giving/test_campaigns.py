"""A pool that retires, an aid campaign that grants, one that fails and refunds; on a real chain, by two charities."""

from datetime import timedelta
from typing import Any

import pytest

from backend.chain.keys import DevRole, dev_signer
from backend.chain.permit import Permit
from backend.chain.typed_data import sign_digest
from backend.giving.charity_desk import DeskActDiffers, DeskActRefused
from backend.giving.deciding import CampaignNotOver, close_campaign
from backend.giving.grant import (
    CampaignKindWrong,
    CampaignNotSpendable,
    Grant,
    GrantListInvalid,
    GrantRefUsed,
    HeldInsufficient,
)
from backend.giving.kinds import Funding
from backend.giving.refund import CampaignNotFailed, refund_campaign
from backend.giving.retirement import DeficitOverpaid
from backend.kernel.digest import to_hex
from backend.ledger.deficit import deficit_at
from tests.contract.people import CLASS_ID, FAR
from tests.integration.giving.world import AID_STORY, POOL_STORY, World
from tests.unit.giving.chain import a_deficit

KEEP, ALL_OR_NOTHING = Funding.KEEP_WHAT_YOU_RAISE, Funding.ALL_OR_NOTHING


def refusal(world: World, path: str, body: dict[str, Any]) -> tuple[int, str]:
    answer = world.post(path, body)
    return answer.status_code, answer.json()["code"]


class TestPool:
    @pytest.fixture(scope="class")
    def pool(self, world: World) -> int:
        return world.open(world.pool, "pool 2026", POOL_STORY, KEEP)

    def test_opening_again_under_the_same_reference__is_the_same_campaign(self, world: World, pool: int) -> None:
        window = {"opens": world.clock.at - timedelta(days=1), "closes": world.clock.at + timedelta(days=30)}
        afresh = world.desk(DevRole.POOL_CHARITY)  # as after a restart

        assert afresh.open_campaign("pool 2026", POOL_STORY, funding=KEEP, **window) == pool
        with pytest.raises(DeskActDiffers):
            afresh.open_campaign("pool 2026", AID_STORY, funding=KEEP, **window)

    def test_campaign__shows_its_story_under_its_digest(self, world: World, pool: int) -> None:
        shown = world.campaign(pool)

        assert shown["story"] == {
            "titleEn": "A quieter sky",
            "titleZh": "让天空安静些",
            "storyEn": "All is retired.",
            "storyZh": "全部注销。",
            "picture": None,
        }
        assert shown["storyDigest"] == to_hex(POOL_STORY.digest)
        assert (shown["kind"], shown["funding"], shown["state"]) == ("retire-pool", "keep-what-you-raise", "open")
        assert shown["charity"] == dev_signer(DevRole.POOL_CHARITY).address
        assert shown in world.client().get("/campaigns").json()

    def test_gift__before_the_charity_contract_is_approved__says_how(self, world: World, pool: int) -> None:
        world.people.mint(10, 10_000)
        world.index()
        answer = world.post("/donations", world.donate_body(10, pool, 1_000))

        assert (answer.status_code, answer.json()["code"]) == (422, "donation.not_approved")
        assert answer.json()["operator"] == world.contracts.deployment.address("Charity")

    def test_gift__after_approving_by_signature__is_relayed_and_listed(self, world: World, pool: int) -> None:
        world.people.mint(11, 10_000)
        world.index()
        charity = world.contracts.deployment.address("Charity")
        assert world.post("/approvals", world.approve_body(11, charity)).status_code == 202
        world.relay()

        world.give(11, pool, 4_000)

        donor = world.people.person(11).address
        [gift] = world.client().get(f"/campaigns/{pool}/gifts").json()
        assert (gift["donor"], gift["amountGco2e"], gift["classCode"]) == (donor, "4000", "US-CA/2025/SIM")
        [receipt] = world.client(donor).get("/donations").json()
        assert (receipt["kind"], receipt["receiptId"], receipt["campaignId"]) == ("gift", gift["receiptId"], str(pool))
        assert world.campaign(pool)["total"]["heldGco2e"] == "4000"

    def test_pool__retires_what_it_holds_once_per_reference(self, world: World, pool: int) -> None:
        first = world.pool.retire_held("pool 2026 june", pool, CLASS_ID, 1_500)
        assert world.pool.retire_held("pool 2026 june", pool, CLASS_ID, 1_500) == first
        world.index()

        total = world.campaign(pool)["total"]
        assert total == {
            "donatedGco2e": "4000",
            "heldGco2e": "2500",
            "retiredGco2e": "1500",
            "grantedGco2e": "0",
            "refundedGco2e": "0",
        }
        assert world.campaign(pool)["byClass"] == {"US-CA/2025/SIM": total}
        with pytest.raises(HeldInsufficient):
            world.pool.retire_held("pool too much", pool, CLASS_ID, 2_501)
        with pytest.raises(CampaignKindWrong):
            world.pool.grant("pool grant", pool, CLASS_ID, [Grant(b"\x01" * 32, 1)])

    def test_gift__that_cannot_be__is_refused_with_its_own_code(self, world: World, pool: int) -> None:
        world.donor(12, 10_000)

        assert refusal(world, "/donations", world.donate_body(12, 999, 1)) == (404, "campaign.unknown")
        assert refusal(world, "/donations", world.donate_body(12, pool, 10_001)) == (422, "act.credits_insufficient")
        assert refusal(world, "/donations", world.donate_body(12, pool, 1, deadline=1)) == (422, "act.expired")
        stolen = world.donate_body(12, pool, 1) | {"donor": world.people.person(11).address}
        assert refusal(world, "/donations", stolen) == (401, "act.signer_wrong")
        assert world.client().get("/campaigns/999").json()["code"] == "campaign.unknown"
        assert world.client().get("/campaigns/abc").status_code == 422

    def test_campaign_opened_by_nobody_listed__is_refused_by_the_contract(self, world: World) -> None:
        stranger = world.desk(DevRole.PAUSER)

        with pytest.raises(DeskActRefused, match="CharityNotListed"):
            world.open(stranger, "strange", POOL_STORY, KEEP)


class TestAid:
    @pytest.fixture(scope="class")
    def aid(self, world: World) -> int:
        campaign_id = world.open(world.aid, "aid 2026", AID_STORY, KEEP)
        world.donor(20, 20_000)
        world.give(20, campaign_id, 15_000)
        return campaign_id

    @pytest.fixture(scope="class")
    def owed(self, world: World) -> bytes:
        with world.database.write() as session:
            return a_deficit(session, 6_000, world.people.person(21).address)

    def outstanding(self, world: World, reference: bytes) -> int:
        with world.database.read() as session:
            return deficit_at(session, reference).outstanding_gco2e

    def test_grant__that_would_be_wasted_or_skipped__is_refused(self, world: World, aid: int, owed: bytes) -> None:
        def grant(*grants: Grant) -> None:
            world.aid.grant("bad", aid, CLASS_ID, grants)

        with pytest.raises(GrantListInvalid):
            grant()
        with pytest.raises(GrantListInvalid):
            grant(Grant(owed, 0))
        with pytest.raises(DeficitOverpaid):
            grant(Grant(owed, 6_001))
        with pytest.raises(GrantRefUsed):
            grant(Grant(owed, 1), Grant(owed, 1))
        with pytest.raises(CampaignKindWrong):
            world.aid.retire_held("bad", aid, CLASS_ID, 1)

    def test_grant__settles_the_deficit_when_the_chain_says_so(self, world: World, aid: int, owed: bytes) -> None:
        world.aid.grant("grant 1", aid, CLASS_ID, [Grant(owed, 6_000)])
        assert self.outstanding(world, owed) == 6_000

        world.index()

        assert self.outstanding(world, owed) == 0
        assert world.campaign(aid)["total"]["grantedGco2e"] == "6000"
        assert world.campaign(aid)["total"]["heldGco2e"] == "9000"

    def test_grant__repeated_under_its_reference__is_the_same_transaction(
        self, world: World, aid: int, owed: bytes
    ) -> None:
        again = world.desk(DevRole.AID_CHARITY)

        assert again.grant("grant 1", aid, CLASS_ID, [Grant(owed, 6_000)])
        world.index()
        assert world.campaign(aid)["total"]["grantedGco2e"] == "6000"
        with pytest.raises(GrantRefUsed):
            again.grant("grant 2", aid, CLASS_ID, [Grant(owed, 1)])

    def test_grants_receipt__names_no_person(self, world: World, aid: int, owed: bytes) -> None:
        head = world.w3.eth.block_number
        logs = world.contracts.charity.events.Granted().get_logs(from_block=0, to_block=head)
        receipt = world.client().get(f"/receipts/{to_hex(logs[0]['transactionHash'])}-{logs[0]['logIndex']}").json()

        assert (receipt["kind"], receipt["ref"], receipt["settledGco2e"]) == ("grant", to_hex(owed), "6000")
        assert (receipt["account"], receipt["beneficiary"]) == (None, None)


class TestRefund:
    def test_failed_campaign__gives_everything_back_to_every_donor(self, world: World) -> None:
        campaign_id = world.open(world.pool, "too high", POOL_STORY, ALL_OR_NOTHING, hours=1)
        donors = [30, 31]
        for index in donors:
            world.donor(index, 10_000)
            world.give(index, campaign_id, 3_000)
        with pytest.raises(CampaignNotSpendable):
            world.pool.retire_held("early", campaign_id, CLASS_ID, 1)
        with world.database.write() as session, pytest.raises(CampaignNotOver):
            close_campaign(session, world.contracts, campaign_id, world.clock.at)

        world.pass_time(2 * 3600)
        late = world.donate_body(30, campaign_id, 1)
        assert refusal(world, "/donations", late) == (422, "campaign.not_open")
        with world.database.write() as session:
            with pytest.raises(CampaignNotFailed):
                refund_campaign(session, world.contracts, campaign_id, world.clock.at)
            close_campaign(session, world.contracts, campaign_id, world.clock.at)
        world.relay()
        assert world.campaign(campaign_id)["state"] == "failed"
        with world.database.write() as session:
            intents = refund_campaign(session, world.contracts, campaign_id, world.clock.at)
            assert refund_campaign(session, world.contracts, campaign_id, world.clock.at) == intents
        world.relay()

        assert [world.people.credits_of(world.people.person(index).address) for index in donors] == [10_000, 10_000]
        total = world.campaign(campaign_id)["total"]
        assert (total["donatedGco2e"], total["refundedGco2e"], total["heldGco2e"]) == ("6000", "6000", "0")
        with world.database.write() as session:
            assert refund_campaign(session, world.contracts, campaign_id, world.clock.at) == []
        kinds = [row["kind"] for row in world.client(world.people.person(30).address).get("/donations").json()]
        assert kinds == ["refund", "gift"]


class TestApprovals:
    def test_operator_that_is_not_ours__is_refused(self, world: World) -> None:
        stranger = world.people.person(41).address

        assert refusal(world, "/approvals", world.approve_body(40, stranger)) == (422, "approval.operator_not_ours")

    def test_withdrawing_an_approval__is_relayed_for_any_operator(self, world: World) -> None:
        exchange = world.contracts.deployment.address("Exchange")
        person = world.people.person(42).address
        approved = world.contracts.credit.functions.isApprovedForAll(person, exchange)
        world.post("/approvals", world.approve_body(42, exchange))
        world.relay()
        assert approved.call()
        shown = world.client().get("/approvals", params={"account": world.people.person(42).address}).json()
        assert shown == {"exchange": True, "charity": False}

        assert world.post("/approvals", world.approve_body(42, exchange, approved=False)).status_code == 202
        world.relay()

        assert not approved.call()

    def permit_body(self, world: World, index: int, nonce: int, **changed: Any) -> dict[str, Any]:
        person = world.people.person(index)
        fields: dict[str, Any] = {
            "owner": person.address,
            "spender": world.contracts.deployment.address("Exchange"),
            "value": 10**9,
            "nonce": nonce,
            "deadline": FAR,
        }
        permit = Permit(**(fields | changed))
        signature = sign_digest(person, permit.digest(world.contracts.deployment.domain("PaymentToken")))
        body = {name: str(value) for name, value in (fields | changed).items()}
        return body | {"signature": to_hex(signature)}

    def test_permit__is_relayed_once(self, world: World) -> None:
        person, exchange = world.people.person(43).address, world.contracts.deployment.address("Exchange")
        body = self.permit_body(world, 43, 0)

        assert world.post("/approvals/payment", body).status_code == 202
        world.relay()
        assert world.post("/approvals/payment", body).json()["state"] == "confirmed"

        assert world.contracts.payment.functions.allowance(person, exchange).call() == 10**9
        shown = world.client().get("/approvals/payment", params={"account": person}).json()
        assert shown == {"allowed": str(10**9), "nonce": "1"}

    def test_permit__with_a_wrong_nonce__ends_as_reverted_with_the_reason(self, world: World) -> None:
        body = self.permit_body(world, 44, 5)
        world.post("/approvals/payment", body)
        world.relay()

        relayed = world.post("/approvals/payment", body).json()
        assert relayed["state"] == "reverted"
        assert "PermitFailed" in relayed["reason"]

    def test_permit__handed_in_by_somebody_else_before__is_as_good(self, world: World) -> None:
        """Whoever saw the permit on its way can send it to the token first; the person must not suffer from that."""
        person, exchange = world.people.person(47).address, world.contracts.deployment.address("Exchange")
        body = self.permit_body(world, 47, 0)
        signature = bytes.fromhex(body["signature"].removeprefix("0x"))
        parts = (signature[64], signature[:32], signature[32:64])
        world.people.send("PaymentToken", "permit", person, exchange, 10**9, FAR, *parts, by=DevRole.REGISTRAR)

        assert world.post("/approvals/payment", body).status_code == 202
        world.relay()

        assert world.post("/approvals/payment", body).json()["state"] == "confirmed"
        assert world.contracts.payment.functions.allowance(person, exchange).call() == 10**9

    def test_permit__for_another_spender_or_by_another_key__is_refused(self, world: World) -> None:
        charity = world.contracts.deployment.address("Charity")
        elsewhere = self.permit_body(world, 45, 0, spender=charity)
        stolen = self.permit_body(world, 45, 0) | {"owner": world.people.person(46).address}

        assert refusal(world, "/approvals/payment", elsewhere) == (422, "approval.operator_not_ours")
        assert refusal(world, "/approvals/payment", stolen) == (401, "act.signer_wrong")


class TestReads:
    @pytest.mark.parametrize("path", ["/relays", "/retirements", "/donations"])
    def test_own_history__needs_a_session(self, world: World, path: str) -> None:
        assert world.client().get(path).json()["code"] == "auth.required"

    @pytest.mark.parametrize(
        ("receipt_id", "status", "code"),
        [
            ("0x" + "00" * 32 + "-0", 404, "receipt.unknown"),
            ("nonsense", 422, "receipt.id_malformed"),
            ("0x" + "00" * 32 + "--1", 422, "receipt.id_malformed"),
        ],
    )
    def test_receipt__that_is_none__is_refused(self, world: World, receipt_id: str, status: int, code: str) -> None:
        answer = world.client().get(f"/receipts/{receipt_id}")

        assert (answer.status_code, answer.json()["code"]) == (status, code)

    def test_projection__rebuilt_from_the_stored_events__is_the_same(self, world: World) -> None:
        before = world.client().get("/campaigns").json()
        world.indexer.reindex()

        assert world.client().get("/campaigns").json() == before
