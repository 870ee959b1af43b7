// Settings as native controls: a range over the stops of a setting, a check box, a list of choices.

let rails = 0;

export default {
  render({ model, el, signal }) {
    const rail = new Rail(model, el);
    const shown = {
      "change:rows change:words": () => rail.build(),
      "change:chosen": () => rail.stand(),
      "change:problems": () => rail.complain(),
      "change:level": () => rail.open(),
      "change:able": () => rail.enable(),
    };
    for (const [names, show] of Object.entries(shown)) {
      model.on(names, show);
      signal.addEventListener("abort", () => model.off(names, show));
    }
    rail.build();
  },
};

function made(parent, tag, more = {}) {
  const element = Object.assign(document.createElement(tag), more);
  parent.append(element);
  return element;
}

class Rail {
  constructor(model, el) {
    this.model = model;
    this.id = `workbench-rail-${rails++}`;
    el.classList.add("workbench-rail");
    el.setAttribute("data-lm-suppress-shortcuts", ""); // JupyterLab leaves the arrow keys to us
    this.near = made(el, "div", { className: "workbench-near" });
    this.drawer = made(el, "div", { className: "workbench-drawer", hidden: true });
    this.foot = made(el, "div", { className: "workbench-foot" });
    el.addEventListener("keydown", (event) => {
      const undo = (event.ctrlKey || event.metaKey) && event.key === "z" && event.target !== this.search;
      if (!undo || !this.model.get("able").undo) return;
      event.preventDefault();
      this.model.send({ kind: "undo" });
    });
    this.drawer.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.level("first");
    });
  }

  word(name) {
    return this.model.get("words")[name] ?? name;
  }

  save(values) {
    for (const [name, value] of Object.entries(values)) this.model.set(name, value);
    this.model.save_changes();
  }

  level(level) {
    this.save({ level });
  }

  build() {
    const within = document.activeElement;
    const focused = this.near.contains(within) || this.drawer.contains(within) ? within.dataset.path : null;
    this.rows = new Map();
    this.near.replaceChildren();
    this.drawer.replaceChildren();
    this.foot.replaceChildren();
    this.near.setAttribute("role", "group");
    this.near.setAttribute("aria-label", this.word("settings"));
    const head = made(this.drawer, "div", { className: "workbench-drawer-head" });
    this.search = made(head, "input", { type: "search", placeholder: this.word("search") });
    this.search.setAttribute("aria-label", this.word("search"));
    this.search.addEventListener("input", () => this.filter());
    this.button(head, "close", () => this.level("first"));
    this.list = made(this.drawer, "div", { className: "workbench-drawer-list" });
    this.nothing = made(this.list, "p", { textContent: this.word("none"), hidden: true });
    for (const row of this.model.get("rows")) {
      if (row.level !== "all") this.row(this.near, row);
      this.row(this.list, row);
    }
    this.wider = this.button(this.near, "more", () =>
      this.level(this.model.get("level") === "more" ? "first" : "more"),
    );
    this.every = this.button(this.near, "all", () => this.level("all"));
    this.presses = {};
    for (const name of ["equalise", "repeat", "undo", "reset"]) {
      this.presses[name] = this.button(this.foot, name, () => this.model.send({ kind: name }));
    }
    this.presses.equalise.title = this.word("equalise_about");
    this.presses.repeat.title = this.word("repeat_about");
    this.stand();
    this.complain();
    this.open();
    this.enable();
    if (focused) this.near.querySelector(`input[data-path="${CSS.escape(focused)}"]`)?.focus();
  }

  button(parent, name, press) {
    const button = made(parent, "button", { type: "button", textContent: this.word(name) });
    button.className = `jupyter-button widget-button workbench-press workbench-${name}`;
    button.addEventListener("click", press);
    return button;
  }

  row(parent, row) {
    const { path, said } = row;
    const line = made(parent, "div", { className: `workbench-setting workbench-${row.level}`, title: row.about });
    const id = `${this.id}-${parent === this.list ? "all-" : ""}${path}`;
    const head = made(line, "div", { className: "workbench-setting-head" });
    made(head, "label", { htmlFor: id, textContent: row.label });
    const back = made(head, "button", { type: "button", className: "workbench-back", textContent: "↺" });
    back.title = this.word("back").replace("{value}", said[row.shipped]);
    back.setAttribute("aria-label", `${row.label}: ${back.title}`);
    back.addEventListener("click", () => this.choose(path, row.shipped, true));
    const value = made(head, "output", { htmlFor: id });
    const control = this.control(line, row);
    control.id = id;
    control.dataset.path = path;
    if (row.kind !== "switch") control.addEventListener("keydown", (event) => this.key(event, row));
    const problem = made(line, "div", { className: "workbench-problem", id: `${id}-problem`, hidden: true });
    problem.setAttribute("role", "alert");
    control.setAttribute("aria-describedby", problem.id);
    const part = { row, line, value, control, problem, back };
    if (!this.rows.has(path)) this.rows.set(path, []);
    this.rows.get(path).push(part);
  }

  control(line, row) {
    const { path, said } = row;
    if (row.kind === "range") {
      const place = made(line, "div", { className: "workbench-range" });
      const range = made(place, "input", { type: "range", min: 0, max: said.length - 1, step: 1 });
      const mark = made(place, "span", { className: "workbench-shipped" });
      mark.style.setProperty("--at", said.length > 1 ? row.shipped / (said.length - 1) : 0);
      range.addEventListener("input", () => this.choose(path, Number(range.value), false));
      range.addEventListener("change", () => this.choose(path, Number(range.value), true));
      return range;
    }
    if (row.kind === "switch") {
      const box = made(line, "input", { type: "checkbox" });
      box.addEventListener("change", () => this.choose(path, Number(box.checked), true));
      line.classList.add("workbench-switch");
      return box;
    }
    const list = made(line, "select");
    list.replaceChildren(...said.map((text, number) => new Option(text, number)));
    list.addEventListener("change", () => this.choose(path, Number(list.value), true));
    return list;
  }

  // JupyterLab keeps browsers from moving a control by keys, so the keys are answered here.
  key(event, { path, said, shipped, kind }) {
    const up = kind === "choice" ? -1 : 1;
    const stop = this.model.get("chosen")[path] ?? shipped;
    const last = said.length - 1;
    const leap = Math.max(1, Math.round(last / 10));
    const moves = {
      ArrowRight: stop + 1,
      ArrowUp: stop + up,
      ArrowLeft: stop - 1,
      ArrowDown: stop - up,
      PageUp: stop + leap,
      PageDown: stop - leap,
      Home: 0,
      End: last,
    };
    if (!(event.key in moves)) return;
    event.preventDefault();
    event.stopPropagation();
    this.choose(path, Math.max(0, Math.min(last, moves[event.key])), true);
  }

  // The kernel hears of every stop on the way; `settle` ends what *undo* takes back in one step.
  choose(path, stop, final) {
    const chosen = this.model.get("chosen");
    if (chosen[path] !== stop) this.save({ chosen: { ...chosen, [path]: stop } });
    if (final) this.model.send({ kind: "settle" });
  }

  stand() {
    const chosen = this.model.get("chosen");
    for (const [path, parts] of this.rows) {
      for (const { row, line, value, control, back } of parts) {
        const stop = chosen[path] ?? row.shipped;
        const text = row.said[stop] ?? "";
        if (row.kind === "switch") control.checked = Boolean(stop);
        else control.value = stop;
        if (row.kind === "range") control.setAttribute("aria-valuetext", text);
        value.textContent = row.kind === "choice" ? "" : text;
        const changed = stop !== row.shipped;
        line.classList.toggle("workbench-changed", changed);
        back.hidden = !changed;
      }
    }
  }

  complain() {
    const problems = this.model.get("problems");
    for (const [path, parts] of this.rows) {
      for (const { problem } of parts) {
        problem.textContent = problems[path] ?? "";
        problem.hidden = !(path in problems);
      }
    }
  }

  open() {
    const level = this.model.get("level");
    const opens = this.drawer.hidden && level === "all";
    this.drawer.hidden = level !== "all";
    this.near.classList.toggle("workbench-widened", level === "more");
    this.wider.textContent = this.word(level === "more" ? "fewer" : "more");
    this.wider.setAttribute("aria-expanded", String(level === "more"));
    this.wider.hidden = !this.model.get("rows").some((row) => row.level === "more");
    this.every.setAttribute("aria-expanded", String(level === "all"));
    if (opens) this.search.focus();
  }

  enable() {
    const able = this.model.get("able");
    for (const [name, button] of Object.entries(this.presses)) button.disabled = !able[name];
  }

  filter() {
    const wanted = this.search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let found = 0;
    for (const parts of this.rows.values()) {
      const { row, line } = parts.at(-1);
      const text = `${row.label} ${row.about}`.toLowerCase();
      line.hidden = !wanted.every((word) => text.includes(word));
      found += line.hidden ? 0 : 1;
    }
    this.nothing.hidden = found > 0;
  }
}
