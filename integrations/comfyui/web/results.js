// Shows what a node tells of its results, lines of text and tables, on the node itself.
//
// A node's `ui` holds `text`, a list of lines, and `table`, a list of {columns, rows} whose cells are text.
import { app } from "../../scripts/app.js";

const PREFIX = "Mezzotint.";
const WIDGET = "mezzotint results";
/** Pixels that results take on a node at most; more of them scroll. */
const TALLEST = 320;

const STYLE = `
.mezzotint-results { overflow: auto; font: 12px/1.4 sans-serif; color: var(--input-text); }
.mezzotint-results p { margin: 0 0 4px; white-space: pre-wrap; overflow-wrap: anywhere; user-select: text; }
.mezzotint-results table { border-collapse: collapse; margin: 0 0 4px; user-select: text; }
.mezzotint-results th, .mezzotint-results td {
  padding: 1px 8px 1px 0; text-align: left; vertical-align: top; font-variant-numeric: tabular-nums;
}
.mezzotint-results th { color: var(--descrip-text); font-weight: normal; }
`;

function element(name, content) {
  const made = document.createElement(name);
  if (typeof content === "string") made.textContent = content;
  else made.append(...content);
  return made;
}

function row(kind, cells) {
  return element("tr", cells.map((cell) => element(kind, cell)));
}

function table({ columns, rows }) {
  const head = element("thead", [row("th", columns)]);
  return element("table", [head, element("tbody", rows.map((cells) => row("td", cells)))]);
}

/** The widget that holds a node's results, added when there is something to show. */
function resultsOf(node) {
  const found = node.widgets?.find((widget) => widget.name === WIDGET);
  if (found) return found;
  const content = element("div", []);
  const box = element("div", [content]);
  box.className = "mezzotint-results";
  const widget = node.addDOMWidget(WIDGET, "results", box, {
    serialize: false,
    getMinHeight: () => Math.min(content.offsetHeight || 24, TALLEST),
  });
  widget.content = content;
  widget.serialize = false; // canvases store the values of widgets by position
  return widget;
}

function show(node, { text = [], table: tables = [] }) {
  if (!text.length && !tables.length) return;
  const widget = resultsOf(node);
  widget.content.replaceChildren(...text.map((line) => element("p", line)), ...tables.map(table));
  // Once it is laid out: the node grows to what it shows, and keeps a size that is larger already.
  requestAnimationFrame(() => {
    const [width, height] = node.computeSize();
    node.setSize([Math.max(node.size[0], width), Math.max(node.size[1], height)]);
    node.setDirtyCanvas(true, true);
  });
}

app.registerExtension({
  name: "mezzotint.results",
  init() {
    document.head.append(element("style", STYLE));
  },
  beforeRegisterNodeDef(nodeType, nodeData) {
    if (!nodeData.name.startsWith(PREFIX)) return;
    const { onExecuted } = nodeType.prototype;
    nodeType.prototype.onExecuted = function (results) {
      onExecuted?.call(this, results);
      if (results) show(this, results);
    };
  },
});
