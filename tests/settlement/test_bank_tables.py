"""Banks' tables: every kind of file says the same, and the layouts that we ship read what is seen of them in public."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time
from pathlib import Path
from typing import Final

import pytest
from msgspec.structs import replace

import oldworkbooks
from banktables import ACCOUNT, LAYOUT, ROWS, TITLES, csv, extract, xlsx
from lxr.settlement.bank.formats.tables.extract import Extract, TableLine
from lxr.settlement.bank.formats.tables.layout import Account, Amounts, Currency, load_layout, shipped
from lxr.settlement.bank.formats.tables.reader import read
from lxr.settlement.errors import InputFault

NUMBERS: Final = (
    ("2026-09-01 09:00:00", None, 1000.0, 1000.0, "甲公司", "E001"),
    ("2026-09-01 10:00:00", 0.1 + 0.2, None, 999.7, None, "手续费"),
    ("2026-09-02 09:30:15", 400.00000000000006, None, 599.7, "张三", "wages"),
)
"""The same with amounts as floats."""
SHEET: Final = ((f"账号：{ACCOUNT}",), ("活期明细",), TITLES, *NUMBERS)
TEXT: Final = csv().decode("gb18030")


def spreadsheetml(rows: Sequence[Sequence[object]]) -> bytes:
    kinds = {str: "String", float: "Number"}
    cells = [
        "".join(
            f'<Cell ss:Index="{place}"><Data ss:Type="{kinds[type(cell)]}">{cell}</Data></Cell>'
            for place, cell in enumerate(row, 1)
            if cell is not None
        )
        for row in rows
    ]
    lines = "".join(f"<Row>{row}</Row>" for row in cells)
    return (
        '<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>'
        '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" '
        'xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">'
        f'<Worksheet ss:Name="明细"><Table>{lines}</Table></Worksheet></Workbook>'
    ).encode()


def said(found: Extract[TableLine]) -> list[tuple[object, ...]]:
    return [
        (
            line.day,
            line.time,
            line.entry.signed_fen,
            line.balance_fen,
            line.entry.counterparty_name,
            line.entry.remittance,
        )
        for line in found.lines
    ]


FOUND: Final = [
    (date(2026, 9, 1), time(9), 100000, 100000, "甲公司", "E001"),
    (date(2026, 9, 1), time(10), -30, 99970, "", "手续费"),
    (date(2026, 9, 2), time(9, 30, 15), -40000, 59970, "张三", "wages"),
]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(csv(), id="GBK"),
        pytest.param(TEXT.encode(), id="UTF-8"),
        pytest.param(TEXT.encode("utf-8-sig"), id="UTF-8 with its mark"),
        pytest.param(TEXT.encode("utf-16"), id="UTF-16"),
        pytest.param(TEXT.replace(",", "\t").replace("1\t0", "1,0").encode("gb18030"), id="tabs"),
        pytest.param(
            TEXT.replace("1,0", "10").replace("\n", "\r\n").replace('"', " \t").encode("gb18030"), id="padded"
        ),
        pytest.param(TEXT.replace(".", "．").replace("0:", "０：").encode(), id="full width"),
        pytest.param(csv(ROWS[::-1]), id="newest first"),
        pytest.param(csv([*ROWS, ("合计", "400.30", "1,000.00", "", "", "")]), id="totals below"),
        pytest.param(
            csv([*ROWS[:1], TITLES, *ROWS[1:], ("以上为全部明细", "", "", "", "", "")]), id="pages and a remark"
        ),
        pytest.param(csv([[f'=""{cell}""' for cell in row] for row in ROWS]), id="text cells of CSV"),
        pytest.param(
            csv([*ROWS[:1], ("2026-09-01 09:30:00", "0.00", "0.00", "1000.00", "", ""), *ROWS[1:]]), id="zero"
        ),
        pytest.param(xlsx(SHEET), id=".xlsx"),
        pytest.param(xlsx(SHEET, lambda sheet: sheet.merge_cells("A2:F2")), id="merged above"),
        pytest.param(oldworkbooks.bare(SHEET), id="bare BIFF"),
        pytest.param(oldworkbooks.bare(SHEET, code_page=1252), id="bare BIFF of another code page"),
        pytest.param(oldworkbooks.in_ole(SHEET, version=5, code_page=1252), id="BIFF5 of a wrong code page"),
        pytest.param(oldworkbooks.in_ole(SHEET), id="BIFF8"),
        pytest.param(oldworkbooks.in_ole(SHEET, visible=(False, True)), id="beside a hidden sheet"),
        pytest.param(spreadsheetml(SHEET), id="SpreadsheetML"),
    ],
)
def test_the_same_table_says_the_same_in_every_kind_of_file_whatever_its_name_is(data: bytes) -> None:
    found = extract(data, file="明细.xls")
    assert (ACCOUNT, FOUND, False) == (found.account, said(found), found.either_way)


@dataclass(frozen=True)
class Public:
    """A table as it is seen in public. entry: of its first line, what it must say."""

    bank: str
    titles: str
    row: str
    signed_fen: int
    name: str
    remittance: str
    bank_text: str = ""
    own_reference: str | None = None
    serial: str | None = None
    above: str = ""


PUBLIC: Final = [
    Public(
        "CMB 招商银行",
        "账号,账号名称,币种,交易日,交易时间,起息日,交易类型,借方金额,贷方金额,余额,摘要,流水号,流程实例号,业务名称,用途,业务参考号,业务摘要,"
        "其它摘要,收(付)方分行名,收(付)方名称,收(付)方账号,收(付)方开户行行号,收(付)方开户行名,收(付)方开户行地址,母(子)公司账号分行名,"
        "母(子)公司账号,母(子)公司名称,信息标志,有否附件信息,冲账标志,扩展摘要,交易分析码,票据号,商务支付订单号,内部编号,公司一卡通号",
        f"{ACCOUNT},公司,人民币,20260901,93015,20260901,转账,,1000.00,1000.00,货款,K1,,,E001,E001D1,,,,甲公司,622,,,,,,,,,,,,,,,",
        100000,
        "甲公司",
        "E001",
        "货款",
        "E001D1",
        "K1",
        above="\n" * 8,
    ),
    Public(
        "CCB 建设银行",
        "账号,交易时间,借方发生额,贷方发生额,余额,币种,对方户名,对方账号,对方开户机构,记账日期,摘要,备注,账户明细编号-交易流水号,企业流水号,"
        "凭证种类,凭证号,交易介质编号",
        f"{ACCOUNT},20260831 23:59:59,400.0,0.0,600.0,人民币元,张三,622,,20260901,代发,wages,7-8,LX1,,,",
        -40000,
        "张三",
        "wages",
        "代发",
        "LX1",
        "7-8",
    ),
    Public(
        "ICBC 工商银行",
        "凭证号\t,对方账号,交易时间,借贷标志,对方单位,对方行号,用途,摘要,附言,回单个性化信息,转入金额,转出金额,支付凭证种类,余额",
        "0\t,622,2026-09-01 09:30:15\t,贷\t,甲公司,1,货款,网转,E001,,1000.00\t,,,1000.00\t",
        100000,
        "甲公司",
        "货款 E001",
        "网转",
        above=f"本方账号：{ACCOUNT}\n",
    ),
    Public(
        "ICBC 工商银行",
        "凭证号,本方账号,对方账号,交易时间,借/贷,借方发生额,贷方发生额,对方行号,对方单位名称,余额",
        f"0,{ACCOUNT},622,2026-09-01 09:30:15,借,400.00,,1,张三,600.00",
        -40000,
        "张三",
        "",
        above="[HISTORYDETAIL]\n",
    ),
    Public(
        "ICBC 工商银行",
        "凭证号,对方账号,交易时间,借贷标志,对方单位,用途,摘要,附言,发生额,余额",
        "0,622,2026-09-01 09:30:15,借,张三,wages,,,400.00,600.00",
        -40000,
        "张三",
        "wages",
        above=f"账号,{ACCOUNT}\n",
    ),
    Public(
        "ICBC 工商银行",
        "凭证号,对方账号,交易时间,对方单位,用途,摘要,附言,转出金额,转入金额,余额",
        "0,622,2026-09-01 09:30:15,张三,wages,,,400.00,,600.00",
        -40000,
        "张三",
        "wages",
        above=f"查询账号：{ACCOUNT} 币种：人民币\n",
    ),
]


@pytest.mark.parametrize("table", PUBLIC, ids=lambda table: f"{table.bank}-{len(table.titles)}")
def test_the_layouts_that_we_ship_read_what_is_seen_in_public(table: Public) -> None:
    found = read(f"{table.above}{table.titles}\n{table.row}\n".encode("gb18030"), "a.csv", shipped())
    (line,) = found.lines
    entry = line.entry
    assert (ACCOUNT, date(2026, 9, 1)) == (found.account, line.day)
    assert (table.signed_fen, table.name, table.remittance) == (
        entry.signed_fen,
        entry.counterparty_name,
        entry.remittance,
    )
    assert (table.bank_text, table.own_reference, table.serial) == (entry.bank_text, entry.end_to_end_id, line.serial)


def test_every_layout_that_we_ship_says_that_it_has_to_be_checked() -> None:
    assert 6 == len(shipped())
    assert all("As seen in public; check it against your bank's own file" in layout.note for layout in shipped())


@pytest.mark.parametrize(
    ("cell", "fen"),
    [
        ("1,234.56", 123456),
        ("１，２３４．５６", 123456),
        ("500.00000", 50000),
        ("0.30000000000000004", 30),
        ("9999999999999.99", 999_999_999_999_999),
        ("  \t7 ", 700),
        ("+7", 700),
    ],
)
def test_an_amount_is_whole_fen_however_it_is_written(cell: str, fen: int) -> None:
    found = extract(csv([("2026-09-01", "", cell, cell, "", "")]))
    assert [fen] == [line.entry.signed_fen for line in found.lines]


@pytest.mark.parametrize(
    ("cell", "day", "clock"),
    [
        ("20260901", date(2026, 9, 1), None),
        ("2026/9/1 9:30", date(2026, 9, 1), time(9, 30)),
        ("2026年9月1日09时30分15秒", date(2026, 9, 1), time(9, 30, 15)),
        ("20260901093015", date(2026, 9, 1), time(9, 30, 15)),
        ("2026-09-01-09.30.15.123456", date(2026, 9, 1), time(9, 30, 15)),
        ("2026-09-01T00:00:00", date(2026, 9, 1), time(0)),
    ],
)
def test_a_time_is_read_in_the_forms_that_banks_write(cell: str, day: date, clock: time | None) -> None:
    (line,) = extract(csv([(cell, "", "1.00", "1.00", "", "")])).lines
    assert (day, clock) == (line.day, line.time)


def test_a_red_letter_entry_goes_the_other_way_where_the_layout_says_so() -> None:
    rows = [ROWS[0], ("2026-09-01 09:30:00", "-50.00", "", "1050.00", "", "冲正")]
    layout = replace(LAYOUT, amounts=replace(LAYOUT.amounts, negative="red_letter"))
    _, line = extract(csv(rows), layout).lines
    assert (5000, True) == (line.entry.signed_fen, line.entry.reversal)


def test_a_users_own_layout_is_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "bank.toml"
    path.write_text(
        'bank = "b"\ntime = "时间"\nbalance = "余额"\n[amounts]\namount = "额"\nflag = "向"\n[account]\ncolumn = "号"\n'
    )
    layout = load_layout(path)
    assert (Amounts(amount="额", flag="向"), Account(column="号"), Currency()) == (
        layout.amounts,
        layout.account,
        layout.currency,
    )
    path.write_text(path.read_text().replace("flag", "fleg"))
    with pytest.raises(InputFault, match="field fleg is unknown"):
        load_layout(path)


def test_the_layout_in_the_docs_is_one(tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "docs/bank-tables.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    path = tmp_path / "bank.toml"
    path.write_text(example, encoding="utf-8")
    assert ("our bank", "余额") == (load_layout(path).bank, load_layout(path).balance)
