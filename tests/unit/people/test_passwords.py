"""What a password must be, and how it is kept."""

import pytest

from shared_base.core.errors import Invalid
from shared_base.people import passwords

EMAIL, NAME = "zhang.wei@star-media.example", "张伟"


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery",
        "长风破浪会有时直挂云帆济沧海",
        "Tr0ub4dor&3-violin",
        "839201746512",
        "zhangwei rides to Harbin on Tuesdays",  # a name in it is no harm: the rest is not to be guessed
        "пароль для эфира",
    ],
)
def test_a_long_password_of_unrelated_words_is_accepted_in_any_script_without_rules_of_composition(
    password: str,
) -> None:
    passwords.check_new(password, email=EMAIL, name=NAME)


@pytest.mark.parametrize(
    "password",
    [
        "password1234",
        "Password2026!",
        "qwertyuiop12",
        "123456789012",
        "1q2w3e4r5t6y",
        "1qaz2wsx3edc",
        "aaaaaaaaaaaa",
        "abcabcabcabc",
        "aB3$aB3$aB3$",
        "woaini1314520",
        "ZhangWei2026!!",
        "star-media2026",
        "张伟张伟张伟张伟张伟张伟",
        "我爱直播我爱直播我爱直播",
        "ｐａｓｓｗｏｒｄ１２３４",  # full width, as a Chinese keyboard types it
        "!@#$%^&*()_+",
    ],
)
def test_a_password_of_common_words_own_names_runs_or_repetitions_is_refused(password: str) -> None:
    with pytest.raises(Invalid, match="easy to guess"):
        passwords.check_new(password, email=EMAIL, name=NAME)


def test_a_password_below_12_or_above_256_characters_is_refused_with_the_limit() -> None:
    with pytest.raises(Invalid, match="at least 12"):
        passwords.check_new("violin-moss", email=EMAIL, name=NAME)
    with pytest.raises(Invalid, match="at most 256"):
        passwords.check_new("ab3$ " * 60, email=EMAIL, name=NAME)
    passwords.check_new("violin-mossy", email=EMAIL, name=NAME)


def test_a_hash_is_argon2id_with_the_recorded_parameters_and_no_two_are_alike() -> None:
    first, second = (passwords.hash_password("violin moss harbour") for _ in range(2))
    assert first.startswith("$argon2id$v=19$m=47104,t=1,p=1$")
    assert first != second
    assert passwords.verify(first, "violin moss harbour")
    assert not passwords.verify(first, "violin moss harbouR")
    assert not passwords.is_outdated(first)


def test_one_password_typed_in_full_width_or_half_width_is_the_same() -> None:
    assert passwords.verify(passwords.hash_password("ｖｉｏｌｉｎ１２３４５６"), "violin123456")


def test_without_a_stored_password_the_same_work_is_done_and_nothing_opens() -> None:
    # the stand-in is verified with the very parameters of a real hash: as much memory, as many passes
    assert not passwords.is_outdated(passwords.NOBODY)
    assert not passwords.verify(None, "")
    assert not passwords.verify(None, "violin moss harbour")


def test_an_endless_password_is_never_a_match() -> None:
    assert not passwords.verify(passwords.hash_password(""), "x" * 257)


def test_a_hash_of_weaker_parameters_is_told_apart() -> None:
    weak = passwords.argon2.PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash("violin moss harbour")
    assert passwords.verify(weak, "violin moss harbour")
    assert passwords.is_outdated(weak)
