"""What a charity opens a campaign with. Pure."""

from dataclasses import dataclass

from backend.giving.kinds import CampaignKind, Funding

_KIND_NUMBERS = {CampaignKind.RETIRE_POOL: 0, CampaignKind.AID: 1}
_FUNDING_NUMBERS = {Funding.KEEP_WHAT_YOU_RAISE: 0, Funding.ALL_OR_NOTHING: 1}


@dataclass(frozen=True)
class Opening:
    """Terms that never change once the campaign is open: the window [opens_s, closes_s) in Unix seconds, the target in
    grams over all classes, the SHA-256 of the story (32 bytes).
    """

    kind: CampaignKind
    funding: Funding
    opens_s: int
    closes_s: int
    target_gco2e: int
    story_digest: bytes

    @property
    def arguments(self) -> list[object]:
        """As `openCampaign` takes them, before the second signer's word."""
        window = (self.opens_s, self.closes_s)
        numbers = (_KIND_NUMBERS[self.kind], _FUNDING_NUMBERS[self.funding])
        return [*numbers, *window, self.target_gco2e, self.story_digest]

    def message(self, charity: str) -> dict[str, object]:
        """What a charity's second signer says to it (`OpenCampaign`), but for number and deadline."""
        return {
            "charity": charity,
            "kind": str(self.kind),
            "funding": str(self.funding),
            "opens": self.opens_s,
            "closes": self.closes_s,
            "targetGco2e": self.target_gco2e,
            "storyDigest": self.story_digest,
        }
