"use strict";

// How the pictures are laid out: what the address chooses, and the grid that follows from it.
const arrangement = (() => {
  const EACH = "*"; // rows: every picture by itself, as a wall
  const ALL = "all";
  const NONE = "-";
  const WIDE = 9; // columns that a page has room for
  const options = (names) => names.map((name) => ({ value: name, text: name }));

  // What rows and columns are before anyone chose: what was drawn from a population downwards, what was set across.
  function defaultAxes(axes) {
    const longest = (...roles) =>
      roles.flatMap((role) =>
        axes
          .filter((axis) => axis.role === role && axis.values.length > 1)
          .sort((a, b) => b.values.length - a.values.length),
      );
    const rows = longest("unit", "seed", "setting")[0] ?? axes[0];
    const columns = longest("setting", "run", "seed", "unit").find((axis) => axis !== rows);
    return { rows: rows?.name ?? EACH, columns: columns?.name ?? NONE };
  }

  // A second setting stands within the columns of the first, where both together are few.
  function fallbackWithin(axes, rows, columns) {
    const first = axes.find((axis) => axis.name === columns);
    const second = axes.find(
      (axis) => axis.role === "setting" && axis.name !== rows && axis !== first && axis.values.length > 1,
    );
    return first && second && first.values.length * second.values.length <= WIDE ? second.name : NONE;
  }

  // Whether a score has a value of its own for every picture: one that a prompt's pictures share says less here.
  function isOfPictures(book, score) {
    const { run, image } = book.entries[0].source;
    const axes = runs.all[run].outputs[score.of]?.axes ?? [];
    return score.type !== "influence" && image.axes.every((axis) => axes.includes(axis));
  }

  // What is chosen, as the address has it, in terms of this book's axes.
  function choices(book) {
    const names = book.axes.map((axis) => axis.name);
    const fallback = defaultAxes(book.axes);
    const rowOptions = [...options(names), { value: EACH, text: "each picture by itself" }];
    const rows = controls.chosen("pictures.rows", rowOptions, fallback.rows);
    const columnOptions = [...options(names.filter((name) => name !== rows)), { value: NONE, text: "nothing" }];
    const columnFallback = fallback.columns === rows ? NONE : fallback.columns;
    const columns = rows === EACH ? NONE : controls.chosen("pictures.columns", columnOptions, columnFallback);
    const withinOptions = [
      ...options(names.filter((name) => name !== rows && name !== columns)),
      { value: NONE, text: "nothing" },
    ];
    const withinFallback = fallbackWithin(book.axes, rows, columns);
    const within = columns === NONE ? NONE : controls.chosen("pictures.within", withinOptions, withinFallback);
    const heldOptions = (axis) => [
      ...(rows === EACH ? [{ value: ALL, text: "all" }] : []),
      ...axis.values.map((value, index) => ({ value: String(index), text: value.text })),
    ];
    const held = book.axes
      .filter((axis) => ![rows, columns, within].includes(axis.name) && axis.values.length > 1)
      .map((axis) => {
        const offered = heldOptions(axis);
        return {
          axis,
          offered,
          fallback: offered[0].value,
          value: controls.chosen(`pictures.at.${axis.name}`, offered, offered[0].value),
        };
      });
    const scoreOptions = [...options(book.scores.map((score) => score.name)), { value: "", text: "none" }];
    const first = (book.scores.find((one) => isOfPictures(book, one)) ?? book.scores[0])?.name ?? "";
    const score =
      book.scores.find((one) => one.name === controls.chosen("pictures.score", scoreOptions, first)) ?? null;
    const ways = ordering.ways(score);
    const order = controls.chosen("pictures.order", ways, "given");
    const flickers = held.flatMap(({ axis, value }) =>
      axis.values
        .map((other, index) => ({ value: `${axis.name}:${index}`, text: `${axis.name} ${other.text}`, axis, index }))
        .filter((one) => value === ALL || String(one.index) !== value),
    );
    const preferred =
      flickers.find((one) => one.axis.name === "run") ??
      flickers.find((one) => one.axis.role === "setting") ??
      flickers[0];
    const flicker =
      flickers.find((one) => one.value === controls.chosen("pictures.flicker", flickers, preferred?.value)) ?? null;
    return {
      rowOptions,
      rows,
      fallback,
      columnOptions,
      columns,
      columnFallback,
      withinOptions,
      within,
      withinFallback,
      held,
      scoreOptions,
      score,
      first,
      ways,
      order,
      flickers,
      flicker,
      preferred,
    };
  }

  function captionOf(book, score) {
    if (score) return (entry) => large.shown(collection.score(entry, score.name), score.type);
    const unit = book.axes.find((axis) => axis.role === "unit") ?? book.axes[0];
    const index = book.axes.indexOf(unit);
    return (entry) => (unit ? unit.values[entry.place[index]].text : "");
  }

  // The picture that one flickers with: the same point, but for one axis.
  function otherOf(book, { flicker, held }) {
    if (!flicker) return () => null;
    const axis = book.axes.indexOf(flicker.axis);
    const value = held.find((one) => one.axis === flicker.axis).value;
    const home = value === ALL ? (flicker.index === 0 ? 1 : 0) : Number(value);
    return (entry) => {
      const at = [...entry.place];
      at[axis] = at[axis] === flicker.index ? home : flicker.index;
      return book.find(at);
    };
  }

  function modelOf(book, chosen, filters, side) {
    const { rows, columns, within, held, score, order } = chosen;
    const size = book.entries[0]?.source.image.size;
    const caption = captionOf(book, score);
    const matches = ordering.filter(book.axes, filters);
    const shared = {
      axes: book.axes,
      side,
      aspect: size ? Math.min(2, Math.max(0.4, size[1] / size[0])) : 1,
      caption,
      other: otherOf(book, chosen),
    };
    const fixed = held
      .filter((one) => one.value !== ALL)
      .map((one) => [book.axes.indexOf(one.axis), Number(one.value)]);
    if (rows === EACH) {
      const kept = book.entries.filter(
        (entry) => fixed.every(([axis, value]) => entry.place[axis] === value) && matches(entry),
      );
      const list = ordering.sorted(kept, score, order, (entry) => [collection.score(entry, score.name)]);
      return {
        ...shared,
        captioned: true,
        rows: null,
        columns: null,
        count: list.length,
        pictures: list.length,
        rowText: null,
        columnText: null,
        entryAt: (index) => list[index],
        placeOf: (entry) => [list.indexOf(entry), 0],
      };
    }
    const down = book.axes.findIndex((axis) => axis.name === rows);
    const across = [columns, within]
      .map((name) => book.axes.findIndex((axis) => axis.name === name))
      .filter((axis) => axis >= 0);
    const places = across.reduce(
      (list, axis) => list.flatMap((at) => book.axes[axis].values.map((_, index) => [...at, index])),
      [[]],
    );
    const base = book.axes.map(() => 0);
    fixed.forEach(([axis, value]) => (base[axis] = value));
    const at = (row, column) => {
      const where = [...base];
      where[down] = row;
      across.forEach((axis, index) => (where[axis] = places[column][index]));
      return book.find(where);
    };
    const found = book.axes[down].values.map((_, row) => ({
      row,
      entries: places.map((_, column) => at(row, column)),
    }));
    const fits = found.map(({ entries }) => entries.map((entry) => entry !== null && matches(entry)));
    const keptColumns = [...places.keys()].filter((column) => fits.some((line) => line[column]));
    const keptRows = found.filter((_, row) => fits[row].some(Boolean));
    const list = ordering.sorted(keptRows, score, order, ({ entries }) =>
      keptColumns.map((column) => (entries[column] ? collection.score(entries[column], score.name) : null)),
    );
    const entryAt = (row, column) => list[row].entries[keptColumns[column]];
    return {
      ...shared,
      captioned: score !== null,
      rows: list.length,
      columns: keptColumns.length,
      pictures: list.reduce((sum, line) => sum + keptColumns.filter((column) => line.entries[column]).length, 0),
      rowText: (row) => book.axes[down].values[list[row].row].text,
      columnText:
        across.length === 0
          ? null
          : (column) =>
              across
                .map(
                  (axis, index) =>
                    `${book.axes[axis].name}\u00a0${book.axes[axis].values[places[keptColumns[column]][index]].text}`,
                )
                .join(" · "),
      entryAt,
      placeOf: (entry) => {
        const row = list.findIndex((line) => line.entries.includes(entry));
        return row < 0 ? [-1, -1] : [row, keptColumns.indexOf(list[row].entries.indexOf(entry))];
      },
    };
  }

  return { EACH, choices, modelOf };
})();
