"use strict";

// The pictures of one output over all runs, each at its place on the axes that the runs have between them.
const collection = (() => {
  const ABSENT = "absent";

  // A label's key tells values of different types apart, and the second of two equal ones from the first.
  function keysOf(labels) {
    const seen = new Map();
    return labels.map((label) => {
      const text = JSON.stringify(label);
      const before = seen.get(text) ?? 0;
      seen.set(text, before + 1);
      return `${text}#${before}`;
    });
  }

  function mergedAxes(sources) {
    const axes = new Map();
    const add = (name, role, key, text) => {
      if (!axes.has(name)) axes.set(name, { name, role, values: [], index: new Map() });
      const axis = axes.get(name);
      if (axis.index.has(key)) return;
      axis.index.set(key, axis.values.length);
      axis.values.push({ key, text });
    };
    if (sources.length > 1) sources.forEach((source) => add("run", "run", String(source.run), runs.label(source.run)));
    for (const source of sources) {
      const known = runs.all[source.run].axes;
      for (const name of source.image.axes) {
        const labels = source.labels[name];
        const role = known[name]?.role ?? "setting";
        // What nothing is made of yet has no label: its place on the axis tells it apart.
        const text = (at) => (labels[at] === null && role !== "setting" ? `no. ${at + 1}` : format.label(labels[at]));
        keysOf(labels).forEach((key, at) => add(name, role, key, text(at)));
      }
    }
    // Where only some runs have an axis, the pictures of the others have a place on it too.
    for (const axis of axes.values()) {
      if (axis.name === "run" || sources.every((source) => source.image.axes.includes(axis.name))) continue;
      add(axis.name, axis.role, ABSENT, "–");
    }
    return [...axes.values()];
  }

  function entriesOf(source, axes) {
    const { axes: names, lengths } = source.image;
    const places = axes.map((axis) => {
      if (axis.name === "run") return axis.index.get(String(source.run));
      if (!names.includes(axis.name)) return axis.index.get(ABSENT);
      return keysOf(source.labels[axis.name]).map((key) => axis.index.get(key));
    });
    const dimension = axes.map((axis) => names.indexOf(axis.name));
    const flagged = new Map();
    for (const [flag, rows] of Object.entries(source.data.flags)) {
      for (const row of rows) flagged.set(row, [...(flagged.get(row) ?? []), flag]);
    }
    const found = [];
    const at = lengths.map(() => 0);
    for (let row = 0; row < source.data.state.length; row += 1) {
      const place = places.map((where, axis) => (Array.isArray(where) ? where[at[dimension[axis]]] : where));
      found.push({ source, row, place, flags: flagged.get(row) ?? [] });
      for (let axis = lengths.length - 1; axis >= 0; axis -= 1) {
        at[axis] += 1;
        if (at[axis] < lengths[axis]) break;
        at[axis] = 0;
      }
    }
    return found;
  }

  function gather(sources) {
    const axes = mergedAxes(sources);
    const entries = sources.flatMap((source) => entriesOf(source, axes));
    const byPlace = new Map(entries.map((entry) => [entry.place.join(), entry]));
    const scores = new Map();
    for (const source of sources) {
      for (const score of source.image.scores) {
        const known = scores.get(score.name);
        scores.set(
          score.name,
          known ? { ...known, low: least(known.low, score.low), high: most(known.high, score.high) } : score,
        );
      }
    }
    return { axes, entries, scores: [...scores.values()], find: (place) => byPlace.get(place.join()) ?? null };
  }

  const least = (a, b) => (a === null ? b : b === null ? a : Math.min(a, b));
  const most = (a, b) => (a === null ? b : b === null ? a : Math.max(a, b));

  const WORDS = { f: "failed", d: "damaged file", l: "file not there", u: "not made", o: "left out" };

  const state = (entry) => entry.source.data.state[entry.row];
  const word = (entry) => WORDS[state(entry)] ?? "";
  const isShown = (entry) => state(entry) === ".";
  const thumbnail = (entry) => `${entry.source.image.thumbnails}${entry.row}.webp`;
  const picture = (entry) => `${entry.source.image.pictures}${entry.source.data.name[entry.row]}`;
  const failure = (entry) => entry.source.data.failures[entry.row] ?? "";
  const score = (entry, name) => entry.source.data.scores[name]?.[entry.row] ?? null;
  const category = (entry) => {
    const number = entry.source.data.category?.[entry.row] ?? null;
    return number === null ? null : runs.report.categories[number];
  };
  const texts = (entry) =>
    Object.entries(entry.source.data.texts)
      .map(([name, column]) => [name, column[entry.row]])
      .filter(([, text]) => text);

  // The axes of a picture with their values in words; those that it lacks are left out.
  function point(axes, entry) {
    return axes
      .map((axis, index) => [axis.name, axis.values[entry.place[index]]])
      .filter(([, value]) => value.key !== ABSENT)
      .map(([name, value]) => [name, value.text]);
  }

  return { gather, word, isShown, thumbnail, picture, failure, score, category, texts, point };
})();
