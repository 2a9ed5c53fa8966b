"""The trials of `make soak` as far as they can be checked in a moment: what they change or name is still there."""

import pytest

from soak import clock_jumps, mutants, sigkill
from soak.changed import put_in
from soak.installed import weakened
from tests.served import ROOT


@pytest.mark.parametrize(("file", "right", "wrong"), mutants.FAULTS)
def test_each_fault_to_put_in_fits_the_source_in_one_place(file: str, right: str, wrong: str) -> None:
    assert (ROOT / "deflect_api" / file).read_text(encoding="utf-8").count(right) == 1
    assert right != wrong
    assert [test for test in mutants.tests_of(file) if not (ROOT / test).is_file()] == []


@pytest.mark.parametrize("faults", [sigkill.NO_LOOK_UP, clock_jumps.NO_CARE], ids=["sigkill", "clock jumps"])
def test_the_copies_for_controls_can_still_be_made(faults: tuple[tuple[str, str, str], ...]) -> None:
    with weakened(*faults) as folder:
        for file, right, _ in faults:
            assert right not in (folder / "deflect_api" / file).read_text(encoding="utf-8")


def test_a_fault_that_fits_nowhere_is_told() -> None:
    with pytest.raises(ValueError, match="0 times"):
        put_in(ROOT, "delivery/outbox.py", "no such line", "")
