"use strict";

// Elements, made one by one. Prompts and messages come from anyone, so text goes in as text and nothing else: no
// markup is ever parsed here.
const dom = (() => {
  const SVG = "http://www.w3.org/2000/svg";

  // Attributes: `onclick` and the like are listeners, `vars` CSS variables; null, undefined and false leave one out.
  function fill(node, attributes, children) {
    for (const [name, value] of Object.entries(attributes ?? {})) {
      if (value === null || value === undefined || value === false) continue;
      if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
      else if (name === "vars") for (const [key, set] of Object.entries(value)) node.style.setProperty(key, set);
      else node.setAttribute(name, value === true ? "" : value);
    }
    node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
    return node;
  }

  const element = (name, attributes, ...children) => fill(document.createElement(name), attributes, children);
  const shape = (name, attributes, ...children) => fill(document.createElementNS(SVG, name), attributes, children);

  // A name such as fd.influence, which may be broken after its dots and underscores.
  const breakable = (name) =>
    name.split(/(?<=[._])/).flatMap((part, index) => (index ? [element("wbr"), part] : [part]));

  const ROLES = { TABLE: "table", THEAD: "rowgroup", TBODY: "rowgroup", TR: "row", TD: "cell" };

  // A table that says what its parts are, for where a narrow page lays them out as no table.
  function table(attributes, ...children) {
    const node = element("table", attributes, ...children);
    for (const part of [node, ...node.querySelectorAll("thead, tbody, tr, td")])
      part.setAttribute("role", ROLES[part.tagName]);
    for (const head of node.querySelectorAll("th")) {
      head.setAttribute("role", head.scope === "col" ? "columnheader" : "rowheader");
    }
    return node;
  }

  // The containers of a section of index.html, which shows itself once it has something to show.
  function section(id) {
    const node = document.getElementById(id);
    return {
      node,
      lede: node.querySelector(".lede"),
      controls: node.querySelector(".controls"),
      body: node.querySelector(".body"),
      show() {
        node.hidden = false;
      },
    };
  }

  return { element, shape, breakable, table, section };
})();
