"use strict";
(() => {
  const root = document.documentElement;
  const languages = Array.from(document.querySelectorAll("main.language"));
  const config = { displayModeBar: false, responsive: true, doubleClick: false, showTips: false };

  // A figure is drawn when it first comes into view: it needs a width, and most readers never unfold most of them.
  function draw(inside) {
    for (const plot of inside.querySelectorAll(".plot")) {
      const folded = plot.closest("details:not([open])");
      if (plot.dataset.drawn || folded || !plot.offsetParent) continue;
      plot.dataset.drawn = "yes";
      const figure = JSON.parse(document.getElementById(plot.dataset.figure).textContent);
      Plotly.newPlot(plot, figure.data, figure.layout, config);
    }
  }

  function show() {
    const asked = location.hash.slice(1);
    const language = languages.some((one) => one.lang === asked) ? asked : root.dataset.initial;
    root.lang = language;
    for (const one of languages) {
      one.hidden = one.lang !== language;
      if (!one.hidden) {
        document.title = one.dataset.title;
        draw(one);
      }
    }
    for (const link of document.querySelectorAll("nav.languages a")) {
      link.toggleAttribute("aria-current", link.hreflang === language);
    }
  }

  // On paper a figure is as wide as the page, whatever the window was.
  function resize(width) {
    for (const plot of document.querySelectorAll(".plot[data-drawn]")) {
      if (plot.offsetParent) Plotly.relayout(plot, { width: width, autosize: width === null });
    }
  }

  for (const details of document.querySelectorAll("details")) {
    details.addEventListener("toggle", () => draw(details));
  }
  window.addEventListener("hashchange", show);
  window.addEventListener("beforeprint", () => resize(1180));
  window.addEventListener("afterprint", () => resize(null));
  show();
})();
