// Two lists of tasks with one search; a click, or Enter, asks about one.

export default {
  render({ model, el, signal }) {
    const list = new Tasks(model, el);
    const build = () => list.build();
    for (const name of ["change:sides", "change:words"]) {
      model.on(name, build);
      signal.addEventListener("abort", () => model.off(name, build));
    }
    build();
  },
};

function made(parent, tag, more = {}) {
  const element = Object.assign(document.createElement(tag), more);
  parent.append(element);
  return element;
}

// Long names of one app differ at their end: that stays to be seen, and the middle is cut.
const END = 6;

function named(cell, text) {
  const name = made(cell, "div", { className: "workbench-tasks-name" });
  made(name, "span", { textContent: text.slice(0, -END) });
  made(name, "span", { textContent: text.slice(-END) });
}

class Tasks {
  constructor(model, el) {
    this.model = model;
    el.classList.add("workbench-tasks");
    el.setAttribute("data-lm-suppress-shortcuts", ""); // JupyterLab leaves the keys to us
    const head = made(el, "div", { className: "workbench-tasks-head" });
    this.search = made(head, "input", { type: "search" });
    this.search.addEventListener("input", () => this.filter());
    this.hint = made(head, "span");
    this.body = made(el, "div", { className: "workbench-tasks-body" });
  }

  build() {
    const words = this.model.get("words");
    this.search.placeholder = words.search ?? "";
    this.search.setAttribute("aria-label", words.search ?? "");
    this.hint.textContent = words.hint ?? "";
    const sides = this.model.get("sides").map((side) => this.side(side, words));
    this.body.replaceChildren(...sides);
    this.body.classList.toggle("workbench-many", sides.length > 2);
    this.filter();
  }

  side({ side, name, mark, colour, rows, left }, words) {
    const place = document.createElement("div");
    const table = made(place, "table");
    const caption = made(table, "caption");
    made(caption, "span", { textContent: mark }).style.color = colour;
    caption.append(` ${name}`);
    const heads = made(made(table, "thead"), "tr");
    for (const key of ["task", "wait", "node", "state"]) made(heads, "th", { scope: "col", textContent: words[key] });
    const body = made(table, "tbody");
    for (const cells of rows) {
      const row = made(body, "tr", { tabIndex: 0 });
      cells.forEach((text, column) => {
        const cell = made(row, "td", { title: text });
        if (column) cell.textContent = text;
        else named(cell, text);
      });
      const ask = () => this.model.send({ kind: "ask", side, task: cells[0] });
      row.addEventListener("click", ask);
      row.addEventListener("keydown", (event) => {
        if (event.key !== "Enter") return;
        event.preventDefault();
        event.stopPropagation();
        ask();
      });
    }
    if (left) made(place, "p", { textContent: left });
    return place;
  }

  filter() {
    const wanted = this.search.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const row of this.body.querySelectorAll("tbody tr")) {
      const text = row.textContent.toLowerCase();
      row.hidden = !wanted.every((word) => text.includes(word));
    }
  }
}
