// Copyright: (c) 2026, metaops.whatsapp contributors
// SPDX-License-Identifier: GPL-3.0-or-later
"use strict";
// The page is complete without this: it adds sorting and filtering, and never makes markup out of text.
const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
// Rows of one table that are shown at first: browsers need seconds to lay out thousands.
const most = 300;
const tables = [...document.querySelectorAll("table")].map((table) => ({
  body: table.tBodies[0],
  headers: [...table.tHead.rows[0].cells],
  rows: [...table.tBodies[0].rows],
  part: table.closest("[data-part]"),
  scroll: table.parentElement,
  more: table.parentElement.nextElementSibling,
  limit: most,
}));
const rows = tables.flatMap((table) => table.rows);
const texts = new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));
// The rows that do not match the filter.
const unfit = new Set();
let printing = false;

function show(table) {
  const fit = [...table.body.rows].filter((row) => !unfit.has(row));
  const shown = new Set(printing ? fit : fit.slice(0, table.limit));
  for (const row of table.rows) {
    if (row.hidden === shown.has(row)) row.hidden = !row.hidden;
  }
  table.more.hidden = shown.size === fit.length;
  table.more.textContent = `Show ${fit.length - shown.size} more rows`;
}

function compare(one, other) {
  if (!one !== !other) return one ? -1 : 1;
  return collator.compare(one, other);
}

function sort(table, header) {
  const direction = header.getAttribute("aria-sort") === "ascending" ? "descending" : "ascending";
  const sign = direction === "ascending" ? 1 : -1;
  const keyed = table.rows.map((row) => [row.cells[header.cellIndex].textContent.trim(), row]);
  keyed.sort((one, other) => sign * compare(one[0], other[0]));
  table.body.append(...keyed.map((pair) => pair[1]));
  for (const each of table.headers) each.removeAttribute("aria-sort");
  header.setAttribute("aria-sort", direction);
  show(table);
}

for (const table of tables) {
  table.more.addEventListener("click", () => { table.limit = Infinity; show(table); table.scroll.focus(); });
  for (const header of table.rows.length > 1 ? table.headers : []) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...header.childNodes);
    button.addEventListener("click", () => sort(table, header));
    header.append(button);
  }
  show(table);
}
addEventListener("beforeprint", () => { printing = true; tables.forEach(show); });
addEventListener("afterprint", () => { printing = false; tables.forEach(show); });

const controls = ["text", "task", "way", "status", "type"].map((name) => document.getElementById(`filter-${name}`));
const people = [...document.querySelectorAll("#everybody tbody tr")];
let timer = 0;

function filter() {
  const [text, task, way, status, type] = controls.map((control) => control?.value ?? "");
  const words = text.toLowerCase().split(/\s+/u).filter(Boolean);
  const has = (values, value) => !value || values.split(" ").includes(value);
  // Only the rows of people have these attributes: other rows are filtered by text alone.
  const fits = (row) => words.every((word) => texts.get(row).includes(word))
    && (row.dataset.u === undefined
      || (has(row.dataset.t, task) && has(row.dataset.w, way) && has(row.dataset.s, status) && has(row.dataset.u, type)));
  unfit.clear();
  for (const row of rows) if (!fits(row)) unfit.add(row);
  for (const table of tables) {
    show(table);
    if (table.part) table.part.hidden = table.rows.length > 0 && table.rows.every((row) => unfit.has(row));
  }
  const found = people.filter((row) => !unfit.has(row)).length;
  const active = words.length > 0 || task || way || status || type;
  document.getElementById("filter-result").textContent = active ? `Found ${found} of ${people.length} people.` : "";
}

for (const control of controls) {
  control?.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(filter, 150);
  });
}
document.getElementById("filter-clear").addEventListener("click", () => {
  for (const control of controls) if (control) control.value = "";
  filter();
  controls[0].focus();
});
document.getElementById("tools").hidden = false;
