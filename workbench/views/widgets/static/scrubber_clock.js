const TICK_MS = 50;
const SAVE_MS = 250; // how often the kernel is told while time runs

export default {
  // Time runs once per page, however often the clock is shown.
  initialize({ model, signal }) {
    let timer = 0;
    let before = 0;
    let saved = 0;
    const tick = () => {
      const now = performance.now();
      const next = model.get("at") + ((now - before) / 1000) * model.get("speed");
      before = now;
      const end = model.get("end");
      model.set("at", Math.min(next, end));
      if (next >= end) model.set("playing", false);
      if (next >= end || now - saved >= SAVE_MS) {
        saved = now;
        model.save_changes();
      }
    };
    const run = () => {
      clearInterval(timer);
      before = saved = performance.now();
      if (model.get("playing")) timer = setInterval(tick, TICK_MS);
    };
    model.on("change:playing", run);
    signal.addEventListener("abort", () => {
      clearInterval(timer);
      model.off("change:playing", run);
    });
    run();
  },

  render({ model, el, signal }) {
    const view = new View(model, el);
    const shown = {
      "change:at": () => view.time(),
      "change:playing change:words": () => view.words(),
      "change:end change:marks": () => view.scale(),
      "change:speed change:speeds": () => view.speeds(),
    };
    for (const [names, show] of Object.entries(shown)) {
      model.on(names, show);
      signal.addEventListener("abort", () => model.off(names, show));
    }
    view.speeds();
    view.scale();
    view.words();
  },
};

function made(parent, tag, more = {}) {
  const element = Object.assign(document.createElement(tag), more);
  parent.append(element);
  return element;
}

// 0:05, 5:50, 1:05:50
function digits(seconds) {
  const whole = Math.floor(seconds);
  const two = (number) => String(number).padStart(2, "0");
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return `${hours ? `${hours}:${two(minutes)}` : minutes}:${two(whole % 60)}`;
}

class View {
  constructor(model, el) {
    this.model = model;
    el.classList.add("workbench-clock");
    this.play = made(el, "button", { type: "button", className: "jupyter-button widget-button workbench-play" });
    const line = made(el, "div", { className: "workbench-line" });
    this.range = made(line, "input", { type: "range", min: 0, step: "any" });
    this.markers = made(line, "div", { className: "workbench-marks" });
    this.markers.setAttribute("aria-hidden", "true");
    this.clock = made(el, "output", { className: "workbench-time" });
    this.clock.setAttribute("aria-live", "off");
    this.choice = made(el, "select", { className: "workbench-speed" });
    el.setAttribute("data-lm-suppress-shortcuts", ""); // JupyterLab leaves the arrow keys to us

    this.play.addEventListener("click", () => this.toggle());
    this.range.addEventListener("input", () => this.move(Number(this.range.value), false));
    this.range.addEventListener("change", () => this.move(Number(this.range.value), true));
    this.range.addEventListener("keydown", (event) => this.key(event));
    this.choice.addEventListener("change", () => this.save({ speed: Number(this.choice.value) }));
  }

  save(values) {
    for (const [name, value] of Object.entries(values)) this.model.set(name, value);
    this.model.save_changes();
  }

  toggle() {
    const playing = !this.model.get("playing");
    const over = this.model.get("at") >= this.model.get("end");
    this.save(playing && over ? { at: 0, playing } : { playing });
  }

  // While the reader drags, only this page follows; the kernel hears where it ends.
  move(at, final) {
    this.model.set("at", at);
    if (final) this.model.save_changes();
  }

  // A step is a hundredth of the whole; with the Page keys, from mark to mark.
  key(event) {
    const at = this.model.get("at");
    const end = this.model.get("end");
    const times = this.model.get("marks").map(([time]) => time);
    const moves = {
      ArrowRight: at + end / 100,
      ArrowLeft: at - end / 100,
      PageDown: times.find((time) => time > at) ?? end,
      PageUp: times.findLast((time) => time < at) ?? 0,
    };
    if (!(event.key in moves)) return;
    event.preventDefault();
    this.move(Math.max(0, Math.min(end, moves[event.key])), true);
  }

  time() {
    const at = this.model.get("at");
    const said = digits(at);
    this.range.value = at;
    this.range.setAttribute("aria-valuetext", said);
    this.clock.textContent = `${said} / ${digits(this.model.get("end"))}`;
  }

  scale() {
    const end = this.model.get("end");
    this.range.max = end;
    this.markers.replaceChildren();
    for (const [time, name] of this.model.get("marks")) {
      const mark = made(this.markers, "span", { className: "workbench-mark", title: `${digits(time)} ${name}` });
      mark.style.left = `${(100 * time) / end}%`;
    }
    this.time();
  }

  speeds() {
    const speed = this.model.get("speed");
    const choices = this.model.get("speeds").map((value) => new Option(`×${value}`, value, false, value === speed));
    this.choice.replaceChildren(...choices);
  }

  words() {
    const words = this.model.get("words");
    const playing = this.model.get("playing");
    this.play.textContent = playing ? "❚❚" : "▶";
    this.play.title = (playing ? words.pause : words.play) ?? "";
    this.play.setAttribute("aria-label", this.play.title);
    this.range.setAttribute("aria-label", words.time ?? "");
    this.choice.setAttribute("aria-label", words.speed ?? "");
    this.choice.title = words.speed ?? "";
  }
}
