"""Number formats of cells: which show what a cell holds, and which show nothing, or something else."""

import pytest

from lxr.settlement.work.intake.cell_formats import shows

ACCOUNTS = r'_ * #,##0.00_ ;_ * \-#,##0.00_ ;_ * "-"??_ ;_ @_ '


@pytest.mark.parametrize(
    ("number_format", "value"),
    [
        ("General", "R0001"),
        ("@", "R0001"),
        (ACCOUNTS, "R0001"),
        (ACCOUNTS, 12.5),
        ('0.00"元"', 12.5),
        ("0_);[Red]\\(0\\)", -12.5),
        ("# ??/100", 12.5),
        ("[h]:mm", 12.5),
        ('yyyy"年"m"月"d"日"', 12.5),
        ("[$-409]m/d/yy h:mm AM/PM;@", 12.5),
        ("[$¥-804]#,##0.00", 12.5),
        ('"a;b"0', 12.5),
        ("0;-0;;@", 0),
        ("0;-0;;@", "R0001"),
        ("no format at all", 12.5),
    ],
)
def test_a_usual_format_shows_what_a_cell_holds(number_format: str, value: object) -> None:
    assert shows(number_format, value)


@pytest.mark.parametrize(
    ("number_format", "value"),
    [
        (";;;", "R0001"),
        (";;;", 12.5),
        ('"1"0.00', 12.5),
        (r"\10", 12.5),
        ("[$1]0.00", 12.5),
        ('0;"5"', -12.5),
        ('[<5]0;"9"', 12.5),
        ('"E001"', 12.5),
        ('0;0;0;"R0002"', "R0001"),
        ('"R"@', "R0001"),
    ],
)
def test_a_format_that_shows_nothing_or_figures_of_its_own_does_not(number_format: str, value: object) -> None:
    assert not shows(number_format, value)
