"""Codes of enterprises and people: one form each, and a wrong digit is noticed."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared_base.core.errors import Conflict, Invalid
from shared_base.tenancy import rules, rules_hosts
from shared_base.tenancy.errors import BadCode
from shared_base.tenancy.rules_hosts import Presenter, refuse_presenter
from tests.factories.tenancy import make_id_number, make_uscc

USCC = "9144030523YC1N11LP"
OTHER_LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"


@pytest.mark.parametrize(
    "written",
    [
        USCC,
        " 9144030523yc1n11lp ",
        "９１４４０３０５２３ＹＣ１Ｎ１１ＬＰ",
        "91440305-23YC1N11L-P",
        "91 440305 23YC1N11LP",
    ],
)
def test_a_credit_code_has_one_form_however_it_is_written(written: str) -> None:
    assert rules.canonical_uscc(written) == USCC


@pytest.mark.parametrize("wrong", ["", "123", USCC[:-1], USCC + "0", "I" + USCC[1:], USCC[:-1] + "Q", "中" * 18])
def test_a_wrong_credit_code_is_refused_by_field(wrong: str) -> None:
    with pytest.raises(BadCode) as refused:
        rules.canonical_uscc(wrong)
    assert list(refused.value.extra["errors"]) == ["uscc"]
    assert "business licence" in str(refused.value)


@given(position=st.integers(8, 17), sign=st.sampled_from(OTHER_LETTERS))
def test_any_single_wrong_sign_of_a_credit_code_is_noticed(position: int, sign: str) -> None:
    wrong = USCC[:position] + sign + USCC[position + 1 :]
    if wrong != USCC:
        with pytest.raises(BadCode):
            rules.canonical_uscc(wrong)


def test_an_overridden_code_keeps_its_shape() -> None:
    wrong = USCC[:-1] + "Q"
    assert rules.overridden_uscc(wrong.lower()) == wrong
    for shapeless in (USCC[:-1], USCC[:-1] + "O", ""):
        with pytest.raises(BadCode):
            rules.overridden_uscc(shapeless)


def test_our_own_factories_make_valid_codes() -> None:
    assert rules.canonical_uscc(make_uscc(7)) == make_uscc(7)
    number = make_id_number(date(1998, 5, 20), 12)
    assert rules_hosts.canonical_id_number(number) == number


NUMBER = "11010519491231002X"  # the example of GB 11643 itself


@pytest.mark.parametrize(
    "written", [NUMBER, NUMBER.lower(), " 110105 19491231 002X ", "１１０１０５１９４９１２３１００２Ｘ"]
)
def test_an_identity_number_has_one_form_however_it_is_written(written: str) -> None:
    number = rules_hosts.canonical_id_number(written)
    assert number == NUMBER
    assert rules_hosts.born_on(number) == date(1949, 12, 31)


def test_a_number_issued_in_a_district_younger_than_its_holder_is_valid() -> None:
    """Panyu became a district in 2000; people born before it were registered there later."""
    body = "44011319980520001"
    check = "10X98765432"[
        sum(int(d) * w for d, w in zip(body, (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2), strict=True)) % 11
    ]
    assert rules_hosts.canonical_id_number(body + check) == body + check


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ("", "17 digits"),
        ("110105491231002", "17 digits"),  # the old form of 15 digits
        ("11010519491231002A", "17 digits"),
        ("01010519491231002X", "17 digits"),
        ("110105194913310021", "date of birth"),
        ("110105194902290024", "date of birth"),
        ("110105194912310021", "check digit"),
    ],
)
def test_a_wrong_identity_number_is_refused_and_never_repeated(wrong: str, says: str) -> None:
    with pytest.raises(BadCode, match=says) as refused:
        rules_hosts.canonical_id_number(wrong)
    assert list(refused.value.extra["errors"]) == ["id_number"]
    assert not wrong or wrong not in str(refused.value)


@given(position=st.integers(0, 16), digit=st.sampled_from("0123456789"))
def test_any_single_wrong_digit_of_an_identity_number_is_noticed(position: int, digit: str) -> None:
    wrong = NUMBER[:position] + digit + NUMBER[position + 1 :]
    if wrong != NUMBER:
        with pytest.raises(BadCode):
            rules_hosts.canonical_id_number(wrong)


def test_a_masked_number_hides_the_date_of_birth() -> None:
    assert rules_hosts.masked(NUMBER) == "110105********002X"


def test_a_hash_tells_twins_only_to_whoever_has_the_key() -> None:
    key, other = b"k" * 32, b"o" * 32
    assert rules_hosts.id_number_hash(NUMBER, key=key) == rules_hosts.id_number_hash(NUMBER, key=key)
    assert rules_hosts.id_number_hash(NUMBER, key=key) != rules_hosts.id_number_hash(NUMBER, key=other)
    assert NUMBER.encode() not in rules_hosts.id_number_hash(NUMBER, key=key)
    with pytest.raises(AssertionError):
        rules_hosts.id_number_hash(NUMBER, key=b"short")


@pytest.mark.parametrize(
    ("born", "day", "age"),
    [
        (date(2010, 11, 2), date(2026, 11, 1), 15),
        (date(2010, 11, 2), date(2026, 11, 2), 16),
        (date(2008, 2, 29), date(2026, 2, 28), 17),
        (date(2008, 2, 29), date(2026, 3, 1), 18),
        (date(2008, 2, 29), date(2028, 2, 29), 20),
        (date(2026, 1, 1), date(2026, 1, 1), 0),
    ],
)
def test_an_age_is_counted_in_full_years_by_the_calendar(born: date, day: date, age: int) -> None:
    assert rules_hosts.age_on(born, day) == age


@pytest.mark.parametrize("consent", [False, True])
@pytest.mark.parametrize("checked", [False, True])
@pytest.mark.parametrize("left", [False, True])
@pytest.mark.parametrize("age", [15, 16, 17, 18])
def test_a_host_presents_when_checked_present_and_old_enough_or_consented_for(
    consent: bool, checked: bool, left: bool, age: int
) -> None:
    host = Presenter("小美", date(2026 - age, 1, 1), checked=checked, consent=consent, left=left)
    may = checked and not left and (age >= 18 or (age >= 16 and consent))
    if may:
        refuse_presenter(host, on=date(2026, 11, 2), error=Conflict)
    else:
        with pytest.raises(Conflict, match="小美"):
            refuse_presenter(host, on=date(2026, 11, 2), error=Conflict)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("13800000000", "13800000000"),
        (" +86 138-0000-0000 ", "+86 138-0000-0000"),
        ("(0451) 8888 8888", "(0451) 8888 8888"),
        ("０４５１－８８８８８８８８", "0451-88888888"),
        ("", None),
    ],
)
def test_a_telephone_number_is_kept_as_people_write_it(written: str, kept: str | None) -> None:
    assert rules.phone(written) == kept


@pytest.mark.parametrize("wrong", ["call me", "138<script>", "1", "+" * 9])
def test_what_is_no_telephone_number_is_refused(wrong: str) -> None:
    with pytest.raises(Invalid):
        rules.phone(wrong)


def test_empty_optional_fields_are_none() -> None:
    details = rules.TenantDetails(name=" 海禾传媒 ", kind="mcn", division_code=" ", contact_name="", contact_phone=None)
    assert details.cleaned() == {
        "name": "海禾传媒",
        "kind": "mcn",
        "division_code": None,
        "contact_name": None,
        "contact_phone": None,
    }
    for wrong in (
        rules.TenantDetails(name="", kind="mcn"),
        rules.TenantDetails(name="x", kind="shop"),
        rules.TenantDetails(name="x", kind="mcn", division_code="44011"),
        rules.TenantDetails(name="x\x00", kind="mcn"),
    ):
        with pytest.raises(Invalid):
            wrong.cleaned()
