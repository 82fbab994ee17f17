"""The yardstick: a Flask view that parses JSON and inserts one row under the same constraint. Nothing else."""

import os

import sqlalchemy as sa
from flask import Flask, request

from shared_base.core.database import make_engine

app = Flask(__name__)
engine = make_engine(os.environ["DATABASE_URL"])
INSERT = sa.text(
    "insert into bare_bookings (resource_id, during, title) values (:room, tstzrange(:start, :end), :title)"
    " on conflict do nothing returning id"
)


@app.post("/bookings")
def book() -> tuple[dict[str, str], int]:
    body = request.get_json()
    with engine.begin() as connection:
        row = connection.execute(
            INSERT, {"room": body["studio_id"], "start": body["start"], "end": body["end"], "title": body["title"]}
        ).first()
    return ({"id": str(row[0])}, 201) if row else ({"error": "taken"}, 409)
