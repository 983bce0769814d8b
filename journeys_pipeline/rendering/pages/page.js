"use strict";
(() => {
  const root = document.documentElement;
  const data = JSON.parse(document.getElementById("_data").textContent);
  const months = [...document.querySelectorAll("#_month input")];
  const versions = document.getElementById("_version");
  const drawn = new Map();

  const chosen = () => {
    const month = months.find((input) => input.checked).value;
    const [version] = versions ? [versions.value] : data.versions;
    return version === undefined ? month : `${month}.${version}`;
  };
  const records = (name, slice) => {
    const { columns, rows } = data.datasets[name];
    return (rows[slice] || []).map((row) => Object.fromEntries(columns.map(([key], at) => [key, row[at]])));
  };

  async function draw(section, slice) {
    const place = section.querySelector(".chart");
    const { dataset, spec } = data.charts[section.id];
    const isEmpty = section.querySelector(`.view[data-slice="${slice}"] .empty`) !== null;
    const rows = isEmpty ? [] : records(dataset, slice);
    section.querySelector(".numbers").hidden = isEmpty;
    place.classList.toggle("is-empty", rows.length === 0);
    drawn.get(section.id)?.finalize();
    drawn.delete(section.id);
    place.replaceChildren();
    if (rows.length === 0) return;
    const words = section.querySelector(`.view[data-slice="${slice}"] .summary`)?.textContent || "";
    const legend = { ...spec.config.legend, columns: Math.max(2, Math.floor(place.clientWidth / 115)) };
    const whole = { ...spec, data: { values: rows }, config: { ...spec.config, legend } };
    const options = { renderer: "svg", actions: false, ast: true, tooltip: { theme: "custom" } };
    try {
      drawn.set(section.id, await vegaEmbed(place, whole, options));
      place.setAttribute("role", "img");
      place.setAttribute("aria-label", words);
    } catch (error) {
      place.textContent = `This chart's declaration cannot be drawn: ${error.message}`;
    }
  }

  function listNumbers(section, slice) {
    const { dataset } = data.charts[section.id];
    const { columns, rows } = data.datasets[dataset];
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
    for (const row of rows[slice] || []) {
      const line = body.insertRow();
      row.forEach((value, at) => {
        const cell = line.insertCell();
        const isNumber = typeof value === "number";
        cell.className = isNumber ? "n" : "";
        cell.textContent = value === null ? "–" : isNumber ? value.toLocaleString("en", { maximumFractionDigits: 4 }) : value;
      });
    }
    section.querySelector(".numbers .scroll").replaceChildren(table);
  }

  function show() {
    const slice = chosen();
    const month = slice.split(".")[0];
    root.dataset.slice = slice;
    for (const view of document.querySelectorAll(".view")) view.hidden = view.dataset.slice !== slice;
    for (const link of document.querySelectorAll("a.keeps-month")) {
      const [file, anchor] = link.getAttribute("href").split("#");
      const part = (anchor || "").split("&month=")[0];
      link.setAttribute("href", `${file}#${part}&month=${month}`);
    }
    const sections = [...document.querySelectorAll("[data-chart]")];
    for (const section of sections) if (section.querySelector(".numbers").open) listNumbers(section, slice);
    return Promise.all(sections.map((section) => draw(section, slice)));
  }

  for (const section of document.querySelectorAll("[data-chart]")) {
    const numbers = section.querySelector(".numbers");
    numbers.addEventListener("toggle", () => numbers.open && listNumbers(section, root.dataset.slice));
  }
  for (const input of months) input.addEventListener("change", show);
  versions?.addEventListener("change", show);

  document.getElementById("_theme").addEventListener("click", () => {
    const isDark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = isDark ? "light" : "dark";
  });

  const [anchor, wanted] = location.hash.slice(1).split("&month=");
  const first = months.find((input) => input.value === wanted) || months[0];
  first.checked = true;
  window.journeysPage = { data, records };
  show().then(() => {
    root.dataset.ready = "true";
    if (anchor) document.getElementById(anchor)?.scrollIntoView();
  });
})();
