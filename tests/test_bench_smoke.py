"""That the measures of `scripts/bench.py` still run, where only the embedded ledger is needed."""

import os
from contextlib import AbstractContextManager, nullcontext
from importlib import import_module
from io import StringIO
from pathlib import Path
from types import ModuleType

import pytest
from rich.console import Console

from consortium import House


@pytest.fixture(autouse=True)
def _scripts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(Path(__file__).parents[1] / "scripts")


def benchmark(name: str) -> ModuleType:
    return import_module(f"benchmarks.{name}")


def unseen(_: str) -> AbstractContextManager[None]:
    return nullcontext()


def test_the_work_that_is_measured_can_still_be_done_and_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workload, report = benchmark("workload"), benchmark("report")
    figures: dict[str, float] = {}
    house = House(tmp_path)
    try:
        workload.everything(house, workload.Size(workers=20, days=1, commands=5), unseen, figures)
    finally:
        house.close()
    assert [] == [name for name, value in figures.items() if value <= 0]
    report.write(report.Measured({"cores": 2}, {"one": figures, "other": figures}), "markdown")
    lines = capsys.readouterr().out.splitlines()
    assert len(figures) == sum(line.endswith("| 1.0 |") for line in lines)


def test_a_month_of_many_employers_is_measured_beside_bare_postings(monkeypatch: pytest.MonkeyPatch) -> None:
    embedded, postgres, yardsticks = benchmark("embedded"), benchmark("postgres"), benchmark("yardsticks")
    monkeypatch.setattr(yardsticks, "VERIFICATIONS", 10)
    monkeypatch.setattr(yardsticks, "SYNCED_WRITES", 10)
    figures = embedded.cycle(benchmark("months").Size(employers=2, workers=4, days=2), unseen)
    said = StringIO()
    monkeypatch.setattr(postgres, "PROGRAMS", Path("/nowhere"))
    figures |= embedded.postings(10, figures[embedded.PAID], unseen, Console(file=said))
    assert [] == [name for name, value in figures.items() if value <= 0]
    assert "PostgreSQL is missing: apt-get install postgresql; its figures are left out\n" == said.getvalue()


def test_growth_is_measured_in_processes_of_their_own() -> None:
    growth, size = benchmark("growth"), benchmark("months").Size(employers=1, workers=2, days=1)
    figures = growth.growth([size], unseen)
    assert 1 == figures.pop(growth.MOST_TO_FEWEST)
    assert [f"2 workers: {name}" for name in ("payday (workers/s)", growth.PAYDAY_MEMORY, growth.AUDIT_MEMORY)] == [
        *figures
    ]


def test_the_same_postings_are_written_in_postgres() -> None:
    postgres = benchmark("postgres")
    try:
        with postgres.server() as connection:
            assert postgres.postings_per_s(connection, 3) > 0
    except postgres.NoPostgres as missing:
        if os.environ.get("LXR_REQUIRE_POSTGRES"):
            pytest.fail(str(missing))
        pytest.skip(str(missing))


def test_an_aim_stands_beside_its_figure(capsys: pytest.CaptureFixture[str]) -> None:
    report = benchmark("report")
    report.write(report.Measured({"cores": 2}, {"embedded": {"fast": 3.0, "slow": 2.0}}, {"fast": "≥ 2"}), "markdown")
    assert ["|  | embedded | aim |", "|---|---:|---:|", "| fast | 3.0 | ≥ 2 |", "| slow | 2.0 |  |"] == (
        capsys.readouterr().out.splitlines()[2:]
    )
