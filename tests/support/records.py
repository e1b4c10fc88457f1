"""The real work records that stand beside the project.

They are looked for at `../shared/data/crowd_tasks.csv`, or where LXR_RECORDS says. Where they are missing a test is
skipped, and says so; with LXR_REQUIRE_RECORDS set it fails.
"""

import os
from pathlib import Path

import pytest

from commandline import ROOT


def real_records() -> Path:
    """Return the path of the real records, or skip the test that asks."""
    path = Path(os.environ.get("LXR_RECORDS", ROOT.parent / "shared" / "data" / "crowd_tasks.csv"))
    if not path.is_file():
        missing = f"no records at {path}: name the file of crowd tasks in LXR_RECORDS"
        if os.environ.get("LXR_REQUIRE_RECORDS"):
            pytest.fail(missing)
        pytest.skip(missing)
    return path
