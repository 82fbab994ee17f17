"""No route without a guard, no write without a transaction, no GET that commits."""

from flask import Flask

PUBLIC = {
    "calendar_feed.show",
    "choices.language",
    "health.alive",
    "health.metrics",
    "health.ready",
    "invitations.edit",
    "invitations.update",
    "openapi.document",
    "openapi.reference",
    "password_resets.create",
    "password_resets.edit",
    "password_resets.new",
    "password_resets.sent",
    "password_resets.update",
    "sign_in.code",
    "sign_in.create",
    "sign_in.enter_code",
    "sign_in.new",
    "static",
}


def test_every_route_is_guarded_or_listed_as_public(app: Flask) -> None:
    open_routes = set()
    for rule in app.url_map.iter_rules():
        guard = getattr(app.view_functions[rule.endpoint], "guard", None)
        assert guard is not None or rule.endpoint == "static", f"{rule.rule} ({rule.endpoint}) has no guard"
        if guard in (None, "public"):
            open_routes.add(rule.endpoint)
    assert open_routes == PUBLIC


def test_views_that_change_something_are_wrapped_in_a_transaction_and_gets_are_not(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        if rule.endpoint in ("static", "choices.language"):
            continue
        view = app.view_functions[rule.endpoint]
        methods = (rule.methods or set()) - {"HEAD", "OPTIONS"}
        writes = getattr(view, "writes", False)
        if methods == {"GET"}:
            assert not writes, f"{rule.rule} is a GET that would commit"
        elif methods - {"GET"}:
            assert writes, f"{rule.rule} changes something outside @writes"
