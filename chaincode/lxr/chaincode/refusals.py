"""Every refusal of the contract, one closed list: the code is the precedence, codes never change or go away."""

from typing import ClassVar, Final

from ..token.refusal import Refusal
from . import (  # noqa: F401  (theirs are in the list)
    bank_refusals,
    ledger_refusals,
    parameter_refusals,
    retired,
    succession_refusals,
)


class MalformedCommand(Refusal):
    """The bytes are not a command of this contract."""

    code = 1
    cases: ClassVar = {
        "not_json": ("part",),
        "field_missing": ("part", "path", "field"),
        "field_unknown": ("part", "path", "field"),
        "misfit": ("part", "path"),
        "not_canonical": ("part",),
        "nested": ("limit",),
        "other_seed": (),
        "no_founding": (),
        "void_itself": (),
        "supersedes_nothing": (),
        "proposal_number": ("proposal", "prefix"),
        "run_number": ("run", "prefix"),
        "shards_order": (),
        "other_contract": ("contract", "newest"),
        "other_channel": ("channel", "genesis_block"),
        "rehearsal": (),
        "no_rehearsal": (),
        "no_function": (),
    }


class CertificateRefused(Refusal):
    """The certificate is expired, not yet valid, foreign or revoked, or names no role."""

    code = 2
    cases: ClassVar = {
        "unreadable": ("flaw",),
        "foreign": (),
        "not_a_clients": (),
        "no_key": (),
        "not_yet_valid": (),
        "expired": (),
        "extension_unknown": ("extension",),
        "extension_critical": ("extension",),
        "extension_not_critical": ("extension",),
        "no_organisation": (),
        "no_person": (),
        "no_role": (),
        "issuer": ("named", "issuer"),
        "signature": (),
        "revoked": (),
        "other_roots": (),
    }


class NotAllowed(Refusal):
    """The caller's role does not give it this command."""

    code = 3
    needs = ("caller", "command")


class NotYours(Refusal):
    """An employer acts for itself only."""

    code = 4
    cases: ClassVar = {
        "caller": ("caller", "employer"),
        "terms": ("terms", "employer"),
        "worker": ("worker", "terms"),
    }


class TooLarge(Refusal):
    """One transaction carries a bounded amount of keys, bytes and signatures."""

    code = 5
    needs = ("limit",)
    cases: ClassVar = {
        "payload": (),
        "written": (),
        "keys": (),
        "signatures": (),
        "days": (),
        "rules": ("worker", "days"),
        "deposits": (),
        "deductions": ("worker",),
        "employers": (),
        "workers": ("employer",),
        "runs": ("employer",),
        "terms": ("employer",),
        "values": ("parameter",),
        "statuses": ("what", "number", "day"),
        "contracts": (),
    }


class SameIdOtherBody(Refusal):
    """The request id was used for another command."""

    code = 9
    needs = ("request_id", "tx_id")


class RequestVoid(Refusal):
    """The request id was voided."""

    code = 10
    needs = ("request_id",)


class NotAParty(Refusal):
    """The organisation's word is not asked for here."""

    code = 14
    needs = ("organisation", "what", "number")


class AlreadySigned(Refusal):
    """The organisation has already signed this."""

    code = 15
    needs = ("organisation", "what", "number")


class Unknown(Refusal):
    """There is no such record."""

    code = 16
    needs = ("what", "number")


class Exists(Refusal):
    """A record of this number is there already."""

    code = 17
    needs = ("what", "number")


class WrongState(Refusal):
    """The record's state does not allow this."""

    code = 18
    needs = ("what", "number", "state", "needed")


class SignatureWrong(Refusal):
    """The signature is not the worker's over this message."""

    code = 19
    needs = ("worker",)
    cases: ClassVar = {
        "registration": (),
        "accession": ("terms", "version"),
        "payee": (),
        "key": (),
        "veto": (),
        "confirmation": ("days",),
        "dispute": ("day",),
        "withdrawal": ("day",),
        "plan": ("recovery",),
        "plan_withdrawal": ("recovery",),
    }


class EmployerNotActive(Refusal):
    """The employer is suspended or ended on that day: nothing new is earned."""

    code = 20
    needs = ("employer", "state", "day")


class WorkerNotActive(Refusal):
    """The worker is suspended, ended or erased on that day: nothing new is earned."""

    code = 21
    needs = ("worker", "state", "day")


class WorkerElsewhere(Refusal):
    """The worker belongs to another employer or another shard."""

    code = 22
    needs = ("worker", "employer")
    cases: ClassVar = {
        "employer": (),
        "shard": ("shard",),
    }


class TermsInvalid(Refusal):
    """The terms contradict themselves or the law."""

    code = 23
    cases: ClassVar = {
        "no_rules": (),
        "rules": ("count", "limit"),
        "rule_twice": ("rule",),
        "first_step": ("rule",),
        "steps": ("rule", "above", "before"),
        "day_guarantee": (),
        "no_most": ("measure",),
        "idle_most": ("measure",),
        "most_minutes": ("measure", "given", "limit"),
        "begins_early": ("year",),
        "ends_first": (),
        "payday_changes": (),
        "begins_before": ("day",),
        "answer_days": ("given", "least"),
        "below_minimum": ("minimum_fen",),
        "scope": ("scope",),
        "roots": (),
        "money_measure": ("measure",),
        "overtime_base": ("rule",),
        "overtime_missing": ("rule",),
        "labour_only": ("rule",),
        "monthly_only": ("rule",),
        "no_contract_type": (),
        "pay_rules": ("day", "version", "needed"),
        "income_class": ("income_class", "contract_type"),
        "no_place": ("contract_type",),
        "cycle": ("days",),
        "type_changes": (),
    }


class TermsNotInForce(Refusal):
    """The terms do not cover that day."""

    code = 24
    needs = ("terms", "day")


class NotAcceded(Refusal):
    """The worker has signed no terms that cover that day."""

    code = 25
    needs = ("worker", "day")


class HashDiffers(Refusal):
    """What was signed is another document."""

    code = 26
    needs = ("what", "number")


class DateInFuture(Refusal):
    """Work that has not been done yet."""

    code = 27
    retryable = True
    needs = ("day", "today")


class DuplicateRow(Refusal):
    """One worker has one row a day, one booking one line."""

    code = 28
    cases: ClassVar = {
        "row": ("worker", "day"),
        "booking": ("booking", "day"),
        "sheet": ("shard", "day"),
        "worker": ("worker",),
    }


class MeasureUnknown(Refusal):
    """The worker's terms do not pay by this measure."""

    code = 29
    needs = ("measure", "worker", "known")


class VersionStale(Refusal):
    """Somebody else wrote a newer version meanwhile."""

    code = 30
    needs = ("what", "number", "current", "given")


class NothingChanges(Refusal):
    """The command would leave everything as it is."""

    code = 31
    needs = ("what", "number")


class RowChanged(Refusal):
    """The row is not what the worker signed."""

    code = 32
    needs = ("worker", "day")


class RowNotAnswerable(Refusal):
    """The row's state does not allow this answer."""

    code = 33
    needs = ("worker", "day", "state")


class DayStillOpen(Refusal):
    """The day is not over."""

    code = 35
    retryable = True
    needs = ("day",)


class NotAPayday(Refusal):
    """None of the employer's terms pays on that day."""

    code = 36
    needs = ("day", "employer")


class ShardNotReady(Refusal):
    """A shard of the run is not where this step needs it."""

    code = 38
    retryable = True
    needs = ("shard", "number")
    cases: ClassVar = {
        "state": ("state", "needed"),
        "held": ("cashout",),
    }


class CashOutHasLeft(Refusal):
    """Money of the run is on its way to the bank, or held for it."""

    code = 39
    needs = ("run", "cashout", "state")


class NothingToPayOut(Refusal):
    """No account in the scope holds anything."""

    code = 43
    needs = ("cashout",)


class PayoutsStopped(Refusal):
    """An owner of money in custody has a shortfall: its payouts stop until it is replenished."""

    code = 44
    retryable = True
    needs = ("owner", "shortfall_fen")


class FiguresDiffer(Refusal):
    """The organisation's own figures differ from those on the ledger."""

    code = 49
    cases: ClassVar = {
        "finding": ("figure", "organisation", "height", "there", "given"),
        "finding_fen": ("figure", "organisation", "height", "there_fen", "given_fen"),
        "month": ("figure", "period", "there_fen", "given_fen"),
        "shards": ("cashout", "there", "given"),
        "payments": ("file", "there", "given"),
        "payments_fen": ("file", "there_fen", "given_fen"),
        "admitted": ("worker", "day", "measure", "most", "given"),
        "decided": ("worker", "day", "measure", "low", "high", "given"),
        "decided_less": ("worker", "day"),
        "overpaid": ("worker", "terms", "start", "there_fen", "given_fen"),
        "share": ("most_bp", "given_bp"),
    }


class TooFarAhead(Refusal):
    """A day so far ahead that it must be a slip."""

    code = 51
    needs = ("day", "today")


class RowFrozen(Refusal):
    """While a worker disputes a row, the employer can only add to it."""

    code = 55
    needs = ("worker", "day")


class SamePerson(Refusal):
    """Whoever prepared a payment does not approve it, nor anybody twice, whatever the certificate or role."""

    code = 56
    needs = ("person", "what", "number")


class MeasureBeyondTerms(Refusal):
    """More units of a measure than the worker's terms, or a day, can have."""

    code = 57
    needs = ("given", "measure", "worker", "most")


class DayInPast(Refusal):
    """A status or an end would reach over days, or hours of today, that were worked."""

    code = 58
    needs = ("day", "earliest")


class NumberForeign(Refusal):
    """The number is not one that this employer can give: another's cannot be taken."""

    code = 59
    needs = ("number", "employer", "what")


class EmployerNotHeard(Refusal):
    """A dispute is decided once the employer has replied, or has let the time to reply pass."""

    code = 60
    needs = ("worker", "day", "until")


class NotCovered(Refusal):
    """No payout exceeds what the bank's statements, or two of its signatures for today, show of its owner's money."""

    code = 61
    retryable = True
    needs = ("owner", "have_fen", "need_fen")


class DepositMissing(Refusal):
    """The statement that covers the day is on the ledger: a deposit of that day would be on it."""

    code = 63
    needs = ("closing_day", "day")


class MoneyLeft(Refusal):
    """Whoever has money here is not forgotten: it could not be paid."""

    code = 64
    retryable = True
    needs = ("worker", "fen")


class WorkLeft(Refusal):
    """Whose work no run has paid yet is not forgotten: what it brings could not be paid."""

    code = 65
    retryable = True
    needs = ("worker", "day")


REFUSALS: Final[tuple[type[Refusal], ...]] = tuple(sorted(Refusal.__subclasses__(), key=lambda refusal: refusal.code))
"""All of them, those of the money among them, in order of code."""
BY_CODE: Final = {refusal.code: refusal for refusal in REFUSALS}

assert [refusal.code for refusal in REFUSALS] == list(range(1, len(REFUSALS) + 1))  # no gap, no renumbering
