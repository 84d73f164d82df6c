"use strict";

// A grid of pictures of which only those in view exist: rows and cells are made as they scroll in and dropped as they
// scroll out, so that ten thousand cost what a screenful does.
const matrix = (() => {
  const { element } = dom;
  const GAP = 8;
  const CAPTION = 20;
  const HEAD = 40;
  const FIT = [88, 240]; // the least and the greatest side of a picture that fits itself to the width
  const FOLDED = 128; // the least side for which rows of few pictures stand beside each other
  const WALL = 112;
  const LABEL = 190;
  const STACKED = 40; // above its row, where the page is narrow
  const NARROW = 640;
  const BEYOND = 1; // rows and columns made ahead of the view
  const LARGE = 2.5; // zoomed further than this, thumbnails give way to the pictures themselves

  function create(place, { open, zoomed }) {
    const plane = element("div", { class: "plane", role: "presentation" });
    const node = element("div", { class: "grid", role: "grid", tabindex: 0, "aria-label": "Pictures" }, plane);
    place.append(node);
    let model = null;
    let sizes = null;
    let made = new Map();
    let head = null;
    let active = { row: 0, column: 0 };
    let flickering = false;
    let waiting = false;
    let large = false;

    const view = viewport.over(node, ({ zoom }) => {
      zoomed(zoom);
      if (large === zoom > LARGE) return;
      large = zoom > LARGE;
      remake();
    });

    function measure() {
      const width = node.clientWidth;
      const narrow = width < NARROW;
      const wall = model.columns === null;
      const labelled = !wall && model.rowText !== null;
      const label = labelled && !narrow ? LABEL : 0;
      const across = wall ? Math.max(1, Math.floor((width - GAP) / (WALL + GAP))) : Math.max(1, model.columns);
      // Rows that leave room for more of their kind stand beside each other.
      const least = label + GAP + across * ((model.side ?? FOLDED) + GAP);
      const folds = label ? Math.max(1, Math.min(model.rows, Math.floor(width / least))) : 1;
      const part = Math.floor(width / folds);
      const fitting = Math.floor((part - label - GAP) / across) - GAP;
      const side = Math.min(model.side ?? Math.min(FIT[1], Math.max(FIT[0], fitting)), width - 2 * GAP);
      const pitchX = side + GAP;
      const stack = labelled && narrow ? STACKED : 0;
      const height = Math.round(side * model.aspect);
      const pitchY = height + GAP + (model.captioned ? CAPTION : 0) + stack;
      const columns = wall ? Math.max(1, Math.floor((width - GAP) / pitchX)) : folds * model.columns;
      const rows = wall ? Math.ceil(model.count / columns) : Math.ceil(model.rows / folds);
      const top = model.columnText ? HEAD : 0;
      sizes = { width, label, part, folds, side, height, pitchX, pitchY, stack, columns, rows, top, wall };
    }

    // How many places of a line are filled: past the last one is nothing at all.
    const filled = (row) =>
      Math.min(
        sizes.columns,
        sizes.wall ? model.count - row * sizes.columns : (model.rows - row * sizes.folds) * model.columns,
      );

    function entryAt(row, column) {
      if (column >= filled(row)) return undefined;
      if (sizes.wall) return model.entryAt(row * sizes.columns + column);
      return model.entryAt(row * sizes.folds + Math.floor(column / model.columns), column % model.columns);
    }

    function leftOf(column) {
      const fold = sizes.wall ? 0 : Math.floor(column / model.columns);
      const within = sizes.wall ? column : column % model.columns;
      return fold * sizes.part + sizes.label + GAP / 2 + within * sizes.pitchX;
    }

    const range = (from, length, pitch, count) => [
      Math.max(0, Math.floor(from / pitch) - BEYOND),
      Math.min(count, Math.ceil((from + length) / pitch) + BEYOND),
    ];

    function makeRow(row) {
      const line = element("div", { class: "line", role: "row", "aria-rowindex": row + 1 });
      line.style.top = `${sizes.top + GAP + row * sizes.pitchY}px`;
      line.style.height = `${sizes.pitchY}px`;
      for (let fold = 0; fold < sizes.folds && (sizes.label || sizes.stack); fold += 1) {
        if (row * sizes.folds + fold >= model.rows) break;
        const text = model.rowText(row * sizes.folds + fold);
        const kind = sizes.stack ? "stacked" : sizes.folds > 1 ? "folded" : "";
        const label = element(
          "div",
          { class: `label ${kind}`, role: "rowheader", title: text },
          element("span", { dir: "auto" }, text),
        );
        if (kind === "folded") label.style.left = `${fold * sizes.part}px`;
        label.style.width = sizes.stack ? `${sizes.width - 2 * GAP}px` : `${LABEL}px`;
        label.style.height = `${sizes.stack || sizes.pitchY - GAP}px`;
        line.append(label);
      }
      plane.append(line);
      return { line, cells: new Map() };
    }

    function makeCell(row, column) {
      const entry = entryAt(row, column);
      if (entry === undefined) return null;
      const cell = cells.make(model, entry, large);
      cell.id = `cell-${row}-${column}`;
      cell.setAttribute("aria-colindex", column + 1);
      cell.style.left = `${leftOf(column)}px`;
      cell.style.top = `${sizes.stack}px`;
      cell.style.width = `${sizes.side}px`;
      cell.style.setProperty("--height", `${sizes.height}px`);
      if (entry) cell.addEventListener("click", () => choose(row, column, true));
      if (flickering && entry) cells.flickerable(cell, model.other(entry), large);
      return cell;
    }

    function makeHead(from, to) {
      head?.remove();
      head = null;
      if (!model.columnText) return;
      head = element("div", { class: "heads", role: "row" });
      head.style.height = `${HEAD}px`;
      for (let column = from; column < to; column += 1) {
        const text = model.columnText(column % model.columns);
        const label = element(
          "div",
          { class: "head", role: "columnheader", title: text, "aria-colindex": column + 1 },
          element("span", { dir: "auto" }, text),
        );
        label.style.left = `${leftOf(column)}px`;
        label.style.width = `${sizes.side}px`;
        head.append(label);
      }
      plane.prepend(head);
    }

    function render() {
      waiting = false;
      if (!model || !sizes) return;
      const [firstRow, lastRow] = range(node.scrollTop - sizes.top, node.clientHeight, sizes.pitchY, sizes.rows);
      const [firstColumn, lastColumn] = range(
        node.scrollLeft - sizes.label,
        node.clientWidth,
        sizes.pitchX,
        sizes.columns,
      );
      for (const [row, { line }] of made) {
        if (row >= firstRow && row < lastRow) continue;
        line.remove();
        made.delete(row);
      }
      for (let row = firstRow; row < lastRow; row += 1) {
        if (!made.has(row)) made.set(row, makeRow(row));
        const here = made.get(row);
        for (const [column, cell] of here.cells) {
          if (column >= firstColumn && column < lastColumn) continue;
          cell?.remove();
          here.cells.delete(column);
        }
        for (let column = firstColumn; column < lastColumn; column += 1) {
          if (here.cells.has(column)) continue;
          const cell = makeCell(row, column);
          here.cells.set(column, cell);
          if (cell) here.line.append(cell);
        }
      }
      makeHead(firstColumn, lastColumn);
      mark();
    }

    function remake() {
      made.forEach(({ line }) => line.remove());
      made = new Map();
      render();
    }

    function later() {
      if (waiting) return;
      waiting = true;
      requestAnimationFrame(render);
    }

    function mark() {
      plane.querySelector(".active")?.classList.remove("active");
      const cell = document.getElementById(`cell-${active.row}-${active.column}`);
      cell?.classList.add("active");
      node.setAttribute("aria-activedescendant", cell ? cell.id : "");
    }

    function reveal({ row, column }) {
      const top = row * sizes.pitchY;
      const left = column * sizes.pitchX;
      const [high, wide] = [node.clientHeight - sizes.top, node.clientWidth - sizes.label];
      if (top < node.scrollTop) node.scrollTop = top;
      else if (top + sizes.pitchY > node.scrollTop + high) node.scrollTop = top + sizes.pitchY - high;
      if (left < node.scrollLeft) node.scrollLeft = left;
      else if (left + sizes.pitchX > node.scrollLeft + wide) node.scrollLeft = left + sizes.pitchX - wide;
    }

    // Makes a cell the active one; where there is none, the nearest before it.
    function choose(row, column, opening = false) {
      if (!sizes.rows) return null;
      const line = Math.min(sizes.rows - 1, Math.max(0, row));
      active = { row: line, column: Math.min(filled(line) - 1, Math.max(0, column)) };
      reveal(active);
      render();
      const entry = entryAt(active.row, active.column);
      if (opening && entry) open(entry);
      return entry;
    }

    // Makes the cell of a picture the active one, where it is in the grid.
    function seek(entry) {
      const [row, column] = model.placeOf(entry);
      if (row < 0) return;
      if (sizes.wall) choose(Math.floor(row / sizes.columns), row % sizes.columns);
      else choose(Math.floor(row / sizes.folds), (row % sizes.folds) * model.columns + column);
    }

    // The picture `rows` further down and `columns` further right, past empty places; null at the edge.
    function step(rows, columns) {
      let { row, column } = active;
      if (sizes.wall && columns) {
        const index = row * sizes.columns + column + columns;
        if (index < 0 || index >= model.count) return null;
        return choose(Math.floor(index / sizes.columns), index % sizes.columns);
      }
      for (;;) {
        row += rows;
        column += columns;
        if (row < 0 || row >= sizes.rows || column < 0 || column >= sizes.columns) return null;
        const entry = entryAt(row, column);
        if (entry) return choose(row, column);
      }
    }

    const MOVES = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

    node.addEventListener("keydown", (event) => {
      if (!model || event.ctrlKey || event.metaKey || event.altKey) return;
      const page = Math.max(1, Math.floor(node.clientHeight / sizes.pitchY) - 1);
      if (event.key in MOVES) step(...MOVES[event.key]);
      else if (event.key === "PageDown") choose(active.row + page, active.column);
      else if (event.key === "PageUp") choose(active.row - page, active.column);
      else if (event.key === "Home") choose(0, 0);
      else if (event.key === "End") choose(sizes.rows - 1, sizes.columns - 1);
      else if (event.key === "Enter" || event.key === " ") choose(active.row, active.column, true);
      else return;
      event.preventDefault();
    });
    node.addEventListener("scroll", later, { passive: true });

    function layOut() {
      measure();
      plane.style.width = sizes.wall || sizes.folds > 1 ? "100%" : `${sizes.label + GAP + sizes.columns * sizes.pitchX}px`;
      plane.style.height = `${sizes.top + GAP + sizes.rows * sizes.pitchY}px`;
      node.setAttribute("aria-rowcount", sizes.rows);
      node.setAttribute("aria-colcount", sizes.columns);
      remake();
    }

    new ResizeObserver(() => model && sizes.width !== node.clientWidth && layOut()).observe(node);

    // `next`: {axes, rows, columns (null: a wall of `count`), entryAt, placeOf, rowText, columnText, other, caption, captioned,
    // side (null: what fits the width), aspect}. `keep`: stay where the view is.
    function show(next, keep) {
      model = next;
      if (!keep) {
        active = { row: 0, column: 0 };
        node.scrollTo(0, 0);
      }
      layOut();
    }

    function flicker(on) {
      flickering = on;
      if (on) {
        for (const [row, { cells: line }] of made) {
          for (const [column, cell] of line) {
            const entry = cell && entryAt(row, column);
            if (entry) cells.flickerable(cell, model.other(entry), large);
          }
        }
      }
      node.classList.toggle("flickering", on);
    }

    return { node, show, flicker, step, seek, view, focus: () => node.focus() };
  }

  return { create };
})();
