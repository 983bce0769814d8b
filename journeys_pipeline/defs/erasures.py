"""A person is erased: their contacts go from whatever we keep, and whoever was counted stays counted."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import dataframely as dy
import polars as pl

from journeys_pipeline.adapters.contact_files import UnreadableFile
from journeys_pipeline.adapters.lake import Lake
from journeys_pipeline.adapters.landing_zone import LandingZone
from journeys_pipeline.adapters.redacting import redact_records, redact_rows
from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline.catalog import Catalog, ContactsFeed
from journeys_pipeline.defs.billing import hash_person
from journeys_pipeline.defs.erased_outputs import Outputs
from journeys_pipeline.defs.lake_tables import LAKE_TABLES
from journeys_pipeline.defs.reading import File, unread_files
from journeys_pipeline.defs.withdrawals import pending_changes
from journeys_pipeline.identity import identify
from journeys_pipeline.schemas.contact_entries import ContactEntries, ImportPerformance
from journeys_pipeline.schemas.erasures import REDACTED, REMOVED, AlteredBytes, Erasures
from journeys_pipeline.schemas.ivr_metrics import InputValues
from journeys_pipeline.schemas.landed_files import KINDS, WITHDRAWN, FileSightings, LandedFiles, Withdrawals
from journeys_pipeline.schemas.people import DELETION, Identities, PeopleChanges
from journeys_pipeline.schemas.reports import ReportRegister
from journeys_pipeline.transforms.erasures import (
    CONTACTS,
    Traces,
    erase_contacts,
    find_contacts,
    find_ids,
    has_traces,
    holds,
    is_erased,
    mask_texts,
    shape,
)
from journeys_pipeline.transforms.mep_ledger import find_deleted
from journeys_pipeline.transforms.people import resolve

PLAIN_TABLES: list[type[dy.Schema]] = [LandedFiles, Withdrawals, ImportPerformance, ReportRegister]
NO_CONTACTS = ["account_id", "kind", "status", "sha256", "format", "rows_sha256", "file_sha256", "path", "report_type"]


class CannotErase(Exception):
    """Nothing was erased; the message says what to do first. It names no contact."""


@dataclass(frozen=True)
class Eraser:
    """Everything that an erasure takes. No run may be at work meanwhile, and no reader of the lake."""

    catalog: Catalog
    landing_zone: LandingZone
    lake: Lake
    warehouse: Warehouse
    deletion_key: bytes | None
    outputs: Outputs
    as_of: datetime

    def erase(
        self, account_id: str, *, person_id: str | None = None, contacts: Collection[str] = (), requested_by: str
    ) -> dict[str, Any]:
        """The row of Erasures that tells of it; after a crash the same call takes up where it was left.

        Args:
            account_id: Whose person it is.
            person_id: Any id of the person.
            contacts: Contacts of the person, as they are in tables: E.164, or in lower case.
            requested_by: Who asked.

        Raises:
            CannotErase: there is no deletion key, files wait to be read, or nobody is known by that.
        """
        if self.deletion_key is None:
            raise CannotErase("Set JOURNEYS_DELETION_KEY: ids of erased persons are hashed with it (D7).")
        if any(file["account_id"] == account_id for file in unread_files(self.warehouse, KINDS)):
            raise CannotErase("Files of the account wait to be read. Run `journeys fetch` first.")
        if any(change.file["account_id"] == account_id for change in pending_changes(self.warehouse, KINDS)):
            raise CannotErase("A withdrawal of the account is not carried out yet. Run `journeys fetch` first.")
        ids = self._find_ids(account_id, person_id, contacts)
        traces = Traces(frozenset([*contacts, *self._find_contacts(account_id, ids)]))
        who = hash_person(self.deletion_key, account_id, person_id or min(traces.contacts, default=""))
        erasure_id = identify(who, self.as_of.isoformat())
        self._delete(account_id, ids, erasure_id)
        landed = self._redact_landed(account_id, ids, traces)
        hashes = self._hash(self.deletion_key, account_id, ids)
        reports, mails = self.outputs.redact(self.warehouse, account_id, traces, hashes, as_of=self.as_of)
        warehouse_rows = self._erase_from_warehouse(account_id, traces)
        lake_rows = self._mask_lake(account_id, traces) + self._erase_contacts(account_id, ids, traces)
        self._forget_history()
        row = {
            "erasure_id": erasure_id, "account_id": account_id, "requested_by": requested_by, "erased_at": self.as_of,
            "contacts": len(traces.contacts), "landed_files": landed, "lake_rows": lake_rows,
            "reports": reports, "mails": mails, "warehouse_rows": warehouse_rows,
        }  # fmt: skip
        self.warehouse.upsert(Erasures, pl.DataFrame([row], schema=Erasures.create_empty().schema))
        return row

    def _find_ids(self, account_id: str, person_id: str | None, contacts: Collection[str]) -> pl.DataFrame:
        named = [f"contact-{identify(account_id, contact)}" for contact in contacts]
        persons = pl.LazyFrame(
            {"account_id": account_id, "person_id": [*named, *([person_id] if person_id else [])]},
            schema={"account_id": pl.String, "person_id": pl.String},
        )
        return find_ids(self._of(Identities, account_id), persons).collect()

    def _find_contacts(self, account_id: str, ids: pl.DataFrame) -> list[str]:
        of_profiles = find_contacts(self._of(PeopleChanges, account_id), ids.lazy(), of_profiles=True)
        of_entries = find_contacts(self._of(ContactEntries, account_id), ids.lazy(), of_profiles=False)
        return pl.concat([of_profiles, of_entries]).unique().collect(engine="streaming")["contact"].to_list()

    def _hash(self, key: bytes, account_id: str, ids: pl.DataFrame) -> dict[str, str]:
        """What the ledger has in the place of each of the ids (D7)."""
        named = ids.lazy().with_columns(id="person_id")
        counted = resolve(named, self._of(Identities, account_id)).select("id", "person_id").collect()
        return {name: hash_person(key, account_id, person) for name, person in counted.iter_rows()}

    def _delete(self, account_id: str, ids: pl.DataFrame, erasure_id: str) -> None:
        """Say that the person is deleted, as a people feed would; the next booking hashes their id (D7)."""
        identities = self._of(Identities, account_id)
        before = find_deleted(self._of(PeopleChanges, account_id), identities)
        counted = resolve(ids.lazy(), identities).unique().join(before, on=["account_id", "person_id"], how="anti")
        deletions = [
            {
                "account_id": account_id, "change_id": identify(DELETION, person), "change_type": DELETION,
                "person_id": person, "changed_at": self.as_of, "read_at": self.as_of,
                "file_id": f"erasure-{erasure_id}", "row_number": number, "day": self.as_of.date(),
            }
            for number, person in enumerate(counted.collect()["person_id"].sort(), start=1)
        ]  # fmt: skip
        rows = pl.DataFrame(deletions, schema=PeopleChanges.create_empty().schema)
        if deletions:
            within = {"day": [self.as_of.date()], "file_id": [f"erasure-{erasure_id}"]}
            self.lake.replace(PeopleChanges, rows.lazy(), within)

    def _redact_landed(self, account_id: str, ids: pl.DataFrame, traces: Traces) -> int:
        """How many landed contents were rewritten; copies of one content are one."""
        rows = self.warehouse.read(LandedFiles, {"account_id": [account_id]})
        files = rows.filter(pl.col("sha256").is_not_null() & (pl.col("status") != "duplicate"))
        return sum(self._redact(file, ids, traces) for file in files.unique("file_id").sort("file_id").to_dicts())

    def _redact(self, file: File, ids: pl.DataFrame, traces: Traces) -> bool:
        with self.lake.scratch() as folder:
            target, state = folder / "redacted", REDACTED
            with self.landing_zone.reading(file["connection_id"], file["sha256"]) as source:
                if not source.exists() or source.stat().st_size == 0:
                    return False
                try:
                    is_changed = self._write(file, ids, traces, paths=(source, target))
                except (UnreadableFile, OSError, pl.exceptions.PolarsError):
                    target.write_bytes(b"")  # what cannot be looked into cannot be kept either
                    is_changed, state = True, REMOVED
                if is_changed and file["status"] == WITHDRAWN:
                    target.write_bytes(b"")  # its entries are gone, which would tell whose its rows are
                    state = REMOVED
            if is_changed:
                self.landing_zone.alter(file["connection_id"], file["sha256"], target)
                note_altered(self.warehouse, file, state=state, as_of=self.as_of)
        return is_changed

    def _write(self, file: File, ids: pl.DataFrame, traces: Traces, *, paths: tuple[Path, Path]) -> bool:
        source, target = paths
        if file["kind"] != "contacts":
            # what a withdrawn file alone says of the person is in no table: whatever names an id goes
            named = naming(ids["person_id"] if file["status"] == WITHDRAWN else [])
            return redact_records(source, target, mask=lambda text: named.sub("", traces.mask(text)))
        feeds = [feed for place in self.catalog.connections for feed in place.feeds if feed.id == file["feed_id"]]
        encoding = next((feed.encoding for feed in feeds if isinstance(feed, ContactsFeed)), "utf-8")
        entries = self.lake.scan(ContactEntries).filter(pl.col("file_id") == file["file_id"]).sort("row_number")
        is_theirs = holds(traces.contacts) | pl.col("person_id").is_in(ids["person_id"].to_list())
        spans = (
            entries.with_columns(next_row=pl.col("row_number").shift(-1))
            .filter(is_theirs)
            .select("row_number", "next_row")
        )
        rows = spans.collect(engine="streaming").rows()
        return redact_rows(source, target, mask=traces.mask, shape=shape, encoding=encoding, spans=rows)

    def _mask_lake(self, account_id: str, traces: Traces) -> int:
        """How many rows had contacts in their texts."""
        changed = 0
        for table in LAKE_TABLES if traces.contacts else ():
            texts = text_columns(table)
            if texts:
                found = (pl.col("account_id") == account_id) & has_traces(texts, traces)
                changed += self._change(table, found, mask_texts(texts, traces))
        return changed

    def _erase_contacts(self, account_id: str, ids: pl.DataFrame, traces: Traces) -> int:
        """How many entries and profiles had contacts; by these the person is found, so they go last."""
        of_account, is_held = pl.col("account_id") == account_id, holds(traces.contacts)
        is_theirs = is_held | pl.col("person_id").is_in(ids["person_id"].to_list()).fill_null(value=False)
        has_more = pl.any_horizontal(~is_erased(name) for name in CONTACTS).fill_null(value=False)
        gone = [*erase_contacts(), pl.lit("{}").alias("attributes"), pl.lit(None, pl.String).alias("shape")]
        is_left = of_account & is_theirs & (has_more | (pl.col("attributes") != "{}"))
        # Profiles first: whom entries name is found by these alone, if the process ends in between.
        profiles = self._change(PeopleChanges, of_account & is_held, erase_contacts(traces.contacts))
        return profiles + self._change(ContactEntries, is_left, gone)

    def _forget_history(self) -> None:
        """Also when nothing was changed: an earlier erasure may have ended before it came to this."""
        self.warehouse.forget_deleted()
        for table in LAKE_TABLES:
            upkeep = self.lake.upkeep(table)
            if upkeep:
                upkeep.forget_history()

    def _change(self, table: type[dy.Schema], is_wanted: pl.Expr, values: list[pl.Expr]) -> int:
        """How many rows were wanted; these have other values now."""
        upkeep = self.lake.upkeep(table)
        count = self.lake.scan(table).filter(is_wanted).select(pl.len()).collect(engine="streaming").item()
        if upkeep and count:
            chosen = [pl.when(is_wanted).then(value).otherwise(value.meta.output_name()) for value in values]
            named = [choice.alias(value.meta.output_name()) for choice, value in zip(chosen, values, strict=True)]
            upkeep.change(is_wanted, lambda rows: rows.with_columns(named))
        return count

    def _erase_from_warehouse(self, account_id: str, traces: Traces) -> int:
        """How many rows were rewritten."""
        if not traces.contacts:
            return 0
        changed = 0
        for table in PLAIN_TABLES:
            texts = text_columns(table)
            rows = self.warehouse.read(table, {"account_id": [account_id]})
            masked = rows.filter(has_traces(texts, traces)).with_columns(mask_texts(texts, traces))
            self.warehouse.upsert(table, masked)
            changed += masked.height
        changed += self._forget_sightings(account_id, traces)
        changed += sum(self._mask_inputs(account_id, traces, grain) for grain in ("day", "month"))
        return changed

    def _forget_sightings(self, account_id: str, traces: Traces) -> int:
        places = [place.id for place in self.catalog.connections if place.account_id == account_id]
        seen = self.warehouse.read(FileSightings, {"connection_id": places})
        named = seen.filter(has_traces(["file_name"], traces))
        with self.warehouse.transaction() as transaction:
            transaction.delete(FileSightings, named.to_dicts())
        return named.height

    def _mask_inputs(self, account_id: str, traces: Traces, grain: str) -> int:
        """How many rows of inputs there were; inputs that look the same by now are one row."""
        rows = self.warehouse.read(InputValues, {"account_id": [account_id]}, grain=grain)
        found = rows.filter(has_traces(["value"], traces))
        if found.is_empty():
            return 0
        key = InputValues.primary_key()
        masked = found.with_columns(mask_texts(["value"], traces))
        values = [*found["value"], *masked["value"]]
        kept = rows.filter(pl.col("value").is_in(masked["value"].to_list()))
        others = [pl.col(name).first() for name in rows.columns if name not in {*key, "inputs"}]
        summed = pl.concat([kept, masked]).group_by(key).agg(pl.col("inputs").sum(), *others).select(rows.columns)
        self.warehouse.replace(InputValues, summed, {"account_id": [account_id], "value": values}, grain=grain)
        return found.height

    def _of(self, table: type[dy.Schema], account_id: str) -> pl.LazyFrame:
        return self.lake.scan(table).filter(pl.col("account_id") == account_id)


def naming(ids: Iterable[str]) -> re.Pattern[str]:
    """What finds any of the ids as a whole word."""
    return re.compile(rf"(?<![\w.+\-])(?:{'|'.join(map(re.escape, ids)) or '(?!)'})(?![\w.+\-])")


def text_columns(table: type[dy.Schema]) -> list[str]:
    """Columns that hold text of others: no keys, no ids, no contacts of ours."""
    names = table.create_empty().select(pl.col(pl.String)).columns
    none = {*table.primary_key(), *NO_CONTACTS, "phone", "email"}
    return [name for name in names if name not in none and not name.endswith(("_id", "_of"))]


def note_altered(warehouse: Warehouse, file: File, *, state: str, as_of: datetime) -> None:
    """Record that a landed content is no longer as fetched."""
    key = {name: file[name] for name in ("connection_id", "sha256")}
    row = key | {"state": state, "altered_at": as_of}
    warehouse.upsert(AlteredBytes, pl.DataFrame([row], schema=AlteredBytes.create_empty().schema))
