"""GPX trips: distance by the mode chosen, gaps, no elevation, and what is no trip."""

from decimal import Decimal

import pytest

from backend.footprint.gpx import NAMESPACES, PointInvalid
from backend.footprint.kind import Grade, KindOnlyCompared
from backend.footprint.span import Span
from backend.footprint.trip import (
    ModeUnfit,
    SpeedImpossible,
    TimeBackwards,
    TimeMissing,
    TooManyTrips,
    TrackEmpty,
    Trip,
    read_gpx,
    trips_of,
)
from backend.footprint.xml_stream import XmlNamespaceWrong, XmlTooComplex

Place = tuple[float | str, float | str]
LONDON, PARIS, BERLIN = (51.5, -0.12), (48.85, 2.35), (52.52, 13.40)


def point(at: Place, time: str = "") -> str:
    said = f"<ele>35.0</ele><time>{time}</time>" if time else ""
    return f'<trkpt lat="{at[0]}" lon="{at[1]}">{said}</trkpt>'


def gpx(*segments: str, namespace: str = NAMESPACES[0], more: str = "") -> bytes:
    inner = "".join(f"<trkseg>{segment}</trkseg>" for segment in segments)
    return f'<gpx xmlns="{namespace}" version="1.1"><trk><name>t</name>{inner}</trk>{more}</gpx>'.encode()


def at(minute: int) -> str:
    return f"2025-01-01T{10 + minute // 60:02d}:{minute % 60:02d}:00Z"


def trips(data: bytes, kind: str = "rail", instead: Span | None = None) -> list[Trip]:
    return trips_of(read_gpx([data]), kind=kind, place="GB", evidence="a track", instead=instead)


class TestDistance:
    def test_geodesic__agrees_with_a_published_distance(self) -> None:
        """Karney's own example of the WGS 84 geodesic problem: Wellington to Salamanca, 19,959,679.267 m."""
        (trip,) = trips(gpx(point((-41.32, 174.81)) + point((40.96, -5.50))), "flight_long_haul", Span(0, 86400))

        assert trip.activity.quantity == Decimal("19959.680")

    def test_track__is_travelled_point_by_point_and_is_self_declared(self) -> None:
        (trip,) = trips(gpx(point(LONDON, at(0)) + point(PARIS, at(60)) + point(LONDON, at(120))))

        assert trip.activity.kind.name == "rail"
        assert trip.activity.grade is Grade.S
        assert Decimal(685) < trip.activity.quantity < Decimal(690)
        assert trip.activity.span.seconds == 7200

    def test_flight__counts_the_great_circle_and_not_the_way_flown(self) -> None:
        flown = gpx(point(LONDON, at(0)) + point(BERLIN, at(90)) + point(PARIS, at(180)))

        (trip,), (ride,) = trips(flown, "flight_domestic"), trips(flown)

        assert Decimal(340) < trip.activity.quantity < Decimal(346)
        assert ride.activity.quantity > 1500

    def test_gap_between_segments__is_bridged_in_a_straight_line_and_told(self) -> None:
        whole = gpx(point((51.0, 0.0), at(0)) + point((51.1, 0.0), at(10)) + point((51.2, 0.0), at(20)))
        gapped = gpx(point((51.0, 0.0), at(0)) + point((51.1, 0.0), at(10)), "", point((51.2, 0.0), at(20)))

        (one,), (other,) = trips(whole), trips(gapped)

        assert (one.gaps, other.gaps) == (0, 1)
        assert one.activity.quantity == other.activity.quantity

    def test_across_the_date_line__is_the_short_way(self) -> None:
        (trip,) = trips(gpx(point((0, 179.9), at(0)) + point((0, -179.9), at(60))))

        assert Decimal(22) < trip.activity.quantity < Decimal("22.3")

    def test_every_track__is_a_trip_of_its_own__and_routes_are_none(self) -> None:
        second = f"<trk><trkseg>{point(PARIS, at(0))}{point(PARIS, at(5))}</trkseg></trk>"
        route = '<rte><rtept lat="0" lon="0"/><rtept lat="1" lon="1"/></rte><wpt lat="0" lon="0"/>'

        found = trips(gpx(point(LONDON, at(0)) + point((51.6, -0.12), at(9)), more=second + route))

        assert [trip.activity.quantity for trip in found] == [Decimal("11.126"), Decimal(0)]

    def test_version_1_0__is_read_too(self) -> None:
        assert trips(gpx(point(LONDON, at(0)) + point(PARIS, at(60)), namespace=NAMESPACES[1]))


class TestTime:
    def test_track_without_times__needs_them_given(self) -> None:
        untimed = gpx(point(LONDON) + point(PARIS))

        with pytest.raises(TimeMissing) as refused:
            trips(untimed)

        assert refused.value.code == "gpx.no_time"
        assert trips(untimed, instead=Span(0, 86400))[0].activity.span == Span(0, 86400)

    def test_backwards__is_refused(self) -> None:
        with pytest.raises(TimeBackwards) as refused:
            trips(gpx(point(LONDON, at(30)) + point(PARIS, at(10))))

        assert refused.value.code == "gpx.time_backwards"

    def test_faster_than_any_aircraft__is_refused(self) -> None:
        with pytest.raises(SpeedImpossible) as refused:
            trips(gpx(point(LONDON, at(0)) + point(PARIS, at(1))))

        assert refused.value.code == "gpx.speed_impossible"


class TestRefusals:
    @pytest.mark.parametrize(
        "place", [("91", "0"), ("0", "181"), ("NaN", "0"), ("1e1", "0"), ("", "0"), ("0", "9" * 400), ("inf", "0")]
    )
    def test_place_not_on_earth__is_refused(self, place: Place) -> None:
        with pytest.raises(PointInvalid) as refused:
            trips(gpx(point(place, at(0)) + point(PARIS, at(60))))

        assert refused.value.code == "gpx.point_invalid"

    def test_time_that_is_none__is_refused(self) -> None:
        with pytest.raises(PointInvalid):
            trips(gpx(point(LONDON, "noon") + point(PARIS, at(60))))

    @pytest.mark.parametrize("data", [gpx(), gpx(point(LONDON, at(0))), gpx("")])
    def test_no_track__is_refused(self, data: bytes) -> None:
        with pytest.raises(TrackEmpty) as refused:
            trips(data)

        assert refused.value.code == "gpx.no_track"

    def test_flight_without_radiative_forcing__is_only_shown_to_compare(self) -> None:
        with pytest.raises(KindOnlyCompared):
            trips(gpx(point(LONDON, at(0)) + point(BERLIN, at(90))), kind="flight_short_haul_direct")

    @pytest.mark.parametrize("kind", ["grid_electricity", "diet_vegan"])
    def test_kind_that_is_not_travelled__is_refused(self, kind: str) -> None:
        with pytest.raises(ModeUnfit) as refused:
            trips(gpx(point(LONDON, at(0)) + point(PARIS, at(60))), kind)

        assert refused.value.code == "gpx.mode_unfit"

    def test_another_namespace__is_refused(self) -> None:
        with pytest.raises(XmlNamespaceWrong):
            trips(gpx(namespace="http://example.org/gpx"))

    def test_too_many_points_or_tracks__are_refused(self) -> None:
        with pytest.raises(XmlTooComplex):
            trips(gpx(point(LONDON) * 50_001))
        tracks = f"<trk><trkseg>{point(LONDON) * 2}</trkseg></trk>" * 200
        with pytest.raises(TooManyTrips) as refused:
            trips(gpx(point(LONDON) * 2, more=tracks))
        assert refused.value.code == "gpx.too_many_trips"
