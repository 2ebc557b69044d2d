"""The three ways to settle a deficit, in sentences of both languages: what each would take, and for how much. Pure."""

from collections.abc import Mapping
from typing import Any

from backend.access.figures import kg_text
from backend.access.language import Language
from backend.giving.kinds import AidStage
from backend.market.figures import money_text

_SAYS: Mapping[Language, Mapping[str, str]] = {
    "en": {
        "own": "Own credits: {kg} of {owed} kg are at hand: tanyu me settle {vintage} --by credits",
        "no own": "Own credits: you hold none of a class that would do. These would: {classes}.",
        "all": "The market: all {wanted} kg are on offer for {cost}, and at most {fee} of fee on top:"
        " tanyu me settle {vintage} --by market",
        "some": "The market: only {lots} of {wanted} kg are on offer. {cost}, and at most {fee} of fee on top, pay for"
        " those {lots} kg alone; the other {rest} kg have no price now: tanyu me settle {vintage} --by market",
        "no offer": "The market: none of {wanted} kg is on offer, so there is no price now.",
        "round": "Aid: round {roundId} of campaign {campaignId} gives at most {kg} kg, for what comes from electricity,"
        " gas and heating, and costs nothing. It takes applications from {opensAt} until {closesAt}, with a credential"
        " of a registered body (tanyu aid bodies): tanyu me settle {vintage} --by aid --credential FILE",
        "no round": "Aid: no round is open that could give to it (tanyu aid rounds).",
        AidStage.APPLIED: "Aid: you applied to round {roundId} for {kg} kg; it closes at {closesAt}, and decides then.",
        AidStage.AWARDED: "Aid: round {roundId} awarded {award} kg; the charity has still to grant them.",
        AidStage.PASSED_OVER: "Aid: round {roundId} gave nothing to your application.",
        AidStage.GRANTED: "Aid: round {roundId} granted {settled} kg; the proof is the deed {deedId}.",
    },
    "zh": {
        "own": "自有信用：现有 {kg} kg，欠 {owed} kg：tanyu me settle {vintage} --by credits",
        "no own": "自有信用：您没有可用类别的信用。可用类别：{classes}。",
        "all": "市场：所需 {wanted} kg 均有报价，共 {cost}，另加手续费最多 {fee}："
        "tanyu me settle {vintage} --by market",
        "some": "市场：所需 {wanted} kg 中仅 {lots} kg 有报价。{cost}（另加手续费最多 {fee}）只够买这 {lots} kg；"
        "其余 {rest} kg 目前没有价格：tanyu me settle {vintage} --by market",
        "no offer": "市场：所需 {wanted} kg 目前没有报价，因此没有价格。",
        "round": "援助：公益项目 {campaignId} 第 {roundId} 轮最多资助 {kg} kg（仅限电、燃气和供暖部分），无需费用。"
        "申请时间 {opensAt} 至 {closesAt}，须有在册机构的凭证（tanyu aid bodies）："
        "tanyu me settle {vintage} --by aid --credential FILE",
        "no round": "援助：目前没有可用的轮次（tanyu aid rounds）。",
        AidStage.APPLIED: "援助：您已向第 {roundId} 轮申请 {kg} kg；{closesAt} 截止后决定。",
        AidStage.AWARDED: "援助：第 {roundId} 轮授予 {award} kg，待慈善机构拨付。",
        AidStage.PASSED_OVER: "援助：第 {roundId} 轮未给予您的申请资助。",
        AidStage.GRANTED: "援助：第 {roundId} 轮已资助 {settled} kg；凭证为 {deedId}。",
    },
}


def ways_told(owed: Mapping[str, Any]) -> list[dict[Language, str]]:
    """Sentences for a deficit as GET /deficits tells it, in both languages; none for one that is settled, but for the
    grant that settled it.
    """
    found = [_own(owed), _market(owed["market"])] if int(owed["outstandingGco2e"]) else []
    return [
        {language: says[key].format(vintage=owed["vintage"], **values) for language, says in _SAYS.items()}
        for key, values in [*found, *_aid(owed)]
    ]


def _own(owed: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    held_gco2e = sum(int(one["amountGco2e"]) for one in owed["ownCredits"])
    if not held_gco2e:
        return "no own", {"classes": ", ".join(owed["classes"]) or "-"}
    owed_gco2e = int(owed["outstandingGco2e"])
    return "own", {"kg": kg_text(min(held_gco2e, owed_gco2e)), "owed": kg_text(owed_gco2e)}


def _market(market: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    wanted, lots = int(market["lotsWanted"]), int(market["lots"])
    if not lots:
        return "no offer", {"wanted": str(wanted)}
    money = {name: money_text(int(market[name])) for name in ("cost", "fee")}
    told = {"wanted": str(wanted), "lots": str(lots), "rest": str(wanted - lots)} | money
    return ("all" if lots == wanted else "some"), told


def _aid(owed: Mapping[str, Any]) -> list[tuple[str, dict[str, str]]]:
    aid = owed["aid"]
    found = []
    for one in aid["applied"]:
        amounts = {"kg": "needGco2e", "award": "awardGco2e", "settled": "settledGco2e"}
        told = {name: kg_text(int(one[field])) for name, field in amounts.items()}
        found.append((one["stage"], {**one, **told}))
    for one in aid["rounds"]:
        found.append(("round", {**one, "kg": kg_text(int(one["mostGco2e"]))}))
    return found or ([("no round", {})] if int(owed["outstandingGco2e"]) else [])
