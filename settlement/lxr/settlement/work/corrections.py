"""Corrections of submitted sheets: rows are added or changed under a new version, with a reason that stays for ever."""

from collections.abc import Mapping
from datetime import date

from msgspec import Struct

from lxr.chaincode.refusals import Unknown
from lxr.chaincode.sheet import sheets
from lxr.chaincode.things import Thing
from lxr.chaincode.workday import CorrectSheet, NewRow
from lxr.node.client import Client
from lxr.node.dry_run import DryRun
from lxr.settlement import request_ids
from lxr.settlement.keys import SheetKey
from lxr.settlement.lookups import get_workers, submit_own


class Correction(Struct, frozen=True):
    """rows: added or changed. unchanged: as they were on the ledger already. late: after the close of the day."""

    rows: int
    unchanged: int
    late: bool


def correct(
    client: Client, employer: str, day: date, changes: Mapping[str, Mapping[str, int]], reason: str
) -> Correction:
    """Corrects rows of one day, all of them or none. changes: measures by worker; no measure at all says: no work.

    client: the employer's signer. Refuses: Unknown: there is no such worker, or the worker's shard has no sheet of that
    day; as CorrectSheet.
    """
    records = get_workers(client, changes)
    parts: dict[int, dict[str, dict[str, int]]] = {}
    for worker, measures in sorted(changes.items()):
        parts.setdefault(records[worker].shard, {})[worker] = dict(measures)
    commands = []
    for (shard, part), sheet in zip(
        parts.items(), client.get_each(sheets, [(employer, day, shard) for shard in parts]), strict=True
    ):
        if sheet is None or not sheet.sent:
            raise Unknown(what=Thing.SHEET, number=str(SheetKey(employer, day, shard)))
        rows = tuple(
            NewRow(worker, measures) for worker, measures in part.items() if sheet.content.of(worker) != measures
        )
        if rows:
            command = CorrectSheet(
                request_id=request_ids.correction(employer, day, shard, sheet.version, rows, reason),
                employer=employer,
                day=day,
                shard=shard,
                version=sheet.version,
                rows=rows,
                reason=reason,
            )
            commands.append(command)
    trial = client.on(DryRun(client.ledger))
    for command in commands:
        submit_own(trial, command)
    answers = [submit_own(client, command) for command in commands]
    changed = sum(len(command.rows) for command in commands)
    return Correction(changed, len(changes) - changed, any(answer.late for answer in answers))
