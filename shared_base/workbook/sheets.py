"""The sheets of the operator's workbook: names, columns in English and Chinese, keys, references.

The one place that says what may stand in a workbook; reading, the template, the error report and the documentation all
follow it. The order is that of dependence: a sheet refers only to sheets above it.
"""

from shared_base.core.i18n import N_
from shared_base.workbook import row_rules
from shared_base.workbook.columns import Column, Reference, Sheet
from shared_base.workbook.kinds import (
    AREA,
    BASE_CODE,
    BUFFER,
    CLOSING,
    DATE,
    DIVISION,
    FEN,
    INSTANT,
    MONTH,
    OPENING,
    PAID_FEN,
    SCRIPT_CODE,
    SPANS,
    USCC,
    ZONE,
    Choice,
    choice,
    code,
    codes,
    reference_number,
    text,
)
from shared_base.workbook.rows import (
    BaseRow,
    BookingRow,
    ClosureRow,
    EquipmentRow,
    LeaseRow,
    RentPaymentRow,
    SpaceRow,
    TenantRow,
)
from shared_base.workbook.texts import Phrase, heading_key

#: What a blank `timezone` means.
DEFAULT_TIMEZONE = "Asia/Shanghai"

CODE = code(40)
REF = reference_number(64)
NAME = text(200)
REASON = text(500)

TIER = choice(
    Phrase(N_("large, medium or regional"), "大型（large）、中型（medium）或区域（regional）"),
    Choice("large", ("大型",)),
    Choice("medium", ("中型",)),
    Choice("regional", ("区域", "区域型")),
)
SPACE_KIND = choice(
    Phrase(
        N_("studio, office, sample_room or hall"),
        "直播间（studio）、办公室（office）、选品间（sample_room）或大厅（hall）",
    ),
    Choice("studio", ("直播间",)),
    Choice("office", ("办公室",)),
    Choice("sample_room", ("选品间", "样品间", "选品中心")),
    Choice("hall", ("大厅", "展厅")),
)
TENANT_KIND = choice(
    Phrase(
        N_("mcn, brand, platform or service"), "MCN机构（mcn）、品牌商（brand）、平台（platform）或服务商（service）"
    ),
    Choice("mcn", ("MCN机构", "直播机构")),
    Choice("brand", ("品牌商", "品牌")),
    Choice("platform", ("平台",)),
    Choice("service", ("服务商",)),
)
PAYMENT_KIND = choice(
    Phrase(N_("rent, property_fee or utilities"), "租金（rent）、物业费（property_fee）或水电费（utilities）"),
    Choice("rent", ("租金", "房租")),
    Choice("property_fee", ("物业费",)),
    Choice("utilities", ("水电费",)),
)
BOOKING_STATE = choice(
    Phrase(
        N_("confirmed, cancelled, no_show or completed"),
        "已确认（confirmed）、已取消（cancelled）、未到场（no_show）或已完成（completed）",
    ),
    Choice("confirmed", ("已确认", "确认")),
    Choice("cancelled", ("已取消", "取消")),
    Choice("no_show", ("未到场", "爽约")),
    Choice("completed", ("已完成", "完成")),
)

BASES = Sheet(
    name="bases",
    zh=("基地",),
    title=Phrase(N_("The bases that you operate"), "您运营的基地"),
    row=BaseRow,
    key=("code",),
    rules=row_rules.of_base,
    columns=(
        Column(
            "code",
            ("基地编码", "编码"),
            BASE_CODE,
            required=True,
            example="HRB",
            note=Phrase(N_("Names the base everywhere else."), "其他各表都用它指明基地。"),
        ),
        Column("name", ("基地名称", "名称"), NAME, required=True, example="哈尔滨直播电商共享基地"),
        Column("tier", ("级别", "基地级别"), TIER, required=True, example="大型"),
        Column("division_code", ("行政区划代码", "区划代码"), DIVISION, required=True, example="230102"),
        Column(
            "timezone",
            ("时区",),
            ZONE,
            default=DEFAULT_TIMEZONE,
            example=DEFAULT_TIMEZONE,
            note=Phrase(
                N_("Blank: Asia/Shanghai. Days and months are cut in it."), "留空即 Asia/Shanghai。日、月按此时区划分。"
            ),
        ),
        Column("opens", ("开门时间", "营业开始"), OPENING, required=True, example="08:00"),
        Column(
            "closes",
            ("关门时间", "营业结束"),
            CLOSING,
            required=True,
            example="02:00",
            note=Phrase(N_("Round the clock: opens 00:00, closes 24:00."), "全天开放：开门 00:00，关门 24:00。"),
        ),
        Column("lettable_area_m2", ("可出租面积（㎡）", "可出租面积"), AREA, required=True, example="6200"),
        Column(
            "operator_uscc",
            ("运营单位统一社会信用代码", "运营方统一社会信用代码"),
            USCC,
            example="914401136FE56RG154",
            note=Phrase(N_("The operator's own leases count in no subsidy."), "运营单位自用的协议不计入补贴。"),
        ),
        Column("recognition_no", ("认定文号", "认定编号"), REF, example="HLJ-2021-001"),
        Column("recognised_from", ("认定起始日",), DATE, example="2024-01-01"),
        Column(
            "recognised_to",
            ("认定截止日",),
            DATE,
            example="2026-12-31",
            note=Phrase(N_("Last day, included. Blank: still recognised."), "最后一日（含）。留空即仍在认定期内。"),
        ),
    ),
)

SPACES = Sheet(
    name="spaces",
    zh=("空间",),
    title=Phrase(N_("Studios, offices, sample rooms and halls of a base"), "基地的直播间、办公室、选品间和大厅"),
    row=SpaceRow,
    key=("base", "code"),
    references=(Reference("base", "bases"),),
    rules=row_rules.of_space,
    columns=(
        Column("base", ("基地编码", "基地", "所属基地"), BASE_CODE, required=True, example="HRB"),
        Column(
            "code",
            ("空间编码", "编码"),
            CODE,
            required=True,
            example="S01",
            note=Phrase(N_("Once within its base."), "同一基地内不重复。"),
        ),
        Column("name", ("空间名称", "名称"), NAME, required=True, example="1号直播间"),
        Column(
            "kind",
            ("空间类型", "类型"),
            SPACE_KIND,
            required=True,
            example="直播间",
            note=Phrase(N_("Only studios count in the use of a base."), "只有直播间计入使用率。"),
        ),
        Column("area_m2", ("面积（㎡）", "面积"), AREA, required=True, example="88.25"),
        Column("scene", ("场景", "直播场景"), text(100), example="美妆"),
        Column("in_service_from", ("启用日期",), DATE, required=True, example="2024-01-01"),
        Column(
            "in_service_to",
            ("停用日期",),
            DATE,
            example="2026-12-31",
            note=Phrase(N_("Last day in service. Blank: still in service."), "最后一个使用日（含）。留空即仍在使用。"),
        ),
        Column(
            "buffer_minutes",
            ("整理时间（分钟）", "整理时间", "缓冲分钟"),
            BUFFER,
            default=0,
            example="30",
            note=Phrase(
                N_("Kept free after each booking to come. Blank: 0."), "今后每次预订之后留空的分钟数。留空即 0。"
            ),
        ),
    ),
)

CLOSURES = Sheet(
    name="closures",
    zh=("停用", "停用安排"),
    title=Phrase(N_("Times in which a base or a space was or will be closed"), "基地或空间停用的时段"),
    row=ClosureRow,
    key=("ref",),
    references=(Reference("base", "bases"), Reference("space", "spaces", within="base")),
    rules=row_rules.of_closure,
    columns=(
        Column("ref", ("停用编号", "编号"), REF, required=True, example="HRB-C1"),
        Column("base", ("基地编码", "基地"), BASE_CODE, required=True, example="HRB"),
        Column(
            "space",
            ("空间编码", "空间"),
            CODE,
            example="S01",
            note=Phrase(N_("Blank: the whole base."), "留空即整个基地停用。"),
        ),
        Column("start", ("开始时间", "开始"), INSTANT, required=True, example="2026-08-04T03:00+08:00"),
        Column("end", ("结束时间", "结束"), INSTANT, required=True, example="2026-08-04T11:00+08:00"),
        Column("reason", ("原因", "停用原因"), REASON, required=True, example="停电检修"),
    ),
)

TENANTS = Sheet(
    name="tenants",
    zh=("入驻企业", "企业"),
    title=Phrase(N_("Enterprises that lease or book"), "租用或预订空间的企业"),
    row=TenantRow,
    key=("uscc",),
    columns=(
        Column("uscc", ("统一社会信用代码", "信用代码"), USCC, required=True, example="9144030523YC1N11LP"),
        Column("name", ("企业名称", "名称"), NAME, required=True, example="海禾传媒有限公司"),
        Column("kind", ("企业类型", "类型"), TENANT_KIND, required=True, example="MCN机构"),
        Column("division_code", ("行政区划代码", "注册地区划代码"), DIVISION, example="440305"),
        Column("contact_name", ("联系人",), text(100), example="李经理"),
        Column("contact_phone", ("联系电话", "电话"), text(64), example="13800000000"),
    ),
)

LEASES = Sheet(
    name="leases",
    zh=("入驻协议", "协议"),
    title=Phrase(N_("Leases of spaces to enterprises"), "企业租用空间的入驻协议"),
    row=LeaseRow,
    key=("ref",),
    references=(
        Reference("tenant_uscc", "tenants"),
        Reference("base", "bases"),
        Reference("spaces", "spaces", within="base"),
    ),
    rules=row_rules.of_lease,
    columns=(
        Column("ref", ("协议编号", "编号"), REF, required=True, example="HRB-L01"),
        Column(
            "tenant_uscc",
            ("统一社会信用代码", "企业统一社会信用代码"),
            USCC,
            required=True,
            example="9144030523YC1N11LP",
        ),
        Column("base", ("基地编码", "基地"), BASE_CODE, required=True, example="HRB"),
        Column("spaces", ("空间编码", "空间"), codes(40), required=True, example="O01;O02"),
        Column("area_m2", ("租赁面积（㎡）", "租赁面积", "面积"), AREA, required=True, example="1300.5"),
        Column("start_date", ("起租日", "开始日期"), DATE, required=True, example="2024-05-12"),
        Column(
            "end_date",
            ("到期日", "结束日期"),
            DATE,
            required=True,
            example="2027-05-31",
            note=Phrase(N_("Last day, included."), "最后一日（含）。"),
        ),
        Column("monthly_rent_fen", ("月租金（分）", "月租金"), FEN, required=True, example="8453250"),
        Column("property_fee_fen", ("月物业费（分）", "月物业费"), FEN, default=0, example="3641400"),
        Column("rent_free", ("免租期",), SPANS, default=(), example="2024-06-01/2024-06-20;2025-02-01/2025-02-25"),
    ),
)

RENT_PAYMENTS = Sheet(
    name="rent_payments",
    zh=("缴费记录", "租金缴费"),
    title=Phrase(N_("Rent, property fee and utilities as they were paid"), "已缴的租金、物业费和水电费"),
    row=RentPaymentRow,
    key=("ref",),
    references=(Reference("lease_ref", "leases"),),
    columns=(
        Column("ref", ("缴费编号", "流水号", "编号"), REF, required=True, example="HRB-L01-0001"),
        Column("lease_ref", ("协议编号",), REF, required=True, example="HRB-L01"),
        Column(
            "service_month",
            ("所属月份", "费用所属月份"),
            MONTH,
            required=True,
            example="2024-05",
            note=Phrase(N_("The month paid for, not the month of payment."), "费用所属的月份，不是付款的月份。"),
        ),
        Column("paid_on", ("付款日期", "缴费日期"), DATE, required=True, example="2024-05-06"),
        Column("kind", ("费用类型", "类型"), PAYMENT_KIND, required=True, example="租金"),
        Column("amount_fen", ("金额（分）",), PAID_FEN, required=True, example="8453250"),
        Column(
            "invoice_no",
            ("发票号码", "发票号"),
            REF,
            example="20052132068804992909",
            note=Phrase(
                N_("As text: Excel keeps only 15 digits of a number."), "按文本填写：Excel 的数字只保留 15 位。"
            ),
        ),
    ),
)

EQUIPMENT = Sheet(
    name="equipment",
    zh=("设备", "设备清单"),
    title=Phrase(N_("Units of equipment that bookings can take"), "预订可以使用的设备"),
    row=EquipmentRow,
    key=("base", "tag"),
    references=(Reference("base", "bases"), Reference("fixed_to", "spaces", within="base")),
    columns=(
        Column("base", ("基地编码", "基地"), BASE_CODE, required=True, example="HRB"),
        Column(
            "tag",
            ("资产标签", "标签"),
            CODE,
            required=True,
            example="CAM-01",
            note=Phrase(N_("Once within its base, as on the label."), "标签上的编号，同一基地内不重复。"),
        ),
        Column(
            "kind",
            ("设备类别编码", "类别编码", "设备种类编码"),
            SCRIPT_CODE,
            required=True,
            example="camera",
            note=Phrase(N_("Units of one kind stand in for each other."), "同一类别的设备可互相替代。"),
        ),
        Column(
            "kind_name",
            ("设备类别", "类别名称", "设备种类"),
            text(100),
            required=True,
            example="相机",
            note=Phrase(N_("The same in every row of the kind."), "同一类别的各行须一致。"),
        ),
        Column("serial", ("序列号",), text(100), example="SN20260001"),
        Column(
            "fixed_to",
            ("固定于空间", "固定于直播间"),
            CODE,
            example="S01",
            note=Phrase(
                N_("The studio it is built into. Blank: it can be carried."), "固定安装的直播间编码。留空即可移动。"
            ),
        ),
    ),
)

BOOKINGS = Sheet(
    name="bookings",
    zh=("预订", "预订记录"),
    title=Phrase(N_("Bookings as they happened, and those to come"), "已发生的和将要发生的预订"),
    row=BookingRow,
    key=("ref",),
    references=(
        Reference("base", "bases"),
        Reference("space", "spaces", within="base"),
        Reference("tenant_uscc", "tenants"),
    ),
    rules=row_rules.of_booking,
    columns=(
        Column("ref", ("预订编号", "编号"), REF, required=True, example="HRB-000609"),
        Column("space", ("空间编码", "空间", "直播间"), CODE, required=True, example="S01"),
        Column("base", ("基地编码", "基地"), BASE_CODE, required=True, example="HRB"),
        Column(
            "tenant_uscc",
            ("统一社会信用代码", "企业统一社会信用代码"),
            USCC,
            required=True,
            example="9144030523YC1N11LP",
        ),
        Column("start", ("开始时间", "开始"), INSTANT, required=True, example="2026-09-30T22:00+08:00"),
        Column("end", ("结束时间", "结束"), INSTANT, required=True, example="2026-10-01T02:00+08:00"),
        Column("state", ("状态",), BOOKING_STATE, required=True, example="已完成"),
        Column(
            "checked_in_at",
            ("签到时间", "签到"),
            INSTANT,
            example="2026-09-30T21:56:30+08:00",
            note=Phrase(N_("Without a check-in there is no use."), "没有签到就没有使用时长。"),
        ),
        Column(
            "checked_out_at",
            ("签退时间", "签退"),
            INSTANT,
            example="2026-10-01T01:30:00+08:00",
            note=Phrase(N_("Blank after a check-in: until the scheduled end."), "有签到而留空：算到预订结束时间。"),
        ),
        Column(
            "released_at",
            ("提前释放时间", "提前释放"),
            INSTANT,
            example="2026-10-01T01:30:00+08:00",
            note=Phrase(N_("When the room was given back before its end."), "提前交还直播间的时刻。"),
        ),
        Column("title", ("主题", "标题"), NAME, example="晚八点专场"),
        Column("platform", ("平台", "直播平台"), text(50), example="抖音"),
        Column("host", ("主播",), text(100), example="小禾"),
    ),
)

#: In order of dependence.
SHEETS = (BASES, SPACES, CLOSURES, TENANTS, LEASES, RENT_PAYMENTS, EQUIPMENT, BOOKINGS)
BY_NAME = {sheet.name: sheet for sheet in SHEETS}
BY_HEADING = {heading_key(word): sheet for sheet in SHEETS for word in (sheet.name, *sheet.zh)}

#: Sheets of the workbook that later releases read; named so that the refusal can say so.
LATER = {heading_key(word) for word in ("products", "商品", "samples", "样品", "tariffs", "价目", "价目表")}

#: The template's own explanations, in either language; skipped when it is imported.
NOTES = {"zh": "说明", "en": "notes"}
NOTES_HEADINGS = {heading_key(word) for word in NOTES.values()}
