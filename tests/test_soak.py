"""The trials of `make soak` in short: what they change is still there, and a few crash points of the hundreds."""

from pathlib import Path

import pytest

from deflect_api.store.ready import ready_database
from soak import clock_jumps, crash_points, mutants, sigkill
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


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    """A folder with a database that holds nothing yet."""
    if not crash_points.may_trace():
        pytest.skip("strace is not installed, or may not trace")
    ready_database(f"sqlite:///{tmp_path / 'd.db'}").close()
    return tmp_path


FEW = [
    ("fdatasync", 1, "error=EIO"),  # the commit of the request
    ("pwrite64", 40, "error=ENOSPC"),
    ("sendto", 2, "signal=KILL"),  # the request to the desk
    ("fsync", 1, "error=EIO"),  # the mail
]


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.parametrize("point", FEW, ids=lambda point: "-".join(map(str, point)))
def test_a_fault_at_a_sync_a_write_or_a_send_breaks_no_promise(empty: Path, point: tuple[str, int, str]) -> None:
    assert crash_points.tried(empty, [point]) == []


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_the_same_fault_breaks_a_service_that_acknowledges_too_early(empty: Path) -> None:
    assert crash_points.tried(empty, FEW[:1], careless=True) == [f"{FEW[0]}: acknowledged and lost"]
