"""Who is told to come again does, for so long; who is refused does not."""

import pytest

from backend.access.client import ApiProblem, ServerUnreachable
from backend.access.patience import Patience

Failure = ApiProblem | ServerUnreachable


def asked(failures: list[Failure], wait_s_max: int) -> tuple[str, list[int]]:
    """What is answered after these failures, and the waits before it."""
    left, waited = list(failures), list[int]()

    def ask() -> str:
        if left:
            raise left.pop(0)
        return "done"

    return Patience(wait_s_max, waited.append).until_answered(ask), waited


def later(status: int, retry_after_s: int) -> ApiProblem:
    return ApiProblem(status, {"code": "x"}, retry_after_s)


def test_patience__with_what_passes__waits_as_told_or_twice_as_long_each_time() -> None:
    gone = ServerUnreachable("http://x")
    assert asked([], 0) == ("done", [])
    assert asked([later(429, 3), later(503, 2)], 5) == ("done", [3, 2])
    assert asked([gone, gone, gone], 7) == ("done", [1, 2, 4])


def test_patience__with_what_does_not_pass__raises_at_once() -> None:
    for refusal in (ApiProblem(422, {"code": "x"}), ApiProblem(503, {"code": "x"})):
        with pytest.raises(ApiProblem):
            asked([refusal], 60)


def test_patience__beyond_its_bound__raises_what_it_heard_last() -> None:
    with pytest.raises(ApiProblem) as last:
        asked([later(429, 3), later(503, 3)], 5)
    assert last.value.status == 503
    with pytest.raises(ServerUnreachable):
        asked([ServerUnreachable("http://x")], 0)
