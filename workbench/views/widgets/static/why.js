// A task's story in the place of the table; Esc or the button brings the table back.

const CHANGES = ["title", "sentences", "steps", "heads", "rows", "lane", "words"].map((name) => `change:${name}`).join(" ");

export default {
  render({ model, el, signal }) {
    el.classList.add("workbench-why");
    const build = () => show(model, el);
    model.on(CHANGES, build);
    const key = (event) => {
      if (event.key !== "Escape" || !model.get("title") || !el.isConnected) return;
      model.send({ kind: "close" });
    };
    document.addEventListener("keydown", key);
    signal.addEventListener("abort", () => {
      model.off(CHANGES, build);
      document.removeEventListener("keydown", key);
    });
    build();
  },
};

function made(parent, tag, more = {}) {
  const element = Object.assign(document.createElement(tag), more);
  parent.append(element);
  return element;
}

function lane(bar, model) {
  bar.setAttribute("role", "img");
  bar.setAttribute("aria-label", model.get("lane_alt"));
  for (const [said, width, colour] of model.get("lane")) {
    const part = made(bar, "span", { title: said });
    part.style.flex = `0 0 ${width}%`;
    part.style.background = colour;
  }
  for (const at of model.get("refused")) made(bar, "i").style.left = `${at}%`;
}

function show(model, el) {
  el.replaceChildren();
  el.hidden = !model.get("title");
  const head = made(el, "div", { className: "workbench-why-head" });
  made(head, "b", { textContent: model.get("title") });
  const close = made(head, "button", { type: "button", textContent: "×", title: model.get("words").close ?? "" });
  close.setAttribute("aria-label", close.title);
  close.addEventListener("click", () => model.send({ kind: "close" }));
  const said = made(el, "div", { className: "workbench-why-said" });
  said.setAttribute("role", "status");
  for (const sentence of model.get("sentences")) made(said, "p", { textContent: sentence });
  if (model.get("rows").length) {
    const table = made(el, "table");
    const heads = made(made(table, "thead"), "tr");
    for (const head of model.get("heads")) made(heads, "th", { scope: "col", textContent: head });
    const body = made(table, "tbody");
    for (const cells of model.get("rows")) {
      const row = made(body, "tr");
      for (const text of cells) made(row, "td", { textContent: text });
    }
  }
  if (model.get("lane").length) lane(made(el, "div", { className: "workbench-why-lane" }), model);
  const steps = made(el, "ol", { className: "workbench-why-steps" });
  for (const [time, what] of model.get("steps")) {
    const step = made(steps, "li");
    made(step, "b", { textContent: time });
    step.append(` ${what}`);
  }
}
