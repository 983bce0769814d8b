"use strict";
// Any range of days: the rows of its days are added up here, and shown as the page shows those of a month.
window.journeysRanges = (spec, { from, to, version }) => {
  const known = new Map();
  const SVG = "http://www.w3.org/2000/svg";

  function* days() {
    for (let at = Date.parse(from); at <= Date.parse(to); at += 86_400_000) yield new Date(at).toISOString().slice(0, 10);
  }

  // Null means that a figure does not apply: it adds nothing, and a sum of nothing else stays null.
  const add = (sum, value) => (value === null ? sum : (sum ?? 0) + value);

  function grouped(about, rows, at) {
    const groups = new Map();
    for (const row of rows) {
      const name = JSON.stringify(about.key.map((key) => row[at(key)]));
      const one = groups.get(name) || Object.fromEntries(about.key.map((key) => [key, row[at(key)]]));
      for (const column of about.sums) one[column] = add(one[column] ?? null, row[at(column)]);
      for (const column of about.latest) one[column] = row[at(column)];
      for (const column of about.single) one[column] = from === to ? row[at(column)] : null;
      groups.set(name, one);
    }
    return groups;
  }

  // Days, and other keys of which all values are listed, have a row of nought where nothing happened.
  function complete(about, groups) {
    const every = about.key.includes("day") ? { day: [...days()] } : about.every;
    const lists = about.key.map((key) => every[key]);
    if (!lists.length || lists.includes(undefined)) return [...groups.values()];
    const cells = lists.reduce((made, list) => made.flatMap((cell) => list.map((value) => [...cell, value])), [[]]);
    const nought = Object.fromEntries(about.sums.map((column) => [column, 0]));
    return cells.map((cell) => groups.get(JSON.stringify(cell)) || { ...nought, ...Object.fromEntries(cell.map((value, at) => [about.key[at], value])) });
  }

  function derive(about, records) {
    for (const [name, [part, whole]] of Object.entries(about.ratios)) {
      for (const one of records) one[name] = one[whole] ? one[part] / one[whole] : null;
    }
    for (const [name, [part, within]] of Object.entries(about.shares)) {
      const totals = new Map();
      const cell = (one) => JSON.stringify(within.map((key) => one[key]));
      for (const one of records) totals.set(cell(one), (totals.get(cell(one)) || 0) + one[part]);
      for (const one of records) one[name] = totals.get(cell(one)) ? one[part] / totals.get(cell(one)) : null;
    }
  }

  const compare = (left, right) => (left < right ? -1 : left > right ? 1 : 0);

  function sorted(about, records) {
    const [first, last] = about.ends;
    if (first.length + last.length) {
      const [key] = about.key;
      const rank = (one) => (first.includes(one[key]) ? first.indexOf(one[key]) : last.includes(one[key]) ? 99 : 50);
      return records.sort((a, b) => rank(a) - rank(b) || b[about.sums[0]] - a[about.sums[0]] || compare(a[key], b[key]));
    }
    return records.sort((a, b) => {
      for (const name of about.order) {
        const column = name.replace(/^-/, "");
        const found = compare(a[column], b[column]) * (name === column ? 1 : -1);
        if (found) return found;
      }
      return 0;
    });
  }

  function records(name) {
    if (!known.has(name)) {
      const about = spec.datasets[name];
      const { columns, rows } = spec.rows[about.source];
      const at = (column) => (column === "day" ? 0 : columns.indexOf(column) + 1);
      const within = (rows[version] || []).filter(([day]) => day >= from && day <= to);
      const made = within.length ? complete(about, grouped(about, within, at)) : [];
      derive(about, made);
      known.set(name, sorted(about, made));
    }
    return known.get(name);
  }

  const rows = (name) => records(name).map((one) => spec.datasets[name].columns.map(([key]) => one[key] ?? null));
  const column = (name, key) => spec.datasets[name].columns.find(([known]) => known === key);

  const two = (seconds, large, unit, small, smaller) => {
    const rest = Math.floor((seconds % large) / small);
    return `${Math.floor(seconds / large)} ${unit}${rest ? ` ${rest} ${smaller}` : ""}`;
  };
  const duration = (value) => {
    const seconds = Math.round(value);
    if (seconds < 60) return `${seconds} s`;
    if (seconds < 3600) return two(seconds, 60, "min", 1, "s");
    return seconds < 86_400 ? two(seconds, 3600, "h", 60, "min") : two(seconds, 86_400, "d", 3600, "h");
  };
  const written = (value, kind) => {
    if (value === null || value === undefined) return "–";
    if (kind === "share") return `${(value * 100).toFixed(1).replace(/\.0$/, "")}%`;
    if (kind === "seconds") return duration(value);
    return typeof value === "number" ? value.toLocaleString("en") : value;
  };

  function make(tag, about = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(about)) if (value !== null) element.setAttribute(name, value);
    element.append(...children.filter((child) => child !== null));
    return element;
  }

  function spark(label, counts) {
    const most = Math.max(...counts);
    if (counts.length < 2 || most === 0) return null;
    const line = document.createElementNS(SVG, "polyline");
    line.setAttribute("points", counts.map((count, at) => `${((at * 120) / (counts.length - 1)).toFixed(1)},${(28 - (count / most) * 26).toFixed(1)}`).join(" "));
    const picture = document.createElementNS(SVG, "svg");
    for (const [name, value] of Object.entries({ class: "spark", viewBox: "0 0 120 30", preserveAspectRatio: "none", role: "img", "aria-label": `${label} per day` })) picture.setAttribute(name, value);
    picture.append(line);
    return picture;
  }

  const kpis = ({ figures }) =>
    make("ul", { class: "cards" }, ...figures.map(({ dataset, measure, label, trend, colour }) => {
      const [one] = records(dataset);
      const isLeftOut = one[measure] === null && spec.datasets[dataset].single.includes(measure) && from !== to;
      return make("li", { class: "card-figure", style: `--tone:${colour}` },
        make("span", { class: "label" }, label),
        make("span", { class: "value", "data-figure": `${dataset}.${measure}`, "data-value": one[measure] ?? "" }, written(one[measure], column(dataset, measure)[2])),
        isLeftOut ? make("span", { class: "change" }, "for a month or a single day") : null,
        trend ? spark(label, records(trend).map((day) => day[measure])) : null);
    }));

  const table = ({ dataset, columns, bars, limit }) => {
    const all = records(dataset);
    const most = Object.fromEntries(bars.map((name) => [name, Math.max(...all.map((one) => one[name] || 0)) || 1]));
    const isFigure = (name) => !["text", "day", "time"].includes(column(dataset, name)[2]);
    const cell = (one, name, at) => {
      const text = written(one[name], column(dataset, name)[2]);
      if (at === 0) return make("th", { scope: "row", class: "is-text", "data-of": name }, text);
      if (!(name in most)) return make("td", isFigure(name) ? { class: "n" } : { class: "is-text", "data-of": name }, text);
      return make("td", { class: "n" }, make("span", { class: "cellbar", style: `--w:${((one[name] / most[name]) * 100).toFixed(1)}%` }, make("i"), make("span", {}, text)));
    };
    const head = columns.map((name) => make("th", { scope: "col", class: isFigure(name) ? "n" : null }, column(dataset, name)[1]));
    const body = all.slice(0, limit).map((one) => make("tr", {}, ...columns.map((name, at) => cell(one, name, at))));
    const left = all.length - body.length;
    return make("div", {},
      make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Rows" }, make("table", {}, make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...body))),
      left > 0 ? make("p", { class: "more" }, `${written(left)} more ${left === 1 ? "row is" : "rows are"} not shown.`) : null);
  };

  const bars = ({ dataset, x, by, measures: [measure], limit }) => {
    const groups = new Map([[null, []]]);
    for (const one of records(dataset)) {
      const name = by ? one[by] : null;
      groups.set(name, [...(groups.get(name) || []), one]);
    }
    const list = (found) => {
      const listed = found.slice(0, limit);
      const most = Math.max(...listed.map((one) => one[measure] || 0)) || 1;
      return make("dl", { class: "bars" }, ...listed.map((one) =>
        make("div", {}, make("dt", { "data-of": x }, one[x]), make("dd", {},
          make("span", { class: "track", "aria-hidden": "true" }, one[measure] ? make("span", { class: "bar", style: `width:${((one[measure] / most) * 100).toFixed(1)}%;background:var(--accent)` }) : null),
          make("span", { class: "n" }, written(one[measure], column(dataset, measure)[2]))))));
    };
    const parts = [...groups].filter(([, found]) => found.length);
    return make("div", { class: "groups" }, ...parts.flatMap(([name, found]) => [name === null ? null : make("h3", {}, name), list(found)]));
  };

  const funnel = ({ dataset, x, measures: [measure] }) => {
    const steps = records(dataset);
    const first = steps[0][measure] || 1;
    return make("ol", { class: "funnel" }, ...steps.map((one) => make("li", {},
      make("span", { class: "step" }, one[x]),
      make("span", { class: "track", "aria-hidden": "true" }, make("span", { class: "bar", style: `width:${Math.min(100, (one[measure] / first) * 100).toFixed(1)}%` })),
      make("span", { class: "n" }, make("b", {}, written(one[measure])), " ", make("small", {}, written(one[measure] / first, "share"))))));
  };

  const summary = ({ dataset, measures }) => {
    const told = measures.map((name) => `${column(dataset, name)[1]}: ${written(records(dataset).reduce((sum, one) => add(sum, one[name]), null))} in all`);
    return make("p", { class: "summary" }, `${told.join("; ")}.`);
  };

  const isEmpty = ({ kind, dataset, measures, figures }) => {
    if (kind === "kpis") return records(figures[0].dataset).length === 0;
    const all = records(dataset);
    return all.length === 0 || (measures !== undefined && kind !== "funnel" && !all.some((one) => measures.some((name) => one[name])));
  };

  // The widget's view of the range, in the place of an earlier one.
  function view(section) {
    const about = spec.widgets[section.id];
    const place = section.querySelector('.view[data-slice="range"]') || make("div", { class: "view", "data-slice": "range" });
    if (!place.parentNode) section.querySelector(".view").after(place);
    const shapes = { kpis, table, funnel };
    const draw = shapes[about.kind] || (about.kind === "bar" && about.x !== "day" ? bars : summary);
    const note = spec.datasets[about.dataset]?.note;
    if (isEmpty(about)) place.replaceChildren(make("p", { class: "empty" }, about.empty.replace("this month", "on these days")));
    else place.replaceChildren(draw(about), ...(note && from !== to ? [make("p", { class: "more" }, note)] : []));
  }

  return { rows, show: () => document.querySelectorAll("main > section").forEach((section) => spec.widgets[section.id] && view(section)) };
};
