"""Batches: all or nothing, each row with its own outcome, the same file again changes nothing."""

import csv
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import msgspec
import pytest

from consortium import House, rehearsal
from lxr.chaincode.refusals import MeasureUnknown, Unknown
from lxr.chaincode.sheet import Sheet, sheets
from lxr.chaincode.status_changes import SetWorker
from lxr.chaincode.statuses import Status
from lxr.chaincode.types import digest
from lxr.node.client import Client
from lxr.node.said import Said
from lxr.settlement.errors import InputFault
from lxr.settlement.messages import render, say
from lxr.settlement.messages.catalogue import Language
from lxr.settlement.work import answers
from lxr.settlement.work.batch_file import Batch, prepare, read_batch, write_batch
from lxr.settlement.work.batch_sending import BatchReport, RowOutcome, check, submit, write_outcomes
from lxr.settlement.work.corrections import correct
from lxr.settlement.work.intake.fold import Fold, FoldedRow, RowFault, fold_export
from lxr.settlement.work.intake.mapping import load_mapping
from lxr.settlement.work.intake.rejects import write_rejected_rows
from lxr.settlement.work.workday_status import status
from team import Team

MONDAY, TUESDAY, WEDNESDAY = date(2026, 8, 3), date(2026, 8, 4), date(2026, 8, 5)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with rehearsal(tmp_path) as made:
        yield made


@pytest.fixture
def team(house: House) -> Team:
    team = house.employ(workers=6)
    house.clock.go(MONDAY, 20)
    return team


def row(ref: str, day: date = MONDAY, line: int = 2, **measures: int) -> FoldedRow:
    return FoldedRow("", ref, day, measures or {"minutes": 480, "orders": 20}, (line,))


def fold_of(*rows: FoldedRow, faults: tuple[RowFault, ...] = ()) -> Fold:
    return Fold(rows, faults, ("ref",), (), len(rows) + len(faults))


def good(team: Team, day: date = MONDAY) -> Fold:
    return fold_of(*(row(ref, day, line) for line, ref in enumerate(team.workers, start=2)))


def batch_of(team: Team, fold: Fold) -> Batch:
    return prepare(fold, team.workers, team.employer, team.placed)


def in_english(outcome: RowOutcome) -> str:
    assert outcome.reason is not None
    return say(outcome.reason, "en")


def outcomes(report: BatchReport) -> dict[str, str]:
    return {one.worker_ref: one.outcome for one in report.outcomes}


def on_ledger(client: Client, team: Team, day: date = MONDAY) -> dict[str, dict[str, int]]:
    refs = {worker: ref for ref, worker in team.workers.items()}
    found: dict[str, dict[str, int]] = {}
    for shard in range(team.shards):
        sheet: Sheet | None = client.get(sheets, team.employer, day, shard)
        found |= {refs[worker]: measures for worker, measures in (sheet or Sheet()).content.each()}
    return found


def test_rows_are_cut_by_day_and_shard_and_every_row_is_somewhere(team: Team) -> None:
    fold = fold_of(*good(team).rows, *good(team, TUESDAY).rows)
    batch = batch_of(team, fold)
    assert [(MONDAY, 0), (MONDAY, 1), (TUESDAY, 0), (TUESDAY, 1)] == [(one.day, one.shard) for one in batch.sheets]
    assert 12 == sum(len(sheet.rows) for sheet in batch.sheets)
    assert all(team.shard(one.worker) == sheet.shard for sheet in batch.sheets for one in sheet.rows)


def test_faults_of_the_fold_unknown_workers_and_too_much_work_become_faults_of_the_batch(team: Team) -> None:
    fault = RowFault(4, "rider", Said("is blank"), Said("a reference"), ("",))
    fold = fold_of(row("R0001"), row("R0099", line=3), row("R0002", line=5, orders=1_000_001), faults=(fault,))
    batch = batch_of(team, fold)
    assert [
        ((3,), "R0099", "worker_ref", "is not in the roster"),
        ((4,), "", "rider", "is blank"),
        ((5,), "R0002", "orders", "comes to 1000001 on this day"),
    ] == [(one.source_rows, one.worker_ref, one.field, str(one.problem)) for one in batch.row_faults]
    assert 1 == sum(len(sheet.rows) for sheet in batch.sheets)


def test_a_row_of_a_worker_who_is_not_registered_is_a_fault_of_the_batch(team: Team) -> None:
    placed = {worker: shard for worker, shard in team.placed.items() if worker != team.workers["R0002"]}
    batch = prepare(fold_of(row("R0001"), row("R0002", line=3)), team.workers, "E001", placed)
    assert [((3,), "R0002", "worker_ref", "is not on the ledger")] == [
        (one.source_rows, one.worker_ref, one.field, str(one.problem)) for one in batch.row_faults
    ]
    assert [team.workers["R0001"]] == [one.worker for sheet in batch.sheets for one in sheet.rows]


def test_an_export_of_several_employers_needs_the_name_of_one(team: Team) -> None:
    rows = (msgspec.structs.replace(row("R0001"), employer_ref="north"), row("R0002"))
    with pytest.raises(InputFault, match="holds employers north; expected E001 in each row, or `--employer-ref`"):
        batch_of(team, fold_of(*rows))
    batch = prepare(fold_of(*rows), team.workers, "E001", team.placed, employer_ref="north")
    assert ["R0001"] == [one.worker_ref for sheet in batch.sheets for one in sheet.rows]


def test_a_batch_comes_back_from_its_file_as_it_was(team: Team, tmp_path: Path) -> None:
    batch = batch_of(team, fold_of(*good(team).rows, row("R0099", line=9)))
    write_batch(tmp_path / "b.json", batch)
    assert batch == read_batch(tmp_path / "b.json", "E001")


@pytest.mark.parametrize(
    ("old", "new", "employer", "problem"),
    [
        ('"orders": 20', '"orders": 21', "E001", "field digest: does not fit"),
        ("2026-08-03", "2026-08-04", "E001", "field digest: does not fit"),
        ('"digest": "', '"digest": "0', "E001", "is not a batch file"),
        ('"orders": 20', '"orders": 20.0', "E001", "is not a batch file"),
        ('"shard"', '"shards"', "E001", "is not a batch file"),
        ("{", "[", "E001", "is not a batch file"),
        ("E001", "E001", "E002", "field employer: is E001; expected a batch of E002"),
    ],
)
def test_a_batch_file_that_was_edited_or_is_anothers_is_refused(
    team: Team, old: str, new: str, employer: str, problem: str, tmp_path: Path
) -> None:
    path = tmp_path / "b.json"
    write_batch(path, batch_of(team, good(team)))
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(InputFault) as fault:
        read_batch(path, employer)
    assert problem in str(fault.value)
    assert str(fault.value).startswith(f"{path}")


def test_a_fault_in_a_batch_file_that_would_fill_the_readers_memory_is_refused(team: Team, tmp_path: Path) -> None:
    path = tmp_path / "b.json"
    fault = RowFault(3, "hours", Said("comes to {quantity} on this day", quantity=1), Said("a number"), ())
    write_batch(path, batch_of(team, fold_of(row("R0001"), faults=(fault,))))
    batch = msgspec.json.decode(path.read_bytes())["batch"]
    batch["row_faults"][0]["problem"]["text"] = "{quantity:999999999}"
    path.write_bytes(msgspec.json.encode({"batch": batch, "digest": digest(batch)}))
    with pytest.raises(InputFault, match="is not a batch file: a sentence has more in its braces"):
        read_batch(path, "E001")


def test_a_good_batch_is_accepted_and_again_changes_nothing(house: House, team: Team) -> None:
    batch = batch_of(team, good(team))
    report = submit(house.signer(), batch)
    assert (2, 6, 0, 0) == (report.sheets, report.rows, report.late, report.rejected)
    assert {"accepted"} == set(outcomes(report).values())
    assert {ref: {"minutes": 480, "orders": 20} for ref in team.workers} == on_ledger(house.signer(), team)
    height = house.ledger.height()
    again = submit(house.signer(), batch)
    assert (0, 0, 0) == (again.sheets, again.rows, again.rejected)
    assert {"already there"} == set(outcomes(again).values())
    assert height == house.ledger.height()


def test_a_check_says_what_would_happen_and_sends_nothing(house: House, team: Team) -> None:
    height = house.ledger.height()
    report = check(house.signer(), batch_of(team, fold_of(row("R0001"), row("R0099", line=3))))
    assert {"R0001": "accepted", "R0099": "refused"} == outcomes(report)
    assert height == house.ledger.height()


def test_one_bad_row_holds_back_all_and_each_bad_row_has_its_own_reason(house: House, team: Team) -> None:
    status = SetWorker(
        request_id="status-1",
        worker=team.workers["R0002"],
        status=Status.SUSPENDED,
        from_day=TUESDAY,
        reason="asked for",
    )
    house.operator.submit(status)
    house.clock.go(TUESDAY, 20)
    batch = batch_of(
        team,
        fold_of(
            row("R0001", TUESDAY),
            row("R0002", TUESDAY, 3),
            row("R0003", TUESDAY, 4, parcels=3),
            row("R0004", date(2026, 7, 31), 5),
            row("R0005", WEDNESDAY, 6),
        ),
    )
    height = house.ledger.height()
    report = submit(house.signer(), batch)
    assert height == house.ledger.height()
    assert (0, 0, 4) == (report.sheets, report.rows, report.rejected)
    assert ("not sent", "4 rows of the batch are refused") == (
        report.outcomes[0].outcome,
        str(report.outcomes[0].reason),
    )
    reasons = {one.worker_ref: in_english(one) for one in report.rejects}
    assert {
        "R0002": f"worker {team.workers['R0002']} is suspended on 2026-08-04",
        "R0003": f"parcels of worker {team.workers['R0003']} is not in the terms, which know minutes, orders",
        "R0004": f"worker {team.workers['R0004']} has joined no terms for 2026-07-31",
        "R0005": "2026-08-05 is in the future: today is 2026-08-04",
    } == reasons
    assert {3, 4, 5, 6} == report.reasons("zh").keys()


def test_skipping_bad_rows_submits_the_others_even_of_the_same_sheet(house: House, team: Team) -> None:
    bad = next(ref for ref in team.workers if ref != "R0001" and team.shard(team.workers[ref]) == 0)
    rows = [row(ref, line=line) for line, ref in enumerate(team.workers, start=2) if ref != bad]
    fold = fold_of(*rows, row(bad, line=9, parcels=1))
    report = submit(house.signer(), batch_of(team, fold), skip_bad=True)
    assert (5, 1) == (report.rows, report.rejected)
    assert [bad] == [one.worker_ref for one in report.rejects]
    assert team.workers.keys() - {bad} == on_ledger(house.signer(), team).keys()


def test_rows_that_differ_from_the_ledger_are_refused_and_point_to_correct(house: House, team: Team) -> None:
    submit(house.signer(), batch_of(team, good(team)))
    changed = fold_of(row("R0001", orders=21, minutes=480), *good(team).rows[1:])
    report = submit(house.signer(), batch_of(team, changed))
    assert {"R0001": "refused"} | dict.fromkeys(list(team.workers)[1:], "already there") == outcomes(report)
    assert "differs from what is on the ledger: use batch correct" == in_english(report.rejects[0])
    assert "row 2: R0001 on 2026-08-03" == str(report.rejects[0].where)


def test_a_further_file_of_the_day_adds_the_workers_who_are_not_there_yet(house: House, team: Team) -> None:
    submit(house.signer(), batch_of(team, fold_of(*good(team).rows[:3])))
    further = fold_of(*good(team).rows[2:5], row("R0006", line=9, parcels=1))
    held = submit(house.signer(), batch_of(team, further))
    assert {"R0003": "already there", "R0004": "not sent", "R0005": "not sent", "R0006": "refused"} == outcomes(held)
    assert isinstance(held.rejects[0].refusal, MeasureUnknown)
    report = submit(house.signer(), batch_of(team, further), skip_bad=True)
    added = {"R0003": "already there", "R0004": "accepted", "R0005": "accepted"}
    assert {**added, "R0006": "refused"} == outcomes(report)
    assert (1, 2, 1, 1) == (report.sheets, report.rows, report.there, report.rejected)
    every = {"minutes": 480, "orders": 20}
    assert dict.fromkeys(["R0001", "R0002", "R0003", "R0004", "R0005"], every) == on_ledger(house.signer(), team)
    height = house.ledger.height()
    assert 3 == submit(house.signer(), batch_of(team, further), skip_bad=True).there
    assert height == house.ledger.height()


def test_a_further_file_changes_no_row_that_is_there_nor_its_answer(house: House, team: Team) -> None:
    submit(house.signer(), batch_of(team, good(team)))
    house.confirm(team.numbers(["R0001"]), MONDAY)
    report = submit(house.signer(), batch_of(team, fold_of(row("R0001", orders=1, minutes=1))))
    assert {"R0001": "refused"} == outcomes(report)
    assert {"minutes": 480, "orders": 20} == on_ledger(house.signer(), team)["R0001"]


def test_workers_who_are_added_after_the_close_of_the_day_are_late(house: House, team: Team) -> None:
    submit(house.signer(), batch_of(team, fold_of(*good(team).rows[:5])))
    house.clock.go(TUESDAY, 9)
    report = submit(house.signer(), batch_of(team, good(team)))
    assert (1, 1, 5) == (report.rows, report.late, report.there)


def test_rows_after_the_close_of_their_day_are_late_and_accepted(house: House, team: Team) -> None:
    house.clock.go(TUESDAY, 9)
    report = submit(house.signer(), batch_of(team, good(team)))
    assert (6, 6) == (report.rows, report.late)
    assert {"late"} == set(outcomes(report).values())


def test_a_submission_that_broke_off_is_finished_by_the_same_call(
    house: House, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = batch_of(team, fold_of(*good(team).rows, *good(team, date(2026, 8, 2)).rows))
    monkeypatch.setattr("lxr.settlement.work.batch_sending.SHEETS_AT_ONCE", 1)

    def stop(done: int, _: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        submit(house.signer(), batch, progress=stop)
    seen: list[tuple[int, int]] = []
    report = submit(house.signer(), batch, progress=lambda done, every: seen.append((done, every)))
    assert [(1, 1)] == seen
    assert (1, 12) == (report.sheets, len(report.outcomes))
    assert {"already there", "late", "accepted"} >= {one.outcome for one in report.outcomes}
    assert 0 == report.rejected
    assert 6 == len(on_ledger(house.signer(), team)) == len(on_ledger(house.signer(), team, date(2026, 8, 2)))


def test_a_sheet_that_only_holds_claims_is_answered_by_the_batch(house: House, team: Team) -> None:
    worker = team.workers["R0001"]
    answers.claim(house.operator, worker, MONDAY, {"orders": 20, "minutes": 480}, "missing", team.keys[worker])
    report = submit(house.signer(), batch_of(team, good(team)))
    assert {"accepted"} == set(outcomes(report).values())


def test_outcomes_are_written_one_line_for_each_row(house: House, team: Team, tmp_path: Path) -> None:
    fold = fold_of(msgspec.structs.replace(row("R0001"), source_rows=(2, 5)), row("R0099", line=3))
    report = submit(house.signer(), batch_of(team, fold), skip_bad=True)
    english = ("accepted", "refused", "worker_ref is not in the roster; expected a worker of E001")
    chinese = ("已接受", "被拒绝", "worker_ref 不在名册中；应为E001 的劳动者")
    languages: dict[Language, tuple[str, str, str]] = {"en": english, "zh": chinese}
    for language, (good, bad, reason) in languages.items():
        write_outcomes(tmp_path / "o.csv", report, language)
        assert [
            ["rows", "worker_ref", "day", "outcome", "reason"],
            ["2 5", "R0001", "2026-08-03", good, ""],
            ["3", "R0099", "2026-08-03", bad, reason],
        ] == list(csv.reader((tmp_path / "o.csv").read_text(encoding="utf-8").splitlines()))


def test_a_refused_row_has_the_contracts_refusal_and_its_reason_in_the_readers_language(
    house: House, team: Team
) -> None:
    (one,) = check(house.signer(), batch_of(team, fold_of(row("R0001", line=9, parcels=1)))).rejects
    worker = team.workers["R0001"]
    assert isinstance(one.refusal, MeasureUnknown)
    assert one.reason is not None
    assert [
        f"parcels of worker {worker} is not in the terms, which know minutes, orders",
        "第 9 行：R0001，2026-08-03",
    ] == [
        say(one.reason, "en"),
        say(one.where, "zh"),
    ]
    assert say(one.reason, "zh") == render(one.refusal, "zh")


def test_refused_lines_go_back_as_they_stood_in_the_export(house: House, team: Team, tmp_path: Path) -> None:
    export, mapping = tmp_path / "e.csv", tmp_path / "m.toml"
    lines = ["ref,day", "R0001,2026-08-03", "R0099,2026-08-03", "R0002,soon", "R0099,2026-08-03"]
    export.write_text("\n".join(lines) + "\n", encoding="utf-8")
    mapping.write_text(
        'zone = "unstated"\n[columns]\nworker = "ref"\ndate = "day"\n[[measure]]\nname = "orders"\nfold = "count"\n'
    )
    batch = batch_of(team, fold_export(export, load_mapping(mapping)))
    report = submit(house.signer(), batch, skip_bad=True)
    told = write_rejected_rows(tmp_path / "r.csv", export, report.reasons("en"))
    assert [lines[0], lines[2], lines[3], lines[4]] == (tmp_path / "r.csv").read_text(encoding="utf-8").splitlines()
    assert ["row", "3", "4", "5"] == [line[0] for line in csv.reader(told.read_text(encoding="utf-8").splitlines())]
    with pytest.raises(InputFault, match="row 77: is not there; expected the export of this batch"):
        write_rejected_rows(tmp_path / "r.csv", export, {77: "bad"})


def test_a_line_that_is_many_days_goes_back_with_the_reason_of_each(house: House, team: Team, tmp_path: Path) -> None:
    export, mapping = tmp_path / "e.csv", tmp_path / "m.toml"
    export.write_text("2026年8月\n工号,2,3,4\nR0001,x,20,y\n合计,,20,\n", encoding="utf-8")
    mapping.write_text(
        'zone = "unstated"\n[columns]\nworker = "工号"\ndays = ["单"]\n'
        '[[measure]]\nname = "orders"\nfold = "sum"\ncolumn = "单"\n',
        encoding="utf-8",
    )
    loaded = load_mapping(mapping)
    report = submit(house.signer(), batch_of(team, fold_export(export, loaded)), skip_bad=True)
    told = write_rejected_rows(tmp_path / "r.csv", export, report.reasons("en"), loaded.form)
    assert "2026年8月\n工号,2,3,4\nR0001,x,20,y\n" == (tmp_path / "r.csv").read_text(encoding="utf-8")
    number = "expected a plain number like 12 or 3.4"
    assert {3: f"2 reads 'x'; {number}; 4 reads 'y'; {number}"} == report.reasons("en")
    assert 2 == len(told.read_text(encoding="utf-8").splitlines())


def test_a_correction_changes_adds_and_leaves_alone_and_again_changes_nothing(house: House, team: Team) -> None:
    submit(house.signer(), batch_of(team, fold_of(*good(team).rows[:5])))
    changes = {
        team.workers["R0001"]: {"orders": 25, "minutes": 480},
        team.workers["R0002"]: {"orders": 20, "minutes": 480},
        team.workers["R0006"]: {"orders": 1, "minutes": 10},
    }
    made = correct(house.signer(), "E001", MONDAY, changes, "recount")
    assert (2, 1, False) == (made.rows, made.unchanged, made.late)
    now = on_ledger(house.signer(), team)
    assert ({"orders": 25, "minutes": 480}, {"orders": 1, "minutes": 10}) == (now["R0001"], now["R0006"])
    height = house.ledger.height()
    assert 0 == correct(house.signer(), "E001", MONDAY, changes, "recount").rows
    assert height == house.ledger.height()


def test_a_correction_with_one_bad_row_changes_nothing(house: House, team: Team) -> None:
    submit(house.signer(), batch_of(team, good(team)))
    height = house.ledger.height()
    changes = {worker: {"orders": 25} for worker in team.workers.values()}
    with pytest.raises(MeasureUnknown):
        correct(house.signer(), "E001", MONDAY, changes | {team.workers["R0006"]: {"parcels": 1}}, "recount")
    with pytest.raises(Unknown, match=r"number=E001/2026-08-04/.*what=sheet"):
        correct(house.signer(), "E001", TUESDAY, changes, "recount")
    assert height == house.ledger.height()


def test_the_status_of_a_month_counts_rows_by_state_and_lists_open_disputes(house: House, team: Team) -> None:
    submit(house.signer(), batch_of(team, fold_of(*good(team).rows[:5])))
    house.confirm(team.numbers(["R0001", "R0002"]), MONDAY)
    answers.certify(house.operator, "E001", [MONDAY])
    worker, claimant = team.workers["R0004"], team.workers["R0006"]
    answers.dispute(house.operator, worker, MONDAY, {"orders": 30}, "ten are missing", team.keys[worker])
    answers.claim(house.operator, claimant, MONDAY, {"orders": 3}, "forgotten", team.keys[claimant])
    found = status(house.signer(), "E001", date(2026, 8, 31))
    day = found.days[2]
    assert (31, MONDAY) == (len(found.days), day.day)
    assert (6, 0, 0, 2, 2, 2) == (
        *(day.rows, day.submitted, day.confirmed),
        *(day.disputed, day.certified, day.unanswered),
    )
    assert (0, 1) == (day.late, day.version)
    assert (0, 0) == (found.days[3].rows, found.days[3].version)
    assert {
        (worker, False, date(2026, 8, 10), "ten are missing"),
        (claimant, True, date(2026, 8, 10), "forgotten"),
    } == {(one.worker, one.claim, one.decide_by, one.reason) for one in found.disputes}
