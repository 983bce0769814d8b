"""Who saw what, when: one line of JSON per visit, without names or contacts."""

import json
import logging

from journeys_pipeline.adapters.clock import now
from journeys_pipeline.identity import identify
from journeys_pipeline.viewer.gate import Visit

LOGGER = logging.getLogger("journeys_pipeline.viewer.access")


def note(visit: Visit, what: str, outcome: str) -> None:
    """Log that a visitor saw, got, sent or was refused something.

    The reader is a pseudonym: the same for all that a user does in an account, and to be told by whoever knows the
    user's name (`reader_of`).
    """
    line = {
        "at": now().isoformat(timespec="milliseconds"),
        "account": visit.account.id,
        "reader": reader_of(visit.account.id, visit.visitor.user),
        "what": what,
        "outcome": outcome,
    }
    LOGGER.info(json.dumps(line))


def reader_of(account_id: str, user: str) -> str:
    """The pseudonym of a user of an account."""
    return identify("reader", account_id, user.lower())[:16]
