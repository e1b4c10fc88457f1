"""That the measures of `scripts/bench.py` still run, where only the embedded ledger is needed."""

import os
from contextlib import AbstractContextManager, closing, nullcontext
from importlib import import_module
from io import StringIO
from pathlib import Path
from types import ModuleType

import pytest
from rich.console import Console

from consortium import House
from treasury import PAYDAY


@pytest.fixture(autouse=True)
def _scripts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(Path(__file__).parents[1] / "scripts")


def benchmark(name: str) -> ModuleType:
    return import_module(f"benchmarks.{name}")


def unseen(_: str) -> AbstractContextManager[None]:
    return nullcontext()


def test_the_end_of_a_month_is_measured_stage_by_stage_and_small_commands_beside_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    months, paying, union, workload = (benchmark(name) for name in ("months", "paying", "union", "workload"))
    report, weight = benchmark("report"), benchmark("weight")
    size = months.Size(employers=2, workers=20, days=2)
    with closing(House(tmp_path)) as house:
        months.work_s(house, months.teams(house, size), size.dates)
        house.clock.go(PAYDAY)
        ours = union.Union(house.consortium, house.ledger)
        figures = paying.month_end(ours, size, unseen)
        figures |= workload.one_by_one(ours, 5) | weight.figures(house.ledger, size.workers)
        figures |= workload.prove(house.ledger)
    assert [] == [name for name, value in figures.items() if value <= 0]
    stages = sum(figures[f"{stage} (s)"] for stage in paying.STAGES)
    assert stages == pytest.approx(figures["all five stages (s)"])
    month = [value for name, value in figures.items() if name.startswith("bytes of a worker-month in blocks: ")]
    assert sum(month) == pytest.approx(figures["bytes of a worker-month in blocks"])
    assert figures["bytes of a worker-year in blocks"] > 12 * sum(month)
    report.write(report.Measured({"cores": 2}, {"one": figures, "other": figures}), "markdown")
    lines = capsys.readouterr().out.splitlines()
    assert len(figures) == sum(line.endswith("| 1.0 |") for line in lines)


def test_every_table_says_how_fast_the_machine_was() -> None:
    conditions = benchmark("machine").conditions()
    assert int(conditions["a million loop iterations (ms)"]) > 0
    assert int(conditions["P-256 verifications on one core (1/s)"]) > 0


def test_what_was_prepared_is_built_once_and_each_run_gets_it_as_it_was(tmp_path: Path) -> None:
    kept, place, built = benchmark("kept"), tmp_path / "kept", list[Path]()

    def build(directory: Path) -> None:
        built.append(directory)
        directory.mkdir()
        (directory / "ledger").write_text("prepared")
        if len(built) == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        kept.fresh(place, build)
    for _ in range(2):
        directory = kept.fresh(place, build)
        assert (2, "prepared") == (len(built), (directory / "ledger").read_text())
        assert {directory} == set(built)
        (directory / "ledger").write_text("paid")


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


def test_the_intake_of_an_export_is_measured_in_a_process_of_its_own() -> None:
    measured = benchmark("intake").measure(2_000, Console(file=StringIO()))
    assert 2_000 == measured.conditions["rows"]
    assert [] == [name for name, value in measured.ledgers["intake"].items() if value <= 0]


def test_growth_is_measured_in_processes_of_their_own() -> None:
    growth, size = benchmark("growth"), benchmark("months").Size(employers=1, workers=2, days=1)
    figures = growth.growth([size], unseen)
    assert 1 == figures.pop(growth.MOST_TO_FEWEST)
    assert [f"2 workers: {name}" for name in ("payday (workers/s)", growth.PAYDAY_MEMORY, growth.AUDIT_MEMORY)] == [
        *figures
    ]


def test_a_statements_lines_are_reconciled_from_either_kind_of_file_and_every_planted_error_is_found(
    capsys: pytest.CaptureFixture[str],
) -> None:
    statement, report = benchmark("statement"), benchmark("report")
    measured = statement.measure(statement.Size(lines=300, orders=60, errors=26), Console(file=StringIO()))
    for figures in measured.ledgers.values():
        assert (300, 29, 26) == tuple(figures[name] for name in ("lines", "statements", statement.PLANTED))
        assert [] == [name for name, value in figures.items() if value <= 0]
    report.write(measured, "markdown")
    assert f"| {statement.MEMORY} |" in capsys.readouterr().out


def test_the_same_payments_are_written_in_postgres_one_by_one_and_in_statements(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    postgres = benchmark("postgres")
    try:
        with postgres.server() as connection:
            monkeypatch.setattr(postgres, "TOGETHER", 2)
            assert postgres.one_by_one_per_s(connection, 3) > 0
            assert postgres.in_statements_per_s(connection, 3) > 0
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
