"""The catalog of the sample world, as a customer's operator would write it."""

import os
from pathlib import Path

from journeys_pipeline.demo.accounts import SampleAccount, World, sample_accounts
from journeys_pipeline.demo.sftp_server import Endpoint
from journeys_pipeline.periods import month_of

_HEAD = """\
# Who our customers are, and where their files come from. Made by the demo for its sample world;
# take it as a pattern for your own. `journeys check-config` finds mistakes in it.

settings:
  month_close_grace_hours: 72  # a month takes late entries until three days after its end
  contact: whoever made this sample world  # whom readers are told to ask when something is refused
  terms:  # what readers accept before they see a dashboard
    version: "1"
    text: The people, messages and prices of this sample world are made up. Look at them as you like.

accounts:
"""
_ACCOUNT = """\
  - id: {id}
    name: {name} Trading
    tiers:  # when numbers are refreshed: start daily, grow every 6 hours, scale every 2
      - {{tier: {tier}, valid_from: {first_day}}}
    subscriptions:
      - plan: {tier}-{allowance}
        allowance: {allowance}  # MEPs a month
        price: "{price}"
        currency: {currency}
        valid_from: {first_day}
    sub_accounts:
{sub_accounts}
    recipients: [finance@{id}.example]  # who gets the monthly report
    readers:  # who may look at the dashboards, and as what
      - {{user: ana@{id}.example, roles: [analyze_manager]}}
      - {{group: {id}-marketing, roles: [viewer]}}
"""
_CONNECTION = """\
  - id: {id}-sftp
    account_id: {id}
    host: {host}
    port: {port}
    user: {id}
    key_file: {key_file}
    host_key: {host_key}  # pinned; a server with another key is refused
    feeds:
      - {{kind: events, id: events, glob: "events-*.ndjson.gz", complete_when: renamed}}
      - {{kind: journeys, id: journeys, glob: "journeys.ndjson", complete_when: renamed}}
      - {{kind: people, id: people, glob: "people-*.ndjson", complete_when: renamed, default_region: US}}
"""
_CONTACTS = """\
      - kind: contacts
        id: contacts-{key}
        glob: "contacts-{key}-*.csv"
        complete_when: renamed  # files appear whole here; without this line a file is taken at its second listing
        journey_id: {account}-{key}
        sub_account_id: {sub_account}
        contact_type: {contact_type}
"""
_REPORTS = """
reports:
  - kind: mep  # for every account, mailed to its recipients when last month is closed
    id: mep-consumption
    name: MEP consumption
    schedule: after_close
  - kind: channels
    id: channels-weekly
    name: Channels of last week
    schedule: weekly
  - kind: custom  # any served table: `journeys report --account {account} --declared campaigns-monthly`
    id: campaigns-monthly
    name: Campaigns by month
    dataset: campaign_performance_by_month
    columns: [period, journey_id, profiles_in_journey, active_profiles, goal_performers, messages_sent]
    filters:
      - {{column: profiles_in_journey, at_least: 1}}
    order: [-period, -profiles_in_journey]
    format: csv
"""
_PRICE_PER_MEP = 0.04


def write_catalog(root: Path, *, endpoint: Endpoint, path: Path, world: World) -> None:
    """Write the catalog of the world below `root`, whose servers are at `endpoint`, to `path` (YAML)."""
    accounts = [account for account in sample_accounts(world) if (root / account.id).is_dir()]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        _HEAD
        + "".join(_account(account, world) for account in accounts)
        + "\nconnections:\n"
        + "".join(_connection(account, endpoint, path.parent) for account in accounts)
        + _REPORTS.format(account=accounts[0].id),
        encoding="utf-8",
    )


def _account(account: SampleAccount, world: World) -> str:
    subs = [
        f"      - {{id: {sub}, name: {account.id.capitalize()} {sub.rpartition('-')[2].upper()}}}"
        for sub in account.sub_accounts
    ]
    return _ACCOUNT.format(
        id=account.id,
        name=account.id.capitalize(),
        tier=account.kind.tier.value,
        allowance=account.allowance,
        price=f"{account.allowance * _PRICE_PER_MEP:.2f}",
        currency=account.kind.currency,
        first_day=month_of(world.first_day),
        sub_accounts="\n".join(subs),
    )


def _connection(account: SampleAccount, endpoint: Endpoint, folder: Path) -> str:
    text = _CONNECTION.format(
        id=account.id,
        host=endpoint.host,
        port=endpoint.port,
        key_file=os.path.relpath(endpoint.key_file, folder),
        host_key=endpoint.host_key,
    )
    for plan in account.kind.journeys:
        if plan.contact_type is None:
            continue
        text += _CONTACTS.format(
            key=plan.key,
            account=account.id,
            sub_account=account.sub_account_of(plan),
            contact_type=plan.contact_type,
        )
        if plan.contact_type != "email":
            text += "        phone_column: phone\n        default_region: US\n"
        if plan.contact_type != "phone":
            text += "        email_column: email\n"
    return text
