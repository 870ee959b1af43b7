const CONFIG = { displayModeBar: false, doubleClick: false, showTips: false };
const SPEAK_MS = 120; // plotly draws the label of a point a moment after it is asked to
const INK = "#777777"; // what the style sheet turns into the colour of the page's letters
const CLEAR = "rgba(0,0,0,0)";

// Plotly's own words and dates in Chinese; the figures bring theirs.
const CHINESE = {
  moduleType: "locale",
  name: "zh",
  dictionary: {},
  format: {
    days: ["星期日", "星期一", "星期二", "星期三", "星期四", "星期五", "星期六"],
    shortDays: ["周日", "周一", "周二", "周三", "周四", "周五", "周六"],
    months: ["一月", "二月", "三月", "四月", "五月", "六月", "七月", "八月", "九月", "十月", "十一月", "十二月"],
    shortMonths: ["1月", "2月", "3月", "4月", "5月", "6月", "7月", "8月", "9月", "10月", "11月", "12月"],
    date: "%Y年%-m月%-d日",
  },
};

export default {
  async render({ model, el, signal, host }) {
    const chart = new Chart(model, el);
    chart.label();
    const Plotly = await page().plotly();
    if (signal.aborted) return;
    Plotly.register(CHINESE);
    await chart.start(Plotly, signal);
    chart.follow(await clockOf(model, host), signal);
  },
};

async function clockOf(model, host) {
  const reference = model.get("clock");
  return reference ? await host.getModel(reference) : null;
}

function part(el, className, more = {}) {
  const made = Object.assign(document.createElement("div"), { className, ...more });
  el.append(made);
  return made;
}

// Returns a function that runs `task` one at a time; calls during a run lead to one more run after it.
function latest(task) {
  let running = null;
  let again = false;
  const run = async () => {
    do {
      again = false;
      await task();
    } while (again);
  };
  return () => {
    again = true;
    return (running ??= run().finally(() => (running = null)));
  };
}

class Chart {
  constructor(model, el) {
    this.model = model;
    this.frame = part(el, "workbench-chart");
    this.plot = part(this.frame, "workbench-chart-plot", { tabIndex: 0 });
    this.hands = [];
    this.spoken = part(this.frame, "workbench-unseen");
    this.spoken.setAttribute("aria-live", "polite");
    this.failure = part(this.frame, "workbench-failure", { hidden: true });
    this.failure.setAttribute("role", "alert");
    this.draw = latest(() => this.drawn());
    this.stop = -1;
  }

  label() {
    const clickable = this.model.get("clickable");
    this.plot.setAttribute("role", clickable ? "application" : "img");
    this.plot.setAttribute("aria-label", this.model.get("alt"));
    this.plot.toggleAttribute("data-lm-suppress-shortcuts", clickable); // JupyterLab leaves the arrow keys to us
  }

  async start(Plotly, signal) {
    this.Plotly = Plotly;
    const watch = (name, call) => {
      this.model.on(name, call);
      signal.addEventListener("abort", () => this.model.off(name, call));
    };
    watch("change:alt change:clickable", () => this.label());
    watch("change:spec change:language change:height", () => this.draw());
    await this.draw();
    if (signal.aborted) return Plotly.purge(this.plot);
    this.plot.addEventListener("keydown", (event) => this.key(event));
    const observer = new ResizeObserver(() => requestAnimationFrame(() => this.fit()));
    observer.observe(this.frame);
    signal.addEventListener("abort", () => {
      observer.disconnect();
      Plotly.purge(this.plot);
    });
  }

  async drawn() {
    try {
      const { data, layout } = JSON.parse(this.model.get("spec"));
      this.width = this.plot.clientWidth;
      const config = { ...CONFIG, locale: this.model.get("language") };
      await this.Plotly.react(this.plot, data, this.fitted(layout), config);
      this.failure.hidden = true;
      this.listen();
    } catch (error) {
      this.failure.textContent = String(error);
      this.failure.hidden = false;
    }
    this.stop = -1;
    this.point();
  }

  listen() {
    if (this.listening) return;
    this.listening = true;
    this.plot.on("plotly_click", ({ points }) => this.choose(points[0]?.customdata));
  }

  // The figure as this page wants it: as wide as there is room, no paper behind it, letters in the page's colour.
  fitted(layout) {
    return {
      ...layout,
      width: this.width || layout.width,
      height: this.model.get("height") || layout.height,
      paper_bgcolor: layout.paper_bgcolor ?? CLEAR,
      plot_bgcolor: layout.plot_bgcolor ?? CLEAR,
      font: { color: INK, ...layout.font },
    };
  }

  fit() {
    if (this.plot.clientWidth && this.plot.clientWidth !== this.width) this.draw();
  }

  // -- choosing a point, by mouse or keys --------------------------------------------------------------------

  choose(customdata) {
    if (!this.model.get("clickable") || customdata === undefined || customdata === null) return;
    this.model.send({ kind: "click", customdata });
  }

  stops() {
    return (this.plot.data ?? []).flatMap((trace, curveNumber) =>
      trace.visible === false || !Array.isArray(trace.customdata)
        ? []
        : trace.customdata
            .map((customdata, pointNumber) => ({ customdata, curveNumber, pointNumber, trace }))
            .filter((stop) => stop.customdata !== null),
    );
  }

  key(event) {
    const stops = this.model.get("clickable") ? this.stops() : [];
    const last = stops.length - 1;
    const moves = {
      ArrowRight: Math.min(this.stop + 1, last),
      ArrowLeft: Math.max(this.stop - 1, 0),
      Home: 0,
      End: last,
    };
    if (last >= 0 && event.key in moves) this.visit(stops, moves[event.key]);
    else if (event.key === "Enter" && this.stop >= 0) this.choose(stops[this.stop].customdata);
    else if (event.key === "Escape" && this.stop >= 0) this.leave();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  visit(stops, number) {
    this.stop = number;
    const { curveNumber, pointNumber, trace } = stops[number];
    this.Plotly.Fx.hover(this.plot, [{ curveNumber, pointNumber }], (trace.xaxis ?? "x") + (trace.yaxis ?? "y"));
    clearTimeout(this.speaking);
    this.speaking = setTimeout(() => this.speak(), SPEAK_MS);
  }

  speak() {
    const labels = this.stop < 0 ? [] : Array.from(this.plot.querySelectorAll(".hovertext text"));
    this.spoken.textContent = labels.map((label) => label.textContent).join(" ");
  }

  leave() {
    this.stop = -1;
    this.Plotly.Fx.unhover(this.plot);
    this.spoken.textContent = "";
  }

  // -- the hand of the clock ---------------------------------------------------------------------------------

  follow(clock, signal) {
    if (!clock || signal.aborted) return;
    this.clock = clock;
    const move = () => this.point();
    clock.on("change:at", move);
    signal.addEventListener("abort", () => clock.off("change:at", move));
    move();
  }

  // A line of its own over each axis of time: moving it costs nothing, however large the figure.
  point() {
    const axes = this.clock && this.failure.hidden ? this.model.get("time_axes") : [];
    while (this.hands.length > axes.length) this.hands.pop().remove();
    while (this.hands.length < axes.length) this.hands.push(part(this.frame, "workbench-hand"));
    axes.forEach((name, number) => this.place(this.hands[number], name));
  }

  place(hand, name) {
    const full = this.plot._fullLayout ?? {};
    const key = (id, letter) => full[letter + "axis" + id.slice(1)];
    const across = key(name, "x");
    const up = across && key(across.anchor === "free" ? "y" : across.anchor, "y");
    const at = across ? across.d2p(this.clock.get("at")) : NaN;
    hand.hidden = !(up && at >= 0 && at <= across._length);
    if (hand.hidden) return;
    const { style } = hand;
    style.left = `${across._offset + at}px`;
    style.top = `${up._offset}px`;
    style.height = `${up._length}px`;
  }
}
