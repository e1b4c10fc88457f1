import os
import shutil
from collections.abc import Callable
from contextlib import chdir
from pathlib import Path

import pytest

os.environ["LXR_LANG"] = "en"  # before lxr.cli is imported: the language is that of the process

from commandline import EXAMPLES, Done, Lxr, Month, steps, walkthrough

Given = Callable[[str], Lxr]


@pytest.fixture(scope="session")
def month(tmp_path_factory: pytest.TempPathFactory) -> Month:
    """The walk-through of the README in this process: each step twice, with --json and without, and then copied."""
    base = tmp_path_factory.mktemp("month")
    shutil.copytree(EXAMPLES, base / "examples")
    done: list[Done] = []
    with chdir(base):
        for number, step in enumerate(steps(walkthrough())):
            lxr = Lxr(base / "my-rehearsal", step.at)
            first, between = lxr("--json", *step.words), lxr.tip()
            second = lxr(*step.words)
            done.append(Done(step, first, between, second, lxr.tip(), base / str(number)))
            shutil.copytree(base / "my-rehearsal", base / str(number))
    return Month(base, tuple(done))


@pytest.fixture
def given(month: Month, tmp_path: Path) -> Given:
    """A consortium of one's own: given("union certify") is as the walk-through leaves it after that command."""

    def copied(words: str) -> Lxr:
        return month.after(words).copied_to(tmp_path / "rehearsal")

    return copied
