"""Pages of people: signing in, the own account, and whom one looks after."""

from flask import Flask
from flask.blueprints import BlueprintSetupState

from shared_base.http.identity import on_identified
from shared_base.web.people import (
    account,
    account_mails,
    account_password,
    account_sessions,
    account_tokens,
    invitations,
    limits,
    password_resets,
    people,
    roles,
    sign_in,
    two_factor,
)
from shared_base.web.people.browser import note_use


@sign_in.bp.record_once
def _set_up(state: BlueprintSetupState) -> None:
    on_identified(state.app, note_use)
    assert isinstance(state.app, Flask)
    limits.init_app(state.app)


blueprints = (
    sign_in.bp,
    password_resets.bp,
    invitations.bp,
    account.bp,
    account_mails.bp,
    account_password.bp,
    two_factor.bp,
    account_sessions.bp,
    account_tokens.bp,
    people.bp,
    roles.bp,
)
