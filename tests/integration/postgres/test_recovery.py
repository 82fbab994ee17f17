"""The embedded server after kill -9 of anything, and after what people do to its files."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

import psycopg
import pytest

from config.settings import Settings
from shared_base.core.embedded_postgres import EmbeddedPostgres, database, refuse_unsafe
from shared_base.core.postgres import server
from shared_base.core.postgres.binaries import find_binaries
from shared_base.core.postgres.passwords import FILE as PASSWORD_FILE
from tests.integration.postgres.servers import (
    ROOT,
    Starter,
    fetch,
    home_of,
    keep,
    kept,
    postmaster,
    processes,
    run,
    wait_for,
)

# --- kill -9 --------------------------------------------------------------------------------------------------------


def test_acknowledged_rows_survive_kill_9_of_the_server_beside_a_busy_backend(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir) as embedded:
        keep(embedded.urls.owner)
        with subprocess.Popen(
            [find_binaries().path("psql"), embedded.urls.owner, "-qc", "SELECT sum(i) FROM generate_series(1, 1e11) i"],
            stderr=subprocess.DEVNULL,
        ):
            running = (
                "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'SELECT sum(i) FROM%'"
            )
            wait_for(lambda: fetch(embedded.superuser_url(), running) != 0)
            killed = postmaster(data_dir)
            os.kill(killed, signal.SIGKILL)
            wait_for(lambda: server.postmaster_of(home_of(data_dir)) is None)
            assert embedded.revive()
        assert not embedded.revive(), "it runs"
        assert postmaster(data_dir) != killed
        assert kept(embedded.urls.owner)
    assert processes(data_dir) == []


def test_acknowledged_rows_survive_kill_9_of_a_backend_and_the_server_recovers_by_itself(
    shared: EmbeddedPostgres,
) -> None:
    keep(shared.urls.owner)
    with psycopg.connect(shared.urls.owner) as connection:
        os.kill(connection.info.backend_pid, signal.SIGKILL)
    wait_for(lambda: kept(shared.urls.owner))


def test_a_guarded_database_comes_back_by_itself_after_kill_9(
    data_dir: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    settings = Settings.from_environment({"SHARED_BASE_DATA_DIR": str(data_dir)})
    with database(settings, guard=True) as urls:
        keep(urls.owner)
        os.kill(postmaster(data_dir), signal.SIGKILL)
        wait_for(lambda: "is running again" in capfd.readouterr().err)
        assert kept(urls.owner)
    assert processes(data_dir) == []


def test_a_pid_file_whose_number_another_process_has_now_stops_nobody(data_dir: Path) -> None:
    account = home_of(data_dir).account
    stranger = subprocess.Popen(["sleep", "60"], user=account.uid if ROOT else None)
    try:
        pid_file = data_dir / "postgres" / "cluster" / "postmaster.pid"
        pid_file.write_text(f"{stranger.pid}\n{pid_file.parent}\n1\n5432\n/tmp\n\n0 0\nready\n")
        account.give(pid_file)
        with EmbeddedPostgres(data_dir) as embedded:
            assert fetch(embedded.urls.app, "SELECT 1") == 1
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_server_whose_socket_was_swept_away_is_reachable_after_the_next_start(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir) as embedded:
        shutil.rmtree(home_of(data_dir).socket_dir)
        with EmbeddedPostgres(data_dir):
            assert fetch(embedded.urls.app, "SELECT 1") == 1


def test_a_lost_password_file_is_made_anew_and_the_data_stay(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir) as embedded:
        keep(embedded.urls.owner)
    (data_dir / PASSWORD_FILE).unlink()
    with EmbeddedPostgres(data_dir) as embedded:
        assert kept(embedded.urls.owner)
        assert fetch(embedded.urls.app, "SELECT 1") == 1


# --- killed while it was being made ---


@pytest.mark.parametrize("reached", ["cluster.new-*/cluster/base", "cluster/postmaster.pid"])
def test_a_start_that_is_killed_half_way_is_finished_by_the_next(empty_dir: Path, user: Starter, reached: str) -> None:
    killed = user(empty_dir)
    wait_for(lambda: next((empty_dir / "postgres").glob(reached), None) is not None)
    killed.kill()
    killed.wait()
    with EmbeddedPostgres(empty_dir) as embedded:
        with psycopg.connect(embedded.urls.app) as connection:
            refuse_unsafe(connection, "app")
        with psycopg.connect(embedded.urls.owner) as connection:
            refuse_unsafe(connection, "owner")
        wait_for(lambda: not list((empty_dir / "postgres").glob("cluster.new-*/cluster/global/pg_control")))
    assert processes(empty_dir) == []


def test_a_set_up_that_stopped_half_way_is_finished_by_the_next_start(spoilt_dir: Path) -> None:
    with EmbeddedPostgres(spoilt_dir) as embedded:
        run(embedded.superuser_url(), "DROP DATABASE shared_base", "DROP ROLE shared_base_app")
        home_of(spoilt_dir).set_up_marker.unlink()
        with EmbeddedPostgres(spoilt_dir) as again, psycopg.connect(again.urls.app) as connection:
            refuse_unsafe(connection, "app")
            assert connection.execute("SELECT 1").fetchone() == (1,)
