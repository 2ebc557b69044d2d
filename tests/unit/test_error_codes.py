"""Every error has a code of its own, a family, and a test that meets it."""

import importlib
import pkgutil
import re
from collections import Counter
from functools import cache

import backend
from backend.chain.artifacts import CHECKOUT
from backend.kernel import errors as families
from backend.kernel.errors import TanyuError

OWN = "test_error_codes.py"


@cache
def errors() -> tuple[type[TanyuError], ...]:
    """Every error class of the backend but the families, by importing every module."""
    for module in pkgutil.walk_packages(backend.__path__, "backend."):
        if not module.name.startswith("backend.storage.migrations."):
            importlib.import_module(module.name)

    def below(cls: type[TanyuError]) -> list[type[TanyuError]]:
        return [found for child in cls.__subclasses__() for found in (child, *below(child))]

    ours = {cls for cls in below(TanyuError) if cls.__module__.startswith("backend.")}
    return tuple(
        sorted((c for c in ours if c.__module__ != families.__name__), key=lambda c: (c.__module__, c.__name__))
    )


def test_errors__each_class__has_a_code_of_its_own_in_the_form_room_reason() -> None:
    assert len(errors()) > 100
    form = re.compile(r"[a-z]+(_[a-z]+)*\.[a-z]+(_[a-z]+)*")
    assert [cls.__qualname__ for cls in errors() if "code" not in vars(cls)] == []
    assert {cls.__qualname__: cls.code for cls in errors() if not form.fullmatch(cls.code)} == {}
    times = Counter(cls.code for cls in errors())
    assert {code: times[code] for code in times if times[code] > 1} == {}


def test_errors__each_class__is_of_a_family_and_says_what_it_means() -> None:
    kinds = tuple(cls for cls in TanyuError.__subclasses__() if cls.__module__ == families.__name__)
    unplaced = [cls.__qualname__ for cls in errors() if not issubclass(cls, kinds)]
    assert sorted(unplaced) == ["ApiProblem", "CompilationFailed"], "the client's and the compiler's: of no HTTP status"
    assert [cls.__qualname__ for cls in errors() if not (cls.__doc__ or "").strip()] == []


def test_families__are_never_raised_themselves() -> None:
    names = [
        "TanyuError",
        *(cls.__name__ for cls in TanyuError.__subclasses__() if cls.__module__ == families.__name__),
    ]
    raised = re.compile(rf"raise (?:{'|'.join(names)})\(")
    backend_files = CHECKOUT.joinpath("backend").rglob("*.py")
    assert [str(path) for path in backend_files if raised.search(path.read_text())] == []


def test_errors__each_code__is_met_in_some_test() -> None:
    """By its code in quotes, or by its class in a file that names the module it comes from."""
    tests = [path.read_text() for path in CHECKOUT.joinpath("tests").rglob("*.py") if path.name != OWN]
    quoted = set(re.findall(r"[\"'`]([a-z0-9_.]+)[\"'`]", "\n".join(tests)))
    words = [set(re.findall(r"[\w.]+", text)) for text in tests]

    def is_met(error: type[TanyuError]) -> bool:
        return error.code in quoted or any({error.__name__, error.__module__} <= found for found in words)

    assert [f"{error.code} ({error.__module__}.{error.__name__})" for error in errors() if not is_met(error)] == []
