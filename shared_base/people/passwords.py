"""Passwords: argon2id, and what a new one must be (NIST SP 800-63B-4: length and no guessable words, no composition).

The parameters are those OWASP's Password Storage Cheat Sheet gives for argon2id with the most memory (46 MiB, one
pass, one lane): about 40 ms of one core. They stand in every hash, so raising them re-hashes each at its next sign-in.
"""

import re
import unicodedata

import argon2

from shared_base.core.fields import faulty
from shared_base.core.i18n import N_
from shared_base.people.common_passwords import RUNS, WORDS

SHORTEST, LONGEST = 12, 256  # characters
#: different characters that must be left when everything guessable is taken away
FEWEST_LEFT = 5

HASHER = argon2.PasswordHasher(time_cost=1, memory_cost=47_104, parallelism=1, hash_len=32, salt_len=16)
# Verified where there is no account or no password, so that this takes as long: the hash of a random string nobody
# kept. A test holds its parameters equal to the hasher's.
NOBODY = "$argon2id$v=19$m=47104,t=1,p=1$t+7K6S+PRRNxGIdwONP/Pw$LZnt0RHWPkJpwKGyFY9N8iI1ybsK4jITt0Esyh3tITI"


def _folded(password: str) -> str:
    """One spelling of what was typed: full-width and composed letters are what they look like."""
    return unicodedata.normalize("NFKC", password)


def hash_password(password: str) -> str:
    """The argon2id hash to store, parameters and salt included."""
    return HASHER.hash(_folded(password))


def verify(stored: str | None, password: str) -> bool:
    """Whether `password` is the one behind `stored`. Without a stored hash it takes as long, and the answer is no."""
    typed = _folded(password)
    try:
        matches = HASHER.verify(stored or NOBODY, typed if len(typed) <= LONGEST else "")
    except argon2.exceptions.VerifyMismatchError:
        return False
    return matches and stored is not None and len(typed) <= LONGEST


def is_outdated(stored: str) -> bool:
    """Whether the hash was made with other parameters than today's."""
    return HASHER.check_needs_rehash(stored)


def check_new(password: str, *, email: str, name: str) -> None:
    """Refuse (`Invalid`) a new password that is too short, too long or easy to guess for who knows the person."""
    typed = _folded(password)
    if len(typed) < SHORTEST:
        raise faulty(
            "password",
            N_("The password needs at least %(shortest)s characters: several words in a row make a good one."),
            shortest=SHORTEST,
        )
    if len(typed) > LONGEST:
        raise faulty("password", N_("The password may have at most %(longest)s characters."), longest=LONGEST)
    if len(set(_unguessable(typed.casefold(), _own_words(email, name)))) < FEWEST_LEFT:
        raise faulty(
            "password",
            N_(
                "This password is easy to guess: it is made of common words, names, repetitions or neighbouring keys. "
                "Take several words that do not belong together."
            ),
        )


def _own_words(email: str, name: str) -> set[str]:
    """The words that whoever knows the person tries first: of the address, of the name."""
    parts = [*re.split(r"[\W_]+", f"{email} {name}".casefold()), name.casefold().replace(" ", "")]
    return {part for part in parts if len(part) >= (3 if part.isascii() else 2)}


def _unguessable(text: str, own_words: set[str]) -> str:
    """What is left of `text` without known words, runs of neighbours and repeated characters."""
    for word in sorted(WORDS | own_words, key=len, reverse=True):
        text = text.replace(word, " ")
    text = re.sub(r"(.)\1{2,}", " ", text)
    left, place = [], 0
    while place < len(text):
        run = _run_length(text, place)
        if run < 3:
            left.append(text[place])
        place += run if run >= 3 else 1
    return "".join(left).replace(" ", "")


def _run_length(text: str, start: int) -> int:
    """How many characters from `start` on follow each other on the keyboard or in the alphabet."""
    longest = 1
    for row in RUNS:
        for line in (row, row[::-1]):
            end = start + longest
            while end < len(text) and text[start : end + 1] in line:
                end += 1
            if text[start:end] in line:
                longest = max(longest, end - start)
    return longest
