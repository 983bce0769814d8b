"""Who accepted which terms, when: added to, never changed (F93)."""

from datetime import datetime

import polars as pl

from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline.catalog import Terms
from journeys_pipeline.schemas.viewer import TermsAcceptances

_KEY = ("account_id", "user_id", "terms_version", "text_sha256")


class TermsBook:
    """The acceptances in the warehouse. What was accepted stays so, and is looked up once a process."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse
        self._known: set[tuple[str, ...]] = set()

    def has_accepted(self, account_id: str, user_id: str, terms: Terms) -> bool:
        """Whether the user has accepted this version with this text, for this account."""
        key = (account_id, user_id, terms.version, terms.text_sha256)
        if key not in self._known:
            found = self._warehouse.read(
                TermsAcceptances, {name: [value] for name, value in zip(_KEY, key, strict=True)}
            )
            if found.is_empty():
                return False
            self._known.add(key)
        return True

    def accept(self, account_id: str, user_id: str, terms: Terms, *, at: datetime) -> bool:
        """Whether this is the first acceptance; of several, also at once, the first is kept with its time."""
        key = (account_id, user_id, terms.version, terms.text_sha256)
        row = dict(zip(_KEY, key, strict=True)) | {"text": terms.text, "accepted_at": at}
        with self._warehouse.transaction() as transaction:
            rows = pl.DataFrame([row], schema=TermsAcceptances.create_empty().schema)
            return transaction.add(TermsAcceptances, rows) == 1
