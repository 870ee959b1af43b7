// A task's story in the place of the table; Esc or the button brings the table back.

export default {
  render({ model, el, signal }) {
    el.classList.add("workbench-why");
    const build = () => show(model, el);
    model.on("change:title change:sentences change:steps change:words", build);
    const key = (event) => {
      if (event.key !== "Escape" || !model.get("title") || !el.isConnected) return;
      model.send({ kind: "close" });
    };
    document.addEventListener("keydown", key);
    signal.addEventListener("abort", () => {
      model.off("change:title change:sentences change:steps change:words", build);
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
  const steps = made(el, "ol", { className: "workbench-why-steps" });
  for (const [time, what] of model.get("steps")) {
    const step = made(steps, "li");
    made(step, "b", { textContent: time });
    step.append(` ${what}`);
  }
}
