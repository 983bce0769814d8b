"""Two accounts with hostile names, as the warehouse serves them on 24 November 2026, and their pages."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import dataframely as dy
import polars as pl

from journeys_pipeline.adapters.pages_folder import PagesFolder
from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline.catalog import load_catalog
from journeys_pipeline.defs.assets.dashboards import KINDS, draw_section
from journeys_pipeline.defs.pages import AccountPages
from journeys_pipeline.periods import days_between
from journeys_pipeline.schemas.contact_entries import ImportPerformance
from journeys_pipeline.schemas.dashboards import Manifest
from journeys_pipeline.schemas.ivr_metrics import CallHours, CallPerformance, InputValues, MenuPaths, MenuPerformance
from journeys_pipeline.schemas.landed_files import LandedFiles
from journeys_pipeline.schemas.mep_ledger import MepByDay, MepByEntrySource, MepByJourney, MepByJourneyDay, MepSummary
from journeys_pipeline.schemas.metrics import (
    AccountMonthStarts,
    AccountPerformance,
    CampaignPerformance,
    ChannelCosts,
    ChannelPerformance,
    ElementPerformance,
    ExitsByType,
    JourneyFunnel,
    JourneySummary,
    VersionChannels,
    VersionCosts,
    VersionElements,
    VersionExits,
    VersionFunnel,
    VersionPerformance,
)

AS_OF = datetime(2026, 11, 24, 17, tzinfo=UTC)
OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)
DAYS = days_between(OCTOBER, AS_OF.date() + timedelta(days=1))
SCRIPT = "</script><script>window.hacked = 1</script><img src=x onerror='window.hacked = 2'>"
FORMULA = '=HYPERLINK("http://evil.example","x")'
JOURNEYS = {"acme": ["welcome", "survey"], "beta": ["promo"]}
NAMES = {"welcome": SCRIPT, "survey": FORMULA, "promo": "Promo"}

CATALOG = f"""\
accounts:
  - id: acme
    name: Acme & <b>Sons</b>
    tiers: [{{tier: scale, valid_from: 2026-01-01}}]
    dashboards:
      - id: board
        title: "Board {SCRIPT.split("<img", maxsplit=1)[0]}"
        widgets:
          - {{id: sent, kind: area, title: Messages, dataset: channel_days, measure: messages_sent, by: channel}}
          - id: own
            kind: vega_lite
            title: Journeys by message
            dataset: journeys
            spec: |
              {{"mark": "bar", "height": 120, "width": 300,
               "encoding": {{"y": {{"field": "journey", "type": "nominal"}},
                            "x": {{"field": "messages_sent", "type": "quantitative"}}}}}}
  - id: beta
    name: Beta
    tiers: [{{tier: start, valid_from: 2026-01-01}}]
connections:
  - id: acme-sftp
    account_id: acme
    url: file:///nowhere
    feeds:
      - {{kind: contacts, id: people, glob: "*.csv", journey_id: welcome, contact_type: email, email_column: mail}}
"""

Row = dict[str, Any]


def fill(warehouse: Warehouse) -> None:
    """Serve figures of both accounts, by day and by month."""
    warehouse.migrate()
    for account, journeys in JOURNEYS.items():
        for grain, periods in (("day", DAYS), ("month", [OCTOBER, NOVEMBER])):
            for table, rows in _figures(account, journeys, periods).items():
                _put(warehouse, table, rows, grain)
        for table, rows in _totals(account, journeys).items():
            _put(warehouse, table, rows, "")


def publish(folder: Path) -> PagesFolder:
    """The published pages of both accounts; warehouse and catalog lie beside them."""
    warehouse, pages = open_warehouse(folder), PagesFolder(folder / "dashboards")
    fill(warehouse)
    (folder / "journeys.yaml").write_text(CATALOG)
    catalog = load_catalog(folder / "journeys.yaml")
    for account in catalog.accounts:
        mine = AccountPages(account, catalog, warehouse, AS_OF)
        drawn = [page for kind in KINDS for page in draw_section(mine, kind.section, pages).pages]
        about: Row = {"account_id": account.id, "account_name": account.name, "tier": mine.tier, "as_of": AS_OF}
        pages.publish(Manifest(**about, pages=tuple(drawn)))
    return pages


def open_warehouse(folder: Path) -> Warehouse:
    return Warehouse(f"sqlite:///{folder / 'warehouse.sqlite'}")


def _put(warehouse: Warehouse, table: type[dy.Schema], rows: list[Row], grain: str) -> None:
    schema = table.create_empty().schema
    blank = {name: None if column.nullable else 0 for name, column in table.columns().items()}
    frame = pl.DataFrame([blank | row for row in rows], schema=schema, orient="row")
    within = {"account_id": [rows[0]["account_id"]]}
    warehouse.replace(table, frame, within, grain=grain)


def _figures(account: str, journeys: list[str], periods: list[date]) -> dict[type[dy.Schema], list[Row]]:
    cells = [
        {
            "account_id": account,
            "journey_id": journey,
            "period": period,
            "size": 10 + period.day + 5 * at + period.month,
        }
        for period in periods
        for at, journey in enumerate(journeys)
    ]
    whole = [{"account_id": account, "period": period, "size": 3 + period.day + period.month} for period in periods]
    versions = [cell | {"journey_version": at, "size": cell["size"] // at} for cell in cells for at in (1, 2)]
    calls = [cell | {"journey_version": version} for cell in cells for version in (0, 1, 2)]
    funnel = {"entered": 20, "messaged": 15, "active": 9, "reached_goal": 2}
    exits = {"exit_type": "exit_point", "exits": 6, "people": 5, "passages": 6}
    paid = {"channel": "email", "priced_messages": 5, "cost": Decimal("1.25")}
    path = {"element_id": "menu", "key": "1", "next_element_id": "bye", "presses": 5, "share": 1.0}
    keyed = {"element_id": "zip", "variable": SCRIPT, "masking": "masked", "value": "***72", "inputs": 2}
    return {
        AccountPerformance: [_people(cell) for cell in whole],
        CampaignPerformance: [_people(cell) | {"completion_rate": 0.5, "goal_events": 4} for cell in cells],
        VersionPerformance: [_people(cell) | {"completion_rate": 0.25, "goal_events": 2} for cell in versions],
        VersionExits: _each(versions, exits | {"exits": 3}),
        VersionCosts: _each(versions, paid | {"currency": "EUR", "cost": Decimal("0.75")}),
        **({} if periods is DAYS else _of_versions(versions, funnel)),
        JourneyFunnel: _each(cells, funnel),
        ExitsByType: _each(cells, exits),
        ChannelPerformance: [_messages(cell, channel) for cell in cells for channel in ("email", "mobile_push")],
        ChannelCosts: _each(cells, paid | {"currency": "EUR"}) + _each(cells, paid | {"currency": "USD"}),
        ElementPerformance: _each(cells, {"element_id": "wait", "element_type": "pause", "in_it_now": 3}),
        CallPerformance: [_calls(cell) for cell in calls],
        CallHours: _each(calls, {"weekday": 2, "hour": 9, "calls": 4, "answered": 3}),
        MenuPerformance: _each(calls, {"element_id": "menu", "shown": 6, "repeats": 1, "pressed": 5}),
        MenuPaths: _each(calls, path),
        InputValues: _each(calls, keyed),
    }


def _of_versions(versions: list[Row], funnel: Row) -> dict[type[dy.Schema], list[Row]]:
    """What is served of versions by month alone."""
    return {
        VersionFunnel: _each(versions, funnel | {"entered": 18}),
        VersionChannels: [_messages(cell, "email") for cell in versions],
        VersionElements: _each(versions, {"element_id": "wait", "element_type": "pause", "in_it_now": 2}),
    }


def _each(cells: list[Row], values: Row) -> list[Row]:
    return [_cell(cell) | values for cell in cells]


def _cell(cell: Row) -> Row:
    return {name: value for name, value in cell.items() if name != "size"}


def _people(cell: Row) -> Row:
    size = cell["size"]
    counts = {"profiles_in_journey": size, "entries": size + 3, "active_profiles": size // 2, "messages_sent": 2 * size}
    return _cell(cell) | counts | {"goal_performers": size // 4}


def _messages(cell: Row, channel: str) -> Row:
    fates = {"messages_sent": cell["size"], "delivered": cell["size"] - 1, "pending": 0}
    bounced = {"bounced_hard": 1, "bounced_soft": 0, "opened_messages": 4} if channel == "email" else {"failed": 1}
    return _cell(cell) | fates | bounced | {"channel": channel, "clicked_messages": 2}


def _calls(cell: Row) -> Row:
    counts = {"calls": 10, "answered": 8, "completed": 5, "ended_early": 3, "no_answer": 2, "unique_callers": 9}
    return _cell(cell) | counts | {"completion_rate": 0.625, "median_talk_time_s": Decimal(41)}


def _totals(account: str, journeys: list[str]) -> dict[type[dy.Schema], list[Row]]:
    months = [(OCTOBER, 40, 31), (NOVEMBER, 60, 24)]
    file = {"account_id": account, "connection_id": f"{account}-sftp", "feed_id": "people", "status": "landed"}
    files = [
        file | {"file_id": f"{account}{day}", "fetched_at": _at(day), "file_name": f"{day}.csv"} for day in DAYS[::6]
    ]
    counts = {"journey_id": journeys[0], "total_entries": 10, "valid_entries": 7, "invalid_entries": 3}
    reasons = {"reasons": '{"EMPTY_EMAIL": 2, "MALFORMED_ROW": 1}', "duplicate_entries": 0}
    summary = {"account_id": account, "plan": "large", "price": Decimal(99), "currency": "EUR", "allowance": 50}
    return {
        AccountMonthStarts: [
            {"account_id": account, "month": OCTOBER, "days": 24, "profiles_in_journey": 20, "messages_sent": 40},
            {"account_id": account, "month": NOVEMBER, "days": 24, "profiles_in_journey": 29, "messages_sent": 58},
        ],
        JourneySummary: [
            {"account_id": account, "journey_id": journey, "name": NAMES[journey], "campaign_name": "Spring",
             "status": "active", "newest_version": 2}
            for journey in journeys
        ],
        LandedFiles: [one | {"kind": "contacts", "sha256": "0", "modified_at": one["fetched_at"]} for one in files],
        ImportPerformance: [one | counts | reasons for one in files],
        MepSummary: [
            summary | {"month": month, "mep": mep, "overage": max(0, mep - 50), "as_of": AS_OF,
                       "is_closed": month == OCTOBER, "projected": None if month == OCTOBER else 75}
            for month, mep, _ in months
        ],
        MepByDay: [
            {"account_id": account, "month": month, "day": month + timedelta(days=at), "new": 1, "cumulative": at + 1}
            for month, _, days in months
            for at in range(days)
        ],
        MepByJourney: [
            {"account_id": account, "month": month, "journey_id": journeys[0], "journey_name": NAMES[journeys[0]],
             "campaign_id": "c", "campaign_name": "Spring", "billed": mep, "engaged": mep + 5, "rank": 1}
            for month, mep, _ in months
        ],
        MepByJourneyDay: [
            {"account_id": account, "month": month, "journey_id": journeys[0], "day": month, "billed": mep}
            for month, mep, _ in months
        ],
        MepByEntrySource: [
            {"account_id": account, "month": month, "entry_source": "api", "billed": mep} for month, mep, _ in months
        ],
    }  # fmt: skip


def _at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 8, tzinfo=UTC)
