"""Gas of gifts by signed message, receipt gasUsed (prague, one transaction per block).

The donor gave before: its gifts, the campaign's books and the word of its numbers are not zero. The baseline is
measured in the same run: a plain `safeTransferFrom` of the same credits, sent by the holder itself to an account that
holds some. `goal` is what the contracts must reach; `met` whether they do.
"""

from backend.chain.keys import DevRole, dev_signer
from backend.chain.typed_data import sign
from tests.benchmarks.gas_row import Row, gas_row
from tests.contract.people import CLASS_ID, FAR, People

GOALS = {"donate by signed message": 75_000, "donate by signed message, with a receipt": 120_000}

DONOR = 1


def _campaign(people: People) -> int:
    return people.open_campaign(DevRole.POOL_CHARITY, seconds=86_400, target_gco2e=10**9, story=b"\x05" * 32)


def _give(people: People, campaign_id: int, *, receipt: bool) -> int:
    donor = people.person(DONOR)
    message = {
        "donor": donor.address,
        "campaignId": campaign_id,
        "classId": CLASS_ID,
        "amountGco2e": 12_000,
        "receipt": receipt,
        "number": next(people.numbers),
        "deadline": FAR,
    }
    signature = sign(donor, "Donate", people.contracts.deployment.domain("Charity"), message)
    return int(people.send("Charity", "donateBySig", *message.values(), signature)["gasUsed"])


def _plain_transfer(people: People) -> int:
    holder, target = dev_signer(DevRole.REGISTRAR).address, people.person(DONOR).address
    people.mint_to(holder, 100_000)
    moved = people.send("CarbonCredit", "safeTransferFrom", holder, target, CLASS_ID, 12_000, b"", by=DevRole.REGISTRAR)
    return int(moved["gasUsed"])


def measure(people: People) -> list[Row]:
    """One row with a receipt, one without: gas of the gift, against the bare move of the same credits."""
    people.mint(DONOR, 1_000_000)
    people.approve(DONOR, "Charity")
    baseline, campaign_id = _plain_transfer(people), _campaign(people)
    _give(people, campaign_id, receipt=True)
    return [
        gas_row(name, _give(people, campaign_id, receipt=receipt), baseline, goal)
        for (name, goal), receipt in zip(GOALS.items(), (False, True), strict=True)
    ]
