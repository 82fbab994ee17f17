"""The rules that hold for every policy, as the explanation cites them beside the policies' own clauses."""

from typing import NamedTuple


class GeneralRule(NamedTuple):
    """A rule of the claim arithmetic: how it is cited, and what it says."""

    clause: str
    text: str


MONTHS = GeneralRule(
    "测算口径 1",
    "计入期内协议在租、且所在基地当月任一日经认定的月份；承租人为基地运营者的协议不计，亦不起算支持年限。",
)
RENT = GeneralRule(
    "测算口径 3",
    "按费用所属月份，计入截至付款截止日已付的租金，更正轧差，净额低于 0 计 0，以应付租金为限。应付 = 月租金 × 计租天数 ÷ "
    "当月天数，四舍五入到分；计租天数为在租且不在免租期内的天数。物业费仅在政策包含时计入，以在租天数的应付物业费为限。",
)
CLOCK = GeneralRule(
    "测算口径 4",
    "支持年限自企业首个符合条件的月份起按月连续计算，不论所申报的期间，中断计入：第 1–12 个月为第 1 年。"
    "每行（一份协议一个月）精确计算，末尾一次舍去不足 1 分的部分。",
)
WHOLE = GeneralRule(
    "测算口径 5",
    "各行相加后依次适用：年度上限、支持年限、最低补贴额、取整。各行金额不变。支持年限用去即止，更换基地不重新起算。",
)

GENERAL_RULES = (MONTHS, RENT, CLOCK, WHOLE)
