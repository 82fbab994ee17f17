"""For whoever watches the processes: `/healthz`, `/readyz`, `/metrics`."""

import time
from datetime import timedelta

import sqlalchemy as sa
from flask import Blueprint, Response, g, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from sqlalchemy.exc import SQLAlchemyError

from shared_base.core.housekeeping import Heartbeat
from shared_base.core.outbox import OutboxMessage
from shared_base.http.extensions import now, session
from shared_base.http.guards import public
from shared_base.migrations.schema import current_revision, head_revision

bp = Blueprint("health", __name__)

REGISTRY = CollectorRegistry()
REQUESTS = Counter(
    "shared_base_requests_total", "Requests by route and status.", ["route", "status"], registry=REGISTRY
)
SECONDS = Histogram("shared_base_request_seconds", "Seconds a request took, by route.", ["route"], registry=REGISTRY)
OUTBOX = Gauge("shared_base_outbox_waiting", "Messages not yet sent.", registry=REGISTRY)
SCHEDULER_SEEN = Gauge("shared_base_scheduler_seen_seconds", "Seconds since the scheduler was seen.", registry=REGISTRY)

SCHEDULER_SILENT = timedelta(seconds=60)


@bp.get("/healthz")
@public
def alive() -> Response:
    """The process answers."""
    return Response("ok\n", mimetype="text/plain")


@bp.get("/readyz")
@public
def ready() -> tuple[dict[str, object], int]:
    """Database reachable and migrated, scheduler seen; 503 names what is not."""
    checks = {"database": False, "migrated": False, "scheduler": False}
    try:
        connection = session().connection()
        checks["database"] = True
        checks["migrated"] = current_revision(connection) == head_revision()
        seen = connection.scalar(sa.select(Heartbeat.at).where(Heartbeat.name == "scheduler"))
        checks["scheduler"] = seen is not None and abs(now() - seen) < SCHEDULER_SILENT
    except SQLAlchemyError:
        g.broken = True
    ok = all(checks.values())
    return {"ready": ok, "checks": checks}, 200 if ok else 503


@bp.get("/metrics")
@public
def metrics() -> Response:
    """Prometheus figures of this process and of the database's queues. For inside: a proxy should not pass it on."""
    try:
        connection = session().connection()
        waiting = sa.select(sa.func.count()).where(OutboxMessage.done_at.is_(None), OutboxMessage.failed_at.is_(None))
        OUTBOX.set(connection.scalar(waiting) or 0)
        seen = connection.scalar(sa.select(Heartbeat.at).where(Heartbeat.name == "scheduler"))
        SCHEDULER_SEEN.set((now() - seen).total_seconds() if seen else -1)
    except SQLAlchemyError:
        g.broken = True
    return Response(generate_latest(REGISTRY), mimetype=CONTENT_TYPE_LATEST)


@bp.before_app_request
def start_clock() -> None:
    g.request_started = time.perf_counter()


@bp.after_app_request
def count(response: Response) -> Response:
    # the route's pattern, not the address: ids would make a series each
    route = str(request.url_rule) if request.url_rule else "unknown"
    REQUESTS.labels(route, response.status_code).inc()
    started = g.get("request_started")
    if started is not None:
        elapsed = time.perf_counter() - started
        SECONDS.labels(route).observe(elapsed)
        response.headers["Server-Timing"] = f"app;dur={elapsed * 1000:.1f}"
    return response
