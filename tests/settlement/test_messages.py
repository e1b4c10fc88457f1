"""Every refusal in both languages: each code, case and fact has its words, and the catalogues have no other."""

import gettext
import importlib
import pkgutil
import re
from enum import StrEnum
from typing import Any, Final, get_args

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

import lxr.chaincode
from lxr.chaincode.bank_refusals import BookingDiffers, PaymentOrderDiffers, PeriodNotReady
from lxr.chaincode.caller import ORGANISATIONS
from lxr.chaincode.carried import ItemKind
from lxr.chaincode.cashout_records import Scope
from lxr.chaincode.certificate import Flaw
from lxr.chaincode.checkpoint import Finding
from lxr.chaincode.checkpoint_signers import SignatureFault
from lxr.chaincode.command import HANDLERS
from lxr.chaincode.custody_records import PLATFORM, Attestation
from lxr.chaincode.lines import LineKind
from lxr.chaincode.merkle import ProofFlaw
from lxr.chaincode.parameter_definitions import DEFINITIONS
from lxr.chaincode.parameter_refusals import ParameterMissing
from lxr.chaincode.pay_rules import Rule
from lxr.chaincode.period import Figures
from lxr.chaincode.refusals import (
    REFUSALS,
    NotAllowed,
    TermsInvalid,
    Unknown,
    WrongState,
)
from lxr.chaincode.things import Part, Standing, Thing
from lxr.settlement.messages import fact_names, key_of, render, sentence
from lxr.settlement.messages.catalogue import FOLDER, LANGUAGES, Language, template, word
from lxr.token.accounts import AccountKind, Reason
from lxr.token.refusal import Fact, Refusal

MODULES: Final = [
    importlib.import_module(f"lxr.chaincode.{each.name}") for each in pkgutil.iter_modules(lxr.chaincode.__path__)
]
STATES: Final = {
    str(state)
    for module in MODULES
    for name, kind in vars(module).items()
    if re.search("State$|Status$", name) and isinstance(kind, type) and issubclass(kind, StrEnum)
    for state in kind
} | {*Standing, *get_args(Attestation.__annotations__["state"]), *get_args(LineKind)}
CODES: Final[dict[str, set[str]]] = {
    "account": {*AccountKind, "wages"},
    "command": {str(command.__struct_config__.tag) for command in HANDLERS},
    "fault": set(SignatureFault),
    "figure": {*Finding.__struct_fields__, *Figures.__struct_fields__},
    "flaw": set(Flaw),
    "kind": {*get_args(LineKind), *get_args(ItemKind)},
    "organisation": set(ORGANISATIONS),
    "owner": {PLATFORM},
    "parameter": set(DEFINITIONS),
    "part": set(Part),
    "proof": set(ProofFlaw),
    "reason": set(Reason),
    "role": {caller.partition("/")[2] for handler in HANDLERS.values() for caller in handler.callers},
    "rule": {str(rule.__struct_config__.tag) for rule in get_args(Rule)},
    "scope": set(get_args(Scope)),
    "span": {"day", "period"},
    "state": STATES,
    "what": set(Thing),
}
"""Every code that a fact can be, by the sort of its words."""
SAMPLES: Final[dict[str, Fact]] = {
    "account": "worker:W7",
    "caller": "employer/signer/E001",
    "command": "payroll.open",
    "day": "2026-08-03",
    "days": ("2026-08-03", "2026-08-04"),
    "fault": "role",
    "figure": "supply_fen",
    "flaw": "not_pem",
    "have": ("union", "bank"),
    "here": (),
    "issuer": "bank",
    "kind": "platform",
    "known": ("minutes", "orders"),
    "measure": "minutes",
    "named": "union",
    "needed": ("open", "prepared"),
    "organisation": "regulator",
    "owner": "platform",
    "parameter": "payee.fee",
    "part": "payload",
    "reason": "sweep",
    "rule": "bonus:orders:day:30",
    "scope": "run",
    "source": "employer:E001",
    "state": "open",
    "target": "tax:union",
    "what": "cashout",
}
IDENTIFIERS: Final = re.compile(
    r"X\.509|ASN|DER|ECDSA|SHA-256|P-256|UTC|UTF-8|UTF|JSON|PEM|EC\b|submit|read|scan|versions|payee\.fee|B1"
)
ENGLISH: Final = re.compile("[A-Za-z]{2,}")
CASES: Final = [(refusal, case) for refusal in REFUSALS for case in refusal.fact_names()]


def catalogue(language: Language) -> Catalog:
    with (FOLDER / language / "LC_MESSAGES" / "lxr.po").open("rb") as file:
        return read_po(file)


def entries(language: Language) -> dict[tuple[str, str], str]:
    return {(str(each.context), str(each.id)): str(each.string) for each in catalogue(language) if each.id}


def sample(refusal: type[Refusal], case: str) -> Refusal:
    facts: dict[str, Any] = {
        name: SAMPLES.get(name, 12345 if name.endswith("fen") else 7) for name in refusal.fact_names()[case]
    }
    return refusal(**facts, **({"case": case} if case else {}))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_compiled_catalogue_is_that_of_its_source(language: Language) -> None:
    with (FOLDER / language / "LC_MESSAGES" / "lxr.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    assert [] == [key for key, text in entries(language).items() if text != compiled.pgettext(*key)], "make messages"


def test_the_catalogues_have_the_same_keys_and_a_text_for_each() -> None:
    english, chinese = entries("en"), entries("zh")
    assert english.keys() == {key for key in chinese if key[0] != "said"}  # English is what they are in the code
    assert [] == [key for texts in (english, chinese) for key, text in texts.items() if not text]


def test_the_catalogues_have_a_sentence_for_every_refusal_and_case_and_no_other() -> None:
    keys = {key for context, key in entries("en") if context == "refusal"}
    assert {key_of(*each) for each in CASES} == keys


def test_a_sentence_has_all_facts_of_its_refusal_in_both_languages() -> None:
    wrong = [
        key_of(refusal, case)
        for refusal, case in CASES
        for language in LANGUAGES
        if fact_names(template(key_of(refusal, case), language)) != refusal.fact_names()[case]
    ]
    assert [] == wrong


@pytest.mark.parametrize("sort", CODES)
def test_every_code_of_a_sort_has_a_word_in_both_languages_and_no_other_code_has(sort: str) -> None:
    there = {key for context, key in entries("en") if context == sort}
    assert CODES[sort] == there
    special = {key for context, key in entries("en") if context.startswith(f"{sort}/")}
    assert set() == special - CODES[sort]


def test_every_refusal_is_one_line_in_both_languages_and_the_chinese_has_no_english_in_it() -> None:
    for refusal, case in CASES:
        made = sample(refusal, case)
        english, chinese = render(made, "en"), render(made, "zh")
        assert "\n" not in english + chinese
        assert "_" not in IDENTIFIERS.sub("", english), english
        known = {str(each) for name in made.facts for each in _identifiers(name, made.facts[name])}
        rest = IDENTIFIERS.sub("", chinese)
        for each in sorted(known, key=len, reverse=True):
            rest = rest.replace(each, "")
        assert not ENGLISH.search(rest), chinese


def _identifiers(name: str, fact: Fact) -> list[object]:
    """What of a fact is a number, a date or a name that stays as it is."""
    if name in SAMPLES and name not in ("day", "days", "parameter", "account", "caller", "rule", "source"):
        return []
    return re.findall(r"[A-Z]\d+|[a-z_]+\.[a-z_]+", str(fact)) or [*(fact if isinstance(fact, tuple) else (fact,))]


def test_money_is_in_yuan_in_every_text() -> None:
    texts = [text for language in LANGUAGES for (context, _), text in entries(language).items() if context == "refusal"]
    assert [] == [text for text in texts if re.search(r"fen} ?(yuan|fen|元|分)", text)]  # the sum brings its unit


@pytest.mark.parametrize(
    ("refusal", "english", "chinese"),
    [
        (
            BookingDiffers(case="booked", booking="2026-08-03/B1", there=1, kind="platform", amount_fen=5, statement=2),
            "booking 2026-08-03/B1 stands on statement 1 as the bank's fee or interest, 0.05 yuan; "
            "statement 2 has it again",
            "入账 2026-08-03/B1 已载于对账单 1（银行手续费或利息，0.05 元），又出现在对账单 2 中",
        ),
        (
            PaymentOrderDiffers(case="not_accepted", order="LX1", cashout="C1", state="open"),
            "order LX1 is of cash-out C1, which is opened and not prepared: the bank has to accept it first",
            "付款指令 LX1 属于提现批次 C1，该批次状态为未经办：须先由银行受理",
        ),
        (
            PeriodNotReady(case="not_open", period="2026-08", kind="returned", name="W1", named_fen=5),
            "period 2026-08 cannot be closed: wages that came back W1, named with 0.05 yuan, is not open",
            "期间 2026-08 不能关账：退回的工资 W1（列为 0.05 元）并非未结",
        ),
        (
            Unknown(what=Thing.ATTESTATION, number="5100/2026-08-31/B7"),
            "there is no attested deposit 5100/2026-08-31/B7",
            "没有已证实存款 5100/2026-08-31/B7",
        ),
        (
            WrongState(what=Thing.LINE, number="2026-08-31/B7", state="platform", needed=("waiting",)),
            "statement line 2026-08-31/B7 is booked as the bank's fee or interest, and must be waiting",
            "对账单行 2026-08-31/B7 的状态为“银行手续费或利息”，须为“待核实”",
        ),
        (
            WrongState(what=Thing.CASHOUT, number="C1", state="accepted", needed=("open", "instructed")),
            "cash-out C1 is accepted by the bank, and must be opened and not prepared or approved and not accepted by "
            "the bank",
            "提现批次 C1 的状态为“银行已受理”，须为“未经办或已复核待银行受理”",
        ),
        (
            WrongState(what=Thing.EMPLOYER, number="E1", state="ended", needed=()),
            "employer E1 is ended, and must be none",
            "用工单位 E1 的状态为“已终止”，须为“无”",
        ),
        (
            NotAllowed(caller="union/operator", command="payroll.open"),
            "the operator of the union may not open a run",
            "工会操作员无权执行：创建发薪批次",
        ),
        (
            ParameterMissing(parameter="minimum_wage.510100", day="2026-08-01"),
            "parameter minimum_wage.510100 (the place's minimum wage) has no value in force on 2026-08-01",
            "参数 minimum_wage.510100（当地最低工资）在 2026-08-01 没有有效值",
        ),
        (
            TermsInvalid(case="rule_twice", rule="per_unit:orders"),
            "the terms have the rule pay per order twice",
            "条款重复列出规则“按单计件”",
        ),
    ],
)
def test_a_refusal_is_told_in_the_words_of_what_it_is_about(refusal: Refusal, english: str, chinese: str) -> None:
    assert (english, chinese) == (render(refusal, "en"), render(refusal, "zh"))


def test_a_word_that_is_in_no_catalogue_is_the_code_itself() -> None:
    assert "crates" == word("measure", "crates", "zh")
    assert "crates 3" == sentence("{measure} {given}", {"measure": "crates", "given": 3}, "zh")
