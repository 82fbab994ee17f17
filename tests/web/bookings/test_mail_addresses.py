"""Every address that a mail about bookings may carry is a page of ours."""

from uuid import UUID

import pytest
from flask import Flask

BOOKING = UUID(int=1)


@pytest.mark.parametrize(
    ("path", "page"),
    [
        ("/bookings", "bookings.index"),
        (f"/bookings/{BOOKING}", "bookings.show"),
        (f"/bookings/{BOOKING}/move", "bookings.move"),
    ],
)
def test_the_action_of_a_mail_opens_its_page(app: Flask, path: str, page: str) -> None:
    endpoint, values = app.url_map.bind("localhost").match(path, method="GET")
    assert endpoint == page
    assert set(values) <= {"booking_id"}
