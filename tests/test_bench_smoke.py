"""That the measures of `scripts/bench.py` still run, where only the embedded ledger is needed."""

from contextlib import nullcontext
from importlib import import_module
from pathlib import Path

import pytest

from consortium import House


def test_the_work_that_is_measured_can_still_be_done_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.syspath_prepend(Path(__file__).parents[1] / "scripts")
    workload, report = import_module("benchmarks.workload"), import_module("benchmarks.report")
    figures: dict[str, float] = {}
    house = House(tmp_path)
    try:
        workload.everything(house, workload.Size(workers=20, days=1, commands=5), lambda _: nullcontext(), figures)
    finally:
        house.close()
    assert [] == [name for name, value in figures.items() if value <= 0]
    report.write(report.Measured({"cores": 2}, {"one": figures, "other": figures}), "markdown")
    lines = capsys.readouterr().out.splitlines()
    assert len(figures) == sum(line.endswith("| 1.0 |") for line in lines)
