"""Room on the disk: intake stops before the last of it is gone, so that what was taken can still be worked on."""

import shutil
from pathlib import Path

from deflect_api.errors import Unavailable
from deflect_api.i18n import said

LEAST_SHARE = 0.05
LEAST_BYTES = 2_000_000


def too_little(total: int, free: int) -> bool:
    """Tell whether less than 5 % of the disk, or hardly anything, is free."""
    return free < max(total * LEAST_SHARE, LEAST_BYTES)


def check(home: Path) -> None:
    """Raise Unavailable when no more should be taken in."""
    usage = shutil.disk_usage(home)
    if too_little(usage.total, usage.free):
        raise Unavailable(said("There is no room on our side just now. What you wrote stays here; try again in a few minutes."))
