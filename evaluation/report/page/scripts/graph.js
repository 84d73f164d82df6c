"use strict";

// The drawing of the graph that ran. It comes as text and is built anew from the drawing elements known here: whatever
// else a drawing may hold is left out.
const graph = (() => {
  const SVG = "http://www.w3.org/2000/svg";
  const ELEMENTS = new Set([
    "svg",
    "g",
    "defs",
    "marker",
    "path",
    "rect",
    "polygon",
    "circle",
    "ellipse",
    "line",
    "text",
    "tspan",
    "title",
  ]);
  const ATTRIBUTES = new Set(
    "class viewBox width height x y x1 y1 x2 y2 cx cy r rx ry d points fill stroke stroke-width stroke-dasharray transform id refX refY markerWidth markerHeight orient marker-end text-anchor font-size font-weight dominant-baseline dx dy".split(
      " ",
    ),
  );

  // Every drawing names its marks alike; on one page each needs names of its own.
  const renamed = (name, value, number) => {
    if (name === "id") return `graph-${number}-${value}`;
    return value.replace(/^url\(#([\w-]+)\)$/, `url(#graph-${number}-$1)`);
  };

  function copy(node, number) {
    if (!ELEMENTS.has(node.localName)) return null;
    const made = document.createElementNS(SVG, node.localName);
    for (const { name, value } of node.attributes) {
      if (ATTRIBUTES.has(name) && !/url\((?!#)/.test(value)) made.setAttribute(name, renamed(name, value, number));
    }
    for (const child of node.childNodes) {
      if (child.nodeType === Node.TEXT_NODE) made.append(child.data);
      else if (child.nodeType === Node.ELEMENT_NODE) made.append(copy(child, number) ?? "");
    }
    return made;
  }

  // The page allows no style written into a document, not even into one that is only parsed; a sheet may be adopted.
  function adopt(rules) {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(rules);
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
    return "";
  }

  function drawing(text, number) {
    const unstyled = text.replace(/<style>([^<]*)<\/style>/g, (_, rules) => adopt(rules));
    const parsed = new DOMParser().parseFromString(unstyled, "image/svg+xml").documentElement;
    if (parsed.namespaceURI !== SVG || parsed.querySelector("parsererror")) return null;
    const made = copy(parsed, number);
    made.setAttribute("role", "img");
    return made;
  }

  function show(report) {
    const place = dom.section("graph");
    const found = new Map();
    report.runs.forEach((run, index) => run.graph && found.set(run.graph, [...(found.get(run.graph) ?? []), index]));
    for (const [text, of] of found) {
      const svg = drawing(text, of[0]);
      if (!svg) continue;
      place.show();
      if (runs.several) place.body.append(dom.element("p", { class: "legend" }, of.map(runs.named)));
      place.body.append(
        dom.element("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "The graph, drawn" }, svg),
      );
    }
  }

  return { show };
})();
