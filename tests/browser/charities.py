"""A charity's acts past its desk, by the commands: campaigns for stories about those who give, apply and get back."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from backend.api.sample.cast import cast_of_the_year
from tests.browser.world import World
from tests.patience import until

WINDOW = timedelta(days=90)


@dataclass(frozen=True)
class Charity:
    """A charity of the sample year, such as `pool-charity`, in a world."""

    world: World
    key: str

    def command(self, *arguments: str) -> None:
        """`tanyu campaign` with arguments, as the charity and its second signer."""
        cast = cast_of_the_year()
        keys = ("--dev", str(cast[self.key].index), "--second-dev", str(cast[f"{self.key}-second"].index))
        done = self.world.command("campaign", *arguments, *keys, "--json")
        assert done.returncode == 0, done.stderr

    def campaign(self, story: str, words: str, *terms: str, folder: Path) -> str:
        """The number of its campaign of a story (TOML), which these words find; again it is the same one."""
        file = folder / "story.toml"
        file.write_text(story)
        closes = (datetime.now(UTC) + WINDOW).strftime("%Y-%m-%dT%H:%M:%SZ")
        self.command("open", str(file), *terms, "--closes", closes, "--url", self.world.url)
        with self.world.client() as client:

            def found() -> list[str]:
                return [one["campaignId"] for one in client.get("/campaigns", q=words)]

            until(lambda: bool(found()), "the campaign in the index")
            return found()[0]
