// The lecturer's mode of a panel: the whole screen where the browser lets us, else as large as the page is wide.

const HEIGHT = 600; // of a frame, in px
const WIDTH = 720; // the least a frame without its rail needs
const RAIL = 242;
const STEPS = { ArrowRight: "next", PageDown: "next", ArrowLeft: "back", PageUp: "back" };

export default {
  render({ model, el, signal }) {
    const lecture = new Lecture(model, el);
    const words = () => lecture.words();
    model.on("change:words", words);
    signal.addEventListener("abort", () => {
      model.off("change:words", words);
      lecture.leave();
    });
    words();
  },
};

class Lecture {
  constructor(model, el) {
    this.model = model;
    this.on = false;
    el.classList.add("workbench-lecture-button");
    this.keys = document.createElement("span");
    this.keys.className = "workbench-lecture-keys";
    this.button = document.createElement("button");
    this.button.type = "button";
    this.button.className = "jupyter-button widget-button";
    this.button.addEventListener("click", () => (this.on ? this.leave() : this.enter(el.closest(".workbench-panel"))));
    el.append(this.keys, this.button);
    this.fit = () => this.scale();
    this.screen = () => (document.fullscreenElement ? this.scale() : this.whole && this.leave());
    this.press = (event) => this.key(event);
  }

  words() {
    const words = this.model.get("words");
    this.button.textContent = (this.on ? words.leave : words.label) ?? "";
    this.button.title = words.about ?? "";
    this.button.setAttribute("aria-pressed", String(this.on));
    this.keys.textContent = words.keys ?? "";
  }

  async enter(panel) {
    this.panel = panel;
    this.frame = panel.querySelector(".workbench-frame");
    this.on = true;
    panel.classList.add("workbench-lecture");
    // Before the document: notebooks have meanings of their own for these keys.
    window.addEventListener("keydown", this.press, true);
    window.addEventListener("resize", this.fit);
    document.addEventListener("fullscreenchange", this.screen);
    this.words();
    this.model.send({ kind: "enter" });
    this.scale();
    try {
      await panel.requestFullscreen();
      this.whole = true;
    } catch {
      this.whole = false; // not allowed here, as in some frames: then within the page
    }
    this.scale();
  }

  leave() {
    if (!this.on) return;
    this.on = false;
    window.removeEventListener("keydown", this.press, true);
    window.removeEventListener("resize", this.fit);
    document.removeEventListener("fullscreenchange", this.screen);
    this.panel.classList.remove("workbench-lecture", "workbench-with-rail");
    this.panel.style.height = this.frame.style.transform = this.frame.style.width = "";
    if (this.whole && document.fullscreenElement) document.exitFullscreen();
    this.whole = false;
    this.words();
  }

  // Everything grows alike, letters inside figures too; charts are laid out anew for the width that is left.
  scale() {
    if (!this.on) return;
    const whole = document.fullscreenElement === this.panel;
    const room = whole ? innerWidth - 24 : this.panel.clientWidth;
    const least = WIDTH + (this.panel.classList.contains("workbench-with-rail") ? RAIL : 0);
    const by = Math.max(1, Math.min(room / least, whole ? (innerHeight - 16) / HEIGHT : Infinity));
    this.frame.style.transform = `scale(${by})`;
    this.frame.style.width = `${room / by}px`;
    this.panel.style.height = whole ? "" : `${HEIGHT * by}px`;
  }

  key(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || !this.panel.isConnected) return;
    // A control that is being used keeps its keys; a button, only those that press it.
    if (event.target.matches?.("input, select, textarea, [contenteditable]")) return;
    if (event.key === " " && event.target.matches?.("button")) return;
    if (!this.act(event)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  act({ key }) {
    if (key === "Escape") this.leave();
    else if (key in STEPS) this.model.send({ kind: STEPS[key] });
    else if (key === " ") this.model.send({ kind: "play" });
    else if (/^[0-9]$/.test(key)) this.model.send({ kind: "answer", number: Number(key) - 1 });
    else if (key.toLowerCase() === "w") this.model.send({ kind: "why" });
    else if (key.toLowerCase() === "s") {
      this.panel.classList.toggle("workbench-with-rail");
      this.scale();
    } else return false;
    return true;
  }
}
