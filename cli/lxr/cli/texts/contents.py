"""All commands: where each is, and what it does. Help is made from this table; nothing else is loaded for it.

"employer.add" is the function `add` in the module lxr.cli.commands.employer.
"""

from typing import Final

import typer

from lxr.cli.lazy import Command, Commands, Group


class PaydayGroup(Group):
    """`lxr union payday E001 2026-09-15` is `lxr union payday run E001 2026-09-15`."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        if args and args[0] not in (*self.commands, "--help"):
            args = ["run", *args]
        return super().parse_args(ctx, args)


PARAMS: Final = Group(
    "Governed parameters",
    "治理参数",
    {
        "propose": Command("params.propose", "Propose a value with its source", "提出参数值"),
        "approve": Command("params.approve", "Sign a proposal", "签署提案"),
        "show": Command("params.show", "All parameters and open proposals", "查看参数与提案"),
    },
)
AUDIT: Final = Command(
    "audit.audit_and_sign", "Re-execute the whole ledger and sign what was found", "重算全部账本并签署结果"
)
REVOKE: Final = Command("audit.revoke", "Revoke a certificate of one's own organisation", "吊销本组织证书")
COUNTERSIGN: Final = Command("audit.countersign", "Audit, then sign a closed period", "审计后会签已关账的月份")
BATCH: Final = Group(
    "Work data of a day or of many days",
    "工作数据批次",
    {
        "prepare": Command("batch.prepare", "Aggregate a raw export into a batch file", "把原始导出文件汇总为批次文件"),
        "check": Command("batch.check", "Compare a batch file with what its export comes to", "核对批次与原始导出文件"),
        "submit": Command("batch.submit", "Sign and submit a batch file", "签名并提交批次"),
        "correct": Command("batch.correct", "Correct a worker's day, or add it", "更正某劳动者某日的数据"),
        "status": Command("batch.status", "Every day of a month: submitted, answered, certified", "逐日状态"),
    },
)
ROWS: Final = Command("rows.list_", "Days that are disputed or contested: who says what", "查看异议与争议记录")
HOURS: Final = Command("hours.hours", "Part-time work beyond the law's hours", "查看非全日制用工超时情况")
DEDUCTIONS: Final = Command("deductions.list_", "Deductions that are open, with their basis", "查看未结代扣")
RECOVERY: Final = Group(
    "What was overpaid, and its recovery from later pay",
    "多付工资及其扣回",
    {
        "overpaid": Command("recovery.overpaid", "What workers were paid too much, by period", "查看多付工资"),
        "propose": Command("recovery.propose", "Recover by a signed plan or a court's order", "按计划或法院裁判扣回"),
        "cancel": Command("recovery.cancel", "End one: the rest stays with the worker", "终止扣回"),
    },
)
EMPLOYER: Final = Group(
    "Employers: deposits, people, daily work data",
    "用工单位：资金、人员、日工作数据",
    {
        "audit": AUDIT,
        "add": Command("employer.add", "Register an employer and issue its certificates", "登记用工单位并签发证书"),
        "set": Command("employer.set_status", "Suspend, reinstate or end an employer", "暂停、恢复或终止用工单位"),
        "reinstate": Command("employer.reinstate", "Undo an ending made by mistake", "撤销误终止"),
        "deposit": Command(
            "deposit.deposit", "Order the employer's bank to pay into custody", "向托管账户划款（付款指令）"
        ),
        "roster": Command("employer.people", "Take the employer's people in, or list them", "报送或查看人员名册"),
        "statement": Command(
            "account.statement", "The employer's account: what came, what went, what is left", "单位账户对账单"
        ),
        "map": Group(
            "How an export of work data is read: its mapping",
            "导出文件的映射：各列的含义",
            {
                "new": Command(
                    "mapping.new", "Write a mapping for an export, with a few questions", "按导出文件生成映射"
                ),
                "check": Command(
                    "mapping.check", "Try a mapping: counts, first rows, all faults", "试用映射：行数、预览与全部错误"
                ),
            },
        ),
        "batch": BATCH,
        "params": PARAMS,
        "deduction": Group(
            "Tax or insurance kept back from pay: the employer's word",
            "代扣税款与社保：用工单位批准",
            {
                "approve": Command("deductions.approve", "Approve a deduction that the union ordered", "批准代扣"),
                "list": DEDUCTIONS,
            },
        ),
        "row": Group(
            "Days that a worker disputes or the employer contests: the employer's word",
            "异议与争议记录：用工单位的意见",
            {
                "list": ROWS,
                "reply": Command("rows.reply", "Reply to a dispute, once", "答复异议（限一次）"),
                "contest": Command(
                    "rows.contest", "Contest a day instead of correcting it away", "对某日记录提出争议（而非改低）"
                ),
                "award": Command(
                    "rows.state_award", "State what an award, judgment or mediation says", "提交裁决、判决或调解结果"
                ),
            },
        ),
        "recovery": RECOVERY,
        "line": Group(
            "Lines of the bank's statement that take a deposit back: the employer's word",
            "对账单退回存款：用工单位的意见",
            {
                "consent": Command("lines.consent", "Agree that the bank takes a deposit back", "同意银行退回存款"),
                "export": Command(
                    "line_sheets.employer_export",
                    "Write those that the employer can agree to into a sheet",
                    "导出待单位同意的行",
                ),
                "import": Command(
                    "line_sheets.employer_import",
                    "Agree to the lines of a sheet that say yes",
                    "导入表格，同意其中标明的行",
                ),
            },
        ),
    },
)
KEY: Final = Group(
    "A worker's signing key",
    "签名密钥",
    {
        "new": Command("worker.key_new", "Make keys; only the public parts travel", "生成密钥（仅公钥外传）"),
        "replace": Command(
            "worker.key_replace",
            "Replace a lost key: the union proposes, another organisation's administrator approves",
            "更换遗失密钥",
        ),
        "keep": Command("worker.key_keep", "Veto a new key by the one in force", "以现用密钥否决更换"),
    },
)
ACCOUNT: Final = Group(
    "The bank account to be paid to",
    "收款账户",
    {
        "set": Command(
            "worker.account_set", "Be paid to another bank account, approved by the worker's key", "变更收款账户"
        )
    },
)
WORKER: Final = Group(
    "Workers: keys, days, pay",
    "劳动者：密钥、工作日、薪资",
    {
        "confirm": Command("answers.confirm", "Confirm one's days, all open ones or those named", "确认工作日"),
        "dispute": Command("answers.dispute", "Dispute a day: say what is right", "对某日记录提出异议"),
        "claim": Command("answers.claim", "Claim a day that is missing", "申报缺失的工作日"),
        "withdraw": Command("answers.withdraw", "Take a dispute back: the row stands", "撤回异议"),
        "add": Command("worker.add", "Register workers: each signs key and payout account", "登记劳动者"),
        "join": Command("worker.join", "Join terms, each by signature", "签名加入条款"),
        "set": Command("worker.set_status", "Suspend, reinstate or end an employment", "暂停、恢复或终止用工"),
        "reinstate": Command("worker.reinstate", "Undo an ending made by mistake", "撤销误终止"),
        "balance": Command("balance.balance", "Wages due, and what the bank returned", "余额：待付工资与退回款"),
        "statement": Command(
            "account.worker_statement", "The worker's accounts: what came, what went, what is left", "劳动者账户明细"
        ),
        "payslip": Command("payslip.payslip", "One payday's payslip", "工资条"),
        "deductions": Command("deductions.of_worker", "What is going to be kept back, and why", "查看待扣税款与社保"),
        "recovery": Group(
            "What was overpaid: the worker's word",
            "多付扣回：劳动者的意见",
            {"withdraw": Command("recovery.withdraw", "End a plan that the worker signed", "撤回已签署的扣回计划")},
        ),
        "key": KEY,
        "account": ACCOUNT,
    },
)
TERMS: Final = Group(
    "Pay terms of employer, union and worker",
    "三方薪资条款",
    {
        "propose": Command(
            "terms.propose", "Propose terms from a TOML file, signed by the employer", "用工单位提出条款"
        ),
        "amend": Command("terms.propose", "Propose the next version of active terms", "提出条款修订"),
        "accept": Command("terms.accept", "Sign a proposed version for the union", "工会签署条款"),
        "activate": Command("terms.activate", "Open an accepted version for workers to join", "启用条款版本"),
        "end": Command("terms.end", "End terms: DAY is the last day they cover", "终止条款：DAY 为最后有效日"),
        "show": Command("terms.show", "Show terms and their versions", "查看条款"),
    },
)
PAYDAY: Final = PaydayGroup(
    "Payday: EMPLOYER DAY, or a step of it",
    "发薪",
    {
        "run": Command(
            "payday.payday_run", "EMPLOYER... DAY: certify, price, fund, pay, hold the cash-out", "执行发薪"
        ),
        "resume": Command("payday.payday_resume", "Go on with a run that stopped or was short", "继续发薪"),
        "reverse": Command("payday.payday_reverse", "Take a whole run back, while none of it has left", "整批冲回"),
        "sweep": Command(
            "payday.payday_sweep", "Fee, tax and insurance of a run to where they belong", "归集服务费与税费"
        ),
        "status": Command("payday.payday_status", "Where a run stands", "发薪批次状态"),
    },
)
CASHOUT: Final = Group(
    "LXR to bank accounts",
    "提现到银行账户",
    {
        "open": Command("cashout.cashout_open", "Open and hold a cash-out", "创建提现批次并冻结款项"),
        "instruct": Command(
            "instruction.instruct", "Prepare the bank's file for approval", "经办：生成 pain.001 待复核"
        ),
        "approve": Command(
            "instruction.approve",
            "Approve the prepared file, as another person: the bank gets it",
            "复核：由另一人批准并交银行",
        ),
        "reissue": Command("cashout.cashout_reissue", "Pay a returned order again", "退汇重发"),
        "cancel": Command(
            "cashout.cashout_cancel", "Take back one that the bank has not accepted", "取消银行未受理的提现批次"
        ),
        "show": Command("cashout.cashout_show", "Orders and where they stand", "查看付款指令"),
    },
)
DEDUCTION: Final = Group(
    "Tax or insurance kept back from pay",
    "代扣税款或个人社保",
    {
        "order": Command("deductions.order", "Order one: the employer's signer approves it", "提出代扣，待单位批准"),
        "cancel": Command("deductions.cancel", "End one: the rest stays with the worker", "终止代扣"),
        "list": DEDUCTIONS,
    },
)
PERIOD: Final = Group(
    "The month's end",
    "期末",
    {"close": Command("period.period_close", "Close a month, the months in order", "逐月关账（按月份顺序）")},
)
LINES: Final = Command("lines.list_", "Lines of which nobody knows what they are", "查看待核实的对账单行")
UNION: Final = Group(
    "The union: certify, pay, reconcile",
    "工会：认定、发薪、对账",
    {
        "audit": AUDIT,
        "revoke": REVOKE,
        "payee": Command("cashout.payee", "Say where fee, tax or insurance go", "指定服务费、税款或社保的收款人"),
        "close-day": Command("union.close_day", "Close a day: what comes later is late", "截止某日：之后提交为迟报"),
        "certify": Command(
            "union.certify", "The union's word on rows, which makes them payable", "认定工作记录，使其可以发薪"
        ),
        "attest": Command("union.certify", "Old name of certify", "certify 的旧名", hidden=True),
        "rows": ROWS,
        "hours": HOURS,
        "decide": Command("union.decide", "Decide a dispute, with a reason", "裁决异议"),
        "deduction": DEDUCTION,
        "worker": Group(
            "Workers' personal data",
            "劳动者个人信息",
            {
                "shared": Command("persons.shared", "Cards that several workers are paid to", "查看多人共用的银行卡"),
                "erase": Command(
                    "persons.erase",
                    "Forget a worker, or block the data while they must be kept",
                    "删除个人信息，保存期内则封存",
                ),
                "show": Command(
                    "persons.show", "Show a blocked worker's data, for a reason", "查看已封存的信息并记录事由"
                ),
                "unblock": Command("persons.unblock", "Use a blocked worker's data again", "恢复使用已封存的信息"),
            },
        ),
        "reconcile": Command(
            "statements.reconcile_command", "Compare the bank's statements with the ledger, line by line", "逐笔对账"
        ),
        "line": Group(
            "Lines of the bank's statement that wait: the union's word",
            "待核实的对账单行：工会的意见",
            {
                "list": LINES,
                "agree": Command("lines.agree", "Agree to what the bank says of a line", "同意银行对某行的说明"),
                "export": Command(
                    "line_sheets.union_export",
                    "Write those that the union can agree to into a sheet",
                    "导出待工会同意的行",
                ),
                "import": Command(
                    "line_sheets.union_import",
                    "Agree to the lines of a sheet that say yes",
                    "导入表格，同意其中标明的行",
                ),
            },
        ),
        "payday": PAYDAY,
        "cashout": CASHOUT,
        "period": PERIOD,
        "params": PARAMS,
    },
)
STATEMENT: Final = Group(
    "Account statements, camt.053",
    "对账单 camt.053",
    {"import": Command("statements.statement_import", "Book statements on the ledger", "对账单登记入账")},
)
DEPOSIT: Final = Group(
    "Deposits that the bank attests ahead of its statement",
    "先于对账单证实的存款",
    {
        "list": Command("bank.deposit_list", "Those that no statement has confirmed", "查看未经对账单确认的存款"),
        "cosign": Command(
            "bank.cosign", "Sign one as a second person: it can be paid out today", "第二人签署：当日可用"
        ),
        "reverse": Command("bank.reverse", "Say that an attested deposit was none", "声明入账有误"),
        "agree-reversal": Command("bank.agree", "The union agrees", "工会同意冲回"),
    },
)
BANK: Final = Group(
    "The custody bank",
    "托管银行",
    {
        "audit": AUDIT,
        "revoke": REVOKE,
        "countersign": COUNTERSIGN,
        "attest-deposit": Command(
            "bank.attest_deposit", "Attest a credit ahead of its statement", "先于对账单证实入账"
        ),
        "simulate": Command(
            "simulator.simulate", "Rehearsal: the bank's day, files in, statement out", "演练：银行处理一天并出具对账单"
        ),
        "statement": STATEMENT,
        "notice": Group(
            "What the bank tells during the day, camt.052 and camt.054",
            "日间通知 camt.052、camt.054",
            {
                "show": Command(
                    "notices.show", "Show it, and which deposits can be attested", "查看日间通知及可证实的存款"
                )
            },
        ),
        "reject": Command(
            "rejections.reject", "Book what the bank did not execute, from its list or pain.002", "登记银行未执行的付款"
        ),
        "deposit": DEPOSIT,
        "cashout": Group(
            "Payments that the bank is to make",
            "待银行支付的提现批次",
            {"accept": Command("instruction.accept", "Say that the bank holds the file, and pays it", "受理付款文件")},
        ),
        "line": Group(
            "Lines of the statement that wait: the bank's word",
            "待核实的对账单行：银行的说明",
            {
                "list": LINES,
                "propose": Command(
                    "lines.propose",
                    "Propose what waiting lines are, each with the reason",
                    "建议待核实行的归属并列明依据",
                ),
                "assign": Command("lines.assign", "Say what a line is", "说明某行是什么款项"),
                "export": Command(
                    "line_sheets.bank_export", "Write all of them into a sheet to fill in", "导出全部待核实行，供填写"
                ),
                "import": Command(
                    "line_sheets.bank_import",
                    "Say what lines are, as a sheet is filled in",
                    "导入已填写的表格，逐行说明款项性质",
                ),
            },
        ),
        "params": PARAMS,
    },
)
REGULATOR: Final = Group(
    "The regulator: audit and approve",
    "监管方：审计与批准",
    {
        "audit": AUDIT,
        "revoke": REVOKE,
        "countersign": COUNTERSIGN,
        "rows": ROWS,
        "hours": HOURS,
        "review": Command("rows.review", "Uphold or refuse a decision of the union", "维持或退回工会裁决"),
        "award": Command("rows.approve_award", "Approve an award that an employer has stated", "批准单位提交的文书"),
        "recovery": Group(
            "Courts' orders to recover what was overpaid",
            "依法院裁判扣回多付",
            {
                "approve": Command("recovery.approve", "Say that the order is what it is said to be", "批准法院裁判"),
                "cancel": Command("recovery.lift", "Say that the order no longer holds", "终止依裁判的扣回"),
                "list": DEDUCTIONS,
            },
        ),
        "params": PARAMS,
    },
)
LEDGER: Final = Group(
    "The ledger itself",
    "账本",
    {
        "show": Command("ledger.show", "Name, kind, height, supply and reserve", "概况"),
        "tx": Command("ledger.tx", "One transaction", "查看交易"),
        "block": Command("ledger.block", "One block", "查看区块"),
        "request": Command("ledger.request_command", "What became of a request id", "查询请求号的结果"),
        "audit": Command(
            "audit.ledger_audit",
            "Re-execute everything; yes, or the first bad entry",
            "重新计算全部账本：无误，或首个错误",
        ),
        "checkpoint": Command(
            "ledger.checkpoint", "What was signed at a height, and by whom; as a file", "查看或保存某高度的检查点"
        ),
        "persons": Command("persons.list_", "Workers whose data are blocked or erased", "已封存或已删除的个人信息"),
        "backup": Command("backup.backup", "All of it in one file, while others work", "备份到一个文件"),
        "restore": Command("backup.restore", "Into a new directory, from a backup", "从备份恢复到新目录"),
    },
)
VOUCHER: Final = Group(
    "Electronic vouchers",
    "电子凭证",
    {
        "show": Command("voucher.show", "Show or save the voucher of an event", "查看或保存凭证"),
        "verify": Command(
            "voucher.verify",
            "Check a voucher's file, offline if --root or --checkpoint is given",
            "核验凭证文件（给出 --root 或 --checkpoint 时可离线）",
        ),
    },
)
NETWORK: Final = Group(
    "A consortium's Fabric nodes on this machine",
    "本机的 Fabric 节点",
    {
        "up": Command(
            "network_up.up",
            "Bring all nodes up, and make the consortium if there is none",
            "启动全部节点，必要时创建联盟",
        ),
        "status": Command("network.status", "Every node: whether it runs, and on what", "各节点状态"),
        "logs": Command("network.logs", "What a node says", "节点日志"),
        "down": Command("network.down", "Stop all nodes; what they hold stays", "停止全部节点，数据保留"),
        "restart": Command("network.restart", "Stop one node and start it again", "重启一个节点"),
        "doctor": Command("network.doctor", "Look for what is wrong or soon will be", "检查现有和将至的问题"),
    },
)
CONTRACT: Final = Group(
    "The contract that the ledger runs under",
    "账本所依据的合约",
    {
        "list": Command("contract.show", "In force, on this node, and proposed", "查看现行、本节点具备及待启用的合约"),
        "propose": Command("contract.propose", "Propose another contract, from a time on", "提出启用另一合约"),
        "state": Command("contract.state", "A witness's word that its node has it", "声明本组织节点已具备"),
        "switch": Command("contract.switch", "Bring it into force, once three have stated it", "三家声明后启用"),
    },
)
RULES: Final = Group(
    "Dated rules of law: tax, insurance, what may be kept back",
    "法定标准：税、社会保险与扣除限额",
    {
        "list": Command("rules.list_", "Signed, proposed, unsigned, unknown", "查看已签、待签、未签及未知的标准"),
        "show": Command("rules.show", "Every value that a rule ever had", "查看某项标准的全部历史"),
        "propose": Command("rules.propose", "Propose a value with its document", "提出标准及其文件依据"),
        "import": Command("rules.import_", "Propose all that a file says, or this release", "按文件批量提出标准"),
        "approve": Command("rules.approve", "Sign proposals, or all that one's own copy says", "签署提案"),
        "due": Command("rules.due", "What expires, is unsigned, or nobody knows", "查看到期、未签及待查的标准"),
    },
)
TAX: Final = Group(
    "Income tax that is withheld",
    "预扣预缴个人所得税",
    {"quote": Command("tax.quote", "What would be withheld, month by month", "逐月试算预扣税额")},
)
SUCCESSOR: Final = Group(
    "What workers have signed, from a ledger that ends to the one that follows it",
    "劳动者签署的事项由前一账本转入后续账本",
    {
        "registers": Command("successor.registers", "Write the closing registers of a ledger", "写入期末名册"),
        "export": Command("successor.export", "An employer's registers with their proofs, as a file", "导出名册及证明"),
        "carry-over": Command("successor.carry_over", "Take over the workers in such a file", "转入名册中的劳动者"),
    },
)
COMMANDS: Final[Commands] = {
    "init": Command("setup.init", "Found a consortium in a new directory", "在新目录中创建联盟"),
    "demo": Command("demo.demo", "Play a month from terms to countersigned close", "演练一个月的完整结算"),
    "employer": EMPLOYER,
    "worker": WORKER,
    "terms": TERMS,
    "union": UNION,
    "bank": BANK,
    "regulator": REGULATOR,
    "ledger": LEDGER,
    "contract": CONTRACT,
    "rules": RULES,
    "tax": TAX,
    "successor": SUCCESSOR,
    "voucher": VOUCHER,
    "network": NETWORK,
}
