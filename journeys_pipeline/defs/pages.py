"""Which pages an account has, and how each is made: read, shape, render."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property

import dataframely as dy
import polars as pl

from journeys_pipeline.adapters.warehouse import Slice, Warehouse
from journeys_pipeline.catalog import Account, Catalog, ContactsFeed
from journeys_pipeline.catalog.dashboards import Dashboard, datasets_of
from journeys_pipeline.catalog.datasets import MEP_DATASETS
from journeys_pipeline.catalog.standard_dashboards import standard_dashboard
from journeys_pipeline.defs.served_tables import ServedTables
from journeys_pipeline.identity import identify
from journeys_pipeline.periods import MONTHS_IN_SIGHT, add_months, month_of
from journeys_pipeline.rendering.pages.content import Link, PageContent, has_days, rows_page
from journeys_pipeline.rendering.pages.page import render_page
from journeys_pipeline.schemas.dashboards import LANDING_PAGE, MEP_ROLES, REPORTS_PAGE, Draft, Section
from journeys_pipeline.schemas.ivr_metrics import ALL_VERSIONS, CallPerformance
from journeys_pipeline.schemas.metrics import CampaignPerformance, JourneySummary, VersionPerformance
from journeys_pipeline.tiers import Tier
from journeys_pipeline.transforms.dashboards import Served, shape_days, shape_versions

FILES: dict[Section, str] = {
    "overview": LANDING_PAGE, "campaigns": "campaigns.html", "ivr": "ivr.html", "imports": "imports.html",
    "mep": "mep.html", "rows": rows_page("journeys"),
}  # fmt: skip
TITLES: dict[Section, str] = {
    "overview": "Overview", "campaigns": "Campaign performance", "ivr": "IVR insights", "imports": "SFTP import",
    "mep": "MEP consumption", "rows": "Rows",
}  # fmt: skip
MEP_OVERVIEW = "overview-mep.html"
MOST_VERSIONS = 6  # each has all that a page shows, so that more of them would make it large

Rows = dict[str, pl.DataFrame]


@dataclass(frozen=True)
class PlannedPage:
    """A page before anything is read for it."""

    draft: Draft
    dashboard: Dashboard
    served: Served
    versions: Sequence[int] = ()
    siblings: Sequence[Link] = ()


@dataclass(frozen=True)
class AccountPages:
    """An account's pages, as its tier and its data call for them."""

    account: Account
    catalog: Catalog = field(repr=False)
    warehouse: Warehouse
    as_of: datetime
    has_viewer: bool = False
    """Whether a viewer serves the pages: it makes the page of reports itself (F83)."""

    @property
    def tier(self) -> Tier:
        """The tier in force."""
        return self.account.tier_on(self.as_of.date())

    @cached_property
    def served(self) -> Served:
        """The account's served tables, and what the catalog knows about its feeds."""
        newest = month_of(self.as_of.date())
        feeds = {
            (connection.id, feed.id): feed
            for connection in self.catalog.connections
            if connection.account_id == self.account.id
            for feed in connection.feeds
            if isinstance(feed, ContactsFeed)
        }
        return Served(
            tables=ServedTables(self.warehouse, self.account.id, self.as_of),
            months=tuple(add_months(newest, -back) for back in range(MONTHS_IN_SIGHT)),
            today=self.as_of.date(),
            pages={journey: _file("campaign", journey) for journey in self._campaign_journeys()},
            warning_lines={key: feed.invalid_share_warning for key, feed in feeds.items()},
            sub_accounts={sub.id: sub.name for sub in self.account.sub_accounts},
            contact_types={key: feed.contact_type for key, feed in feeds.items()},
        )

    def plan(self, section: Section) -> list[PlannedPage]:
        """The pages of a section; none where it is in early access, and not for this account yet (F91)."""
        early = section if section in self.catalog.settings.early_access else None
        planned = self._plan(section) if self._may_have(section) else []
        return [replace(page, draft=page.draft.model_copy(update={"early_access": early})) for page in planned]

    def _may_have(self, section: Section) -> bool:
        return section not in self.catalog.settings.early_access or section in self.account.early_access

    def _plan(self, section: Section) -> list[PlannedPage]:
        match section:
            case "overview":
                return self._overviews()
            case "campaigns":
                return self._campaigns()
            case "ivr":
                return self._calls()
            case "custom":
                return self._custom()
            case "rows":
                return self._rows()
            case _:
                roles = MEP_ROLES if section == "mep" else ()
                draft = Draft(file=FILES[section], title=TITLES[section], roles=roles)
                return [PlannedPage(draft, standard_dashboard(section), self.served)]

    def draw(self, page: PlannedPage) -> tuple[Draft, bytes, Rows]:
        """The page, and the rows that it shows."""
        shaped = shape_versions(datasets_of(page.dashboard), page.served, page.versions or [ALL_VERSIONS])
        rows = dict(zip(shaped, pl.collect_all(shaped.values()), strict=True))
        days = self._days(page) if page.served.journey_id and has_days(page.dashboard) else None
        content = PageContent(
            dashboard=page.dashboard,
            account=self.account.name,
            title=page.draft.title,
            rows=rows,
            days=days,
            months=page.served.months,
            versions=page.versions,
            as_of=self.as_of,
            navigation=self._navigation(page),
            siblings=page.siblings,
            can_export=self.tier is not Tier.START,
            has_rows=self._has("rows"),
        )
        return page.draft, render_page(content), rows

    def _days(self, page: PlannedPage) -> Rows:
        shaped = shape_days(datasets_of(page.dashboard), page.served, page.versions or [ALL_VERSIONS])
        return dict(zip(shaped, pl.collect_all(shaped.values()), strict=True))

    def _rows(self) -> list[PlannedPage]:
        """For accounts on scale (F88): a page for each table behind figures; those of MEP for their two roles."""
        if self.tier is not Tier.SCALE:
            return []
        tables = standard_dashboard("rows")
        links = [(rows_page(widget.id), widget.title) for widget in tables.widgets]
        return [
            PlannedPage(
                Draft(file=rows_page(widget.id), title=f"Rows: {widget.title}", roles=MEP_ROLES if widget.mep else ()),
                tables.model_copy(update={"widgets": [widget]}),
                self.served,
                siblings=[Link(title, file, is_current=file == rows_page(widget.id)) for file, title in links],
            )
            for widget in tables.widgets
        ]

    def _overviews(self) -> list[PlannedPage]:
        """The Overview twice: without what only the roles of MEP may see, and with it."""
        whole = standard_dashboard("overview")
        for_all = whole.model_copy(update={"widgets": [widget for widget in whole.widgets if not widget.mep]})
        title = TITLES["overview"]
        with_mep = Draft(file=MEP_OVERVIEW, title=title, roles=MEP_ROLES, instead_of=LANDING_PAGE)
        return [
            PlannedPage(Draft(file=LANDING_PAGE, title=title), for_all, self.served),
            PlannedPage(with_mep, whole, self.served),
        ]

    def _campaigns(self) -> list[PlannedPage]:
        index = Draft(file=FILES["campaigns"], title=TITLES["campaigns"])
        names, of_journey = self._names, standard_dashboard("campaign")
        versions = self._versions(VersionPerformance)
        return [
            PlannedPage(index, standard_dashboard("campaigns"), self.served),
            *(
                PlannedPage(
                    Draft(file=file, title=names.get(journey, journey)),
                    of_journey,
                    self.served.of_journey(journey),
                    versions.get(journey, []),
                )
                for journey, file in self.served.pages.items()
            ),
        ]

    def _calls(self) -> list[PlannedPage]:
        """Nothing for an account without calls (F23)."""
        journeys = {journey: _file("ivr", journey) for journey in self._journeys(CallPerformance)}
        if not journeys:
            return []
        served, of_journey = self.served.with_pages(journeys), standard_dashboard("ivr-journey")
        versions = self._versions(CallPerformance)
        return [
            PlannedPage(Draft(file=FILES["ivr"], title=TITLES["ivr"]), standard_dashboard("ivr"), served),
            *(
                PlannedPage(
                    Draft(file=file, title=f"{self._names.get(journey, journey)}: calls"),
                    of_journey,
                    served.of_journey(journey),
                    versions.get(journey, []),
                )
                for journey, file in journeys.items()
            ),
        ]

    def _custom(self) -> list[PlannedPage]:
        """The account's own dashboards, while it is on scale (F87, F99)."""
        return [
            PlannedPage(Draft(file=_custom_file(own), title=own.title, roles=_roles(own)), own, self.served)
            for own in self._own_dashboards()
        ]

    def _own_dashboards(self) -> Sequence[Dashboard]:
        return self.account.dashboards if self.tier is Tier.SCALE and self._may_have("custom") else []

    def _navigation(self, page: PlannedPage) -> list[Link]:
        sections: list[Section] = ["overview", "campaigns", "ivr", "imports", "mep", "rows"]
        files = {FILES[section]: TITLES[section] for section in sections if self._has(section)}
        files |= {_custom_file(own): own.title for own in self._own_dashboards()}
        if self.has_viewer and page.draft.roles == MEP_ROLES:
            files[REPORTS_PAGE] = "Reports"
        here = _home_of(page.draft)
        return [Link(title, file, is_current=file == here) for file, title in files.items()]

    def _has(self, section: Section) -> bool:
        if not self._may_have(section):
            return False
        if section == "ivr":
            return bool(self._journeys(CallPerformance))
        return section != "rows" or self.tier is Tier.SCALE

    def _campaign_journeys(self) -> list[str]:
        """Journeys with pages of their own."""
        return self._journeys(CampaignPerformance) if self._may_have("campaigns") else []

    @cached_property
    def _names(self) -> dict[str, str]:
        known = self.warehouse.read(JourneySummary, {"account_id": [self.account.id]})
        return {row["journey_id"]: row["name"] for row in known.to_dicts() if row["name"]}

    def _versions(self, table: type[dy.Schema]) -> dict[str, list[int]]:
        """What can be chosen of each journey that had several versions in the months in sight: all, and the newest."""
        rows = self.served.tables[table, "month"].filter(pl.col("period").is_in(self.served.months)).collect()
        known = rows.filter(pl.col("journey_version") != ALL_VERSIONS).group_by("journey_id")
        versions = known.agg(pl.col("journey_version").unique().sort(descending=True))
        return {
            journey: [ALL_VERSIONS, *several[:MOST_VERSIONS]]
            for journey, several in versions.iter_rows()
            if len(several) > 1
        }

    def _journeys(self, table: type[dy.Schema]) -> list[str]:
        """Journeys with any activity in the months in sight."""
        newest = month_of(self.as_of.date())
        months = [add_months(newest, -back) for back in range(MONTHS_IN_SIGHT)]
        within: Slice = {"account_id": [self.account.id], "period": months}
        rows = self.warehouse.read(table, within, grain="month", columns=["account_id", "journey_id", "period"])
        return sorted(rows["journey_id"].unique())


def _file(kind: str, journey_id: str) -> str:
    """A name that tells nothing and holds no character of a customer's."""
    return f"{kind}-{identify(journey_id)[:12]}.html"


def _roles(dashboard: Dashboard) -> tuple[str, ...]:
    """Who may see an account's own dashboard: if it shows anything of MEP, the two roles (F76)."""
    return MEP_ROLES if datasets_of(dashboard) & MEP_DATASETS.keys() else ()


def _custom_file(dashboard: Dashboard) -> str:
    return f"custom-{dashboard.id}.html"


def _home_of(draft: Draft) -> str:
    """The page that the navigation marks as the current one."""
    if draft.file.startswith("campaign-"):
        return FILES["campaigns"]
    if draft.file.startswith("rows-"):
        return FILES["rows"]
    return FILES["ivr"] if draft.file.startswith("ivr-") else draft.instead_of or draft.file
