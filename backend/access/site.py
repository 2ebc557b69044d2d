"""The web origins a server answers as. Configured, never read from the Host header: that is the caller's to write."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Site:
    """`origins`: scheme, host and port as a browser's Origin header writes them; the first is the one to show."""

    origins: tuple[str, ...]

    @classmethod
    def local(cls, port: int, more: Sequence[str] = ()) -> "Site":
        """The origins of a server on this machine, then any others given."""
        return cls((f"http://127.0.0.1:{port}", f"http://localhost:{port}", *more))

    def has(self, origin: str) -> bool:
        """Whether it is one of ours."""
        return origin in self.origins

    def origin_of_domain(self, domain: str) -> str | None:
        """Our origin whose host and port are `domain`, if any."""
        return next((origin for origin in self.origins if urlsplit(origin).netloc == domain), None)

    def origin_at(self, host: str | None) -> str:
        """Our origin that a request with this Host header came to; the first of ours if the header names none."""
        return (self.origin_of_domain(host) if host else None) or self.origins[0]
