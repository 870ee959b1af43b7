// One plotly.js for the whole page, whichever comes first: the script that holds it or a chart that asks for it.

const PLOTLY = Symbol.for("workbench.plotly");

function page() {
  return (globalThis[PLOTLY] ??= newPage());
}

function newPage() {
  let offer;
  let plotly;
  const packed = new Promise((resolve) => (offer = resolve));
  return { offer, plotly: () => (plotly ??= packed.then(unpacked)) };
}

async function unpacked(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  const source = await new Response(stream).text();
  await idle(); // running the script blocks the page, and widgets that are still starting would give up
  return imported(source);
}

function idle() {
  return new Promise((resolve) => {
    if (globalThis.requestIdleCallback) requestIdleCallback(resolve, { timeout: 500 });
    else setTimeout(resolve, 50);
  });
}

// The script looks for CommonJS and AMD before it settles for a global; here it finds the first, and the page keeps
// whatever Plotly it had.
async function imported(source) {
  const around = ["const module = { exports: {} }, define = undefined;\n", source, "\nexport default module.exports;"];
  const url = URL.createObjectURL(new Blob(around, { type: "text/javascript" }));
  const before = Object.getOwnPropertyDescriptor(globalThis, "Plotly");
  try {
    return (await import(url)).default;
  } finally {
    URL.revokeObjectURL(url);
    if (before) Object.defineProperty(globalThis, "Plotly", before);
    else delete globalThis.Plotly;
  }
}
