"""What a year cannot earn, and why, in words for the person whose year it is. No framework."""

from datetime import date

from backend.ledger.accrual import Membership
from backend.ledger.notices import Notice
from backend.ledger.policy import Policy
from backend.ledger.report import has_gap
from backend.ledger.statement import Withheld, Year


def part_year_notice(policy: Policy, member: Membership) -> Notice | None:
    """That a year earns nothing because it is no whole one, if the policy asks for that."""
    if not policy.guards.whole_years_only or member.is_whole:
        return None
    vintage, first, last = member.vintage, member.first, member.last
    ends = last == date(vintage, 12, 31)
    then_en = f" The first year that can earn is {vintage + 1}." if ends else ""
    then_zh = f"最早可获得碳信用的年份是 {vintage + 1} 年。" if ends else ""
    return Notice(
        "part_year",
        f"{vintage} earns no credit: under {policy.id} only a whole calendar year does, and yours is from {first} to "
        f"{last}. What you emit in it counts all the same, and a deficit is carried.{then_en}",
        f"{vintage} 年不产生碳信用：{policy.id} 规定仅完整日历年可获得碳信用，而您的期间为 {first} 至 {last}。"
        f"期间的排放仍然计入，赤字照常结转。{then_zh}",
    )


def earning_notices(year: Year, today: date) -> list[Notice]:
    """Why a year earns nothing as it stands today, whatever is saved in it; empty if nothing stands in the way."""
    policy, vintage = year.policy, year.member.vintage
    part = part_year_notice(policy, year.member)
    if part is not None:
        return [part]
    if policy.guards.whole_years_only and has_gap(year, today):
        return [
            Notice(
                "gap",
                f"{vintage} earns no credit as long as a month that is over has a gap: under {policy.id} every second "
                "of every category needs evidence. What is still to send is listed.",
                f"{vintage} 年已结束的月份存在缺口，目前不产生碳信用：{policy.id} 要求每个类别的全部时间都有凭据。"
                "待补数据已列出。",
            )
        ]
    if year.withheld is Withheld.HELD:
        return [
            Notice(
                "held",
                f"{vintage} earns no credit: an earlier year was closed with a gap, and under {policy.id} nothing "
                f"mints for {policy.guards.gap_holds_vintages} vintages after one.",
                f"{vintage} 年不产生碳信用：以往年份结清时存在缺口，{policy.id} 规定此后 "
                f"{policy.guards.gap_holds_vintages} 个年份不予签发。",
            )
        ]
    return []
