"""Who looks at the pages in which way: between them the stories meet every pair of choices."""

from dataclasses import astuple
from itertools import combinations, product
from pathlib import Path

from tests.browser.looks import ALL, LOOK_OF_STORY, looks_of

CHOICES = tuple(zip(*map(astuple, ALL), strict=True))


def test_stories__of_a_usual_run__meet_every_pair_of_choices() -> None:
    looks = [astuple(look) for look in LOOK_OF_STORY.values()]
    for one, other in combinations(range(len(CHOICES)), 2):
        met = {(look[one], look[other]) for look in looks}
        assert met == set(product(set(CHOICES[one]), set(CHOICES[other])))


def test_story__in_the_long_profile__is_told_in_all_sixteen_ways() -> None:
    assert set(looks_of("tests.browser.test_donor", full=True)) == set(ALL)
    assert len(ALL) == 16
    assert looks_of("tests.browser.test_donor", full=False) == (LOOK_OF_STORY["donor"],)


def test_stories__by_their_files__are_those_with_a_look() -> None:
    told = {
        path.stem.removeprefix("test_")
        for path in Path(__file__).parent.glob("test_*.py")
        if "look: Look" in path.read_text("utf-8")
    }
    assert told - {"looks"} <= LOOK_OF_STORY.keys()
