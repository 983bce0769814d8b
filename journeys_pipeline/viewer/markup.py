"""The viewer's own few pages: plain HTML without scripts, whose style is the only one that the browser may apply."""

import base64
import hashlib
from typing import Any

from jinja2 import DictLoader, Environment, StrictUndefined
from starlette.responses import HTMLResponse

STYLE = """
:root { color-scheme: light dark; --ink: #1c2330; --quiet: #5b6577; --line: #d9dee7; --paper: #ffffff; --key: #1f5fbf; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e7ebf3; --quiet: #a3adbf; --line: #343c4b; --paper: #151a22; --key: #7fb0ff; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 60rem; padding: 2rem 1.25rem 4rem; color: var(--ink); background: var(--paper);
  font: 16px/1.55 system-ui, sans-serif; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 1.5rem 0 1rem; }
h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
a { color: var(--key); }
.quiet { color: var(--quiet); }
.note { border-left: 3px solid var(--key); padding: .25rem 0 .25rem .9rem; }
.terms { white-space: pre-wrap; border: 1px solid var(--line); border-radius: .5rem; padding: 1rem 1.25rem;
  max-height: 60vh; overflow: auto; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .5rem .75rem .5rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
td.number, th.number { text-align: right; }
fieldset { border: 1px solid var(--line); border-radius: .5rem; margin: 0 0 1rem; padding: .75rem 1rem; }
label { display: block; margin: 0 0 1rem; }
fieldset label { margin: .25rem 0; }
input[type=text], select { display: block; width: 100%; max-width: 26rem; margin-top: .25rem; padding: .5rem .6rem;
  font: inherit; color: inherit; background: transparent; border: 1px solid var(--line); border-radius: .4rem; }
select option { color: #1c2330; background: #ffffff; }
button { font: inherit; font-weight: 600; padding: .55rem 1.1rem; border: 0; border-radius: .4rem; cursor: pointer;
  color: var(--paper); background: var(--key); }
a:focus-visible, button:focus-visible, input:focus-visible, select:focus-visible { outline: 3px solid var(--key);
  outline-offset: 2px; }
"""
_STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
OWN_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

_FRAME = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{% block title %}{% endblock %}</title>
<style>{{ style | safe }}</style>
</head>
<body>
<main>
{% block main %}{% endblock %}
</main>
</body>
</html>
"""
_REFUSAL = """{% extends "frame" %}
{% block title %}{{ title }}{% endblock %}
{% block main %}
<h1>{{ title }}</h1>
<p>{{ text }}</p>
{% if ask %}<p class="note">Whom to ask: {{ ask }}</p>{% endif %}
{% endblock %}
"""
_ACCOUNTS = """{% extends "frame" %}
{% block title %}Your accounts{% endblock %}
{% block main %}
<h1>Your accounts</h1>
<ul>
{% for account in accounts %}<li><a href="/{{ account.id }}/">{{ account.name }}</a></li>
{% endfor %}
</ul>
{% endblock %}
"""
_TERMS = """{% extends "frame" %}
{% block title %}Terms of {{ account.name }}{% endblock %}
{% block main %}
<h1>Terms for the dashboards of {{ account.name }}</h1>
<p class="quiet">Version {{ terms.version }}. Nothing is shown before you accept them.</p>
<div class="terms" tabindex="0">{{ terms.text }}</div>
<form method="post" action="/{{ account.id }}/terms">
<input type="hidden" name="version" value="{{ terms.version }}">
<input type="hidden" name="text_sha256" value="{{ terms.text_sha256 }}">
<p>You are logged in as {{ user }}. It is kept that you accepted this text, and when.</p>
<p><button type="submit">I accept these terms</button></p>
</form>
<p class="note">Questions? Ask {{ ask }}</p>
{% endblock %}
"""
_REPORTS = """{% extends "frame" %}
{% block title %}Reports of {{ account.name }}{% endblock %}
{% block main %}
<p><a href="/{{ account.id }}/">Dashboards of {{ account.name }}</a></p>
<h1>Reports of {{ account.name }}</h1>
{% if complaint %}<p class="note" role="alert">{{ complaint }}</p>{% endif %}
<h2>Ask for an MEP consumption report</h2>
<form method="post" action="/{{ account.id }}/reports">
<input type="hidden" name="key" value="{{ key }}">
<label>Name <input type="text" name="name" value="MEP consumption" maxlength="{{ longest_name }}" required></label>
<label>Month
<select name="month">
{% for month in months %}<option value="{{ month.strftime("%Y-%m") }}">{{ month.strftime("%B %Y") }}
{%- if loop.first %}, so far{% endif %}</option>
{% endfor %}</select></label>
{% if account.sub_accounts %}<fieldset><legend>Sub-accounts; none chosen means all</legend>
{% for sub in account.sub_accounts %}<label><input type="checkbox" name="sub_account" value="{{ sub.id }}">
{{ sub.name }}</label>
{% endfor %}</fieldset>{% endif %}
<fieldset><legend>Format; over 10,000 rows it is .csv in any case</legend>
<label><input type="radio" name="format" value="xlsx" checked> Excel (.xlsx)</label>
<label><input type="radio" name="format" value="csv"> .csv</label>
</fieldset>
<p><button type="submit">Make the report</button></p>
</form>
{% if waiting %}<h2>Asked for</h2>
<div class="scroll"><table>
<thead><tr><th>Name</th><th>Month</th><th>Sub-accounts</th><th>Asked for at (UTC)</th><th>State</th></tr></thead>
<tbody>
{% for row in waiting %}<tr><td>{{ row.name }}</td><td>{{ row.month.strftime("%Y-%m") }}</td>
<td>{{ row.sub_accounts or "all" }}</td><td>{{ row.requested_at.strftime("%Y-%m-%d %H:%M") }}</td>
<td>{% if row.state == "failed" %}failed: ask {{ ask }}{% else %}{{ row.state }}{% endif %}</td></tr>
{% endfor %}</tbody></table></div>
{% endif %}<h2>Register of reports</h2>
{% if made %}<div class="scroll"><table>
<thead><tr><th>Report</th><th>Type</th><th>Month</th><th>Sub-accounts</th><th class="number">Rows</th>
<th>Made at (UTC)</th></tr></thead>
<tbody>
{% for row in made %}<tr><td>
<a href="/{{ account.id }}/reports/{{ row.report_id }}">{{ row.name }} (.{{ row.format }})</a></td>
<td>{{ row.report_type }}</td><td>{{ row.month.strftime("%Y-%m") }}
{%- if row.is_provisional %}, provisional{% endif %}</td>
<td>{{ row.sub_accounts or "all" }}</td><td class="number">{{ "{:,}".format(row.row_count) }}</td>
<td>{{ row.made_at.strftime("%Y-%m-%d %H:%M") }}</td></tr>
{% endfor %}</tbody></table></div>
{% else %}<p>No report has been made yet. Ask for one above; it is listed here within minutes.</p>
{% endif %}
{% endblock %}
"""

_ENVIRONMENT = Environment(
    loader=DictLoader(
        {"frame": _FRAME, "refusal": _REFUSAL, "accounts": _ACCOUNTS, "terms": _TERMS, "reports": _REPORTS}
    ),
    autoescape=True,
    undefined=StrictUndefined,
)


def page(template: str, /, *, status: int = 200, **values: Any) -> HTMLResponse:
    """One of our own pages, every value escaped."""
    html = _ENVIRONMENT.get_template(template).render(style=STYLE, **values)
    return HTMLResponse(html, status_code=status)
