"use strict";

// One zoom and one place for all pictures of a grid: they are CSS variables of it, so that any number of pictures
// moves at once.
const viewport = (() => {
  const MOST = 16;

  // Watches a node for pinches, the wheel with Ctrl, drags and keys. `told` hears of every change.
  function over(node, told) {
    const at = { zoom: 1, x: 0, y: 0 }; // x and y in percent of a picture's side
    const touching = new Map();
    let dragged = false;

    function apply() {
      const room = 50 * (at.zoom - 1);
      at.x = Math.min(room, Math.max(-room, at.x));
      at.y = Math.min(room, Math.max(-room, at.y));
      node.style.setProperty("--zoom", at.zoom.toFixed(4));
      node.style.setProperty("--pan-x", `${at.x.toFixed(3)}%`);
      node.style.setProperty("--pan-y", `${at.y.toFixed(3)}%`);
      node.classList.toggle("zoomed", at.zoom > 1);
      told(at);
    }

    function zoomTo(zoom) {
      const next = Math.min(MOST, Math.max(1, zoom));
      at.x *= next / at.zoom;
      at.y *= next / at.zoom;
      at.zoom = next;
      apply();
    }

    const zoomBy = (factor) => zoomTo(at.zoom * factor);

    function reset() {
      Object.assign(at, { zoom: 1, x: 0, y: 0 });
      apply();
    }

    const side = (target) => target.closest(".frame")?.clientWidth || 200;

    node.addEventListener(
      "wheel",
      (event) => {
        if (!event.ctrlKey) return; // without it the wheel scrolls
        event.preventDefault();
        zoomBy(Math.exp(-event.deltaY / 300));
      },
      { passive: false },
    );
    node.addEventListener("pointerdown", (event) => {
      dragged = false;
      if (event.target.closest(".frame")) touching.set(event.pointerId, { x: event.clientX, y: event.clientY });
    });
    node.addEventListener("pointermove", (event) => {
      const before = touching.get(event.pointerId);
      if (!before) return;
      const spread = () => {
        const [one, other] = [...touching.values()];
        return Math.hypot(one.x - other.x, one.y - other.y);
      };
      const from = touching.size === 2 ? spread() : 0;
      const [dx, dy] = [event.clientX - before.x, event.clientY - before.y];
      if (!dragged && touching.size === 1 && Math.hypot(dx, dy) < 5) return;
      touching.set(event.pointerId, { x: event.clientX, y: event.clientY });
      if (touching.size === 2 && from > 0) {
        dragged = true;
        zoomBy(spread() / from);
      } else if (at.zoom > 1) {
        dragged = true;
        at.x += (100 * dx) / side(event.target);
        at.y += (100 * dy) / side(event.target);
        apply();
      }
    });
    for (const name of ["pointerup", "pointercancel", "pointerleave"]) {
      node.addEventListener(name, (event) => touching.delete(event.pointerId));
    }
    // A drag ends in a click, which isn't meant.
    node.addEventListener(
      "click",
      (event) => {
        if (dragged) event.stopPropagation();
        dragged = false;
      },
      true,
    );
    node.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "+" || event.key === "=") zoomBy(1.5);
      else if (event.key === "-") zoomBy(1 / 1.5);
      else if (event.key === "0") reset();
      else return;
      event.preventDefault();
    });
    apply();
    return { zoomBy, reset, zoom: () => at.zoom };
  }

  return { over };
})();
