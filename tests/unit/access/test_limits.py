"""Points: what a bucket gives, when it gives again, and that it never gives more than its rate allows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.access import limits as limits_module
from backend.access.limits import BURST_S, COSTS, Buckets, Limits, TooManyRequests, cost_of, network_of


class Watch:
    def __init__(self) -> None:
        self.ms = 0

    def __call__(self) -> int:
        return self.ms


def test_bucket__emptied__says_when_to_come_back_and_then_gives() -> None:
    watch = Watch()
    buckets = Buckets("account", 3, watch)
    buckets.take("a", 3 * BURST_S)

    with pytest.raises(TooManyRequests) as refusal:
        buckets.take("a", 4)

    assert (refusal.value.code, refusal.value.retry_after_s) == ("access.too_many_requests", 2)
    buckets.take("b", 1)
    watch.ms = 1_000
    with pytest.raises(TooManyRequests):
        buckets.take("a", 4)
    watch.ms = 2_000
    buckets.take("a", 4)


def test_bucket__a_cost_beyond_the_burst__is_served_by_a_full_one() -> None:
    watch = Watch()
    buckets = Buckets("account", 1, watch)
    buckets.take("a", 1_000)
    with pytest.raises(TooManyRequests) as refusal:
        buckets.take("a", 1_000)
    assert refusal.value.retry_after_s == BURST_S
    watch.ms = BURST_S * 1_000
    buckets.take("a", 1_000)


@given(
    rate=st.integers(min_value=1, max_value=50),
    asked=st.lists(
        st.tuples(st.integers(min_value=0, max_value=3_000), st.integers(min_value=1, max_value=20)), max_size=60
    ),
)
def test_bucket__whatever_is_asked_when__never_gives_more_than_burst_and_rate(
    rate: int, asked: list[tuple[int, int]]
) -> None:
    watch = Watch()
    buckets = Buckets("address", rate, watch)
    given_points = 0
    for pause_ms, points in asked:
        watch.ms += pause_ms
        try:
            buckets.take("a", points)
            given_points += min(points, rate * BURST_S)
        except TooManyRequests as refusal:
            later = Watch()
            later.ms = watch.ms + refusal.retry_after_s * 1_000
            buckets._now_ms = later
            buckets.take("a", points)
            given_points += min(points, rate * BURST_S)
            watch = later
        assert given_points * 1_000 <= rate * BURST_S * 1_000 + rate * watch.ms


def test_buckets__too_many_names__the_oldest_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits_module, "BUCKETS_MAX", 2)
    buckets = Buckets("address", 1, Watch())
    for name in ("a", "b", "c"):
        buckets.take(name, BURST_S)
    assert len(buckets) == 2
    buckets.take("a", BURST_S)
    with pytest.raises(TooManyRequests):
        buckets.take("c", BURST_S)


@pytest.mark.parametrize(
    ("host", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:bbbb::2", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("not:an:address", "not:an:address"),
        ("testclient", "testclient"),
    ],
)
def test_address__of_a_client__shares_the_bucket_of_its_network(host: str, network: str) -> None:
    assert network_of(host) == network


def test_limits__of_address_and_account__are_apart() -> None:
    limits = Limits.of(address_points_per_s=1, account_points_per_s=1, now_ms=Watch())
    limits.take_address("192.0.2.7", BURST_S)
    limits.take_account("192.0.2.7", BURST_S)
    for take, whose in ((limits.take_address, "address"), (limits.take_account, "account")):
        with pytest.raises(TooManyRequests) as refusal:
            take("192.0.2.7", 1)
        assert refusal.value.fields["limited"] == whose


def test_costs__named_and_not__are_told() -> None:
    assert cost_of("POST", "/orders") == COSTS["POST", "/orders"]
    assert (cost_of("GET", "/orders"), cost_of("HEAD", "/x"), cost_of("POST", "/x")) == (1, 1, 2)
