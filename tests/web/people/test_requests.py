"""What every page of this room refuses: forged forms, state changed by a GET, requests without a sign-in."""

from collections.abc import Callable, Iterator
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from shared_base.people.models import User

ROOMS = {
    "sign_in", "password_resets", "invitations", "account", "account_password", "two_factor", "account_sessions",
    "account_tokens", "people", "roles", "audit",
}  # fmt: skip
PUBLIC = {
    "sign_in.new", "sign_in.create", "sign_in.code", "sign_in.enter_code", "password_resets.new",
    "password_resets.create", "password_resets.sent", "password_resets.edit", "password_resets.update",
    "invitations.edit", "invitations.update",
}  # fmt: skip


def rules(app: Flask, method: str) -> Iterator[tuple[Rule, str]]:
    """The room's routes that take `method`, each with an address that fits it."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint.partition(".")[0] in ROOMS and method in (rule.methods or ()):
            with app.test_request_context():
                values = {name: UUID(int=1) if name.endswith("_id") else "made-up" for name in rule.arguments}
                yield rule, app.url_map.bind("localhost").build(rule.endpoint, values, method=method)


def test_every_route_says_who_may_and_those_open_to_all_are_these(app: Flask) -> None:
    guards = {
        rule.endpoint: app.view_functions[rule.endpoint].guard for m in ("GET", "POST") for rule, _ in rules(app, m)
    }  # type: ignore[attr-defined]
    assert {endpoint for endpoint, guard in guards.items() if guard == "public"} == PUBLIC
    assert len(guards) > 30


def test_without_a_sign_in_pages_lead_to_it_and_deeds_are_refused(
    app: Flask, stranger: Callable[..., FlaskClient]
) -> None:
    browser = stranger()
    for method, expected in (("GET", 303), ("POST", 401)):
        for rule, path in rules(app, method):
            if rule.endpoint not in PUBLIC:
                assert browser.open(path, method=method).status_code == expected, (method, path)


def test_no_form_is_taken_without_its_token(
    app: Flask, at_home: Callable[..., FlaskClient], person: Callable[..., User], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)
    browser = at_home(person("admin"))
    paths = [path for _, path in rules(app, "POST")]
    assert len(paths) > 15
    for path in paths:
        answer = browser.post(path, data={"email": "a@example.com", "csrf_token": "forged"})
        assert answer.status_code == 400, path
        assert "came from another site" in answer.text


def test_no_get_changes_anything(
    app: Flask, at_home: Callable[..., FlaskClient], person: Callable[..., User], connection: sa.Connection
) -> None:
    browser = at_home(person("admin"))
    changed: list[str] = []
    sa.event.listen(
        connection,
        "before_cursor_execute",
        lambda conn, cursor, statement, *rest: (
            changed.append(statement) if statement.split()[0].upper() in ("INSERT", "UPDATE", "DELETE") else None
        ),
    )
    for _, path in rules(app, "GET"):
        browser.get(path)
    for _, path in rules(app, "POST"):
        browser.get(path)  # what takes a POST does nothing for a GET
    assert changed == []


def test_pages_with_peoples_data_are_kept_by_no_cache_and_framed_by_no_site(
    at_home: Callable[..., FlaskClient], person: Callable[..., User]
) -> None:
    browser = at_home(person("admin"))
    for path in ("/people", "/account", "/audit", "/sign-in"):
        headers = browser.get(path).headers
        assert headers["Cache-Control"] == "no-store"
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        # an address with a link's secret is told to no other site
        assert headers["Referrer-Policy"] in ("same-origin", "no-referrer")
