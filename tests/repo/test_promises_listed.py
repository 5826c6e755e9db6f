"""Every promise of the policy has a module of tests or is said not to be built, never both."""

from pathlib import Path

from tests.promises.not_built import IN_PART, NOT_BUILT, PROMISES, lines, modules


def unaccounted(built: set[str], missing: set[str]) -> set[str]:
    return (set(PROMISES) ^ (built | missing)) | (built & missing)


def test_every_promise_is_held_by_tests_or_listed_as_missing():
    assert unaccounted(modules(), set(NOT_BUILT)) == set()
    assert set(IN_PART) <= modules()


def test_each_that_is_missing_is_a_line_after_the_run():
    assert [line[:3] for line in lines()] == [*NOT_BUILT, *IN_PART]


def test_twin_a_module_that_went_and_one_that_came_are_both_seen(tmp_path: Path):
    (tmp_path / "test_p01_who_runs_it.py").touch()
    came = modules(tmp_path) | modules()

    assert unaccounted(came, set(NOT_BUILT)) == {"P01"}
    assert unaccounted(modules() - {"P07"}, set(NOT_BUILT)) == {"P07"}
