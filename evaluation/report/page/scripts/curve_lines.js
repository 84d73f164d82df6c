"use strict";

// The points of a curve: one score against another, or against a setting, joined where their settings agree, and
// connected along one setting.
const curveLines = (() => {
  const overall = (report, name) => report.scores.filter((score) => score.name === name && score.category === null);

  // A score that doesn't vary over a setting joins all of its values.
  const agree = (a, b) =>
    Object.keys(a).every((axis) => !(axis in b) || JSON.stringify(a[axis]) === JSON.stringify(b[axis]));

  const place = (score) => ({ value: whiskers.center(score), low: score.low, high: score.high, score });

  // All values of a setting over all runs: in rising order where they are numbers, else as first seen.
  function valuesOf(report, axis) {
    const found = new Map();
    for (const run of report.runs)
      for (const value of run.axes[axis]?.values ?? []) found.set(JSON.stringify(value), value);
    const values = [...found.values()];
    return values.every((value) => typeof value === "number") ? values.sort((a, b) => a - b) : values;
  }

  function settingsOf(report) {
    const names = new Set();
    for (const score of report.scores) for (const axis of Object.keys(score.at)) names.add(axis);
    return [...names];
  }

  // A setting as an x axis: its numbers, or for words their places in line.
  function onAxis(report, axis) {
    const values = valuesOf(report, axis);
    const numeric = values.every((value) => typeof value === "number");
    const at = (value) =>
      numeric ? value : values.findIndex((other) => JSON.stringify(other) === JSON.stringify(value));
    return { numeric, values, at };
  }

  // Lines of {run, at, points}; a point has x and y as {value, low, high, score} and the settings it is for.
  function lines(report, { x, y, over }) {
    const axis = x.kind === "setting" ? onAxis(report, x.name) : null;
    const found = new Map();
    for (const score of overall(report, y.name)) {
      const partners = axis
        ? x.name in score.at
          ? [{ value: axis.at(score.at[x.name]), low: null, high: null, score: null }]
          : []
        : overall(report, x.name)
            .filter((other) => other.run === score.run && agree(other.at, score.at))
            .map(place);
      for (const partner of partners) {
        const at = { ...(partner.score?.at ?? {}), ...score.at };
        if (partner.value === null || score.value === null) continue;
        const rest = Object.fromEntries(Object.entries(at).filter(([name]) => name !== over));
        if (axis) delete rest[x.name];
        const key = `${score.run} ${format.key(rest)}${over === "" ? format.key(at) : ""}`;
        if (!found.has(key)) found.set(key, { run: score.run, at: rest, points: [] });
        found.get(key).points.push({ x: partner, y: place(score), at });
      }
    }
    const order = over ? valuesOf(report, over).map((value) => JSON.stringify(value)) : [];
    const rank = (point) => (axis ? point.x.value : order.indexOf(JSON.stringify(point.at[over])));
    for (const line of found.values()) line.points.sort((a, b) => rank(a) - rank(b));
    return [...found.values()];
  }

  return { lines, settingsOf, onAxis };
})();
