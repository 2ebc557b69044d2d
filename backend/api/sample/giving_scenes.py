"""Campaigns, gifts, retirements, grants, a pledge, an aid round. Every scene may be played again from its beginning."""

from datetime import timedelta

from backend.api.sample.stage import CALIFORNIA, SICHUAN, Stage
from backend.chain.class_id import parse_code
from backend.giving.campaign import campaign_view, campaign_views
from backend.giving.grant import Grant
from backend.giving.history import retirements_of
from backend.giving.kinds import CampaignKind, Funding
from backend.giving.story import Story
from backend.kernel.mass import LOT_GCO2E
from backend.ledger.deficit import all_open_deficits, deficit_at
from backend.ledger.person import person_at


def campaigns_open(stage: Stage) -> None:
    """Two charities open a campaign each."""
    opens, closes = stage.noted_time("campaigns open"), stage.noted_time("campaigns close", timedelta(days=300))
    pool = Story(
        title_en="Forest Light: retire a tonne together",
        title_zh="林光：一起注销一吨",
        story_en="Every gram given here is retired: nobody can sell it again. A sample campaign on the local chain.",
        story_zh="这里捐出的每一克都会被永久注销，再不能出售。本地链上的示例项目。",
        kind=CampaignKind.RETIRE_POOL,
        target_gco2e=1_000_000,
    )
    aid = Story(
        title_en="Warm Winter: help with a cold year's deficit",
        title_zh="暖冬：帮助寒冷年份的赤字",
        story_en="What is given here settles deficits of households that could not heat with less. A sample campaign.",
        story_zh="这里捐出的信用用于结清无法少用暖气的家庭的赤字。示例项目。",
        kind=CampaignKind.AID,
        target_gco2e=200_000,
    )
    for key, name, story in (("pool-charity", "pool", pool), ("aid-charity", "aid", aid)):
        stage.notes[name] = stage.charity(key).open_campaign(
            f"open {name}", story, funding=Funding.KEEP_WHAT_YOU_RAISE, opens=opens, closes=closes
        )

    def both_are_known() -> bool:
        with stage.database.read() as session:
            return {stage.notes["pool"], stage.notes["aid"]} <= {
                v.campaign.campaign_id for v in campaign_views(session)
            }

    stage.until(both_are_known, "the campaigns")


def people_give_and_retire(stage: Stage) -> None:
    """Two people give credits, two retire some for themselves."""
    stage.player("zigong-couple-2").donate("pool", stage.notes["pool"], SICHUAN, 30)
    stage.player("leshan-family-1").donate("aid", stage.notes["aid"], SICHUAN, 20)
    stage.player("mianyang-couple-1").retire("self", SICHUAN, 10, "self")
    stage.player("chengdu-flat-1").retire("self", SICHUAN, 5, "self")
    keys = ("mianyang-couple-1", "chengdu-flat-1")

    def all_arrived() -> bool:
        with stage.database.read() as session:
            pool, aid = (campaign_view(session, stage.notes[name]).total for name in ("pool", "aid"))
            retired = [retirements_of(session, stage.actor(key).signer.address, 10) for key in keys]
        return pool.donated_gco2e >= 30 * LOT_GCO2E and aid.donated_gco2e >= 30 * LOT_GCO2E and all(retired)

    stage.until(all_arrived, "the gifts and retirements")


def charities_act(stage: Stage) -> None:
    """The pool retires a part of what it holds; aid is granted to two deficits."""
    stage.charity("pool-charity").retire_held("retire 20 kg", stage.notes["pool"], parse_code(SICHUAN), 20 * LOT_GCO2E)
    for name, key, code, lots in (
        ("grant in Sichuan", "mianyang-couple-2", SICHUAN, 10),
        ("grant in California", "mountain-3", CALIFORNIA, 5),
    ):
        note = f"reference {key}"
        if note not in stage.notes:
            with stage.database.read() as session:
                person = person_at(session, stage.actor(key).signer.address)
                owed = [one for one in all_open_deficits(session) if one.person_id == person.person_id]
            stage.notes[note] = owed[0].reference.hex()
        grant = Grant(bytes.fromhex(stage.notes[note]), lots * LOT_GCO2E)
        stage.charity("aid-charity").grant(name, stage.notes["aid"], parse_code(code), [grant])

    def both_counted() -> bool:
        with stage.database.read() as session:
            keys = ("mianyang-couple-2", "mountain-3")
            owed = [deficit_at(session, bytes.fromhex(stage.notes[f"reference {key}"])) for key in keys]
        return all(one.outstanding_gco2e < one.amount_gco2e for one in owed)

    stage.until(both_counted, "the grants")


def somebody_pledges(stage: Stage) -> None:
    """Somebody pledges what is left in a day to the pool; nothing is drawn before."""
    stage.player("zigong-couple-2").pledge_rest("what is left", stage.notes["pool"], SICHUAN, 20, days=200)


def aid_takes_applications(stage: Stage) -> None:
    """A body may vouch for needs, and the aid campaign takes applications for a month."""
    stage.player("registrar").register_body(stage.actor("aid-body").signer.address, "Social services of the sample")
    stage.player("aid-charity").open_aid_round(stage.notes["aid"], CALIFORNIA, pot_lots=5, cap_lots=2, days=30)
