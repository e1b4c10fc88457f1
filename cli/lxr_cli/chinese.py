"""Faults that are raised in English below the command line, in Chinese: phrase by phrase, from one table.

What is in no row of it stays as it is.
"""

import re
from typing import Final

from lxr_settlement.errors import InputFault

_EXPECTED: Final = "; expected "
_PHRASES: Final = (
    # the command line
    (r"Missing (?:argument|option|parameter) (.+?)\.?", r"缺少 \1"),
    (r"No such option: (.+?)", r"没有选项 \1"),
    (r"No such command (.+?)\.", r"没有命令 \1"),
    (r"Missing command\.", "缺少命令"),
    (r"Got unexpected extra arguments? \((.+)\)", r"多余的参数：\1"),
    (r"Option (.+) requires an argument\.?", r"选项 \1 缺少取值"),
    (r"Option (.+) does not take a value\.?", r"选项 \1 不带取值"),
    (r"Invalid value(?: for (.+?))?: Input should be a valid integer.*", r"\1 取值错误：应为整数"),
    (r"Invalid value(?: for (.+?))?: Input should be greater than or equal to (.+)", r"\1 取值错误：应不小于 \2"),
    (r"Invalid value(?: for (.+?))?: Input should be less than or equal to (.+)", r"\1 取值错误：应不大于 \2"),
    (r"Invalid value(?: for (.+?))?: (?:Value error, )?(.+) is not one of (.+?)\.", r"\1 取值错误：\2 不是 \3 之一"),
    (r"Invalid value: (.+)", r"取值错误：\1"),
    (r"Invalid value for (.+?): (.+)", r"\1 取值错误：\2"),
    # files
    (r"(?:cannot be read: )?[Nn]o such file(?: or directory)?", "没有这个文件"),
    (r"(?:cannot be read: |cannot be written: )?Is a directory", "是一个目录"),
    (r"(?:cannot be (?:read|written|created): )?Permission denied", "没有权限"),
    (r"(?:cannot be written: )?No space left on device", "磁盘已满"),
    (r"cannot be read: (.+)", r"无法读取：\1"),
    (r"cannot be written: (.+)", r"无法写入：\1"),
    (r"cannot be created: (.+)", r"无法创建：\1"),
    (r"is not UTF-8", "不是 UTF-8 编码"),
    (r"is not TOML: (.+)", r"不是 TOML：\1"),
    (r"not well-formed XML: (.+)", r"XML 格式错误：\1"),
    (r"a TOML file in UTF-8", "UTF-8 编码的 TOML 文件"),
    (r"a CSV file (?:saved )?in UTF-8", "UTF-8 编码的 CSV 文件"),
    (r"an XML document", "XML 文档"),
    (r"is empty", "为空"),
    (r"has no data rows", "没有数据行"),
    (r"a header and at least one row", "表头和至少一行"),
    (r"at least one row below the header", "表头之下至少一行"),
    (r"the mapping's columns; the header has (.+)", r"映射文件所列各列；表头为 \1"),
    (r"a header with (.+)", r"含 \1 各列的表头"),
    (r"is missing", "缺少"),
    (r"is unknown", "未知"),
    (r"is there twice", "重复出现"),
    (r"each column once", "每列一次"),
    (r"Object missing required field `(.+)`", r"缺少字段 `\1`"),
    (r"Object contains unknown field `(.+)`", r"未知字段 `\1`"),
    (r"Expected `(.+?)`, got `(.+?)`", r"应为 `\1`，实为 `\2`"),
    # terms
    (r"most_per_day does not say how many (.+) a day has at most", r"most_per_day 未写明 \1 的每日上限"),
    (r"most_per_day says (\w+), by which no rule pays", r"most_per_day 写有 \1，但没有规则按其计薪"),
    (r"most_per_day says (\d+) (\w+), and a day has 1440 minutes", r"most_per_day 写明 \2 为 \1，而一天只有 1440 分钟"),
    # keys
    (r"is not the key in force, and no other is here", "不是现用密钥，且本机没有其他密钥"),
    # the bank's statements and what they say
    (r"the next one is number (\d+)", r"下一份应为第 \1 份"),
    (r"it opens with (-?\d+) fen, the last one closed with (-?\d+)", r"期初为 \1 分，而上一份期末为 \2 分"),
    (r"it is of (\S+), the last one of (\S+)", r"日期为 \1，而上一份为 \2"),
    (r"the bank's number is (\d+), the last one was (\d+)", r"银行编号为 \1，而上一份为 \2"),
    (r"it opens with (-?\d+) fen, its first lines with (-?\d+)", r"期初为 \1 分，而已入账部分为 \2 分"),
    (r"lines up to (\d+) are booked, these begin at (\d+)", r"已入账 \1 行，而本次自第 \2 行起"),
    (r"there are more lines than (\d+)", r"多于 \1 行"),
    (r"opening and entries give (\S+) fen, it closes with (\S+)", r"期初与明细合计 \1 分，而期末为 \2 分"),
    (r"a statement of account (\S+)", r"是账户 \1 的对账单"),
    (r"account (\S+)", r"账户 \1"),
    (r"a statement of (\S+) that is not on the ledger with this content", r"\1 的对账单与账本上的内容不同"),
    (r"one of (\S+) or later", r"\1 或之后的对账单"),
    (r"it opens with (\S+)", r"期初余额为 \1"),
    (r"(\S+), with which the last one closed", r"上一份的期末余额 \1"),
    (r"(\S+), with which (.+) closes", r"\2 的期末余额 \1"),
    (r"statement (\d+) is out of sequence", r"对账单 \1 不连续"),
    (r"statement (\d+)", r"对账单 \1"),
    (r"its first lines are on the ledger with other content", "前若干行已入账，但内容不同"),
    (r"the file whose import broke off", "导入中断的那份文件"),
    (
        r"it pays orders of cash-out (\S+), which the bank has not accepted",
        r"其中有结转 \1 的付款，而银行尚未受理该结转",
    ),
    (r"(\S+) is given twice for (\S+)", r"\2 的 \1 重复出现"),
    (r"one entry for each reference of a day", "同日每个入账号一行"),
    (r"1 to 35 of 0-9 A-Z \. _ - in either case", "1 至 35 位 0-9 A-Z . _ -（不分大小写）"),
    (r"it is not the file of a cash-out that the bank has accepted", "不是银行已受理的结转文件"),
    (r"the file as it was approved", "与复核时一致的文件"),
    (r"the day's statement has no room for (\S+)", r"当日对账单容不下 \1"),
    (r"less, or another day", "更少的金额，或改日"),
    (r"(\w+) of (\d+) fen, statement (\d+)", r"对账单 \3 中的 \1，\2 分"),
    (r"a line of statement (\d+)", r"对账单 \1 的一行"),
    (r"(\w+), (\d+) fen, custody (\w+), cash-out (\w+)", r"\1，\2 分，托管账户 \3，结转 \4"),
    # what is said of a line
    (r"a debit is no deposit", "借方不是存款"),
    (r"it bears the marks of a payment that came back", "带有退回付款的标记"),
    (r"it bears the id of order (\S+)", r"载有付款指令 \1"),
    (r"(\S+) bears the id of order (\S+), which (\S+) does not", r"\1 载有付款指令 \2，而 \3 没有"),
    (
        r"(\S+) bears the marks of a payment that came back, and (\S+) is none of ours",
        r"\1 带有退回付款的标记，而 \2 不是我方的付款",
    ),
    (r"(\S+/\S+) is of (\d+) fen", r"\1 为 \2 分"),
    (r"its money is not there any more, or it is another order's", "该笔款项已不在，或属于另一付款指令"),
    (
        r"the bank kept more of it than the (\d+) fen of interest and fees that the platform has",
        r"银行扣留的金额超过平台利息与服务费余额 \1 分",
    ),
    (r"no deposit (\S+) is confirmed by it", r"它未证实任何存款 \1"),
    (
        r"its number is (\d+), the one before is (\d+): some statement is left out",
        r"其编号为 \1，前一份为 \2：中间缺少对账单",
    ),
    (r"its payer names (\S+)", r"付款方写明 \1"),
    (r"it is called platform", "应写为 platform"),
    (r"part of it was given back", "其中一部分已退还"),
    (r"the order is of (\d+) fen", r"该指令为 \1 分"),
    (r"(\d+) fen were attested", r"所证实的为 \1 分"),
    (r"both go the same way", "两行方向相同"),
    (r"that is a (\w+) of (\d+) fen, of which (\d+) wait", r"该行为 \1，\2 分，其中 \3 分待认定"),
    (r"it takes nothing back from (\S+)", r"并未退回 \1 的存款"),
    (r"expected a day and a reference, as (\S+)", r"应为日期和入账号，如 \1"),
    # months
    (r"months close in order: the next one is (\S+)", r"月份按序关闭：下一个是 \1"),
    (r"it is not over", "该月尚未结束"),
    (r"the bank has not signed what (\S+) carries over", r"银行尚未会签 \1 转入下月的事项"),
    (r"the bank's statements end on (\S+)", r"银行对账单止于 \1"),
    (r"statement (\d+) is booked in part", r"对账单 \1 仅部分入账"),
    (r"an item is named twice", "有事项重复列出"),
    (r"(\w+) (\S+), named with (\d+) fen, is not open", r"\1 \2（\3 分）并非未结"),
    (r"(\w+) (\S+), named with (\d+) fen, is open with (\d+) fen", r"\1 \2 列为 \3 分，实际未结 \4 分"),
    (r"payments that the bank has sum to (\d+) fen, (\d+) are named", r"在途付款合计 \1 分，仅列出 \2 分"),
    (r"wages that came back sum to (\d+) fen, (\d+) are named", r"退回的工资合计 \1 分，仅列出 \2 分"),
    (r"credits that nobody knows sum to (\d+) fen, (\d+) are named", r"待认定贷方合计 \1 分，仅列出 \2 分"),
    (r"debits that nobody knows sum to (\d+) fen, (\d+) are named", r"待认定借方合计 \1 分，仅列出 \2 分"),
    (r"shortfalls sum to (\d+) fen, (\d+) are named", r"短缺合计 \1 分，仅列出 \2 分"),
    (r"deposit (\S+) of (\d+) fen is on no statement", r"存款 \1（\2 分）未经对账单确认"),
    (r"deposit (\S+) is not open", r"存款 \1 并非未结"),
    (r"run (\S+) is not finished", r"发薪批次 \1 未完成"),
    (r"run (\S+) is not open", r"发薪批次 \1 并非未结"),
    (r"row (\S+) is disputed or held back, and the close does not name it", r"记录 \1 有异议或争议，而关闭时未列出"),
    (r"each open row carried", "每条未结记录逐项转入下月"),
    # breaks
    (r"it is of (\S+), and not among the files", r"日期为 \1，不在所给文件之中"),
    (r"it is not on the ledger", "不在账本上"),
    (r"it is not on the ledger with all its lines", "尚未全部入账"),
    (r"it opens with (\S+) fen more than (.+) closes with", r"期初比 \2 的期末多 \1 分"),
    (r"(\d+) fen of LXR exist, (\d+) are backed or known not to be", r"发行 \1 分，而有据可查的为 \2 分"),
    (r"it has other lines than that statement on the ledger", "各行与账本上的对账单不同"),
    (r"the line is not on the ledger", "该行不在账本上"),
    (r"(\w+) is (.+), on the ledger (.+)", r"\1 为 \2，账本上为 \3"),
    (r"it is booked with statement (\d+)", r"入账于对账单 \1"),
    (r"it is booked as (\w+) of (\S+); (.+)", r"已入账为 \1（\2）：\3"),
    (r"(\w+) of (\S+), booked with statement (\d+)", r"\1（\2），入账于对账单 \3"),
    (r"a credit of (\d+) days before the last statement; nobody knows what it is", r"贷方，距最近对账单 \1 天，待认定"),
    (r"a debit of (\d+) days before the last statement; nobody knows what it is", r"借方，距最近对账单 \1 天，待认定"),
    (
        r"(\S+)'s, attested, (\d+) days before the last statement and on none; (\d+) fen are unspent and blocked",
        r"\1 的存款，已证实，距最近对账单 \2 天而未载于任何对账单；未用的 \3 分已冻结",
    ),
    (r"(\S+)'s, attested; its statement was due on (\S+)", r"\1 的存款，已证实；其对账单应于 \2 到达"),
    (r"(\d+) lines confirm it", r"有 \1 行确认该笔"),
    (r"it is (\w+) by (\S+); lines that pay it: (.+)", r"状态为 \1（\2）；支付该指令的行：\3"),
    (r"it is (\w+); lines that return it: (.+)", r"状态为 \1；退回该指令的行：\2"),
    (r"LXR without money behind them", "无资金支持的 LXR"),
    (
        r"the bank has it since (\S+); up to (\S+) it is neither paid, returned nor rejected",
        r"银行自 \1 起持有；截至 \2 未支付、未退回、未拒付",
    ),
    # rows
    (r"is blank", "为空白"),
    (r"reads (.+), which is negative", r"为 \1，是负数"),
    (r"reads (.+), which is a fraction", r"为 \1，不是整数"),
    (r"reads (.+), which is too large", r"为 \1，过大"),
    (r"reads (.+)", r"为 \1"),
    (r"a date like (.+)", r"日期，如 \1"),
    (r"a date and time like (.+)", r"日期和时间，如 \1"),
    (r"a date and time that exist", "存在的日期和时间"),
    (r"a plain number like 12 or 3\.4", "数字，如 12 或 3.4"),
    (r"a whole number(.*)", r"整数\1"),
    (r"0 or more", "不小于 0"),
    (r"at most (.+)", r"最多 \1"),
    (r"a reference of 1 to (\d+) printable characters", r"1 至 \1 个可见字符的编号"),
    (r"has (\d+) cells", r"有 \1 个单元格"),
    (r"(\d+) cells", r"\1 个单元格"),
    (r"repeats row (\d+)", r"与第 \1 行重复"),
    (r"a number of its own", "各自的编号"),
    (r"each worker once", "每名劳动者一次"),
    (r"lies before (.+)", r"早于 \1"),
    (r"(.+) or later", r"\1 或之后"),
    (r"is not in the roster", "不在名册中"),
    (r"a worker of (.+)", r"\1 的劳动者"),
    (r"is not a card number", "不是银行卡号"),
    (r"fails its check digit", "校验位不符"),
    (r"a personal card's number", "个人银行卡号"),
    (r"13 to 19 digits", "13 至 19 位数字"),
    (r"the bank's CNAPS code, 12 digits", "12 位联行号"),
    (r"has (.+)", r"为 \1"),
    # batches and deposits
    (r"is not a batch file: (.+)", r"不是批次文件：\1"),
    (r"does not fit", "不相符"),
    (r"a batch file as it was prepared", "未经改动的批次文件"),
    (r"a batch of (E\d+)", r"\1 的批次"),
    (r"is (E\d+)", r"为 \1"),
    (r"another reference", "另一个参考号"),
    # keys, certificates, the consortium
    (r"no consortium here \((.+) is missing\)", r"此处没有联盟（缺少 \1）"),
    (r"already holds a consortium", "已有一个联盟"),
    (r"is not an empty directory", "不是空目录"),
    (r"wrong passphrase, or the file is damaged", "口令错误，或文件损坏"),
    (r"wrong passphrase for the store of persons", "人员库口令错误"),
    (r"the passphrase is empty or too long", "口令为空或过长"),
    (r"not an encrypted private key", "不是加密私钥"),
    (r"mode (\d+) lets others at this key", r"权限 \1 使他人可读此密钥"),
    (r"a key is already there; it is not overwritten", "已有密钥，不会覆盖"),
    (r"this certificate belongs to another key than (.+)", r"证书与密钥 \1 不符"),
    (r"not an X\.509 certificate as PEM", "不是 PEM 格式的 X.509 证书"),
    (r"the certificate has expired at this time", "证书已过期"),
    # the network
    (r"is not running", "未运行"),
    (r"is running on (.+)", r"正在运行，端口 \1"),
    (r"port (\d+) \((\w+)\): nothing listens there yet", r"端口 \1（\2）尚未监听"),
    (r"port (\d+) \((\w+)\): (.+)", r"端口 \1（\2）不可用：\3"),
    (r"Address already in use", "端口已被占用"),
    (r"(\S+) GiB of disk are free", r"磁盘剩余 \1 GiB"),
    (r"is not valid before (\S+)", r"\1 起才有效"),
    (r"expired on (\S+)", r"已于 \1 过期"),
    (r"expires on (\S+), in (\d+) days", r"将于 \1 过期，还有 \2 天"),
    (r"the first expires on (\S+): (.+)", r"最早于 \1 过期：\2"),
    (r"(\d+) certificates", r"\1 份证书"),
    (r"(\d+) keys", r"\1 个密钥"),
    (r"contract", "合约"),
    (
        r"has endorsed none of the last (\d+) transactions: it was down, or answers differently",
        r"未背书最近 \1 笔交易：曾停止运行，或应答不一致",
    ),
    (r"versions", "版本"),
    (r"versions: (\w+)", r"版本：\1"),
    (r"does not say what it runs: (.+)", r"未报告所运行的版本：\1"),
    (r"the nodes differ: (.+)", r"各节点不一致：\1"),
    (r"alike at ([\w, -]+?): (.+)", r"\1 一致：\2"),
    (r"only their owner can read them", "仅属主可读"),
    (r"(\w+) is installed and in force", r"已安装且生效：\1"),
    (r"(\w+) is installed, (\w+) is in force", r"已安装 \1，生效的是 \2"),
    (r"an embedded consortium; it has no network", "嵌入式联盟，没有网络"),
    (r"no Fabric there, nor on PATH; run scripts/install-fabric", "未找到 Fabric；请运行 scripts/install-fabric"),
    (r"is of version (\S+)", r"版本为 \1"),
    (r"no node '(.+)'", r"没有节点 \1"),
    (r"has not been started yet", "尚未启动"),
    (
        r"the outcome of transaction (\w+) is unknown: (.*); look up what became of it, or end it: (.*)",
        r"交易 \1 的结果未知：\2；可查询结果或作废：\3",
    ),
    (r"the certificate is not yet valid at this time", "证书尚未生效"),
    (r"the certificate is foreign: .+", "证书不属于本账本的任何组织"),
    (r"the certificate names no person: .+", "证书未载明唯一的持有人（通用名，1 至 64 个字符）"),
    (r"revoked", "证书已吊销"),
    # recoveries
    (r"what (W\w+) was overpaid in (\S+), in fen", r"\1 在 \2 的多付（分）"),
    (r"the plan (R\S+)", r"扣回计划 \1"),
    (r"the withdrawal of (R\S+)", r"对 \1 的撤回"),
    (r"a court's order", "法院裁判"),
    (r"a worker's plan", "劳动者签署的计划"),
    # payment files
    (r"the ledger names a file of digest (\w+), this one's is (\w+)", r"账本所载文件的哈希为 \1，本文件为 \2"),
    (r"the debtor that it was made with", "经办时的付款人"),
    (r"the execution date (\S+) is past", r"执行日期 \1 已过"),
    # the ledger
    (r"(.+): not a ledger, or damaged", r"\1：不是账本，或已损坏"),
    (r"field (\S+) differs", r"字段 \1 不同"),
    # backups
    (r"exists already; it is not overwritten", "已存在，不会覆盖"),
    (r"lies in the directory that is backed up", "位于被备份的目录之内"),
    (r"a place outside of it", "该目录之外的位置"),
    (r"keeps changing", "一直在变动"),
    (r"a moment without changes", "没有变动的时刻"),
    (r"is the current directory, which cannot be replaced; name another", "是当前目录，无法替换；请另指定目录"),
    (r"is not a backup, or is damaged or cut off", "不是备份，或已损坏、被截断"),
    (r"is not a backup: it does not begin with (.+)", r"不是备份：开头不是 \1"),
    (r"(\S+) is damaged, or of a later release", r"\1 已损坏，或出自更新的版本"),
    (r"is cut off: (.+) is missing", r"被截断：缺少 \1"),
    (r"(.+) was changed: its SHA-256 is not that of (\S+)", r"\1 已被改动：其 SHA-256 与 \2 所载不符"),
    (r"holds (.+), which (\S+) does not name", r"含有 \2 未列出的 \1"),
    (r"audit says no: (.+)", r"审计结果为否：\1"),
    (
        r"this release cannot audit a ledger under contract (\S+): restore it with release (\S+)",
        r"本版本无法审计合约 \1 之下的账本：请用 \2 版恢复",
    ),
    (r"contract (\S+)", r"合约 \1"),
    (r"database is locked", "数据库被占用"),
    # what an audit is compared with
    (
        r"truncated: the ledger ends at block (\d+), (\w+) has seen block (\d+) on it",
        r"账本被截断：止于区块 \1，而 \2 曾见过区块 \3",
    ),
    (
        r"truncated: the ledger ends at block (\d+), (.+) signed block (\d+) of it",
        r"账本被截断：止于区块 \1，而 \2 已签署区块 \3",
    ),
    (r"forked: block (\d+) is (\w+), (\w+) has seen (\w+) there", r"账本已分叉：区块 \1 为 \2，\3 所见为 \4"),
    (
        r"forked: the root after block (\d+) is (\w+), (\w+) has seen (\w+) there",
        r"账本已分叉：区块 \1 之后的根为 \2，\3 所见为 \4",
    ),
    (
        r"forked: (.+) signed (\w+) (\w+) at height (\d+), recomputed (\w+)",
        r"账本已分叉：\1 在高度 \4 签署的 \2 为 \3，重算为 \5",
    ),
    (
        r"another ledger: its first block is (\w+), (\w+) has seen (\w+)",
        r"不是同一账本：首个区块为 \1，\2 所见为 \3",
    ),
    (
        r"the ledger was founded with other root certificates than this node knows",
        "账本创建时的根证书与本节点所知不符",
    ),
    (
        r"is damaged: what (\w+) has seen of the ledger cannot be read; take the file from a backup, or remove it and "
        r"audit with a checkpoint of another organisation",
        r"已损坏，无法读取 \1 先前所见的账本；请从备份取回该文件，或将其删除，并以其他组织的检查点文件审计",
    ),
    (r"an audit without a fault", "无误的审计"),
    (r"an audit made since", "此后所作的审计"),
    # checkpoints
    (r"is no checkpoint: (.+)", r"不是检查点文件：\1"),
    (r"a file of lxr ledger checkpoint", "由 lxr ledger checkpoint 保存的文件"),
    (r"nobody has signed what the ledger holds at height (\d+)", r"在高度 \1 无人签署本账本所载内容"),
    (r"signature (\d+): (.+) may not sign checkpoints", r"第 \1 个签名：\2 无权签署检查点"),
    (
        r"signature (\d+): (.+) signed something else than its checkpoint",
        r"第 \1 个签名：\2 所签并非该检查点",
    ),
    (r"signature (\d+): (\w+) has signed already", r"第 \1 个签名：\2 重复签署"),
    (
        r"signature (\d+): the certificate is refused: the certificate is foreign: .+",
        r"第 \1 个签名：证书不属于本账本的任何组织，应出自另一账本",
    ),
    (r"signature (\d+): the certificate is refused: signature does not match", r"第 \1 个签名无效"),
    (r"signature (\d+): (.+)", r"第 \1 个签名：\2"),
    (
        r"(\w+) of (\w+)'s own checkpoint (\d+), superseded only with a reason",
        r"\2 自己签署的检查点 \3（须给出理由方可更正）的 \1",
    ),
    (r"checkpoint (\d+)", r"检查点 \1"),
)
_WORDS: Final = {
    "booking": "入账",
    "cash-out": "结转",
    "cashout": "结转",
    "custody account": "托管账户",
    "deduction": "代扣",
    "document": "条款文本",
    "employer": "用工单位",
    "order": "付款指令",
    "period": "期间",
    "proposal": "提案",
    "recovery": "多付扣回",
    "row": "记录",
    "run": "发薪批次",
    "sheet": "日工作数据",
    "terms": "条款",
    "worker": "劳动者",
    "deposit": "存款",
    "line": "对账单行",
    "platform": "平台",
    "undone": "冲销",
    "waiting": "待认定",
    "payout": "付款",
    "return": "退回",
    "cosigned": "两人证实",
    "missing": "缺失",
    "confirmed": "已确认",
    "reversal proposed": "已提出冲回",
    "on no statement": "未经对账单确认",
    "attested by one person": "由一人证实",
    "said what it is by the bank": "由银行认定",
    "file": "文件",
    "sequence": "顺序",
    "balance": "余额",
    "not_booked": "未入账",
    "amount": "金额",
    "kind": "类别",
    "reference": "编号",
    "not_on_statement": "对账单未载",
    "in_transit": "在途",
    "short": "短缺",
    "outstanding": "逾期",
}
"""What a refusal may be about."""


def help_in_chinese() -> None:
    """The headings of help, which typer has in English."""
    from typer import rich_utils  # half as slow as all the rest to load, and needed for nothing else

    rich_utils.ARGUMENTS_PANEL_TITLE = "参数"
    rich_utils.OPTIONS_PANEL_TITLE = "选项"
    rich_utils.COMMANDS_PANEL_TITLE = "命令"
    rich_utils.DEFAULT_STRING = "[默认：{}]"
    rich_utils.ENVVAR_STRING = "[环境变量：{}]"
    rich_utils.REQUIRED_LONG_STRING = "[必填]"


def in_chinese(line: str) -> str:
    """The line, where the table has it: as a whole, or the problem after its place and what was expected instead."""
    if line in _WORDS:
        return _WORDS[line]
    if (whole := _phrase(line)) is not None:
        return whole
    problem, expected, wanted = line.rpartition(_EXPECTED)
    if expected:
        return f"{in_chinese(problem)}；应为{in_chinese(wanted)}"
    place, colon, rest = line.partition(": ")
    return f"{place}：{in_chinese(rest)}" if colon else line


def place_in_chinese(fault: InputFault) -> str:
    """A fault of a file, with its row and field."""
    place = fault.file
    place += f"，第 {fault.row} 行" if fault.row is not None else ""
    place += f"，字段 {fault.field}" if fault.field is not None else ""
    expected = f"；应为{in_chinese(fault.expected)}" if fault.expected else ""
    return f"{place}：{in_chinese(fault.problem)}{expected}"


def _phrase(line: str) -> str | None:
    for pattern, chinese in _PHRASES:
        if (match := re.fullmatch(pattern, line, re.DOTALL)) is not None:
            return " ".join(match.expand(chinese).split())
    return None
