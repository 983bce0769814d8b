"use strict";
// Rows leave the page as CSV or as a workbook, made here: the page stays one file, and what is shown is what is saved.
(() => {
  const { data } = window.journeysPage;
  const FORMULA = /^[=+\-@\t\r\n\0]/;
  const HARMLESS = /^(\+[0-9]{5,15}|-?[0-9]+(\.[0-9]+)?)$/;

  const shown = () => window.journeysPage.shown;
  const tableOf = (id) => {
    const { dataset, title } = data.exports[id];
    return { title, columns: data.datasets[dataset].columns, rows: shown().rows(dataset) };
  };

  function csv({ columns, rows }) {
    const cell = (value) => {
      if (value === null) return "";
      let text = String(value);
      if (typeof value === "string" && FORMULA.test(text) && !HARMLESS.test(text)) text = `'${text}`;
      return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
    };
    const lines = [columns.map(([, label]) => label), ...rows].map((row) => row.map(cell).join(","));
    return new TextEncoder().encode(`${lines.join("\r\n")}\r\n`);
  }

  const xml = (text) =>
    text
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "\ufffd")
      .replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
  const HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
  const MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"';
  const OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
  const PACKAGE = "http://schemas.openxmlformats.org/package/2006";
  const TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml";
  const STYLES = `${HEAD}<styleSheet ${MAIN}><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="3"><xf/><xf fontId="1" applyFont="1"/><xf numFmtId="10" applyNumberFormat="1"/></cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>`;

  function sheet({ columns, rows }) {
    const cell = (value, kind, style) => {
      if (value === null) return "<c/>";
      if (typeof value === "number") return `<c${kind === "share" ? ' s="2"' : ""}><v>${value}</v></c>`;
      return `<c t="inlineStr"${style}><is><t xml:space="preserve">${xml(String(value).slice(0, 32767))}</t></is></c>`;
    };
    const header = columns.map(([, label]) => cell(label, "text", ' s="1"')).join("");
    const body = rows.map((row) => `<row>${row.map((value, at) => cell(value, columns[at][2], "")).join("")}</row>`).join("");
    const pane = '<sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>';
    const widths = `<cols>${columns.map(([, , kind], at) => `<col min="${at + 1}" max="${at + 1}" width="${kind === "text" || kind === "time" ? 26 : 15}" customWidth="1"/>`).join("")}</cols>`;
    return `${HEAD}<worksheet ${MAIN}>${pane}${widths}<sheetData><row>${header}</row>${body}</sheetData></worksheet>`;
  }

  function sheetNames(tables) {
    const taken = new Set();
    return tables.map(({ title }, at) => {
      let name = title.replace(/[\[\]:*?/\\\u0000-\u001f]/g, " ").slice(0, 28).trim().replace(/^'+|'+$/g, "") || `Sheet ${at + 1}`;
      while (taken.has(name.toLowerCase())) name = `${name.slice(0, 26)} ${at + 1}`;
      taken.add(name.toLowerCase());
      return name;
    });
  }

  function workbook(tables) {
    const names = sheetNames(tables);
    const parts = names.map((_, at) => `/xl/worksheets/sheet${at + 1}.xml`);
    const overrides = parts.map((part) => `<Override PartName="${part}" ContentType="${TYPES}.worksheet+xml"/>`).join("");
    const sheets = names.map((name, at) => `<sheet name="${xml(name)}" sheetId="${at + 1}" r:id="r${at + 1}"/>`).join("");
    const relations = names.map((_, at) => `<Relationship Id="r${at + 1}" Type="${OFFICE}/worksheet" Target="worksheets/sheet${at + 1}.xml"/>`).join("");
    const styles = `<Relationship Id="styles" Type="${OFFICE}/styles" Target="styles.xml"/>`;
    return zip([
      ["[Content_Types].xml", `${HEAD}<Types xmlns="${PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="${TYPES}.sheet.main+xml"/><Override PartName="/xl/styles.xml" ContentType="${TYPES}.styles+xml"/>${overrides}</Types>`],
      ["_rels/.rels", `${HEAD}<Relationships xmlns="${PACKAGE}/relationships"><Relationship Id="r1" Type="${OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>`],
      ["xl/workbook.xml", `${HEAD}<workbook ${MAIN} xmlns:r="${OFFICE}"><sheets>${sheets}</sheets></workbook>`],
      ["xl/_rels/workbook.xml.rels", `${HEAD}<Relationships xmlns="${PACKAGE}/relationships">${relations}${styles}</Relationships>`],
      ["xl/styles.xml", STYLES],
      ...tables.map((table, at) => [`xl/worksheets/sheet${at + 1}.xml`, sheet(table)]),
    ]);
  }

  const CRC = Uint32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
    return crc;
  });
  const checksum = (bytes) => {
    let crc = 0xffffffff;
    for (const byte of bytes) crc = CRC[(crc ^ byte) & 255] ^ (crc >>> 8);
    return (crc ^ 0xffffffff) >>> 0;
  };

  // A ZIP archive whose files are stored as they are.
  function zip(files) {
    const text = new TextEncoder();
    const pieces = [];
    const directory = [];
    let offset = 0;
    const record = (size, fields) => {
      const view = new DataView(new ArrayBuffer(size));
      for (const [at, width, value] of fields) width === 4 ? view.setUint32(at, value, true) : view.setUint16(at, value, true);
      return new Uint8Array(view.buffer);
    };
    for (const [name, content] of files) {
      const [path, bytes] = [text.encode(name), text.encode(content)];
      const shared = (at) => [[at, 2, 20], [at + 2, 2, 0x800], [at + 8, 2, 0x21], [at + 10, 4, checksum(bytes)], [at + 14, 4, bytes.length], [at + 18, 4, bytes.length], [at + 22, 2, path.length]];
      const local = record(30, [[0, 4, 0x04034b50], ...shared(4)]);
      directory.push(record(46, [[0, 4, 0x02014b50], [4, 2, 20], ...shared(6), [42, 4, offset]]), path);
      pieces.push(local, path, bytes);
      offset += local.length + path.length + bytes.length;
    }
    const size = directory.reduce((sum, part) => sum + part.length, 0);
    const end = record(22, [[0, 4, 0x06054b50], [8, 2, files.length], [10, 2, files.length], [12, 4, size], [16, 4, offset]]);
    return new Blob([...pieces, ...directory, end], { type: `${TYPES}.sheet` });
  }

  function save(content, name) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type: "text/csv" }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  for (const button of document.querySelectorAll("[data-export]")) {
    button.addEventListener("click", () => {
      const id = button.closest("section").id;
      const table = tableOf(id);
      const kind = button.dataset.export;
      save(kind === "csv" ? csv(table) : workbook([table]), `${id}-${shown().name}.${kind}`);
    });
  }
  document.getElementById("_workbook").addEventListener("click", () => {
    const page = location.pathname.split("/").pop().replace(".html", "") || "dashboard";
    save(workbook(Object.keys(data.exports).map(tableOf)), `${page}-${shown().name}.xlsx`);
  });
})();
