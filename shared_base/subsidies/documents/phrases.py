"""The phrases of a claim's documents, Chinese and English side by side."""

from shared_base.occupancy.documents.phrases import COMMON
from shared_base.occupancy.documents.words import Phrases

CLAIM: Phrases = {
    **COMMON,
    "title": ("房租补贴申报测算书", "Rent subsidy claim"),
    "claim_code": ("申报编号", "Claim"),
    "policy": ("政策", "Policy"),
    "policy_version": ("政策版本", "Policy version"),
    "source": ("政策来源", "Source"),
    "basis": ("来源性质", "Basis"),
    "basis_official_text": ("主管部门原文", "the bureau's own text"),
    "basis_public_page": ("公开页面或转载", "a public page or reprint"),
    "estimate": (
        "估算：部分参数取自公开页面或转载，未见主管部门原文",
        "an estimate: some figures come from a public page or reprint, not from the bureau's own text",
    ),
    "parameters_digest": ("政策参数摘要", "Digest of its parameters"),
    "claimant": ("申报企业", "Claimant"),
    "period": ("期间", "Period"),
    "as_of": ("付款截止日", "Payments up to"),
    # the five figures
    "computed": ("测算", "Computed"),
    "claimed": ("申报", "Claimed"),
    "approved": ("核定", "Approved"),
    "paid": ("拨付", "Paid out"),
    "clawed_back": ("追回", "Clawed back"),
    "computed_amount": ("测算金额", "Amount computed"),
    "in_capitals": ("人民币（大写）", "In Chinese capitals"),
    "not_yet": ("尚无", "not yet"),
    "figures_apart": (
        "测算、申报、核定、拨付、追回是五个不同的数，各自独立，不互相替代。",
        "Computed, claimed, approved, paid and clawed back are five separate figures; none stands for another.",
    ),
    # assumptions
    "assumptions": ("假设", "Assumptions"),
    "assumption_banner": ("本测算以下列假设为前提：%(list)s", "This claim rests on the assumption %(list)s"),
    "assumptions_banner": (
        "本测算以 %(count)d 项假设为前提：%(list)s",
        "This claim rests on %(count)d assumptions: %(list)s",
    ),
    "assumption_box": (
        "政策原文未载明以下数值。数值由申报人依主管部门的口径给出，假设不成立则测算结果不成立。",
        "The source leaves these figures open. They were given with the claim as the authority's; "
        "if one does not hold, the amount computed does not hold.",
    ),
    "no_assumptions": ("没有假设：全部数值出自政策原文。", "No assumptions: every figure is stated by the source."),
    # steps
    "steps": ("测算步骤", "The computation, step by step"),
    "steps_note": (
        "每一步从上一步的结果出发；条款可点击，跳至附录中的原文。",
        "Each step begins where the one before it ended; a clause leads to its text in the appendix.",
    ),
    "line_steps": ("逐行测算", "Line by line"),
    "line_steps_note": (
        "一份协议一个月为一行；每行精确计算，末尾一次舍去不足一分的部分。",
        "One lease in one month is a line, computed exactly and rounded down once, at its end, to the fen.",
    ),
    "no_steps": ("没有步骤。", "No steps."),
    "step": ("步骤", "Step"),
    "clause": ("条款", "Clause"),
    "before": ("之前 元", "Before, yuan"),
    "after": ("之后 元", "After, yuan"),
    "why": ("理由", "Why"),
    "step_service_months": ("计入的月份", "Months that count"),
    "step_support_clock": ("支持年限起算", "Support clock"),
    "step_policy_in_force": ("政策有效期", "Policy in force"),
    "step_condition_tested": ("条件检验", "Condition tested"),
    "step_condition_declared": ("条件声明", "Condition declared"),
    "step_rent_paid": ("已付租金", "Rent paid"),
    "step_property_fee": ("物业费", "Property fee"),
    "step_line": ("单行", "Line"),
    "step_lines_sum": ("各行之和", "Sum of the lines"),
    "step_year_cap": ("年度上限", "The year's cap"),
    "step_supported_years": ("支持年限", "Supported years"),
    "step_minimum": ("最低补贴额", "Minimum"),
    "step_rounding": ("取整", "Rounding"),
    # kinds of warning
    "warning_assumption": ("假设", "Assumption"),
    "warning_draft_policy": ("政策为草案", "Draft policy"),
    "warning_estimate": ("估算", "Estimate"),
    "warning_stale_parameters": ("参数时效", "Age of the parameters"),
    "warning_not_the_prior_year": ("非上一年度", "Not the prior year"),
    "warning_outside_place": ("地域之外", "Outside the place"),
    "warning_revised_report": ("月报经修订", "Revised report"),
    "warning_lease_not_in_report": ("月报未见协议", "Lease not in the report"),
    "warning_nothing_qualifies": ("无符合条件的月份", "Nothing qualifies"),
    # lines
    "lines": ("明细", "Lines"),
    "lines_note": (
        "金额可点击，跳至附录中该行的报表、协议与付款。封顶前各行金额不变。",
        "An amount leads to the report, lease and payments behind it. Lines keep their amounts before the caps.",
    ),
    "no_lines": ("期间内没有可计的月份，测算金额为零。", "No month of the period counts: the amount computed is zero."),
    "due": ("应付 元", "Due, yuan"),
    "paid_net": ("已付净额 元", "Paid, net, yuan"),
    "eligible": ("可计租金 元", "Eligible, yuan"),
    "amount": ("补贴 元", "Subsidy, yuan"),
    "excluded": ("不计的月份", "Months that do not count"),
    "none_excluded": ("没有不计的月份。", "No month was left out."),
    "exclusion_why": ("原因", "Why"),
    # declarations
    "declarations": ("声明", "Declarations"),
    "declarations_note": (
        "数据无法回答的条件，由申报人声明并负责。",
        "Conditions that the data cannot answer, declared by a person who answers for them.",
    ),
    "no_declarations": ("该政策没有需要声明的条件。", "The policy has no condition to declare."),
    "condition": ("条件", "Condition"),
    "declared_by": ("声明人", "Declared by"),
    # evidence
    "evidence": ("附录一　逐行证据", "Appendix 1　Evidence, line by line"),
    "evidence_note": (
        "每一行所依据的冻结月报、协议与全部付款。付款含截止日之后的与不计种类的，并予标明。",
        "The frozen month report, the lease and every payment behind each line; "
        "payments after the cut-off and of kinds that never count are listed and marked.",
    ),
    "line_amount": ("补贴 %(amount)s 元", "Subsidy ¥%(amount)s"),
    "line_computed": ("本行测算", "How the line is computed"),
    "no_quote": ("未录条文原文", "its wording is not on record"),
    "back": ("返回明细", "back to the lines"),
    "report": ("月报", "Month report"),
    "report_digest": ("月报摘要", "Digest of the report"),
    "no_evidence": ("本件未附该行的证据。", "No evidence for this line came with this copy."),
    "spaces": ("空间", "Spaces"),
    "area_m2": ("面积 m²", "Area m²"),
    "days": ("天数 在期/计租/当月", "Days in force / payable / of month"),
    "rent_due": ("应付租金 元", "Rent due, yuan"),
    "property_fee_due": ("应付物业费 元", "Property fee due, yuan"),
    "payments": ("付款", "Payments"),
    "no_payments": ("没有付款记录。", "No payment is on record."),
    "payment_ref": ("付款编号", "Payment"),
    "paid_on": ("付款日", "Paid on"),
    "kind": ("种类", "Kind"),
    "kind_rent": ("租金", "Rent"),
    "kind_property_fee": ("物业费", "Property fee"),
    "kind_utilities": ("水电费", "Utilities"),
    "kind_out": ("本政策不计", "not counted by the policy"),
    "after_cut_off": ("截止日之后，不计", "after the cut-off, not counted"),
    "red_letter": ("红字冲正", "red-letter correction"),
    "invoice": ("发票号码", "Invoice"),
    "payment_amount": ("金额 元", "Amount, yuan"),
    # clauses
    "general_rule": ("测算口径 %(number)s", "General rule %(number)s"),
    "general_rules": ("测算口径（各政策共用）", "General rules, common to all policies"),
    "rule_1": (
        "计入的月份：期间内协议在租、且基地当月任一日经认定的月份。承租人即基地运营者的协议不计，也不启动支持年限。",
        "Months that count: those of the period in which a lease was in force in a base recognised on "
        "any day of the "
        "month. A lease whose tenant operates the base counts neither here nor for the support clock.",
    ),
    "rule_2": (
        "条件：数据能回答的逐项检验；不能回答的须由申报人声明，并记录声明人。基地不在政策地域内的，列为警告。",
        "Conditions: those that the data answers are tested, the others are declared and recorded with "
        "who declared "
        "them. A base outside the policy's place is a warning.",
    ),
    "rule_3": (
        "已付租金：截止日（含）前为该服务月实付的租金，更正轧差，净额低于零计零，以当月应付为限。应付 = "
        "月租金 × 计租天数 ÷ "
        "当月天数，四舍五入到分；计租天数为在租且非免租的天数。物业费仅在政策包含时计，另以其应付为限。",
        "Rent paid: paid for those service months by the cut-off, corrections netted, a net below zero "
        "counting zero, at "
        "most the rent due. Due = monthly rent × payable days ÷ days of the month, half up to the fen; "
        "payable days are "
        "those in force and not rent-free. A property fee counts only where the policy includes it, "
        "capped at its own due.",
    ),
    "rule_4": (
        "限额：面积上限逐月分摊，面积大的协议优先；按计入面积的租金乘以比例，并受单价上限约束；"
        "不超过计入面积的可计租金。每行精确计算，"
        "末尾一次向下取整到分。支持年限自企业首个符合条件的月份起按月连续计算，1–12 月为第 1 年，中断计入。",
        "Limits: the area cap is shared out month by month, largest lease first; the share applies to "
        "the rent of the "
        "counted area, within the price cap, never above the eligible rent. A line is exact and rounded "
        "down once to the "
        "fen. Support years run in months from the first month ever that qualified, gaps included.",
    ),
    "rule_5": (
        "合计：各行之和，再依次适用年度上限、支持年限、最低补贴额与取整，各为一步；各行金额不变。",
        "Total: the sum of the lines, then the year's cap, the supported years, the minimum and the "
        "rounding, each a step "
        "of its own; lines keep their amounts.",
    ),
    "clauses": ("附录二　条款原文", "Appendix 2　The clauses"),
    "no_clauses": ("本件未附条款原文。", "No clause text came with this copy."),
    "verify": (
        "摘要为本申报 JSON（除 digest 外）按 RFC 8785 规范化后的 SHA-256；同样的输入得到同样的字节。"
        "名称、条款原文与付款清单"
        "为证据附件，不在摘要之内；各月报自有摘要，列于每行证据。",
        "The digest is the SHA-256 of the claim's JSON (all but digest) in RFC 8785 canonical form; the "
        "same inputs give "
        "the same bytes. Names, clause texts and payments are evidence beside it and stand outside the digest; "
        "each month report has a digest of its own, printed with its line.",
    ),
    # the workbook
    "sheet_overview": ("概览", "Overview"),
    "sheet_steps": ("测算步骤", "Steps"),
    "sheet_lines": ("明细", "Lines"),
    "sheet_payments": ("付款", "Payments"),
    "sheet_excluded": ("不计的月份", "Left out"),
    "sheet_statements": ("假设与声明", "Statements"),
    "sheet_warnings": ("警告", "Warnings"),
    "sheet_clauses": ("条款", "Clauses"),
    "due_fen": ("应付（分）", "Due (fen)"),
    "paid_fen": ("已付净额（分）", "Paid, net (fen)"),
    "eligible_fen": ("可计（分）", "Eligible (fen)"),
    "amount_fen": ("补贴（分）", "Subsidy (fen)"),
    "before_fen": ("之前（分）", "Before (fen)"),
    "after_fen": ("之后（分）", "After (fen)"),
    "payment_fen": ("金额（分）", "Amount (fen)"),
    "payment_remark": ("备注", "Remark"),
    "statement": ("类别", "Kind of statement"),
    "assumption": ("假设", "Assumption"),
    "declaration": ("声明", "Declaration"),
}
