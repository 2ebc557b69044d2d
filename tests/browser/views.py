"""What there is to look at: every page, as somebody who has something to see there."""

from dataclasses import dataclass


@dataclass(frozen=True)
class View:
    """A page. `name`: of its picture. `who`: somebody of the sample year who is signed in; nobody if None."""

    name: str
    path: str
    who: str | None = None

    def __str__(self) -> str:
        return self.name


VIEWS = (
    View("welcome", "/"),
    View("my-ledger", "/my", "mianyang-couple-1"),
    View("my-why", "/my/why/2025/electricity", "mianyang-couple-1"),
    View("my-activities", "/my/activities", "mianyang-couple-1"),
    View("my-homes", "/my/homes", "mianyang-couple-1"),
    View("my-vehicles", "/my/vehicles", "mianyang-couple-1"),
    View("my-year", "/my/year/2025", "mianyang-couple-1"),
    View("my-account", "/my/account", "coastal-1"),
    View("market", "/trade"),
    View("market-class", "/trade/CN-SC/2025/SIM", "trader"),
    View("market-orders", "/trade/orders", "trader"),
    View("market-funds", "/trade/funds", "trader"),
    View("market-sell", "/trade/sell", "mianyang-couple-1"),
    View("market-buy", "/trade/buy", "trader"),
    View("market-keys", "/trade/keys", "trader"),
    View("charity", "/give"),
    View("charity-campaign", "/give/campaign/1"),
    View("charity-gifts", "/give/mine", "leshan-family-1"),
    View("charity-retire", "/give/retire", "coastal-1"),
    View("charity-owe", "/give/owe", "chengdu-flyer-1"),
    View("charity-aid", "/give/aid", "chengdu-flyer-1"),
    View("charity-leaders", "/give/leaders", "coastal-1"),
    View("charity-check", "/give/check"),
    View("charity-desk", "/give/desk", "aid-charity"),
    View("verifier", "/verifier", "verifier-a"),
    View("verifier-batches", "/verifier/batches", "verifier-a"),
    View("verifier-draws", "/verifier/draws"),
    View("audit", "/audit"),
    View("audit-files", "/audit/files"),
    View("operator", "/operator", "operator"),
)
