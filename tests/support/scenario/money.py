"""Money: deposited, run by run paid, cashed out, booked by the bank, kept back, recovered."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import msgspec

from lxr.chaincode.assignments import AgreeLine, AssignLine, LineAnswer
from lxr.chaincode.attestations import AttestDeposit, CosignDeposit
from lxr.chaincode.cashout import OpenCashOut
from lxr.chaincode.cashout_holds import HoldShards
from lxr.chaincode.cashout_records import CashOutShard, Debtor, cash_out_shards, cash_outs
from lxr.chaincode.custody import CustodyAnswer
from lxr.chaincode.custody_records import (
    Transit,
    assignment_digest,
    attestation_digest,
    attestations,
    bookings,
    custodies,
    transits,
)
from lxr.chaincode.days import day_of, moment
from lxr.chaincode.deductions import ApproveDeduction, OrderDeduction, deduction_digest
from lxr.chaincode.instruction import AcceptCashOut, ApproveCashOut, InstructCashOut, StatedFile, instruction_digest
from lxr.chaincode.lines import Line, Target
from lxr.chaincode.payroll import RunAnswer
from lxr.chaincode.recovery import ProposeRecovery, RecoveryEnd, plan_of
from lxr.chaincode.reversal import CloseReversal, ReverseRun, UnwindShard
from lxr.chaincode.run_funding import FundRun
from lxr.chaincode.run_opening import OpenRun
from lxr.chaincode.run_payment import PayShards
from lxr.chaincode.run_pricing import PriceShards
from lxr.chaincode.runs import deduction_orders, run_shards, runs
from lxr.chaincode.statements import BookStatement
from lxr.chaincode.types import digest
from parties import ANNA, CUSTODY, aug
from scenario.work import WorkSteps

Place = tuple[date, str]
"""The booking day and the reference of a line of the bank's."""


class Steps(WorkSteps):
    """Runs and cash-outs, and the statements of the bank."""

    def signed_deposit(self, deposit: Place) -> dict[str, Any]:
        """The fields of a CosignDeposit, or of an AgreeReversal, of an attested deposit as it stands."""
        content = attestation_digest(CUSTODY, *deposit, self.get(attestations, CUSTODY, *deposit))
        return {**place_of(deposit), "digest": content}

    def agreement(self, line: Place) -> dict[str, Any]:
        """The fields of an AgreeLine, or of a ConsentLine, of what the bank says of a line."""
        booking = self.get(bookings, CUSTODY, *line)
        assert booking.proposal is not None
        return {**place_of(line), "digest": assignment_digest(CUSTODY, booking, booking.proposal.target)}

    def assigned(self, line: Place, what: str, number: str) -> LineAnswer:
        """Bank and union say what a waiting line is. Gives back the union's answer."""
        self.do(AssignLine, **place_of(line), target=msgspec.convert({"what": what, "number": number}, Target))
        return self.do(AgreeLine, **self.agreement(line))

    def split(self, line: Place, *parts_fen: int) -> LineAnswer:
        """Bank and union say that a waiting line is several things. Gives back the union's answer."""
        self.do(AssignLine, **place_of(line), target=Target("parts", "", parts_fen))
        return self.do(AgreeLine, **self.agreement(line))

    def deduction(self, order: str, amount_fen: int, worker: str = ANNA, **changes: Any) -> dict[str, Any]:
        """The fields of an OrderDeduction."""
        fields = {"order": order, "worker": worker, "kind": "tax", "amount_fen": amount_fen}
        return {**fields, "basis": "个人所得税法 art. 9", "document": digest("the notice"), **changes}

    def deduction_approval(self, order: str) -> dict[str, Any]:
        """The fields of an ApproveDeduction of an order as it stands."""
        record = self.get(deduction_orders, order)
        return {"employer": record.employer, "order": order, "digest": deduction_digest(order, record)}

    def deducted(self, order: str, amount_fen: int, worker: str = ANNA, **changes: Any) -> None:
        """Order a deduction and approve it; runs that are opened on a later day take it."""
        self.do(OrderDeduction, **self.deduction(order, amount_fen, worker, **changes))
        self.do(ApproveDeduction, **self.deduction_approval(order))

    def recovery(self, number: str, amount_fen: int, worker: str = ANNA, /, **changes: Any) -> dict[str, Any]:
        """The fields of a ProposeRecovery that the worker signed: of the week of the 3rd, at most 20 % of a line."""
        fields: dict[str, Any] = {"recovery": number, "worker": worker, "amount_fen": amount_fen, "start": aug(3)}
        fields |= {"employer": "E001", "terms": "TE001-1", "most_fen": 10**6, "share_bp": 2000}
        fields |= {"basis": "agreed with the worker", "document": digest("the agreement"), **changes}
        message = plan_of(ProposeRecovery(request_id="recovery", **fields), self.ledger_id)
        return {**fields, "signature": self.sign(worker, message)}

    def court_order(self, number: str, amount_fen: int, worker: str = ANNA, /, **changes: Any) -> dict[str, Any]:
        """The fields of a ProposeRecovery by a court's order."""
        return {**self.recovery(number, amount_fen, worker, **changes), "signature": None}

    def recovery_approval(self, number: str) -> dict[str, str]:
        """The fields of an ApproveRecovery of an order as it stands."""
        return {"recovery": number, "digest": deduction_digest(number, self.get(deduction_orders, number))}

    def recovery_end(self, number: str, *, signed_by: str | None = None, **changes: Any) -> dict[str, Any]:
        """The fields of a WithdrawRecovery by the worker."""
        order = self.get(deduction_orders, number)
        message = RecoveryEnd(self.ledger_id, order.worker, number, deduction_digest(number, order))
        signed = self.sign(signed_by or order.worker, msgspec.structs.replace(message, **changes))
        return {"recovery": number, "signature": signed}

    def deposit(
        self, amount_fen: int, employer: str = "E001", booking: str | None = None, *, cosigned: bool = False
    ) -> Place:
        """The bank attests a credit of the day, or books it where a statement has been there. Its day and reference."""
        place = day_of(self.at_ms), booking or f"D{self.requests}"
        closing_day = self.get(custodies, CUSTODY).closing_day
        if closing_day is not None and place[0] <= closing_day:
            self.book(closing_day, credit(*place, amount_fen, employer))
            return place
        self.do(AttestDeposit, **place_of(place), employer_no=employer, amount_fen=amount_fen)
        if cosigned:
            self.do(CosignDeposit, "bank/admin", **self.signed_deposit(place))
        return place

    def in_transit(self) -> tuple[Line, ...]:
        """The lines of all deposits that are attested and not missing, as the statement of their day has them."""
        value = self.engine.read(transits.key(CUSTODY))
        deposits = (transits.decode(value) if value else Transit()).deposits
        return tuple(
            Line(each.day, each.booking, True, each.amount_fen, payer=each.employer)
            for each in deposits
            if not each.missing
        )

    def confirmed(self) -> None:
        """The bank's statement of today has all that it attested, if there is any such."""
        if lines := self.in_transit():
            self.book(day_of(self.at_ms), *lines)

    def opened(self, run: str, **fields: Any) -> RunAnswer:
        """Open the run of its number's payday. The time goes to that day, unless it is later."""
        employer, payday = run.split("-")[0], date.fromisoformat(run.split("-")[1])
        self.at_ms = max(self.at_ms, moment(payday, 720))
        return self.do(OpenRun, employer=employer, run=run, payday=payday, **fields)

    def priced(self, run: str, **fields: Any) -> dict[str, int]:
        """Open a run and price all its shards. Gives back net pay by worker."""
        self.opened(run, **fields)
        return self.do_priced(run)

    def do_priced(self, run: str) -> dict[str, int]:
        """Price all shards of a run that is open. Gives back net pay by worker."""
        for shard in range(self.get(runs, run).shards):
            self.do(PriceShards, run=run, shards=(shard,))
        return self.nets(run)

    def funded(self, run: str, **fields: Any) -> RunAnswer:
        """Open, price and fund a run."""
        self.priced(run, **fields)
        return self.do(FundRun, run=run)

    def paid(self, run: str, **fields: Any) -> dict[str, int]:
        """Open, price, fund and pay a run. Gives back net pay by worker."""
        self.priced(run, **fields)
        return self.do_paid(run)

    def do_paid(self, run: str) -> dict[str, int]:
        """Fund a run that is priced, and pay it. Gives back net pay by worker."""
        self.do(FundRun, run=run)
        for shard in range(self.get(runs, run).shards):
            self.do(PayShards, run=run, shards=(shard,))
        return self.nets(run)

    def reversed(self, run: str) -> None:
        """Take a run back."""
        self.do(ReverseRun, run=run, reason="wrong rate")
        for shard in range(self.get(runs, run).shards):
            if self.engine.read(run_shards.key(run, shard)) is not None:
                self.do(UnwindShard, run=run, shard=shard)
        self.do(CloseReversal, run=run)

    def held(self, cashout: str, **fields: Any) -> list[str]:
        """Open a cash-out and hold all its shards. Gives back its orders."""
        self.do(OpenCashOut, cashout=cashout, custody=CUSTODY, **fields)
        for shard in self.get(cash_outs, cashout).shards:
            self.do(HoldShards, cashout=cashout, shards=(shard,))
        return self.orders(cashout)

    def orders(self, cashout: str) -> list[str]:
        """The orders of a cash-out that is held."""
        shards = self.get(cash_outs, cashout).shards
        return [order for shard in shards for order in self.get(cash_out_shards, cashout, shard).orders]

    def instruction(self, cashout: str, **changes: Any) -> dict[str, Any]:
        """The fields of the InstructCashOut that fits the holds."""
        held = [
            self.get(cash_out_shards, cashout, shard)
            for shard in self.get(cash_outs, cashout).shards
            if self.engine.read(cash_out_shards.key(cashout, shard)) is not None
        ]
        fields = {
            "cashout": cashout,
            "files": stated_files(cashout, held, (len(held),)),
            "prepared_ms": self.at_ms // 1000 * 1000,
            "execution_date": day_of(self.at_ms),
            "debtor": Debtor("成都灵活就业工会", "102100099996"),
        }
        return {**fields, **changes}

    def cash_out_approval(self, cashout: str) -> dict[str, str]:
        """The fields of an ApproveCashOut of what is prepared."""
        return {"cashout": cashout, "digest": instruction_digest(cashout, self.get(cash_outs, cashout))}

    def leave(self, cashout: str, *, accepted: bool = True) -> None:
        """Prepare and approve a cash-out that is held, by all whom it takes; the bank accepts it.

        What was deposited is on a statement before.
        """
        self.confirmed()
        self.do(InstructCashOut, **self.instruction(cashout))
        self.do(ApproveCashOut, "union/operator", **self.cash_out_approval(cashout))
        if self.get(cash_outs, cashout).second_role:
            self.do(ApproveCashOut, "union/admin", **self.cash_out_approval(cashout))
        if accepted:
            self.do(AcceptCashOut, **self.acceptance(cashout))

    def acceptance(self, cashout: str) -> dict[str, Any]:
        """The fields of an AcceptCashOut of the file that was approved."""
        return {"cashout": cashout, "files": tuple(file.digest for file in self.get(cash_outs, cashout).files)}

    def instructed(self, cashout: str, **fields: Any) -> list[str]:
        """Open, hold, prepare and approve a cash-out, which the bank accepts. Gives back its orders."""
        numbers = self.held(cashout, **fields)
        self.leave(cashout)
        return numbers

    def statement(self, day: date, /, *lines: Line, **changes: Any) -> dict[str, Any]:
        """The fields of a BookStatement that follows the last one and adds up. The time goes to its day or is later."""
        self.at_ms = max(self.at_ms, moment(day, 720))
        custody = self.get(custodies, CUSTODY)
        opening_fen = changes.get("opening_fen", custody.closing_fen)
        fields = {
            "custody": CUSTODY,
            "statement": custody.statements + 1,
            "number": custody.statements + 1,
            "day": day,
            "opening_fen": opening_fen,
            "closing_fen": opening_fen + sum(line.signed_fen for line in lines),
            "entries": len(lines),
            "first": 0,
            "lines": tuple(sorted(lines, key=lambda line: line.place)),
        }
        return {**fields, **changes}

    def book(self, day: date, /, *lines: Line, **changes: Any) -> CustodyAnswer:
        """The bank books a whole statement."""
        return self.do(BookStatement, **self.statement(day, *lines, **changes))


def stated_files(cashout: str, held: Sequence[CashOutShard], groups: Sequence[int]) -> tuple[StatedFile, ...]:
    """The bank's files of what is held, each of so many shards; of one payment at least, as any file is."""
    files, shards = [], list(held)
    for place, size in enumerate(groups, 1):
        theirs, shards = shards[:size], shards[size:]
        count, total_fen = sum(len(each.orders) for each in theirs), sum(each.total_fen for each in theirs)
        name = f"F{place}-{cashout}"
        files.append(StatedFile(name, digest(name), max(size, 1), max(count, 1), total_fen))
    return tuple(files)


def credit(day: date, booking: str, amount_fen: int, payer: str | None = None, **facts: Any) -> Line:
    """A credit on a statement: by default of nobody, without a mark."""
    return Line(day, booking, True, amount_fen, payer=payer, **facts)


def debit(day: date, booking: str, amount_fen: int, order: str | None = None, **facts: Any) -> Line:
    """A debit on a statement: by default without an order."""
    return Line(day, booking, False, amount_fen, order=order, **facts)


def place_of(line: Place) -> dict[str, Any]:
    """The fields that say which line of the bank's a command is about."""
    day, booking = line
    return {"custody": CUSTODY, "day": day, "booking": booking}
