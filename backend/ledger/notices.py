"""What a person is told before it signs up, in both languages. No framework."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Notice:
    """One thing to know, by a stable name."""

    name: str
    en: str
    zh: str


NOTICES = (
    Notice(
        "lost_key",
        "Whoever loses the key of an address loses the credits at that address. Nobody can bring them back: not we, "
        "not the identity issuer, not a court. Your ledger can follow you to a new key; the credits cannot.",
        "丢失地址的密钥，就永远失去该地址上的碳信用。任何人都无法找回。账本可以迁到新的密钥，碳信用不能。",
    ),
    Notice(
        "minor",
        "A child has an address of its own. Its guardian may claim, retire and settle for it, not sell. That is this "
        "book's rule: the chain cannot know who is a child, and whoever holds the key can move the credits elsewhere.",
        "未成年人有自己的地址。监护人可代为领取、注销和结清赤字，不得出售。这是本订单簿的规则：链上无法识别未成年人，"
        "持有密钥者仍可在别处转移碳信用。",
    ),
    Notice(
        "hand_over",
        "Who comes of age takes the account over with the identity issuer's proof and a new key, after 14 days. "
        "The guardian need not agree. The book takes no sells from the old address; move its credits first.",
        "成年后凭身份签发方的证明和新密钥，等待 14 天即可接管账户，无须监护人同意。"
        "旧地址不能在本订单簿出售，须先转出。",
    ),
    Notice(
        "closing",
        "Joining a year commits to closing it. What you do not show counts as the high default; a year not sent in "
        "time is closed with what is there, and a deficit is carried until it is settled.",
        "加入某年即承诺结清该年。未提供的数据按较高的默认值计；逾期未提交则按现有数据自动关闭，赤字将结转直至结清。",
    ),
    Notice(
        "whole_years",
        "Under most policies only a whole calendar year earns credits: from 1 January or birth to 31 December, with "
        "every month evidenced. Who joins within a year keeps an account from that day on and earns from the next year "
        "on.",
        "多数政策规定仅完整日历年可获得碳信用：自 1 月 1 日（或出生）至 12 月 31 日，每月均有凭据。"
        "年中加入者自加入之日起记账，次年起方可获得碳信用。",
    ),
    Notice(
        "public",
        "Amounts and addresses on a chain are public for ever. Your activities and statements are not on it.",
        "链上的数额和地址永久公开。您的活动数据和碳账单不在链上。",
    ),
    Notice(
        "one_account",
        "One person has one account. The identity issuer's proof is turned into a commitment and not kept.",
        "一人一户。身份证明只用于生成承诺值，本身不予保存。",
    ),
)
