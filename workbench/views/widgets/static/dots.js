// The picture is made in the kernel, as for the report; here it is only put in its place.
export default {
  render({ model, el, signal }) {
    el.classList.add("workbench-dots");
    const show = () => (el.innerHTML = model.get("svg"));
    model.on("change:svg", show);
    signal.addEventListener("abort", () => model.off("change:svg", show));
    show();
  },
};
