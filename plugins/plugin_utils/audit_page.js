// Copyright: (c) 2026, metaops.whatsapp contributors
// GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later
"use strict";
(() => {
  // The page is whole without this: it adds sorting and filtering, and never makes markup out of text.
  const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
  const marks = ["✓", "+", "−", "○", "?", ""];
  // Rows of one table that are shown at once: a browser lays out thousands for seconds.
  const most = 300;
  const tables = [...document.querySelectorAll("table")].map((element) => ({
    body: element.tBodies[0],
    headers: [...element.tHead.rows[0].cells],
    rows: [...element.tBodies[0].rows],
    place: element.closest("[data-part]"),
    scroll: element.closest(".scroll"),
    whole: false,
  }));
  const rows = tables.flatMap((table) => table.rows);
  const texts = new Map(rows.map((row) => [row, row.textContent.toLocaleLowerCase()]));
  // Rows that do not fit what is searched for.
  const unfit = new Set();
  let printing = false;

  const show = (table) => {
    let left = table.whole || printing ? Infinity : most;
    let cut = 0;
    for (const row of table.body.rows) {
      const shown = !unfit.has(row) && left > 0;
      if (shown) left -= 1;
      else if (!unfit.has(row)) cut += 1;
      if (row.hidden === shown) row.hidden = !shown;
    }
    if (table.more) {
      table.more.textContent = `Show ${cut} more rows`;
      table.more.hidden = cut === 0;
    }
  };
  for (const table of tables.filter((each) => each.rows.length > most)) {
    table.more = document.createElement("button");
    table.more.type = "button";
    table.more.className = "more";
    table.more.addEventListener("click", () => {
      table.whole = true;
      show(table);
      table.scroll.focus();
    });
    table.scroll.after(table.more);
    show(table);
  }
  for (const [event, state] of [["beforeprint", true], ["afterprint", false]]) {
    addEventListener(event, () => {
      printing = state;
      tables.forEach(show);
    });
  }

  // Sorting

  const key = (row, column) => row.cells[column].textContent.trim();
  const compare = (one, other) => {
    if (marks.includes(one) && marks.includes(other)) return marks.indexOf(one) - marks.indexOf(other);
    if (!one !== !other) return one ? -1 : 1;
    return collator.compare(one, other);
  };
  const sort = (table, header) => {
    const down = header.getAttribute("aria-sort") === "ascending";
    const keyed = table.rows.map((row) => [key(row, header.cellIndex), row]);
    keyed.sort((one, other) => (down ? compare(other[0], one[0]) : compare(one[0], other[0])));
    table.body.append(...keyed.map((pair) => pair[1]));
    for (const other of table.headers) other.removeAttribute("aria-sort");
    header.setAttribute("aria-sort", down ? "descending" : "ascending");
    show(table);
  };
  for (const table of tables.filter((each) => each.rows.length > 1)) {
    for (const header of table.headers) {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...header.childNodes);
      button.addEventListener("click", () => sort(table, header));
      header.append(button);
    }
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
    unfit.clear();
    for (const row of rows) {
      const named = words.every((word) => texts.get(row).includes(word));
      // Only rows of people say what they hold: the others are left to the words.
      const does = row.dataset.u === undefined || (has(row, "t", task) && has(row, "s", status) && has(row, "u", type));
      if (!named || !does) unfit.add(row);
    }
    for (const table of tables) {
      show(table);
      if (table.place) table.place.hidden = active && table.rows.length > 0 && table.rows.every((row) => unfit.has(row));
    }
    const left = people.filter((row) => !unfit.has(row)).length;
    told.textContent = active ? `Found ${left} of ${people.length} people.` : "";
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
