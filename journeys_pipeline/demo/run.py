"""The demo: the whole path on a sample world, as real runs, and what it made."""

import json
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from datetime import date, datetime
from functools import partial
from pathlib import Path

import polars as pl
from rich.console import Console
from rich.progress import Progress

from journeys_pipeline import environment, runs
from journeys_pipeline.adapters.clock import now
from journeys_pipeline.adapters.lake import Lake
from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline.adapters.whole_files import write_whole
from journeys_pipeline.catalog import Catalog, load_catalog
from journeys_pipeline.defs.refresh import stale_days, why_anew
from journeys_pipeline.demo.catalog import write_catalog
from journeys_pipeline.demo.drops import staged_drops
from journeys_pipeline.demo.sftp_server import serve
from journeys_pipeline.demo.world import Drop, World, build_world, publish
from journeys_pipeline.periods import add_months, month_of
from journeys_pipeline.schemas.contact_entries import ImportPerformance
from journeys_pipeline.schemas.landed_files import FeedReadings, LandedFiles
from journeys_pipeline.schemas.mep_ledger import MepSummary
from journeys_pipeline.schemas.metrics import CampaignPerformance
from journeys_pipeline.schemas.people import Identities
from journeys_pipeline.schemas.reports import MailOutbox, ReportRegister
from journeys_pipeline.showing import new_bar, progress_bars, show

MEMO = "world.json"
PLAN = {
    "account": "account_id", "month": "month", "plan": "plan", "MEP": "mep", "allowance": "allowance",
    "above": "overage", "projected": "projected", "closed": "is_closed",
}  # fmt: skip
NARROW = {  # a table that fits into 80 columns
    "journey": "journey_id", "entered": "profiles_in_journey", "exited": "profiles_exited",
    "completed": "completion_rate", "active": "active_profiles", "goal": "goal_performers", "sent": "messages_sent",
}  # fmt: skip


def run_demo(console: Console, *, people: int, days: int, accounts: int) -> None:
    """Build the sample world if there is none, run the path on what is new in it, and print what was made."""
    root = environment.home() / "sample-world"
    started = now()
    with progress_bars(console) as progress:
        world, drops = sample_world(root, progress, people=people, days=days, accounts=accounts)
        with serve_world(root):
            catalog = load_catalog(environment.catalog_path())
            before = _counts()
            task = progress.add_task("fetch, count, bill", total=max(1, len(drops)))
            for drop in drops or [Drop(world.now, [])]:
                publish(drop)
                take_drop(drop, catalog)
                progress.advance(task)
        _make_reports(catalog, world, progress)
        runs.show(as_of=world.now, watch=new_bar(progress, "draw the dashboards"))
    _print_summary(console, world)
    changed = {name: count - before[name] for name, count in _counts().items()}
    if any(changed.values()):
        made = ", ".join(f"{count:,} {name}" for name, count in changed.items())
        console.print(f"[green]Made in {(now() - started).total_seconds():.0f} s:[/] {made}.")
    else:
        console.print("[green]Nothing new:[/] every file was known already, so nothing changed and nothing was mailed.")
    console.print("Look at it: [bold]make dev[/], then http://127.0.0.1:3000")


@contextmanager
def serve_world(root: Path) -> Generator[None]:
    """Serve the world below `root` while the block runs, at the address that its catalog then names."""
    world = _saved_world(root)
    with serve(root, root / ".keys") as endpoint:
        write_catalog(root, endpoint=endpoint, path=environment.catalog_path(), world=world)
        yield


def _saved_world(root: Path) -> World:
    saved = json.loads((root / MEMO).read_text())
    return World(
        last_day=date.fromisoformat(saved.pop("last_day")), now=datetime.fromisoformat(saved.pop("now")), **saved
    )


def sample_world(root: Path, progress: Progress, *, people: int, days: int, accounts: int) -> tuple[World, list[Drop]]:
    """The world as the first demo in this home made it, and the drops that are still to come."""
    if (root / MEMO).exists():
        world = _saved_world(root)
        return world, staged_drops(root, world)
    shutil.rmtree(root, ignore_errors=True)  # what a demo that was stopped while building left
    at = now().replace(microsecond=0)
    world = World(last_day=at.date(), now=at, people=people, days=days, accounts=accounts)
    task = progress.add_task("build the sample world", total=days * accounts)
    summary = build_world(root, world, on_day=partial(progress.advance, task))
    saved = {"last_day": f"{at:%Y-%m-%d}", "now": at.isoformat(), "people": people, "days": days, "accounts": accounts}
    write_whole(root / MEMO, json.dumps(saved).encode())
    return world, summary.drops


def take_drop(drop: Drop, catalog: Catalog) -> None:
    """Fetch at the drop's time, then make every day that its files touched."""
    runs.fetch(as_of=drop.as_of)
    stale = stale_days(_warehouse(), [account.id for account in catalog.accounts], as_of=drop.as_of)
    if stale.height:
        first, last = min(stale["day"]), max(stale["day"])
        runs.refresh(first, last, as_of=drop.as_of, why=why_anew(stale, first, last, as_of=drop.as_of))


def _make_reports(catalog: Catalog, world: World, progress: Progress) -> None:
    current = month_of(world.now.date())
    months = [month for month in (add_months(current, -1), current) if month >= month_of(world.first_day)]
    task = progress.add_task("report and mail", total=len(catalog.accounts) * len(months))
    for account in catalog.accounts:
        for month in months:
            runs.make_report({"account": account.id, "month": f"{month:%Y-%m}"}, as_of=world.now)
            progress.advance(task)


def _print_summary(console: Console, world: World) -> None:
    warehouse = _warehouse()
    files = warehouse.read(LandedFiles).group_by("account_id", "status").len("files").sort("account_id", "status")
    show(console, files, title="Files fetched over SFTP")
    totals = pl.col("total_entries", "valid_entries", "invalid_entries", "duplicate_entries").sum()
    imports = warehouse.read(ImportPerformance).group_by("account_id").agg(totals).sort("account_id")
    show(console, imports, title="Contact entries, accepted and refused")
    identities = Lake(environment.home() / "lake").scan(Identities).group_by("account_id")
    known_as = identities.agg(ids=pl.len(), persons=pl.col("resolved_person_id").n_unique()).sort("account_id")
    show(console, known_as.collect(), title="Merged ids and known contacts")
    month = month_of(world.now.date())
    metrics = warehouse.read(CampaignPerformance, {"period": [month]}, grain="month")
    show(console, metrics.select(**NARROW), title=f"Campaign performance, {month:%Y-%m}: unique people, messages sent")
    show(console, warehouse.read(MepSummary).select(**PLAN), title="Monthly engaged persons, against the plan")
    reports = warehouse.read(ReportRegister).sort("account_id", "month")
    folder = environment.home() / "reports"
    console.print("\n[bold]Reports[/]")
    for row in reports.to_dicts():
        console.print(f"  {row['row_count']:>6,} rows  {folder / row['path']}", highlight=False, soft_wrap=True)
    sent = warehouse.read(MailOutbox, {"state": ["sent"]}).height
    console.print(f"{sent} mails in {environment.home() / 'outbox'}", highlight=False, soft_wrap=True)
    console.print(f"Dashboards in {environment.home() / 'dashboards'}\n", highlight=False, soft_wrap=True)


def _counts() -> dict[str, int]:
    """What the home holds, to tell whether a run changed it."""
    warehouse = _warehouse()
    readings = warehouse.read(FeedReadings)
    return {
        "files": warehouse.read(LandedFiles).height,
        "records accepted": int(readings["accepted"].sum()),
        "MEPs": int(warehouse.read(MepSummary)["mep"].sum()),
        "reports": warehouse.read(ReportRegister).height,
        "mails": warehouse.read(MailOutbox).height,
    }


def _warehouse() -> Warehouse:
    warehouse = Warehouse(environment.warehouse_url())
    warehouse.migrate()
    return warehouse
