import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import typer

from attendance import write_sheet
from commandline import EXAMPLES, LXR, PASSPHRASE, ROOT, Lxr, Month, steps, walkthrough
from lxr.chaincode.types import digest
from lxr.cli.app import app
from lxr.settlement.work.intake.mapping import load_mapping
from lxr.settlement.work.mapping_content import content_of
from lxr.settlement.work.mapping_versions import Version

AFTER = "2026-10-01T10:00"


TABLE = """sed -i 's/^payment_file = .*/payment_file = "daifa"/' my-rehearsal/consortium.toml\n"""
"""What a consortium does whose bank takes a table for paying wages (代发工资) from now on."""
SECOND_DAY = "examples/walkthrough/orders-2026-08-04.csv --map examples/riders.toml"


SUBMITTED = "lxr employer batch submit E001 my-rehearsal/day2.json"


def _second_version(mapping: Path) -> str:
    """The name under which the signer accepts that mapping as the employer's second one."""
    return Version(2, digest(content_of(load_mapping(mapping))), date(2026, 8, 4)).name


def typed(way: str, base: Path) -> str:
    """The lines of the README, or what somebody types in their place; what they need lies in the folder."""
    script, again = walkthrough(), "lxr union cashout open CE001-AGAIN"
    match way:
        case "代发 in place of one pain.001":
            assert 1 == script.count(again)
            return script.replace(again, TABLE + again)
        case "an attendance sheet in place of one CSV":
            sheet, mapping = write_sheet(base)
            assert 1 == script.count(SECOND_DAY)
            accepted = f" --accept-mapping {_second_version(mapping)}"
            assert 1 == script.count(SUBMITTED)
            prepared = script.replace(SECOND_DAY, f"{sheet.name} --map {mapping.name}")
            return prepared.replace(SUBMITTED, SUBMITTED + accepted)
    return script


WAYS = ("as it is written", "代发 in place of one pain.001", "an attendance sheet in place of one CSV")


@pytest.fixture(scope="module", params=[pytest.param(way, marks=pytest.mark.slow) for way in WAYS])
def played(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Lxr:
    """What a reader has who typed every line of the README into a shell."""
    base = tmp_path_factory.mktemp("reader")
    shutil.copytree(EXAMPLES, base / "examples")
    own = {name: value for name, value in os.environ.items() if not name.startswith("LXR_")}
    environment = {**own, "PATH": f"{LXR.parent}:{os.environ['PATH']}", "LXR_LANG": "en"}
    ran = subprocess.run(
        ["bash", "-e", "-u", "-o", "pipefail"],
        input=typed(request.param, base),
        env=environment,
        cwd=base,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (0, "") == (ran.returncode, ran.stderr), ran.stdout[-2000:]
    paid = {path.name for path in (base / "my-rehearsal" / "bank" / "inbox").glob("CE001-AGAIN.[cx]*")}
    assert {"CE001-AGAIN.csv" if request.param.startswith("代发") else "CE001-AGAIN.xml"} == paid
    return Lxr(base / "my-rehearsal", AFTER, {"LXR_PASSPHRASE": "rehearsal"})


def test_the_walk_through_of_the_readme_runs_as_it_is_written(played: Lxr) -> None:
    """6.50 an order, at least 25.00 an hour: 237 minutes, 124 and 207. The fee is 2 % of all, half up."""
    gross_fen = (98_75, 51_67, 86_25)
    fee_fen = 4_73
    lines = [
        played.json("worker", "payslip", f"E001/{ref}", "E001-20260915")["line"] for ref in ("R0001", "R0002", "R0003")
    ]
    assert gross_fen == tuple(line["net_fen"] for line in lines)
    statement = played.json("employer", "statement", "E001")
    assert 500_00 - sum(gross_fen) - fee_fen == statement["closing_fen"]
    assert 0 == played.json("worker", "balance", "E001/R0001")["closing_fen"]


def test_after_the_walk_through_the_bank_and_the_ledger_agree(played: Lxr) -> None:
    """A deposit, three wages, one of them back and paid again, and the bank's fee of 1.00, which the platform bears."""
    shown = [played.json("union", "cashout", "show", number)["orders"] for number in ("CE001-20260915", "CE001-AGAIN")]
    assert ["returned", "settled", "settled"] == sorted(order["state"] for order in shown[0])
    assert [(86_25, "settled")] == [(order["amount_fen"], order["state"]) for order in shown[1]]
    found = played.json("union", "reconcile")
    assert (7, 7, [], 262_33, 262_33) == tuple(
        found[name] for name in ("lines", "matched", "breaks", "supply_fen", "reserve_fen")
    )


def test_after_the_walk_through_nothing_waits_and_august_has_carried_the_missing_deposit(played: Lxr) -> None:
    assert ([], []) == (
        played.json("bank", "line", "list")["lines"],
        played.json("bank", "deposit", "list")["deposits"],
    )
    carried = [played.json("union", "period", "close", month)["carried"] for month in ("2026-07", "2026-08", "2026-09")]
    missing = {"kind": "deposit", "name": "2026-08-31/B7", "amount_fen": 100_00}
    assert [[], [missing], []] == carried


def test_after_the_walk_through_the_audit_says_yes_and_three_have_signed(played: Lxr) -> None:
    assert True is played.json("ledger", "audit")["ok"]
    (checkpoint,) = played.json("ledger", "show")["checkpoints"]
    assert "union, bank, regulator" == checkpoint[1]


def test_each_step_of_the_walk_through_succeeds_with_json_too(month: Month) -> None:
    assert [] == [(str(done.step), done.first) for done in month.done if (0, "") != (done.first.code, done.first.err)]
    assert all(isinstance(done.first.json, dict) for done in month.done)
    assert {1} == {len(done.first.out.splitlines()) for done in month.done}


def test_no_output_shows_the_passphrase_or_anything_of_a_person(month: Month) -> None:
    roster = (EXAMPLES / "walkthrough" / "roster.csv").read_text("utf-8").splitlines()[1:]
    secrets = [PASSPHRASE, *(cell for row in roster for cell in row.split(",")[1:3])]
    shown = [ran.out + ran.err for done in month.done for ran in (done.first, done.second)]
    assert [] == [secret for secret in secrets if any(secret in text for text in shown)]


def test_the_chinese_readme_has_the_same_commands() -> None:
    if not (ROOT / "README.zh-CN.md").exists() or not walkthrough("README.zh-CN.md"):
        pytest.skip("README.zh-CN.md has no shell blocks")
    same_shape = [(step.words[:3], step.at) for step in steps(walkthrough())]
    assert same_shape == [(step.words[:3], step.at) for step in steps(walkthrough("README.zh-CN.md"))]


def commands(group: typer.core.TyperGroup, path: str = "lxr") -> Iterator[str]:
    """Every command, with the groups that it is in."""
    for name, command in group.commands.items():
        if isinstance(command, typer.core.TyperGroup):
            yield from commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}"


def test_every_command_that_the_readme_lists_exists() -> None:
    group = typer.main.get_command(app)
    assert isinstance(group, typer.core.TyperGroup)
    there = [*commands(group), "lxr union payday"]
    table = "\n".join(line for line in (ROOT / "README.md").read_text("utf-8").splitlines() if line.startswith("| "))
    listed: list[str] = []
    for snippet in re.findall(r"`([^`]+)`", table):
        first, *others = re.sub(r" \[[^]]*\]", "", snippet.replace("\\|", "|")).split(" | ")
        listed += [first, *(f"{first.rpartition(' ')[0]} {other}".strip() for other in others)]
    assert len(listed) > 50
    assert [] == [each for each in listed if not any(f" {name}".endswith(f" {each}") for name in there)]
