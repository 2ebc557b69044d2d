"""What an erasure takes away, what stays, and the words that a person signs for it. No framework."""

from datetime import datetime

from backend.kernel.clock import iso
from backend.ledger.notices import Notice

GOES = (
    Notice(
        "key",
        "Your key is destroyed. What it opened can never be read again, by nobody: your trips and purchases, your "
        "statement documents, your birth date, what verifiers wrote to you and you to them, who read your data.",
        "销毁您的密钥。其保护的内容任何人都无法再读取：出行与消费记录、碳账单文件、出生日期、您与核证人的往来文字、"
        "访问记录。",
    ),
    Notice(
        "rows",
        "Your own activities are deleted, and so are your regions, your guardian's name and your sessions. Your stays "
        "in homes and your use of vehicles end today.",
        "删除您本人的活动记录、居住地区、监护人信息和登录会话。您在住所的居住和对车辆的使用于今日结束。",
    ),
    Notice(
        "verification",
        "Inspections, questions, returns and appeals about your statements are deleted. What waits of them ends: "
        "nobody decides your appeal any more, and a debt that it was against stays.",
        "删除与您的碳账单有关的查验、询问、退回和申诉记录。尚未处理的随之终止：申诉不再裁决，所申诉的债务继续有效。",
    ),
    Notice(
        "credit",
        "The credit of a statement that is attested and in no batch is given up: it never mints. To have it, wait for "
        "its batch.",
        "已核证但未进入批次的碳账单，其碳信用即行放弃，不再铸造。如欲保留，请等待其批次。",
    ),
)
REMAINS = (
    Notice(
        "chain",
        "What is on the chain stays there for ever: addresses, amounts, digests. Credits stay with your key; credits "
        "not claimed yet need the claim file, so save it first.",
        "链上的内容永久保留：地址、数额、摘要。碳信用仍由您的私钥持有；尚未领取的须凭领取文件，请先保存。",
    ),
    Notice(
        "tombstone",
        "A tombstone: your uniqueness commitment, nullifiers and addresses, so that nobody joins or mints twice. You "
        "cannot join again.",
        "保留墓碑：唯一性承诺值、作废符和地址，以防重复加入或重复铸造。您不能再次加入。",
    ),
    Notice(
        "totals",
        "Of each statement its class, digest, state, budget, credit and deficit; a deficit can still be settled. Of "
        "each correction and each second look its grams and outcome, without a word; what minted wrongly is still "
        "cancelled from the buffer.",
        "每份碳账单的类别、摘要、状态、预算、信用和赤字；赤字仍可结清。每次更正和复核的克数与结果保留，文字不保留；"
        "错误铸造的信用仍从缓冲池核销。",
    ),
    Notice(
        "shared",
        "Readings of homes and vehicles that you shared stay for the others, whose statements need them, and so do the "
        "days you shared them; of a vehicle that you used as a minor also, sealed, until when of those days you were "
        "one. When the last of those who ever shared one is erased, its key is destroyed too.",
        "共用住所和车辆的读数以及共用日期保留给其他人，他们的碳账单需要这些数据；未成年时使用过的车辆，还加密保留这些日期中"
        "未成年至何日为止。最后一位共用者注销后，该密钥也随之销毁。",
    ),
    Notice(
        "meters",
        "The intervals that a meter was read for, under its hash, so that no reading counts twice.",
        "以哈希标识的电表、气表读数时段保留，以防重复计算。",
    ),
    Notice(
        "backups",
        "Backups of the database keep their sealed rows until they age out; without the key nobody can read them. "
        "Backups of the key store are kept for a short time only.",
        "数据库备份中的密文将随备份到期而消失，没有密钥则无人可读。密钥库的备份只短期保存。",
    ),
)


def erasure_text(*, account: str, signer: str, chain_id: int, signed_at: datetime) -> str:
    """What the person, or the guardian of a ward, signs (EIP-191)."""
    return "\n".join(
        [
            "Tanyu: erase my account. This cannot be undone.",
            "",
            f"Account: {account}",
            f"Signed by: {signer}",
            f"Chain ID: {chain_id}",
            f"Signed at: {iso(signed_at)}",
            "",
            "What goes:",
            *(f"- {one.en}" for one in GOES),
            "What remains:",
            *(f"- {one.en}" for one in REMAINS),
        ]
    )
