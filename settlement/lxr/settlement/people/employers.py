"""Employers and their workers as the union keeps them: registered, suspended, ended; and an ending that is undone."""

from datetime import date

from lxr.chaincode.employers import AddEmployer, employers
from lxr.chaincode.headcount import SHARD_WORKERS_MAX
from lxr.chaincode.registered import Registered
from lxr.chaincode.reinstatement import (
    ApproveReinstatement,
    ProposeReinstatement,
    reinstatement_digest,
    reinstatements,
)
from lxr.chaincode.status_changes import SetEmployer, SetWorker
from lxr.chaincode.statuses import Since, Status
from lxr.chaincode.workers import workers
from lxr.node.client import Client
from lxr.settlement import request_ids
from lxr.settlement.lookups import submit_own


def register(operator: Client, number: str, shard_size: int = SHARD_WORKERS_MAX) -> Registered:
    """Register an employer. shard_size: how many workers share a shard at most. Refuses: as AddEmployer."""
    command = AddEmployer(request_id=request_ids.employer(number), employer=number, shard_size=shard_size)
    return submit_own(operator, command)


def set_employer_status(operator: Client, number: str, status: Status, from_day: date, reason: str) -> Registered:
    """Change an employer's status from a day on. Refuses: Unknown; as SetEmployer."""
    history = operator.need(employers, number).statuses
    request = request_ids.status(number, history, Since(status, from_day))
    command = SetEmployer(request_id=request, employer=number, status=status, from_day=from_day, reason=reason)
    return submit_own(operator, command)


def set_worker_status(operator: Client, number: str, status: Status, from_day: date, reason: str) -> Registered:
    """Change a worker's status from a day on. Refuses: Unknown; as SetWorker."""
    history = operator.need(workers, number).statuses
    request = request_ids.status(number, history, Since(status, from_day))
    command = SetWorker(request_id=request, worker=number, status=status, from_day=from_day, reason=reason)
    return submit_own(operator, command)


def propose_reinstatement(client: Client, number: str, reason: str) -> Registered:
    """Propose that an ending be undone, of an employer or a worker. Refuses: Unknown; as ProposeReinstatement."""
    employer = client.get(employers, number)
    history = employer.statuses if employer else client.need(workers, number).statuses
    request = request_ids.reinstatement(number, history, reason)
    return submit_own(client, ProposeReinstatement(request_id=request, ended=number, reason=reason))


def approve_reinstatement(client: Client, number: str) -> Registered:
    """Undo an ending that another organisation has proposed to undo. Refuses: Unknown; as ApproveReinstatement."""
    change = reinstatement_digest(number, client.need(reinstatements, number))
    request = request_ids.reinstatement_approval(number, change)
    return submit_own(client, ApproveReinstatement(request_id=request, ended=number, digest=change))
