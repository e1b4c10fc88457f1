"""In a process of its own: the tests of some files, run over them as they are, or over one with a fault in it.

Reads a Task from standard input. Ends with the exit code of pytest.
"""

import sys
import threading
from collections.abc import Iterator
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, Final

import msgspec
import pytest

from mutation.operators import mutated

Lines = dict[str, set[int]]
"""By file."""


class Ran(msgspec.Struct):
    """Which lines a test ran, itself and in the fixtures that were made for it, and how long it took."""

    prepared: Lines = {}
    itself: Lines = {}
    seconds: float = 0.0


class Report(msgspec.Struct):
    """Which lines ran when the files were imported, and what each test ran."""

    imported: Lines = {}
    tests: dict[str, Ran] = {}


class Task(msgspec.Struct):
    """tests: files or folders of tests. report: where to write which test runs which lines of the files.

    number: of the fault in the one file, over which the wanted tests are run in their order until one fails.
    """

    files: list[str]
    tests: list[str]
    report: str | None = None
    number: int | None = None
    wanted: list[str] = []


class Watching:
    """Notes which test runs which lines of the files."""

    def __init__(self, task: Task) -> None:
        self._task: Final = task
        self._lines: Lines = {file: set() for file in task.files}
        self._report: Final = Report()
        threading.settrace(self._enter)
        sys.settrace(self._enter)

    def _enter(self, frame: FrameType, event: str, argument: Any) -> Any:
        return self._step(frame, event, argument) if frame.f_code.co_filename in self._lines else None

    def _step(self, frame: FrameType, event: str, argument: Any) -> Any:  # noqa: ARG002
        self._lines[frame.f_code.co_filename].add(frame.f_lineno)
        return self._step

    def _taken(self) -> Lines:
        taken, self._lines = self._lines, {file: set() for file in self._task.files}
        return taken

    def pytest_collection_finish(self) -> None:
        self._report.imported = self._taken()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self) -> Iterator[None]:
        sys.settrace(self._enter)  # a test may have taken it away
        return (yield)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        ran = self._report.tests.setdefault(report.nodeid, Ran())
        ran.seconds += report.duration
        if report.when == "setup":
            ran.prepared = self._taken()
        elif report.when == "call":
            ran.itself = self._taken()

    def pytest_sessionfinish(self) -> None:
        sys.settrace(None)
        assert self._task.report is not None
        Path(self._task.report).write_bytes(msgspec.json.encode(self._report))


class Wanted:
    """Only these tests, in their order."""

    def __init__(self, task: Task) -> None:
        self._order: Final = {nodeid: number for number, nodeid in enumerate(task.wanted)}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = sorted(
            (each for each in items if each.nodeid in self._order), key=lambda each: self._order[each.nodeid]
        )


def put_in(file: str, number: int) -> None:
    """Have that file imported with the fault of that number."""
    as_it_is = SourceFileLoader.get_code

    def get_code(loader: SourceFileLoader, name: str) -> CodeType | None:
        if loader.path != file:
            return as_it_is(loader, name)
        return compile(mutated(Path(file).read_text("utf-8"), number), file, "exec", dont_inherit=True)

    SourceFileLoader.get_code = get_code  # type: ignore[assignment, method-assign]


def main() -> int:
    task = msgspec.json.decode(sys.stdin.buffer.read(), type=Task)
    given = ["-x", "-p", "no:cacheprovider", "-p", "no:xdist", "-m", "not slow and not fabric and not interpreters"]
    if task.number is not None:
        (file,) = task.files
        put_in(file, task.number)
        return pytest.main([*given, *task.tests], plugins=[Wanted(task)])
    return pytest.main([*given, *task.tests], plugins=[Watching(task)])


if __name__ == "__main__":
    sys.exit(main())
