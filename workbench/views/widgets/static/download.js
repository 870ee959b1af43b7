const PATIENCE_MS = 120_000; // a kernel that is gone never answers

export default {
  render({ model, el, signal }) {
    const button = Object.assign(document.createElement("button"), {
      type: "button",
      className: "jupyter-button widget-button workbench-download",
    });
    const said = Object.assign(document.createElement("span"), { className: "workbench-said" });
    said.setAttribute("role", "status");
    el.classList.add("workbench-download-row");
    el.append(button, said);

    let ticket = null;
    let timer = 0;

    const label = () => {
      button.textContent = ticket ? model.get("busy_label") || model.get("label") : model.get("label");
      button.title = model.get("hint");
      button.disabled = Boolean(ticket) || model.get("disabled");
      button.setAttribute("aria-busy", String(Boolean(ticket)));
    };
    const tell = (text, failed) => {
      said.textContent = text;
      said.classList.toggle("workbench-failed", failed);
    };
    const wait = (mine) => {
      clearTimeout(timer);
      ticket = mine;
      if (ticket) timer = setTimeout(() => wait(null), PATIENCE_MS);
      label();
    };
    const answered = (message, buffers) => {
      if (message.ticket !== ticket) return; // another view or another page asked
      wait(null);
      if (message.error !== undefined) return tell(message.error, true);
      save(message, buffers);
      tell(message.name, false);
    };
    button.addEventListener("click", () => {
      tell("", false);
      wait(crypto.getRandomValues(new Uint32Array(2)).join("-"));
      model.send({ kind: "build", ticket });
    });
    const names = "change:label change:busy_label change:hint change:disabled";
    model.on(names, label);
    model.on("msg:custom", answered);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      model.off(names, label);
      model.off("msg:custom", answered);
    });
    label();
  },
};

function save({ name, mime }, buffers) {
  const url = URL.createObjectURL(new Blob(buffers, { type: mime }));
  const link = Object.assign(document.createElement("a"), { href: url, download: name, hidden: true });
  document.body.append(link); // some browsers click only what is in the page
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
