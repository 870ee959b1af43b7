export default {
  initialize({ model }) {
    page().offer(model.get("packed"));
  },
  render({ el }) {
    el.hidden = true;
  },
};
