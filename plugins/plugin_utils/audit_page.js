// Copyright: (c) 2026, metaops.whatsapp contributors
// GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later
"use strict";
(() => {
  // The page is whole without this: it adds sorting and filtering, and never makes markup out of text.
  const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
  const marks = ["✓", "+", "−", "○", "?", ""];
  const tables = [...document.querySelectorAll("table")].map((table) => ({
    place: table.closest("[data-part]"),
    rows: [...table.tBodies[0].rows],
    body: table.tBodies[0],
  }));
  const rows = tables.flatMap((table) => table.rows);
  const texts = new Map(rows.map((row) => [row, row.textContent.toLocaleLowerCase()]));

  // Sorting

  const key = (row, column) => {
    const cell = row.cells[column];
    return cell.dataset.k ?? cell.textContent.trim();
  };
  const compare = (one, other) => {
    if (marks.includes(one) && marks.includes(other)) return marks.indexOf(one) - marks.indexOf(other);
    if (!one !== !other) return one ? -1 : 1;
    return collator.compare(one, other);
  };
  const sort = (header) => {
    const down = header.getAttribute("aria-sort") === "ascending";
    const body = header.closest("table").tBodies[0];
    const keyed = [...body.rows].map((row) => [key(row, header.cellIndex), row]);
    keyed.sort((one, other) => (down ? compare(other[0], one[0]) : compare(one[0], other[0])));
    body.append(...keyed.map((pair) => pair[1]));
    for (const other of header.parentElement.cells) other.removeAttribute("aria-sort");
    header.setAttribute("aria-sort", down ? "descending" : "ascending");
  };
  for (const header of document.querySelectorAll("thead th")) {
    if (header.closest("table").tBodies[0].rows.length < 2) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.append(...header.childNodes);
    button.addEventListener("click", () => sort(header));
    header.append(button);
  }

  // Filtering

  const tools = document.getElementById("tools");
  const controls = ["text", "task", "status", "type"].map((name) => document.getElementById(`filter-${name}`));
  const told = document.getElementById("filter-result");
  const people = [...document.querySelectorAll("#everybody tbody tr")];
  const filter = () => {
    const [text, task, status, type] = controls.map((control) => control?.value ?? "");
    const words = text.toLocaleLowerCase().split(/\s+/u).filter(Boolean);
    const has = (row, name, value) => !value || (row.dataset[name] ?? "").split(" ").includes(value);
    const active = words.length > 0 || Boolean(task || status || type);
    for (const row of rows) {
      const words_fit = words.every((word) => texts.get(row).includes(word));
      // Only rows of people say what they hold: the others are left to the words.
      const fits = words_fit && (row.dataset.u === undefined || (has(row, "t", task) && has(row, "s", status) && has(row, "u", type)));
      if (row.hidden === fits) row.hidden = !fits;
    }
    for (const table of tables) {
      if (table.place) table.place.hidden = active && table.rows.length > 0 && table.rows.every((row) => row.hidden);
    }
    const left = people.filter((row) => !row.hidden).length;
    told.textContent = active ? `Shows ${left} of ${people.length} people.` : "";
  };
  let timer = 0;
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(filter, 150);
  };
  for (const control of controls) control?.addEventListener("input", soon);
  document.getElementById("filter-clear").addEventListener("click", () => {
    for (const control of controls) if (control) control.value = "";
    filter();
    controls[0].focus();
  });
  tools.addEventListener("submit", (event) => event.preventDefault());
  tools.hidden = false;
})();
