"""What PostgreSQL's last words mean, and what to do about them."""

from shared_base.core.i18n import N_
from shared_base.core.postgres.errors import CannotStart
from shared_base.core.postgres.home import Home

LOG_LINES = 20

#: the first phrase found decides; %(path)s is the server's home
CAUSES = (
    (
        ("No space left on device", "Disk quota exceeded"),
        N_("The disk is full: free some space under %(path)s and start again. Nothing acknowledged is lost.\n%(log)s"),
    ),
    (
        ("could not map anonymous shared memory", "Cannot allocate memory", "could not create shared memory segment"),
        N_("There is too little memory for PostgreSQL (it asks for about 400 MB): free some and start again.\n%(log)s"),
    ),
    (
        ("Unix-domain socket", "could not create lock file", "Address already in use"),
        N_(
            "PostgreSQL cannot make its socket in %(sockets)s: see that the directory can be written, "
            "then start again.\n%(log)s"
        ),
    ),
    (
        ('lock file "postmaster.pid" already exists', "pre-existing shared memory block"),
        N_("Another PostgreSQL still works in %(path)s: end it, then start again.\n%(log)s"),
    ),
    (
        ("could not locate a valid checkpoint record", "PANIC", "invalid checkpoint", "could not read file"),
        N_("The database files in %(path)s are damaged: move that directory away and restore a backup.\n%(log)s"),
    ),
    (
        ("Permission denied", "Operation not permitted", "Read-only file system", "wrong ownership"),
        N_(
            "PostgreSQL, running as %(account)s, may not use its files in %(path)s: give them to that account "
            "(chown -R), on a file system that can be written and keeps owners.\n%(log)s"
        ),
    ),
)
OTHERWISE = N_("PostgreSQL in %(path)s did not start; its last lines:\n%(log)s")


def cannot_start(home: Home, said: str) -> CannotStart:
    """The error for what a program of PostgreSQL `said`, or what the server logged, before it gave up."""
    cause = next((cause for phrases, cause in CAUSES if any(phrase in said for phrase in phrases)), OTHERWISE)
    return CannotStart(
        cause,
        path=home.path,
        sockets=home.socket_dir,
        account=home.account.name,
        log="\n".join(said.strip().splitlines()[-LOG_LINES:]),
    )
