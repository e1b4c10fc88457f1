"""What banks say of payments that they did not make: it fits the file that it speaks of, or nothing of it counts."""

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest
from msgspec import Struct

from consortium import House, rehearsal
from lxr.chaincode.cashout_records import PaymentOrderState, payment_orders
from lxr.settlement.bank import cashout, instruction
from lxr.settlement.bank.desk import reject
from lxr.settlement.bank.formats import pay_results
from lxr.settlement.bank.formats.workbook import workbook
from lxr.settlement.bank.model import PaymentFile, Transfer
from lxr.settlement.bank.payment_forms import STANDARD, PaymentForm, form_of
from lxr.settlement.errors import InputFault
from parties import CUSTODY
from statusreports import report, transfer
from treasury import DAY_FEN, PAYDAY, UNION, noon, paid

NUMBER: Final = "CE001-20260915"
WAGE: Final = f"{2 * DAY_FEN / 100:.2f}"
DAIFA, TXT = form_of("daifa", False), form_of("daifa-txt", False)
Rows = list[list[str]]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """Three workers are paid; their cash-out is held."""
    with rehearsal(tmp_path) as made:
        paid(made, made.employ(3, shards=2))
        yield made


def sent(house: House, form: PaymentForm, payments_max: int = 10_000) -> list[str]:
    """The cash-out is with the bank; its orders."""
    people, inbox = house.people, house.consortium.bank_dir
    instruction.instruct(
        house.treasurer, people, NUMBER, UNION, noon(PAYDAY), PAYDAY, form=form, payments_max=payments_max
    )
    instruction.approve(house.operator, people, NUMBER, inbox, UNION, form=form)
    instruction.accept(house.teller, NUMBER, inbox, form=form)
    return [order.order for order in cashout.orders_of(house.teller, NUMBER)]


def rejecting(house: House, tmp_path: Path, data: bytes, form: PaymentForm, name: str = "results.csv") -> int:
    path = tmp_path / name
    path.write_bytes(data)
    return reject(house.teller, CUSTODY, path, house.consortium.bank_dir / "inbox", form)


def states(house: House, orders: list[str]) -> list[tuple[str, str | None]]:
    found = [house.teller.need(payment_orders, order) for order in orders]
    return [(str(order.state), order.reason) for order in found]


def test_a_report_rejects_the_transfers_that_it_names_once(house: House, tmp_path: Path) -> None:
    orders = sent(house, STANDARD)
    counts = f"<OrgnlNbOfTxs>3</OrgnlNbOfTxs><OrgnlCtrlSum>{6 * DAY_FEN / 100:.2f}</OrgnlCtrlSum>"
    data = report(
        NUMBER,
        transfer(orders[0], "ACSC"),
        transfer(orders[1], "RJCT", "AC04", WAGE),
        group="<GrpSts>PART</GrpSts>",
        counts=counts,
    )
    assert 1 == rejecting(house, tmp_path, data, STANDARD)
    assert [("held", None), ("rejected", "AC04"), ("held", None)] == states(house, orders)
    assert 0 == rejecting(house, tmp_path, data, STANDARD)


def test_a_report_on_one_file_of_several_rejects_all_of_that_file_alone(house: House, tmp_path: Path) -> None:
    orders = sent(house, STANDARD, payments_max=2)
    why = "<GrpSts>RJCT</GrpSts><StsRsnInf><Rsn><Cd>AM04</Cd></Rsn></StsRsnInf>"
    assert 2 == rejecting(house, tmp_path, report(f"F1-{NUMBER}", group=why), STANDARD)
    assert [("rejected", "AM04")] * 2 + [("held", None)] == states(house, orders)


def test_a_file_that_is_rejected_as_sent_before_is_not_taken_for_unpaid(house: House, tmp_path: Path) -> None:
    """The bank refuses the second upload of a file whose first one it pays."""
    sent(house, STANDARD)
    why = "<GrpSts>RJCT</GrpSts><StsRsnInf><Rsn><Cd>AM05</Cd></Rsn></StsRsnInf>"
    refused(house, tmp_path, report(NUMBER, group=why), STANDARD, "rejects all of CE001-20260915 as sent before: AM05")


AGAIN: Final = "<StsRsnInf><Rsn><Cd>DUPL</Cd></Rsn></StsRsnInf>"
SENT_BEFORE: Final[dict[str, Callable[[list[str]], bytes]]] = {
    "payment by payment": lambda orders: report(NUMBER, *(transfer(order, "RJCT", "DUPL") for order in orders)),
    "one of them": lambda orders: report(
        NUMBER, transfer(orders[0], "RJCT", "AC01"), transfer(orders[1], "RJCT", "DUPL")
    ),
    "below a group without a reason": lambda _: report(
        NUMBER, group="<GrpSts>RJCT</GrpSts>", block=f"<PmtInfSts>RJCT</PmtInfSts>{AGAIN}"
    ),
    "below a group with another reason": lambda orders: report(
        NUMBER,
        transfer(orders[0], "RJCT", "DUPL"),
        group="<GrpSts>RJCT</GrpSts><StsRsnInf><Rsn><Cd>AM04</Cd></Rsn></StsRsnInf>",
    ),
    "as the second reason": lambda _: report(
        NUMBER, group=f"<GrpSts>RJCT</GrpSts><StsRsnInf><Rsn><Cd>NARR</Cd></Rsn></StsRsnInf>{AGAIN}"
    ),
}


@pytest.mark.parametrize("case", SENT_BEFORE)
def test_a_payment_that_is_rejected_as_sent_before_is_not_taken_for_unpaid_wherever_it_is_said(
    house: House, tmp_path: Path, case: str
) -> None:
    refused(house, tmp_path, SENT_BEFORE[case](sent(house, STANDARD)), STANDARD, "as sent before: DUPL")


def test_a_list_that_calls_a_payment_sent_before_rejects_nothing(house: House, tmp_path: Path) -> None:
    orders = sent(house, DAIFA)
    data = in_text(table(house, orders, DONE, ("失败", "重复交易"), DONE))
    refused(house, tmp_path, data, DAIFA, f"row 4: the bank rejects {orders[1]} as sent before: AM05")


def refused(house: House, tmp_path: Path, data: bytes, form: PaymentForm, expected: str, name: str = "r.csv") -> None:
    height = house.ledger.height()
    with pytest.raises(InputFault) as caught:
        rejecting(house, tmp_path, data, form, name)
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)
    assert height == house.ledger.height()


REPORTS: Final[dict[str, tuple[Callable[[list[str]], bytes], str]]] = {
    "another file": (
        lambda orders: report("C9", transfer(orders[0], "RJCT")),
        "C9, which is no file that the bank has",
    ),
    "no order of it": (
        lambda _: report(NUMBER, transfer("LX9", "RJCT")),
        "row 1: 'LX9' is no payment of CE001-20260915",
    ),
    "one twice": (
        lambda orders: report(NUMBER, transfer(orders[0], "RJCT"), transfer(orders[0], "ACSC")),
        "stands in row 1 already",
    ),
    "another sum": (lambda orders: report(NUMBER, transfer(orders[0], "RJCT", "AC01", "1.00")), "was not sent so"),
    "another number": (
        lambda orders: report(NUMBER, transfer(orders[0], "RJCT"), counts="<OrgnlNbOfTxs>4</OrgnlNbOfTxs>"),
        "says 4 of CE001-20260915; expected 3",
    ),
    "another total": (
        lambda orders: report(
            NUMBER, transfer(orders[0], "RJCT"), counts="<OrgnlNbOfTxs>3</OrgnlNbOfTxs><OrgnlCtrlSum>1</OrgnlCtrlSum>"
        ),
        "says 1.00 of CE001-20260915",
    ),
}


@pytest.mark.parametrize("case", REPORTS)
def test_a_report_that_does_not_fit_its_file_rejects_nothing(house: House, tmp_path: Path, case: str) -> None:
    make, expected = REPORTS[case]
    refused(house, tmp_path, make(sent(house, STANDARD)), STANDARD, expected)


TITLES: Final = ["序号", "收款账号", "收款人户名", "金额(元)", "客户流水号", "处理结果", "失败原因"]


def table(house: House, orders: list[str], *results: tuple[str, str]) -> Rows:
    """A list of results, with a line above and sums below."""
    path = house.consortium.bank_dir / "inbox" / f"{NUMBER}.csv"
    payments = DAIFA.transfers(path.read_bytes(), path.name, 10)
    rows = [
        [str(place), each.creditor_account, each.creditor_name, f"{each.amount_fen / 100:,.2f}", order, *result]
        for place, (order, each, result) in enumerate(zip(orders, payments, results, strict=True), 1)
    ]
    return [["代发结果", "2026-09-15"], TITLES, *rows, ["合计", "", "", "", "", "", ""]]


def in_text(rows: Rows, separator: str = "\t") -> bytes:
    return "".join(separator.join(row) + "\r\n" for row in rows).encode("gb18030")


DONE, LATER = ("成功", ""), ("处理中", "")


@pytest.mark.parametrize("write", [in_text, lambda rows: workbook("结果", rows)], ids=["text", "workbook"])
def test_a_list_of_results_rejects_what_failed_with_the_reason_that_the_template_has(
    house: House, tmp_path: Path, write: Callable[[Rows], bytes]
) -> None:
    orders = sent(house, DAIFA)
    data = write(table(house, orders, DONE, ("失败", "户名不符"), LATER))
    assert 1 == rejecting(house, tmp_path, data, DAIFA)
    assert [("held", None), ("rejected", "BE01"), ("held", None)] == states(house, orders)
    assert PaymentOrderState.REJECTED is house.teller.need(payment_orders, orders[1]).state


def changed(row: int, column: int, text: str) -> Callable[[Rows], Rows]:
    return lambda rows: [
        [text if (y, x) == (row, column) else cell for x, cell in enumerate(each)] for y, each in enumerate(rows)
    ]


LISTS: Final[dict[str, tuple[Callable[[Rows], Rows], str]]] = {
    "a row is missing": (lambda rows: rows[:3] + rows[4:], "1 payments of CE001-20260915 are missing"),
    "a row twice": (lambda rows: rows[:3] + rows[2:], "stands in row 3 already"),
    "another amount": (changed(2, 3, "1.00"), "row 3: "),
    "another account": (changed(2, 1, "6222020000000000"), "was not sent so"),
    "another name": (changed(2, 2, "李四"), "was not sent so"),
    "an order of another file": (changed(3, 4, "LX260915WGAAAAAAAAAAAAA"), "is no payment of CE001-20260915"),
    "an unknown state": (changed(2, 5, "已退"), "row 3, field 处理结果: has '已退'; expected one of 成功"),
    "an unknown reason": (changed(3, 6, "系统繁忙"), "row 4, field 失败原因: has '系统繁忙'"),
    "no amount": (changed(2, 3, ""), "row 3, field 金额(元): has ''"),
    "a card as a number": (changed(2, 1, "6.20000000000273E+18"), "was not sent so"),
    "no header": (lambda rows: rows[2:], "no header in its first 30 lines"),
    "a column less": (lambda rows: [row[:-1] for row in rows], "no header in its first 30 lines"),
    "two columns of a title": (lambda rows: [[*row, row[-1]] for row in rows[1:]], "field 失败原因: is there twice"),
}


@pytest.mark.parametrize("case", LISTS)
def test_a_list_that_does_not_fit_its_file_rejects_nothing(house: House, tmp_path: Path, case: str) -> None:
    orders = sent(house, DAIFA)
    change, expected = LISTS[case]
    refused(house, tmp_path, in_text(change(table(house, orders, DONE, ("失败", "户名不符"), DONE))), DAIFA, expected)


def test_a_payment_file_that_was_changed_after_it_was_accepted_is_compared_with_nothing(
    house: House, tmp_path: Path
) -> None:
    """Two payees change places, so that what the bank did not pay to the one would be given back to the other."""
    sent(house, TXT)
    listed, path = plain(house, "成功", "成功", "失败"), house.consortium.bank_dir / "inbox" / f"{NUMBER}.txt"
    text = held(house).decode("gb18030")
    one, other, *_ = TXT.transfers(held(house), path.name, 10)
    for old, new in (one.creditor_account, other.creditor_account), (one.creditor_name, other.creditor_name):
        text = text.replace(old, "\0").replace(new, old).replace("\0", new)
    path.write_bytes(text.encode("gb18030"))
    assert other.creditor_account == TXT.transfers(held(house), path.name, 10)[0].creditor_account
    refused(house, tmp_path, listed, TXT, "says another thing than the ledger", f"{NUMBER}_结果.csv")


def plain(house: House, *results: str) -> bytes:
    """A list without ids of ours."""
    path = house.consortium.bank_dir / "inbox" / f"{NUMBER}.txt"
    payments = TXT.transfers(path.read_bytes(), path.name, 10)
    rows = [
        [each.creditor_account, each.creditor_name, f"{each.amount_fen / 100:.2f}", result, ""]
        for each, result in zip(reversed(payments), results, strict=True)
    ]
    return in_text([["账号", "户名", "金额", "结果", "原因"], *rows], "|")


def test_without_ids_of_ours_rows_are_known_by_account_name_and_amount_in_whatever_order(
    house: House, tmp_path: Path
) -> None:
    orders = sent(house, TXT)
    assert 1 == rejecting(house, tmp_path, plain(house, "失败", "成功", "成功"), TXT, f"{NUMBER}_结果.csv")
    assert [("held", None), ("held", None), ("rejected", "MS03")] == states(house, orders)


def test_a_list_that_names_no_file_and_no_order_of_ours_asks_for_the_file(house: House, tmp_path: Path) -> None:
    sent(house, TXT)
    refused(house, tmp_path, plain(house, "失败", "成功", "成功"), TXT, "does not say which file it speaks of")
    path = tmp_path / "r.csv"
    inbox = house.consortium.bank_dir / "inbox"
    assert 1 == reject(house.teller, CUSTODY, path, inbox, TXT, NUMBER)


def test_a_stranger_in_a_list_without_ids_is_refused(house: House, tmp_path: Path) -> None:
    sent(house, TXT)
    data = plain(house, "失败", "成功", "成功").replace(WAGE.encode(), b"9.99", 1)
    refused(house, tmp_path, data, TXT, "no further payment of CE001-20260915 has this account", f"{NUMBER}.csv")


def test_a_list_is_no_file_of_a_bank_that_has_pain_002(house: House, tmp_path: Path) -> None:
    sent(house, STANDARD)
    refused(house, tmp_path, in_text([TITLES]), STANDARD, "no list of rejections is known for pain.001.001.09")


class Alike(Struct, frozen=True):
    """A form by whose file all payments go to one account: a person of several employments."""

    name = "alike"
    suffix = ".txt"
    says_bank = False
    results = TXT.results
    batch_booking = False

    def write(self, order: PaymentFile) -> bytes:
        return TXT.write(order)

    def transfers(self, data: bytes, file: str, payments_max: int) -> tuple[Transfer, ...]:
        first, *others = TXT.transfers(data, file, payments_max)
        return (first, *[first for _ in others])


@pytest.mark.parametrize(
    ("results", "expected"),
    [(["失败"] * 3, 3), (["成功"] * 3, 0), (["失败", "成功", "成功"], "one of several payments that are alike")],
)
def test_payments_that_are_alike_are_told_apart_by_nobody_but_where_all_have_one_result(
    house: House, tmp_path: Path, results: list[str], expected: int | str
) -> None:
    sent(house, TXT)
    rows = list(plain(house, *results).decode("gb18030").splitlines(keepends=True))
    first = next(row for row in rows if row.startswith(TXT.transfers(held(house), "f", 10)[0].creditor_account))
    ending = [row.split("|")[3] for row in rows[1:]]
    data = (rows[0] + "".join("|".join((*first.split("|")[:3], each, "\r\n")) for each in ending)).encode("gb18030")
    if isinstance(expected, int):
        assert expected == rejecting(house, tmp_path, data, Alike(), f"{NUMBER}.csv")
    else:
        refused(house, tmp_path, data, Alike(), expected, f"{NUMBER}.csv")


def held(house: House) -> bytes:
    return (house.consortium.bank_dir / "inbox" / f"{NUMBER}.txt").read_bytes()


def test_a_mangled_list_is_read_or_refused_and_nothing_else() -> None:
    assert DAIFA.results is not None
    row = ["1", "6222020000000000001", "张三", "1.00", "LX1", "失败", "户名不符"]
    dice, whole = random.Random(1), in_text([TITLES, row, row])
    refused = 0
    for _ in range(300):
        data = bytearray(whole)
        for _ in range(dice.randint(1, 3)):
            at = dice.randrange(len(data))
            data[at : at + dice.choice((0, 1, 5))] = dice.choice(
                (b"", b'"', b"\t", b"\x00", b"\xff", b"\n", b"9", b"PK\x03\x04")
            )
        try:
            pay_results.read(bytes(data), "r.csv", DAIFA.results)
        except InputFault:
            refused += 1
    assert refused > 100
