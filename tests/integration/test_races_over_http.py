"""Thirty-two callers want one studio for one hour, fifty times: each time one gets it, and nobody gets an error."""

import json
import threading
import urllib.error
import urllib.request
from collections import Counter
from datetime import UTC, datetime, timedelta

from shared_base.people import tokens
from tests.factories.catalogue import make_base, make_studio
from tests.factories.tenancy import make_tenant, make_user
from tests.live import LiveServer, rows

CLIENTS, ROUNDS = 32, 50
START = datetime(2031, 3, 1, 12, 0, tzinfo=UTC)


def post(url: str, token: str, body: dict[str, object]) -> int:
    request = urllib.request.Request(
        url,
        json.dumps(body).encode(),
        {"Content-Type": "application/json", "Authorization": f"Bearer {token}"},
        method="POST",
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_of_32_racing_callers_exactly_one_books_in_each_of_50_rounds(live_server: LiveServer) -> None:
    with live_server.session() as session:
        base = make_base(session)
        studio = make_studio(session, base)
        secrets = []
        for _ in range(4):
            user = make_user(session, "tenant_owner", tenant=make_tenant(session, base))
            secrets.append(tokens.create(session, user_id=user.id, name="race", at=datetime.now(UTC)).secret)
        session.commit()
    statuses: Counter[int] = Counter()
    barrier = threading.Barrier(CLIENTS)
    lock = threading.Lock()

    def caller(number: int) -> None:
        for round_ in range(ROUNDS):
            start = START + timedelta(hours=round_)
            body = {
                "studio_id": str(studio.id),
                "start": start.isoformat(),
                "end": (start + timedelta(hours=1)).isoformat(),
                "title": f"race {number}",
            }
            barrier.wait(timeout=60)
            status = post(f"{live_server.url}/api/v1/bookings", secrets[number % 4], body)
            with lock:
                statuses[status] += 1

    threads = [threading.Thread(target=caller, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == {201: ROUNDS, 409: ROUNDS * (CLIENTS - 1)}
    booked = rows(live_server.database, "select count(*), count(distinct during) from bookings")
    assert booked == [(ROUNDS, ROUNDS)]
    overlaps = rows(
        live_server.database,
        "select count(*) from allocations a join allocations b on a.resource_id = b.resource_id and a.id < b.id"
        " and a.during && b.during where a.live and b.live",
    )
    assert overlaps == [(0,)]
