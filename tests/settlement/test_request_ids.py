"""The ids that are on ledgers already: what was asked for under one is not asked for again under another."""

import ast
from datetime import date
from inspect import getmembers, isfunction
from pathlib import Path
from typing import Final

import pytest

from lxr.chaincode.statuses import Since, Status
from lxr.chaincode.workday import NewRow
from lxr.settlement import request_ids as ids

DAY: Final = date(2026, 8, 3)
ENDED: Final = Since(Status.ENDED, date(2026, 9, 1))
HISTORY: Final = (Since(Status.ACTIVE, DAY), ENDED)
W: Final = "W00000000000A"
AB: Final = "ab" * 32
ROWS: Final = (NewRow(W, {"orders": 20}),)
CUSTODY: Final = "4402200119000000001"
RUN: Final = "E001-20260915"
NUMBER: Final = "CE001-20260915"
WHY: Final = "miscounted"

TABLE: Final[dict[str, list[tuple[str, str]]]] = {
    "custody": [(ids.custody(CUSTODY), "custody:4402200119000000001")],
    "proposal": [(ids.proposal("PUNION-1"), "propose:PUNION-1")],
    "approval": [(ids.approval("PUNION-1"), "approve:PUNION-1")],
    "contract_proposal": [(ids.contract_proposal(AB), "contract.propose.abababababababab")],
    "contract_statement": [(ids.contract_statement(AB, "bank"), "contract.state.abababababababab.bank")],
    "contract_switch": [(ids.contract_switch(AB), "contract.switch.abababababababababababababababab")],
    "revocation": [(ids.revocation("bank", "1f"), "revoke:bank:1f")],
    "void": [(ids.void("close:2026-08-03"), "void:close:2026-08-03")],
    "checkpoint": [
        (ids.checkpoint(7, None), "checkpoint:7"),
        (ids.checkpoint(7, 0), "checkpoint:7.1"),
        (ids.checkpoint(7, 1), "checkpoint:7.2"),
    ],
    "employer": [(ids.employer("E001"), "employer:E001")],
    "enrolment": [(ids.enrolment("E001", [(W, "02" + AB, AB)]), "enrol.E001.544c050ffcb93938")],
    "closing_register": [
        (ids.closing_register("E001", DAY, [0, 3]), "closing-register:E001:2026-08-03:a6e8b1626f61876a")
    ],
    "carry_over": [(ids.carry_over("E001", [(AB, (W,))]), "carry-over:E001:5dd930d0b17c7ff5e09bee415f48a1df")],
    "status": [
        (ids.status(W, HISTORY, ENDED), "status:W00000000000A:1:ended:2026-09-01"),
        (ids.status(W, HISTORY, Since(Status.ACTIVE, date(2026, 9, 2))), "status:W00000000000A:2:active:2026-09-02"),
        (ids.status("E001", (), Since(Status.ENDED, DAY)), "status:E001:0:ended:2026-08-03"),
    ],
    "reinstatement": [(ids.reinstatement(W, HISTORY, WHY), "reinstate:W00000000000A:d006403776ee9c04")],
    "reinstatement_approval": [(ids.reinstatement_approval(W, AB), "reinstated:W00000000000A:abababababababab")],
    "payee": [(ids.payee(W, 2), "payee.W00000000000A.2")],
    "new_key": [(ids.new_key(W, "02" + AB), "key:W00000000000A:02ababababababab")],
    "key_approval": [(ids.key_approval(W, AB), "approve-key:W00000000000A:abababababababab")],
    "key_veto": [(ids.key_veto(W, AB), "veto-key:W00000000000A:abababababababab")],
    "erasure": [(ids.erasure(W, 0), "person.erase:W00000000000A:0")],
    "unblocking": [(ids.unblocking(W, 1), "person.unblock:W00000000000A:1")],
    "look": [(ids.look(W, "0a1b"), "person.show:W00000000000A:0a1b")],
    "terms": [(ids.terms("TE001-RIDERS", 2, AB), "terms.propose.TE001-RIDERS.2.abababababababab")],
    "terms_acceptance": [(ids.terms_acceptance("TE001-RIDERS", 2), "terms.accept.TE001-RIDERS.2")],
    "terms_activation": [(ids.terms_activation("TE001-RIDERS", 2), "terms.activate.TE001-RIDERS.2")],
    "accession": [(ids.accession("TE001-RIDERS", 2, AB), "terms.accede.TE001-RIDERS.2.abababababababab")],
    "terms_end": [(ids.terms_end("TE001-RIDERS", DAY), "terms.end.TE001-RIDERS.2026-08-03")],
    "day_close": [(ids.day_close(DAY), "close:2026-08-03")],
    "sheet": [(ids.sheet("E001", DAY, 3, ROWS), "sheet.E001.2026-08-03.3.404e9014e448647b")],
    "correction": [(ids.correction("E001", DAY, 3, 2, ROWS, WHY), "correct.E001.2026-08-03.3.2.78572a3353fed56d")],
    "confirmation": [(ids.confirmation("E001", 3, ROWS), "confirm.E001.3.404e9014e448647b")],
    "certification": [(ids.certification("E001", ROWS), "certify.E001:404e9014e448647b")],
    "dispute": [(ids.dispute(W, DAY, 1), "dispute.W00000000000A.2026-08-03.1")],
    "withdrawal": [(ids.withdrawal(W, DAY, 1), "withdraw.W00000000000A.2026-08-03.1")],
    "reply": [(ids.reply(W, DAY, 1), "reply.W00000000000A.2026-08-03.1")],
    "decision": [
        (ids.decision(W, DAY, 1, ({"orders": 20}, WHY)), "decide.W00000000000A.2026-08-03.1.d8ea90b56a6c4cb3")
    ],
    "review": [(ids.review(W, DAY, AB), "review.W00000000000A.2026-08-03.abababababababab")],
    "contest": [(ids.contest(W, DAY), "contest.W00000000000A.2026-08-03")],
    "award": [(ids.award(W, DAY, ({"orders": 20}, AB, WHY)), "award.W00000000000A.2026-08-03.d5de4260db96b7e0")],
    "award_approval": [(ids.award_approval(W, DAY, AB), "approve-award.W00000000000A.2026-08-03.abababababababab")],
    "turn": [(ids.turn(ids.contest(W, DAY), 2), "contest.W00000000000A.2026-08-03.2")],
    "deduction": [(ids.deduction("DE001-1"), "deduct:DE001-1")],
    "deduction_approval": [(ids.deduction_approval("DE001-1"), "approve-deduction:DE001-1")],
    "deduction_end": [(ids.deduction_end("DE001-1"), "cancel-deduction:DE001-1")],
    "recovery": [(ids.recovery("RE001-1"), "recover:RE001-1")],
    "recovery_approval": [(ids.recovery_approval("RE001-1"), "approve-recovery:RE001-1")],
    "recovery_end": [(ids.recovery_end("RE001-1"), "cancel-recovery:RE001-1")],
    "recovery_withdrawal": [(ids.recovery_withdrawal("RE001-1"), "withdraw-recovery:RE001-1")],
    "run": [(ids.run(RUN), "open:E001-20260915")],
    "pricing": [(ids.pricing(RUN), "price:E001-20260915")],
    "funding": [(ids.funding(RUN), "fund:E001-20260915")],
    "payment": [(ids.payment(RUN), "pay:E001-20260915")],
    "reversal": [(ids.reversal(RUN), "reverse:E001-20260915")],
    "unwinding": [(ids.unwinding(RUN, 3), "unwind:E001-20260915:3")],
    "reversal_end": [(ids.reversal_end(RUN), "reversed:E001-20260915")],
    "sweep": [(ids.sweep(RUN), "sweep:E001-20260915")],
    "group": [(ids.group(ids.pricing(RUN), (0, 1, 2)), "price:E001-20260915:434026bd98ff2d8a")],
    "cash_out": [(ids.cash_out(NUMBER), "cashout:CE001-20260915")],
    "hold": [(ids.hold(NUMBER), "hold:CE001-20260915")],
    "instruction": [(ids.instruction(NUMBER), "instruct:CE001-20260915")],
    "instruction_approval": [(ids.instruction_approval(NUMBER), "approve-cashout:CE001-20260915")],
    "acceptance": [(ids.acceptance(NUMBER), "accept:CE001-20260915")],
    "cancelling": [(ids.cancelling(NUMBER), "cancel:CE001-20260915")],
    "release": [(ids.release(NUMBER), "release:CE001-20260915")],
    "rejection": [(ids.rejection("C1", (("LX2608", "AC01"), ("LX2609", "BE01"))), "reject:C1:35c453feef9248f3")],
    "statement": [(ids.statement(CUSTODY, 2, 0, ROWS[0]), "statement:4402200119000000001:2:0:da37678d3cd89a9b")],
    "deposit": [(ids.deposit(CUSTODY, DAY, "B1"), "deposit:4402200119000000001:2026-08-03:B1")],
    "cosignature": [(ids.cosignature(CUSTODY, DAY, "B1"), "cosign:4402200119000000001:2026-08-03:B1")],
    "deposit_reversal": [(ids.deposit_reversal(CUSTODY, DAY, "B1"), "reverse:4402200119000000001:2026-08-03:B1")],
    "reversal_agreement": [(ids.reversal_agreement(CUSTODY, DAY, "B1"), "agree:4402200119000000001:2026-08-03:B1")],
    "line": [(ids.line("assign", CUSTODY, DAY, "B1~2", AB), "assign:4402200119000000001:2026-08-03:B1_2:fdb24d0e3762")],
    "month_close": [(ids.month_close("2026-08"), "close:2026-08")],
    "countersignature": [(ids.countersignature("2026-08"), "countersign:2026-08")],
}


@pytest.mark.parametrize("name", TABLE)
def test_an_id_stays_what_it_is(name: str) -> None:
    for made, expected in TABLE[name]:
        assert expected == made


def test_every_id_is_in_the_table() -> None:
    made = {name for name, function in getmembers(ids, isfunction) if function.__module__ == ids.__name__}
    assert made == TABLE.keys()
    assert "founding" == ids.FOUNDING


def test_no_office_makes_an_id_by_itself() -> None:
    root = Path(__file__).parents[2]
    files = [*(root / "settlement").rglob("*.py"), *(root / "cli").rglob("*.py")]
    by_hand = [
        f"{path.relative_to(root)}:{node.value.lineno}"
        for path in files
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.keyword) and node.arg == "request_id" and isinstance(node.value, ast.JoinedStr)
    ]
    assert [] == by_hand
