"use strict";
(() => {
  const root = document.documentElement;
  const data = JSON.parse(document.getElementById("_data").textContent);
  const months = [...document.querySelectorAll("#_month input")];
  const versions = document.getElementById("_version");
  const [from, to] = [document.getElementById("_from"), document.getElementById("_to")];
  const sections = [...document.querySelectorAll("[data-chart]")];
  const drawn = new Map();
  const waiting = new Set();
  let shown;

  // What is shown: a month, which has views of its own, or a range of days, whose views are made here.
  function chosen() {
    const month = months.find((input) => input.checked)?.value;
    const version = versions ? versions.value : data.versions[0];
    const suffix = version === undefined ? "" : `.${version}`;
    if (month) {
      const slice = month + suffix;
      return { slice, month, name: slice, rows: (dataset) => data.datasets[dataset].rows[slice] || [] };
    }
    const range = window.journeysRanges(data.ranges, { from: from.value, to: to.value, version: version ?? "0" });
    return { slice: "range", month: to.value.slice(0, 7), name: `${from.value}--${to.value}${suffix}`, ...range };
  }

  const monthEnd = (month) => {
    const end = new Date(Date.UTC(Number(month.slice(0, 4)), Number(month.slice(5)), 0)).toISOString().slice(0, 10);
    return end < to.max ? end : to.max;
  };

  function followMonth() {
    const month = months.find((input) => input.checked)?.value;
    if (from && month) [from.value, to.value] = [`${month}-01`, monthEnd(month)];
  }

  // A range that is a whole month is that month, which is counted for itself.
  function followRange(changed) {
    if (!from.validity.valid || !to.validity.valid) return;
    if (from.value > to.value) (changed === from ? to : from).value = changed.value;
    for (const input of months) input.checked = from.value === `${input.value}-01` && to.value === monthEnd(input.value);
    show();
  }

  const view = (section) => section.querySelector(`.view[data-slice="${shown.slice}"]`);

  async function draw(section) {
    waiting.delete(section);
    watch.unobserve(section);
    const place = section.querySelector(".chart");
    const { dataset, spec } = data.charts[section.id];
    const isEmpty = view(section).querySelector(".empty") !== null;
    const rows = isEmpty ? [] : shown.rows(dataset);
    section.querySelector(".numbers").hidden = isEmpty;
    place.classList.toggle("is-empty", rows.length === 0);
    drawn.get(section.id)?.finalize();
    drawn.delete(section.id);
    if (rows.length === 0) return place.replaceChildren();
    const names = data.datasets[dataset].columns.map(([key]) => key);
    const values = rows.map((row) => Object.fromEntries(row.map((value, at) => [names[at], value])));
    const words = view(section).querySelector(".summary")?.textContent || "";
    const legend = { ...spec.config.legend, columns: Math.max(2, Math.floor(place.clientWidth / 115)) };
    const whole = { ...spec, data: { values }, config: { ...spec.config, legend } };
    const options = { renderer: "svg", actions: false, ast: true, tooltip: { theme: "custom" } };
    const canvas = document.createElement("div");
    place.replaceChildren(canvas);
    const mine = shown;
    try {
      const made = await vegaEmbed(canvas, whole, options);
      if (mine !== shown) return made.finalize();
      drawn.set(section.id, made);
      place.setAttribute("role", "img");
      place.setAttribute("aria-label", words);
    } catch (error) {
      place.textContent = `This chart's declaration cannot be drawn: ${error.message}`;
    }
    place.style.minHeight = "";
  }

  const isNear = (section) => section.getBoundingClientRect().top < innerHeight + 100;
  const rest = () => new Promise((resume) => setTimeout(resume));

  // Charts in sight come first; the others follow while nothing else is to be done, so that paper has them too.
  const watch = new IntersectionObserver((seen) => seen.forEach(({ isIntersecting, target }) => isIntersecting && waiting.has(target) && draw(target)), { rootMargin: "300px" });

  async function drawAll() {
    for (const section of sections.filter((one) => waiting.has(one))) {
      if (waiting.has(section)) await draw(section);
      await rest();
    }
  }

  function listNumbers(section) {
    const { dataset } = data.charts[section.id];
    const { columns } = data.datasets[dataset];
    const table = document.createElement("table");
    const head = table.createTHead().insertRow();
    for (const [, label, kind] of columns) {
      const cell = document.createElement("th");
      cell.scope = "col";
      cell.textContent = label;
      cell.className = ["text", "day", "time"].includes(kind) ? "" : "n";
      head.append(cell);
    }
    const body = table.createTBody();
    for (const row of shown.rows(dataset)) {
      const line = body.insertRow();
      row.forEach((value, at) => {
        const cell = line.insertCell();
        const isNumber = typeof value === "number";
        const isShare = isNumber && columns[at][2] === "share";
        cell.className = isNumber ? "n" : "";
        cell.textContent = value === null ? "–" : isShare ? `${(value * 100).toFixed(1).replace(/\.0$/, "")}%` : isNumber ? value.toLocaleString("en", { maximumFractionDigits: 4 }) : value;
      });
    }
    section.querySelector(".numbers .scroll").replaceChildren(table);
  }

  async function show() {
    shown = chosen();
    shown.show?.();
    window.journeysPage.shown = shown;
    root.dataset.slice = shown.slice;
    delete root.dataset.complete;
    for (const one of document.querySelectorAll(".view")) one.hidden = one.dataset.slice !== shown.slice;
    for (const link of document.querySelectorAll("a.keeps-month")) {
      const [file, anchor] = link.getAttribute("href").split("#");
      const part = (anchor || "").split("&month=")[0];
      link.setAttribute("href", `${file}#${part}&month=${shown.month}`);
    }
    for (const section of sections) {
      if (section.querySelector(".numbers").open) listNumbers(section);
      const place = section.querySelector(".chart");
      const isEmpty = view(section).querySelector(".empty") !== null;
      place.style.minHeight = isEmpty ? "" : `${place.offsetHeight || data.charts[section.id].spec.height || 120}px`;
      place.classList.toggle("is-empty", isEmpty);
      waiting.add(section);
    }
    const mine = shown;
    await Promise.all(sections.filter(isNear).map(draw));
    root.dataset.ready = "true";
    for (const section of waiting) watch.observe(section);
    await drawAll();
    if (mine === shown) root.dataset.complete = "true";
  }

  for (const section of sections) {
    const numbers = section.querySelector(".numbers");
    numbers.addEventListener("toggle", () => numbers.open && listNumbers(section));
  }
  for (const input of months) input.addEventListener("change", () => (followMonth(), show()));
  versions?.addEventListener("change", show);
  for (const input of [from, to]) input?.addEventListener("change", () => followRange(input));
  addEventListener("beforeprint", drawAll);

  document.getElementById("_theme").addEventListener("click", () => {
    const isDark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = isDark ? "light" : "dark";
  });

  document.querySelectorAll("nav [aria-current]").forEach((link) => (link.closest("nav").scrollLeft = link.offsetLeft - 40));
  const [anchor, wanted] = location.hash.slice(1).split("&month=");
  const first = months.find((input) => input.value === wanted) || months[0];
  first.checked = true;
  followMonth();
  window.journeysPage = { data };
  show();
  if (anchor) document.getElementById(anchor)?.scrollIntoView();
})();
