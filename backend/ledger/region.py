"""Regions: the places that people, homes and vehicles belong to. A grid area is only where electricity comes from."""

from backend.footprint.place import Place, place_of, places
from backend.kernel.errors import InvalidInput


class RegionUnfit(InvalidInput):
    """A grid area, or a place that is no region: nobody lives in it."""

    code = "account.region_unfit"

    def __init__(self, region: str) -> None:
        fit = sorted(code for code, place in places().items() if place.grid == region and place.is_region)
        told = f"; it serves {', '.join(fit)}" if fit else ""
        super().__init__(
            f"{region} is a grid area and no region; give an ISO 3166 region{told}", region=region, fit=fit
        )


def region_of(code: str) -> Place:
    """The region of a code; raises PlaceUnknown, RegionUnfit."""
    place = place_of(code)
    if not place.is_region:
        raise RegionUnfit(code)
    return place
