"""An account's life: made, its password set and changed, its name, shut out and let in again."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import Session

from shared_base.core import outbox
from shared_base.core.fields import faulty
from shared_base.core.i18n import N_
from shared_base.people import attempts, links, passwords, second_factor, sessions, tokens
from shared_base.people.emails import canonical, parse_email
from shared_base.people.mails import PASSWORD_RESET, post_mail
from shared_base.people.models import User
from shared_base.people.queries import get_user_for_update, user_by_email

LOCALES = ("zh_Hans_CN", "en")
LONGEST_NAME = 80


def parse_name(text: str) -> str:
    """A person's name on one line, 1 to 80 characters, without control characters."""
    name = "".join(sign for sign in " ".join(text.split()) if sign.isprintable())
    if not 1 <= len(name) <= LONGEST_NAME:
        raise faulty("name", N_("Enter a name of 1 to %(longest)s characters."), longest=LONGEST_NAME)
    return name


def find_or_create(
    session: Session, *, email: str, name: str, locale: str = LOCALES[0], at: datetime, demo: bool = False
) -> User:
    """The account of an address, made (without a password) where there is none; of two at once both get the same."""
    address = parse_email(email)
    session.execute(
        pg.insert(User)
        .values(email=address, name=parse_name(name), locale=_locale(locale), created_at=at, demo=demo)
        .on_conflict_do_nothing()
    )
    user = user_by_email(session, address)
    assert user is not None
    return user


def set_password(session: Session, user: User, password: str) -> None:
    """Set a new password, checked against the rules (`Invalid`); who may is the caller's to know."""
    passwords.check_new(password, email=user.email, name=user.name)
    user.password_hash = passwords.hash_password(password)
    session.flush()


def confirm_password(session: Session, user: User, password: str, *, at: datetime) -> None:
    """Ask a signed-in person for the password again, before what matters; `Invalid` when it is wrong."""
    attempt = attempts.password_again(session, user_id=user.id)
    attempt.count(at=at)
    if not passwords.verify(user.password_hash, password):
        raise faulty("current", N_("Your current password is not right."))
    attempt.succeeded()


def change_password(session: Session, user_id: UUID, *, current: str, new: str, session_id: UUID, at: datetime) -> None:
    """Change one's own password; all other sessions end, and the person is told by mail."""
    user = get_user_for_update(session, user_id)
    confirm_password(session, user, current, at=at)
    set_password(session, user, new)
    _password_was_set(session, user, at=at, but=session_id)
    post_mail(session, user, "password_changed", at=at, when=at.isoformat())


def request_reset(session: Session, *, email: str, address: str, at: datetime) -> None:
    """Somebody forgot the password of `email`. What happens here is the same whether there is such an account or not:
    the request is put aside, and whoever drains the outbox looks."""
    attempts.reset_request(session, email=canonical(email), address=address).count(at=at)
    outbox.post(session, PASSWORD_RESET, {"email": canonical(email)}, at=at)


def send_reset(session: Session, email: str, *, at: datetime) -> None:
    """Mail a reset link to the account of `email`; nothing where there is none, or it is shut out.

    Who never took up the invitation gets a new one: to its owner it is the same question.
    """
    user = user_by_email(session, email)
    if user is None or user.disabled_at is not None:
        return
    if user.password_hash is None:
        post_mail(session, user, "invitation", at=at, path=links.issue(session, user, "invitation", at=at))
    else:
        path = links.issue(session, user, "password_reset", at=at)
        post_mail(session, user, "password_reset", at=at, path=path)


def reset_password(session: Session, *, secret: str, password: str, at: datetime) -> User:
    """Set a new password by the mailed link. Every session ends; a second factor stays asked for."""
    owner = links.holder(session, "password_reset", secret, at=at)
    passwords.check_new(password, email=owner.email, name=owner.name)
    user = links.use(session, "password_reset", secret, at=at)
    set_password(session, user, password)
    _password_was_set(session, user, at=at)
    post_mail(session, user, "password_changed", at=at, when=at.isoformat())
    return user


def accept_invitation(session: Session, *, secret: str, name: str, password: str, locale: str, at: datetime) -> User:
    """Take an invitation up: the person says how they are called and chooses a password."""
    invited = links.holder(session, "invitation", secret, at=at)
    passwords.check_new(password, email=invited.email, name=name)
    user = links.use(session, "invitation", secret, at=at)
    user.name, user.locale = parse_name(name), _locale(locale)
    set_password(session, user, password)
    _password_was_set(session, user, at=at)
    return user


def update_profile(session: Session, user_id: UUID, *, name: str, locale: str) -> User:
    """Change one's own name and language."""
    user = get_user_for_update(session, user_id)
    user.name, user.locale = parse_name(name), _locale(locale)
    session.flush()
    return user


def reset_second_factor(session: Session, user_id: UUID, *, at: datetime) -> None:
    """Recovery by an administrator, when the device is lost: no code is asked for any more, and every session ends."""
    second_factor.remove(session, user_id, at=at)
    sessions.end_all(session, user_id, at=at)


def shut_out(session: Session, user_id: UUID, *, at: datetime) -> User:
    """Disable the account: sessions, tokens and links end at once and for good. Who may: `tenancy.memberships`."""
    user = get_user_for_update(session, user_id)
    user.disabled_at = user.disabled_at or at
    session.flush()
    sessions.end_all(session, user_id, at=at)
    tokens.revoke_all(session, user_id, at=at)
    links.void(session, user_id, at=at)
    return user


def let_in(session: Session, user_id: UUID) -> User:
    """Enable the account again; the person signs in with the password they had."""
    user = get_user_for_update(session, user_id)
    user.disabled_at = None
    session.flush()
    return user


def _password_was_set(session: Session, user: User, *, at: datetime, but: UUID | None = None) -> None:
    """What a new password puts an end to: other sessions, links that would set another."""
    sessions.end_all(session, user.id, at=at, but=but)
    links.void(session, user.id, at=at)


def _locale(text: str) -> str:
    if text not in LOCALES:
        raise faulty(
            "locale",
            N_("There is no language %(locale)s; choose one of %(known)s."),
            locale=text,
            known=", ".join(LOCALES),
        )
    return text
