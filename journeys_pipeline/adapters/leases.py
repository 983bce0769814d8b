"""The right to fetch over a connection: one holder at a time, and whoever was overtaken can write no more."""

import logging
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from journeys_pipeline.adapters.clock import now
from journeys_pipeline.adapters.warehouse import TABLES, Transaction, Warehouse
from journeys_pipeline.schemas.landed_files import ConnectionLeases

LEASE_S = 60
RENEW_S = LEASE_S / 4
LOOK_S = 0.5  # between two looks at a lease that somebody else holds

Clock = Callable[[], datetime]

_LEASES = TABLES[ConnectionLeases, ""]


class LeaseHeld(Exception):
    """Another fetch of the connection is at work; it does what this one would have done."""


class LeaseLost(Exception):
    """Another fetch has taken over, because this one did not renew its lease in time; nothing was written."""


class Lease:
    """The right of one fetch. Its `token` is larger than that of any holder before (a fencing token)."""

    def __init__(self, warehouse: Warehouse, connection_id: str, *, token: int, clock: Clock) -> None:
        self._warehouse = warehouse
        self._connection_id = connection_id
        self.token = token
        self._clock = clock

    @contextmanager
    def transaction(self) -> Generator[Transaction]:
        """Reads and writes of the holder, as one.

        Raises:
            LeaseLost: somebody else is the holder now; nothing was written.
        """
        with self._warehouse.transaction() as transaction:
            self._refuse_if_lost(transaction)
            yield transaction

    def renew(self) -> None:
        """Keep the right for another `LEASE_S` seconds.

        Raises:
            LeaseLost: somebody else is the holder now.
        """
        self._set_expiry(self._clock() + timedelta(seconds=LEASE_S))

    def release(self) -> None:
        """Let the next holder in at once."""
        with suppress(LeaseLost):
            self._set_expiry(self._clock())

    def _set_expiry(self, expires_at: datetime) -> None:
        with self.transaction() as transaction:
            transaction.update(ConnectionLeases, {"expires_at": expires_at}, {"connection_id": [self._connection_id]})

    def _refuse_if_lost(self, transaction: Transaction) -> None:
        found = _look(transaction, self._connection_id)
        if found is None or found[0] != self.token:
            raise LeaseLost(f"Another fetch has taken over the connection {self._connection_id}.")


@contextmanager
def hold_lease(warehouse: Warehouse, connection_id: str, *, clock: Clock = now) -> Generator[Lease]:
    """The lease of a connection, renewed while the block runs, then released.

    A holder that died is waited for until its lease expires; one that is alive shows by renewing it.

    Raises:
        LeaseHeld: another fetch is at work.
    """
    lease = Lease(warehouse, connection_id, token=_wait_for_token(warehouse, connection_id, clock), clock=clock)
    ended = threading.Event()
    renewing = threading.Thread(target=_keep_renewing, args=(lease, ended), name=f"lease-{connection_id}", daemon=True)
    renewing.start()
    try:
        yield lease
    finally:
        ended.set()
        renewing.join()
        with suppress(SQLAlchemyError):  # it expires by itself
            lease.release()


def _keep_renewing(lease: Lease, ended: threading.Event) -> None:
    while not ended.wait(RENEW_S):
        try:
            lease.renew()
        except LeaseLost:
            return  # the next write says so
        except SQLAlchemyError as error:
            logging.getLogger(__name__).warning("A lease was not renewed: %s.", type(error).__name__)


def _wait_for_token(warehouse: Warehouse, connection_id: str, clock: Clock) -> int:
    first: tuple[int, datetime] | None = None
    dead_at = time.monotonic() + LEASE_S  # not by `clock`: the holder's may be far ahead of ours
    while True:
        with suppress(IntegrityError), warehouse.transaction() as transaction:  # two made the first row at once
            found = _look(transaction, connection_id)
            if found is None or found[1] <= clock() or time.monotonic() > dead_at:
                return _take(transaction, connection_id, before=found and found[0], clock=clock)
            first = first or found
            if found != first:
                raise LeaseHeld(f"Another fetch of the connection {connection_id} is at work.")
        time.sleep(LOOK_S)


def _take(transaction: Transaction, connection_id: str, *, before: int | None, clock: Clock) -> int:
    expires_at = clock() + timedelta(seconds=LEASE_S)
    if before is None:  # never an update: somebody may have made the row since we looked, and then holds the lease
        row = {"connection_id": connection_id, "token": 1, "expires_at": expires_at}
        transaction.connection.execute(_LEASES.insert().values(**row))
        return 1
    values = {"token": before + 1, "expires_at": expires_at}
    transaction.update(ConnectionLeases, values, {"connection_id": [connection_id]})
    return before + 1


def _look(transaction: Transaction, connection_id: str) -> tuple[int, datetime] | None:
    """Token and expiry, which nobody else can change until the transaction ends."""
    statement = sa.select(_LEASES.c.connection_id).where(_LEASES.c.connection_id == connection_id).with_for_update()
    if transaction.connection.execute(statement).first() is None:
        return None  # a row that somebody makes from now on is not locked by us: it must not be seen here
    # SQLite locks the whole database when the transaction begins.
    row = transaction.read(ConnectionLeases, {"connection_id": [connection_id]}).row(0)
    return row[1], row[2]
