"""Errors as types: a code, a sentence, and fields."""

import pytest

from backend.kernel.errors import (
    Conflict,
    Forbidden,
    InvalidInput,
    NotFound,
    RuleViolated,
    TanyuError,
    Throttled,
    Unauthenticated,
    Unavailable,
)

FAMILIES = {
    InvalidInput: "input.invalid",
    RuleViolated: "rule.violated",
    Conflict: "conflict",
    NotFound: "not_found",
    Unauthenticated: "auth.required",
    Forbidden: "auth.forbidden",
    Throttled: "throttled",
    Unavailable: "unavailable",
}


def test_families__direct_kinds_of_error__each_has_its_own_code() -> None:
    of_kernel = {cls for cls in TanyuError.__subclasses__() if cls.__module__ == "backend.kernel.errors"}
    assert {cls: cls.code for cls in of_kernel} == FAMILIES
    assert len({*FAMILIES.values(), TanyuError.code}) == len(FAMILIES) + 1


def test_throttled__says_when_to_come_again() -> None:
    error = Throttled("too often", retry_after_s=3)
    assert (error.retry_after_s, error.fields) == (3, {"retry_after_s": 3})


@pytest.mark.parametrize("family", [family for family in FAMILIES if family is not Throttled])
def test_error__raised__carries_sentence_and_fields(family: type[TanyuError]) -> None:
    error = family("3 kg is more than 2 kg", amount_gco2e=3000, allowed_gco2e=2000, names=["a", "b"])
    assert str(error) == error.message == "3 kg is more than 2 kg"
    assert error.fields == {"amount_gco2e": 3000, "allowed_gco2e": 2000, "names": ["a", "b"]}
    with pytest.raises(TanyuError) as caught:
        raise error
    assert caught.value is error


def test_error__without_fields__has_none() -> None:
    assert NotFound("no such thing").fields == {}


def test_families__one_is_never_another() -> None:
    for family in FAMILIES:
        others = [other for other in FAMILIES if other is not family]
        assert not issubclass(family, tuple(others))
