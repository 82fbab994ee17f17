"""Pages: one package a room, one file a resource."""

from flask import Flask

from shared_base.web import (
    audit,
    bookings,
    calendars,
    catalogue,
    crew,
    equipment,
    occupancy,
    people,
    samples,
    shell,
    subsidies,
    system,
    tenancy,
    workbook,
)

ROOMS = (
    system,
    people,
    bookings,
    calendars,
    catalogue,
    equipment,
    crew,
    samples,
    tenancy,
    occupancy,
    subsidies,
    workbook,
    audit,
)


def init_app(app: Flask) -> None:
    """Register every room's pages."""
    for room in ROOMS:
        for blueprint in room.blueprints:
            app.register_blueprint(blueprint)
    shell.init_app(app)
