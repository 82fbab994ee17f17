"""中文大写金额: an amount as cheques, contracts and subsidy forms write it, so that no digit can be altered.

Rules: 《支付结算办法》附一《正确填写票据和结算凭证的基本规定》 (People's Bank of China, 1997): 整 after 元 or 角
where no smaller unit follows, none after 分; 零 for zeros between figures, one for a run of them; 壹拾 in full.
Where the rules leave a 零 to the writer (a zero 元 or 万 before a figure that is not zero) none is written.
"""

DIGITS = "零壹贰叁肆伍陆柒捌玖"
PLACES = ("", "拾", "佰", "仟")
WAN, YI = 10_000, 100_000_000


def capital_amount(fen: int) -> str:
    """`fen` in Chinese capitals: `123456` is 壹仟贰佰叁拾肆元伍角陆分. Any size; below zero it begins with 负."""
    if fen < 0:
        return "负" + capital_amount(-fen)
    yuan, cents = divmod(fen, 100)
    jiao, single = divmod(cents, 10)
    if not cents:
        return f"{_whole(yuan) or DIGITS[0]}元整"
    head = f"{_whole(yuan)}元" if yuan else ""
    if not jiao:
        # 零 stands for the missing 角, but only behind a figure of 元
        return f"{head}{DIGITS[0] if yuan else ''}{DIGITS[single]}分"
    tail = f"{DIGITS[single]}分" if single else "整"
    return f"{head}{DIGITS[jiao]}角{tail}"


def _whole(number: int) -> str:
    """A whole number in capitals, empty for zero; 零 where a place is skipped between 亿, 万 and 元."""
    for unit, name in ((YI, "亿"), (WAN, "万")):
        if number >= unit:
            high, low = divmod(number, unit)
            gap = DIGITS[0] if 0 < low < unit // 10 else ""
            return f"{_whole(high)}{name}{gap}{_whole(low)}"
    return _below_wan(number)


def _below_wan(number: int) -> str:
    """1 to 9,999 in capitals, 零 once for a run of zeros between figures; empty for zero."""
    text, skipped = "", False
    for place in range(3, -1, -1):
        digit = number // 10**place % 10
        if digit:
            text += (DIGITS[0] if skipped and text else "") + DIGITS[digit] + PLACES[place]
        skipped = not digit
    return text
