"use strict";

// Which pictures are shown, and in which order.
const ordering = (() => {
  // The ways to sort by a score. A positive influence raises its metric, so it harms one where lower is better: the
  // same rule serves values and influences.
  function ways(score) {
    const list = [{ value: "given", text: "as they ran" }];
    if (!score) return list;
    if (score.better) list.push({ value: "worst", text: "worst first" }, { value: "best", text: "best first" });
    else list.push({ value: "highest", text: "highest first" }, { value: "lowest", text: "lowest first" });
    if (score.type === "influence") list.push({ value: "influential", text: "most influential first" });
    return list;
  }

  // What ascending order of gives the wanted one.
  function rank(score, way) {
    const higher = score.better === "lower" ? -1 : 1;
    const ranks = {
      worst: (value) => higher * value,
      best: (value) => -higher * value,
      highest: (value) => -value,
      lowest: (value) => value,
      influential: (value) => -Math.abs(value),
    };
    return ranks[way];
  }

  // `values(item)` are the scores that an item is sorted by their mean of; what has none comes last.
  function sorted(items, score, way, values) {
    if (!score || way === "given") return items;
    const ranked = items.map((item, index) => {
      const known = values(item).filter((value) => value !== null);
      const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
      return { item, index, rank: known.length ? rank(score, way)(mean) : Infinity };
    });
    ranked.sort((a, b) => (a.rank === b.rank ? a.index - b.index : a.rank - b.rank));
    return ranked.map((entry) => entry.item);
  }

  // Whether a picture is of a category and holds all the words looked for, in its point, texts, flags or state.
  function filter(axes, { category, search }) {
    const words = search.toLocaleLowerCase().split(/\s+/).filter(Boolean);
    return (entry) => {
      if (category !== "" && collection.category(entry) !== category) return false;
      if (!words.length) return true;
      const point = collection.point(axes, entry).map(([, text]) => text);
      const texts = collection.texts(entry).map(([, text]) => text);
      const all = [...point, ...texts, ...entry.flags, collection.word(entry)].join("\n").toLocaleLowerCase();
      return words.every((word) => all.includes(word));
    };
  }

  return { ways, sorted, filter };
})();
