"use strict";

// One small box beside whatever is pointed at or focused in a chart.
const tooltip = (() => {
  const box = dom.element("div", { class: "tooltip", role: "status", hidden: true });
  document.body.append(box);

  function show(target, lines) {
    box.replaceChildren(...lines.map((line, index) => dom.element("div", { class: index ? "" : "strong" }, line)));
    box.hidden = false;
    const at = target.getBoundingClientRect();
    const width = box.offsetWidth;
    const left = Math.min(
      document.documentElement.clientWidth - width - 8,
      Math.max(8, at.x + at.width / 2 - width / 2),
    );
    const above = at.top - box.offsetHeight - 10;
    box.style.left = `${left + scrollX}px`;
    box.style.top = `${(above < 8 ? at.bottom + 10 : above) + scrollY}px`;
  }

  function hide() {
    box.hidden = true;
  }

  // `lines` is asked for when shown.
  function attach(target, lines) {
    for (const name of ["pointerenter", "focus"]) target.addEventListener(name, () => show(target, lines()));
    for (const name of ["pointerleave", "blur"]) target.addEventListener(name, hide);
  }

  document.addEventListener("keydown", (event) => event.key === "Escape" && hide());
  return { attach, hide };
})();
