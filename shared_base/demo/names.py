"""The words that demo enterprises, studios and sessions are named with. None is meant to be a real firm."""

import random
from dataclasses import dataclass

from stdnum.cn import uscc

CITIES = {"230102": "哈尔滨", "440113": "广州", "440305": "深圳", "330106": "杭州"}
MARKS = (
    "云禾", "星屿", "松雪", "极光里", "南风", "拾光", "海棠果", "北岸", "万博星", "麦浪", "青柠", "长街", "鹿鸣",
    "白桦", "珠江潮", "果然鲜", "知夏", "山海集", "冰城甄选", "荔湾里", "东岸", "茶语", "织梦", "暖橙", "初见", "小满",
    "好物志", "四季田", "雪国", "番禺里",
)  # fmt: skip
TRADES = {
    "mcn": ("文化传媒", "网络科技", "数字传媒"),
    "brand": ("服饰", "食品", "日化"),
    "platform": ("电子商务",),
    "service": ("供应链管理", "影视制作"),
}
SCENES = ("美妆", "服装", "食品", "珠宝", "家居", "绿幕", "厨房", "数码")
PLATFORMS = ("抖音", "抖音", "抖音", "快手", "淘宝", "视频号", "小红书")
TITLES = {
    "美妆": ("秋冬护肤专场", "新品口红首发", "国货彩妆之夜"),
    "服装": ("羽绒服清仓夜场", "童装专场", "早秋上新"),
    "食品": ("东北大米溯源专场", "广式月饼礼盒", "零食囤货节"),
    "珠宝": ("翡翠直播鉴赏", "黄金以旧换新", "珍珠专场"),
    "家居": ("四件套专场", "收纳好物", "小家电清仓"),
    "绿幕": ("品牌发布彩排", "虚拟直播间试播", "新品发布会"),
    "厨房": ("一人食教学", "年货试吃", "烘焙课堂"),
    "数码": ("手机以旧换新", "开学季数码", "耳机评测"),
}
SURNAMES = "李王张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
GIVEN = ("雨桐", "子涵", "思远", "佳怡", "浩然", "梦瑶", "嘉欣", "俊杰", "雪晴", "可欣", "宇航", "诗琪", "晓彤", "一鸣")


@dataclass(frozen=True)
class Firm:
    """An enterprise of the demo; its USCC carries a true check digit over an invented body."""

    uscc: str
    name: str
    kind: str
    division_code: str
    contact: str
    phone: str


def firms(count: int, rng: random.Random) -> list[Firm]:
    """`count` enterprises, each with a mark of its own."""
    made = []
    for number in range(count):
        kind = ("mcn", "mcn", "mcn", "brand", "brand", "service", "platform")[number % 7]
        division = ("230102", "440113", "230102", "440305", "440113", "330106")[number % 6]
        body = f"91{division}MA{rng.randrange(10**7):07d}"
        made.append(
            Firm(
                uscc=body + uscc.calc_check_digit(body),
                name=f"{CITIES[division]}{MARKS[number % len(MARKS)]}{rng.choice(TRADES[kind])}有限公司",
                kind=kind,
                division_code=division,
                contact=rng.choice(SURNAMES) + rng.choice(GIVEN),
                phone=f"1380000{number:04d}",
            )
        )
    return made


def person(rng: random.Random) -> str:
    return rng.choice(SURNAMES) + rng.choice(GIVEN)


def id_number(rng: random.Random, division: str, born: str) -> str:
    """A resident number of the right form (GB 11643) that belongs to nobody we know."""
    body = f"{division}{born}{rng.randrange(1000):03d}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(int(d) * w for d, w in zip(body, weights, strict=True)) % 11]
