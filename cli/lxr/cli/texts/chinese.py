"""Faults that are raised in English below the command line, in Chinese: phrase by phrase, from one table.

What is in no row of it stays as it is.
"""

import re
from collections.abc import Mapping
from typing import Final

from lxr.cli.texts.words import WORDS, in_words, record_in_chinese
from lxr.settlement.errors import InputFault

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
    (r"not well-formed XML: .+, line (\d+), column (\d+).*", r"XML 格式错误：第 \1 行第 \2 列"),
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
    (r"is not a blind", "不是盲值文件"),
    (r"the blind, as it was handed over with the document", "随文书一并移交的盲值文件"),
    (r"64 of 0-9 a-f and a line break", "64 位 0-9 a-f 及换行"),
    (r"is unknown", "未知"),
    (r"the record (\S+) is damaged", r"记录 \1 已损坏"),
    (r"is there twice", "重复出现"),
    (r"is there twice, as column (\d+) and column (\d+)", r"重复出现：第 \1 列与第 \2 列"),
    (r"is not a bank's code", "不是联行号"),
    (r"is no name", "不是姓名"),
    (r"a person's name", "人的姓名"),
    (r"each column once", "每列一次"),
    (r"Object missing required field `(.+)`", r"缺少字段 `\1`"),
    (r"Object contains unknown field `(.+)`", r"未知字段 `\1`"),
    (r"Expected `(.+?)`, got `(.+?)`", r"应为 `\1`，实为 `\2`"),
    # keys
    (r"is not the key in force, and no other is here", "不是现用密钥，且本机没有其他密钥"),
    # the bank's statements and what they say
    (r"a statement of account (\S+)", r"是账户 \1 的对账单"),
    (r"account (\S+)", r"账户 \1"),
    (r"a statement of (\S+) that is not on the ledger with this content", r"\1 的对账单与账本上的内容不同"),
    (r"one of (\S+) or later", r"\1 或之后的对账单"),
    (r"it opens with (\S+)", r"期初余额为 \1"),
    (r"(\S+), with which the last one closed", r"上一份的期末余额 \1"),
    (r"(\S+), with which (.+) closes", r"\2 的期末余额 \1"),
    (r"its first lines are on the ledger with other content", "前若干行已入账，但内容不同"),
    (r"the file whose import broke off", "导入中断的那份文件"),
    (
        r"it pays orders of cash-out (\S+), which the bank has not accepted",
        r"其中有提现批次 \1 的付款，而银行尚未受理该批次",
    ),
    (r"(\S+) is given twice for (\S+)", r"\2 的 \1 重复出现"),
    (r"one entry for each reference of a day", "同日每个入账号一行"),
    (r"1 to 35 of 0-9 A-Z \. _ - in either case", "1 至 35 位 0-9 A-Z . _ -（不分大小写）"),
    (r"(\S+) is after the statement", r"\1 晚于对账单日期"),
    (r"(\S+) appears twice", r"\1 重复出现"),
    (r"one (?:entry|transfer) each", "每笔一次"),
    (r"(\S+), which is OPBD plus credits less debits", r"\1，即期初加贷方减借方"),
    (r"(OPBD|CLBD) is (-?\d\S+)", r"\1 为 \2"),
    (r"(\w+) is given twice", r"\1 重复出现"),
    (r"one of each", "每种一个"),
    (r"(OPBD|CLBD) is missing", r"缺少 \1"),
    (r"an opening and a closing booked balance", "期初与期末账面余额"),
    (r"differs from the entry's amount", "与该笔金额不同"),
    (r"has text (.+) between its elements", r"元素之间有文字 \1"),
    (r"elements only", "仅含元素"),
    (r"no such day in the calendar", "没有这一天"),
    (r"no such day or time", "没有这一时刻"),
    (r"a date YYYY-MM-DD", "日期 YYYY-MM-DD"),
    (r"a date and time with its offset, (\S+)", r"带时区的日期时间 \1"),
    (r"yuan with at most 2 decimals", "最多两位小数的金额（元）"),
    (r"currency is (.+)", r"币种为 \1"),
    (r"the attribute Ccy=(\w+) alone", r"仅有属性 Ccy=\1"),
    (r"amount is (\S+)", r"金额为 \1"),
    (r"at least (\S+)", r"不小于 \1"),
    (r"unexpected element (.+)", r"不应有元素 \1"),
    (r"unexpected attribute (.+)", r"不应有属性 \1"),
    (r"more than (\d+) bytes", r"超过 \1 字节"),
    (r"is no file, and may have no end", "不是文件，可能没有结尾"),
    (r"a file or a pipe", "文件或管道"),
    (r"a file", "文件"),
    (r"cannot be read twice", "无法读取两遍"),
    (r"a file, not a pipe", "文件，而不是管道"),
    (r"has a key with more than (\d+) dots", r"有一个键含超过 \1 个点"),
    (r"a TOML file with short keys", "键较短的 TOML 文件"),
    (r"is empty, as are the (\d+) rows before it", r"该行为空，之前的 \1 行也为空"),
    (r"a sheet without empty rows below its last one", "末行以下没有空行的工作表"),
    (r"comes after (\d+) cells", r"在 \1 个单元格之后"),
    (r"a sheet cut into several", "拆分为多个工作表"),
    (r"a smaller file", "较小的文件"),
    (r"byte (\d+) is not UTF-8", r"第 \1 字节不是 UTF-8"),
    (r"UTF-8 text", "UTF-8 文本"),
    (r"has a document type declaration", "含有文档类型声明"),
    (r"declares the encoding (.+)", r"声明的编码为 \1"),
    (r"one line of 1 to (\d+) characters without blanks at its ends", r"1 至 \1 个字符的一行文字，首尾无空格"),
    (r"1 to (\d+) of ([A-Za-z0-9. _-]+)", r"1 至 \1 位 \2"),
    (r"the bank's list of rejections", "银行的拒付清单"),
    (r"is no code", "不是代码"),
    (r"an ISO return reason of 4 characters, such as AC04", "4 位 ISO 退回原因代码，如 AC04"),
    # the rehearsal's bank
    (r"it is not the file of a cash-out that the bank has accepted", "不是银行已受理的付款文件"),
    (r"the file as it was approved", "与复核时一致的文件"),
    (r"the day's statement has no room for (\S+)", r"当日对账单容不下 \1"),
    (r"less, or another day", "更少的金额，或改日"),
    (r"(\S+) is before the last closed day", r"\1 早于银行最近一个营业日"),
    (r"message (\S+) was taken in before with other content", r"报文 \1 此前已收，内容不同"),
    (r"a new id", "新的编号"),
    (r"was written by an earlier release", "由早期版本写成"),
    (r"the books of a rehearsal of this release", "本版本演练的账簿"),
    (r"(\S+), as at the first open", r"\1，与首次设定一致"),
    (r"(\d+) to (\d+)", r"\1 至 \2"),
    # months
    (r"row (\S+) is disputed or held back, and the close does not name it", r"记录 \1 有异议或争议，而关闭时未列出"),
    (r"\S+ (\S+) was open, and the close does not name it", r"\1 未结，而关闭时未列出"),
    (r"the close sums up others than were open", "关闭时合并的事项与当时未结的不符"),
    (
        r"everything that is open carried by name: until all have signed it, the union closes it anew",
        "未结事项须逐项结转；在各方会签完成之前，工会可重新关账（--anew）",
    ),
    (r"(\d+) items are open", r"有 \1 项未结"),
    (r"at most (\d+) to carry over", r"最多 \1 项结转下月"),
    (r"it was closed after the (\d+) blocks that were audited", r"该月在所审计的 \1 个区块之后关闭"),
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
    (r"is not on the ledger", "未在账本上登记"),
    (r"a worker who is registered there", "已在账本上登记的劳动者"),
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
    (r"nobody is known as (\S+)", r"人员库中没有 \1"),
    (r"the person behind (\S+) is blocked", r"\1 的个人信息已封存"),
    (r"the person behind (\S+) is erased", r"\1 的个人信息已删除"),
    (
        r"the random bytes that blind the file of (\S+) are not in the store of persons",
        r"人员库中没有 \1 付款文件的盲值",
    ),
    (r"the random bytes that blind the file of (\S+) are damaged", r"\1 付款文件的盲值已损坏"),
    (r"the passphrase is empty or too long", "口令为空或过长"),
    (r"not an encrypted private key", "不是加密私钥"),
    (r"mode (\d+) lets others at this key", r"权限 \1 使他人可读此密钥"),
    (r"a key is already there; it is not overwritten", "已有密钥，不会覆盖"),
    (r"this certificate belongs to another key than (.+)", r"证书与密钥 \1 不符"),
    (r"not an X\.509 certificate as PEM", "不是 PEM 格式的 X.509 证书"),
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
    (r"(\w+) is in force and installed", r"现行合约 \1 已安装"),
    (
        r"(\w+) is in force, and installed are (.+): install a newer release",
        r"现行合约为 \1，已安装 \2：请安装更新的版本",
    ),
    (r"has no contract (\w+), which is in force: it endorses nothing", r"不具备现行合约 \1，不能背书"),
    (r"an embedded consortium; it has no network", "嵌入式联盟，没有网络"),
    (r"no Fabric there, nor on PATH; run scripts/install-fabric", "未找到 Fabric；请运行 scripts/install-fabric"),
    (r"is of version (\S+)", r"版本为 \1"),
    (r"no node '(.+)'", r"没有节点 \1"),
    (r"one of ([a-z]+-[a-z]+(?:, [a-z]+-[a-z]+)*)", r"下列之一：\1"),
    (r"has not been started yet", "尚未启动"),
    (
        r"the outcome of transaction (\w+) is unknown: (.*); look up what became of it, or end it: (.*)",
        r"交易 \1 的结果未知：\2；可查询结果或作废：\3",
    ),
    # payment files
    (r"the ledger names a file of digest (\w+), this one's is (\w+)", r"账本所载文件的哈希为 \1，本文件为 \2"),
    (r"the files are to be paid on (\S+)", r"付款文件的执行日期为 \1"),
    (
        r"(\S+) or earlier: approve it on that day, or cancel the cash-out",
        r"不晚于 \1：请于执行日期当日复核，或取消该笔结转",
    ),
    (r"the execution date (\S+) is past", r"执行日期 \1 已过"),
    (r"is not there", "不存在"),
    (r"the openings as they were handed over", "随付款文件移交的 .openings.json 文件"),
    (r"the file as it was approved, and its openings", "与复核时一致的付款文件及其 .openings.json 文件"),
    (r"the file that the ledger describes", "与账本所载一致的文件"),
    (r"the files name (.+), as the holder of the custody account", r"付款文件所载的托管账户持有人为 \1"),
    (r"(.+): cancel the cash-out, and prepare it anew", r"\1；请取消该提现批次后重新经办"),
    (
        r"shard (\d+) has (\d+) payments, and the bank takes (\d+) in one file",
        r"分片 \1 有 \2 笔付款，而银行单个文件最多 \3 笔",
    ),
    (r"a bank that takes more", "更高的单个文件笔数上限"),
    (r"says another thing than the ledger", "内容与账本所载不一致"),
    (r"pays another account than was approved", "收款账户与经确认的不一致"),
    (r"what the ledger says: have the cash-out cancelled, and prepared anew", "与账本一致：请取消该提现批次后重新经办"),
    (r"more than (\d+) CdtTrfTxInf", r"付款超过 \1 笔"),
    (r"(\d+) files of (\d+) payments at most", r"共 \1 个文件，每个最多 \2 笔"),
    (r"(\d+) files, of more payments", r"最多 \1 个文件，每个笔数更多"),
    # a ledger that follows another
    (r"holds no closing registers: (.+)", r"不是期末名册文件：\1"),
    (r"a file of lxr successor export", "由 lxr successor export 保存的文件"),
    (r"names no ledger", "未指明账本"),
    (r"cannot be copied: (.+)", r"无法复制：\1"),
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
    (r"holds (.+) where (\S+) names (.+)", r"\2 列出 \3 之处是 \1"),
    (r"(\S+) names (\d+) files", r"\1 列有 \2 个文件"),
    (r"(\S+) names a file twice, or no ledger", r"\1 重复列出文件，或未列出账本"),
    (r"(\S+) names (.+), which is no file of a consortium's directory", r"\1 列有 \2，不是联盟目录中的文件"),
    (r"its ledger does not end with block (\d+) as (\S+) names it", r"账本并非止于 \2 所载的区块 \1"),
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
    (r"signature (\d+): (.+)", r"第 \1 个签名：\2"),
    (r"checkpoint (\d+)", r"检查点 \1"),
)


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
    """The line, where the table has it: what was expected apart, the problem as a whole or after its place."""
    if line in WORDS:
        return WORDS[line]
    problem, expected, wanted = line.rpartition(_EXPECTED)
    if expected:
        return f"{in_chinese(problem)}；应为{in_chinese(wanted)}"
    if (whole := _phrase(line)) is not None:
        return whole
    place, colon, rest = line.partition(": ")
    place = re.sub(r", row (\d+)", r"，第 \1 行", place).replace(", field ", "，字段 ")
    return f"{place}：{in_chinese(rest)}" if colon else line


def facts_in_chinese(facts: Mapping[str, str | int]) -> dict[str, str | int]:
    """Return the facts of a break in Chinese, as far as they are words or phrases that are known."""
    words = in_words(facts)
    return {name: in_chinese(fact) if isinstance(fact, str) else fact for name, fact in words.items()}


def _place_in_chinese(fault: InputFault) -> str:
    """Return where in a file a fault is, with its row and field."""
    place = record_in_chinese(fault.file)
    place += f"，第 {fault.row} 行" if fault.row is not None else ""
    return place + (f"，字段 {fault.field}" if fault.field is not None else "")


def fault_in_chinese(fault: InputFault) -> str:
    """Return a fault of a file that is told in words, after its place."""
    expected = f"；应为{in_chinese(fault.expected)}" if fault.expected else ""
    return f"{_place_in_chinese(fault)}：{in_chinese(fault.problem)}{expected}"


def _phrase(line: str) -> str | None:
    for pattern, chinese in _PHRASES:
        if (match := re.fullmatch(pattern, line, re.DOTALL)) is not None:
            return " ".join(match.expand(chinese).split())
    return None
