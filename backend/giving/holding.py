"""What a campaign has of one class, and the four ways it changes. Pure. Carries INV-06.

donated = held + retired + granted + refunded, always, and none of them is ever negative.
"""

from dataclasses import dataclass, fields, replace


@dataclass(frozen=True)
class Holding:
    """Grams that ever came in and went out; what is left is held."""

    donated_gco2e: int = 0
    retired_gco2e: int = 0
    granted_gco2e: int = 0
    refunded_gco2e: int = 0

    def __post_init__(self) -> None:
        assert min(getattr(self, field.name) for field in fields(self)) >= 0, self
        assert self.held_gco2e >= 0, self

    @property
    def held_gco2e(self) -> int:
        """What the campaign can still retire, grant or refund."""
        return self.donated_gco2e - self.retired_gco2e - self.granted_gco2e - self.refunded_gco2e

    @property
    def is_empty(self) -> bool:
        """Nothing ever came in."""
        return self.donated_gco2e == 0

    def given(self, amount_gco2e: int) -> "Holding":
        """After a gift; a negative amount takes one back."""
        return replace(self, donated_gco2e=self.donated_gco2e + amount_gco2e)

    def retired(self, amount_gco2e: int) -> "Holding":
        """After a retirement; a negative amount takes one back."""
        return replace(self, retired_gco2e=self.retired_gco2e + amount_gco2e)

    def granted(self, amount_gco2e: int) -> "Holding":
        """After a grant; a negative amount takes one back."""
        return replace(self, granted_gco2e=self.granted_gco2e + amount_gco2e)

    def refunded(self, amount_gco2e: int) -> "Holding":
        """After a refund; a negative amount takes one back."""
        return replace(self, refunded_gco2e=self.refunded_gco2e + amount_gco2e)

    def __add__(self, other: "Holding") -> "Holding":
        return Holding(
            self.donated_gco2e + other.donated_gco2e,
            self.retired_gco2e + other.retired_gco2e,
            self.granted_gco2e + other.granted_gco2e,
            self.refunded_gco2e + other.refunded_gco2e,
        )
