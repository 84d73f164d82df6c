"use strict";

// The report's runs, each with a letter and a colour that stand for it everywhere.
const runs = (() => {
  const { element } = dom;
  const report = window.mezzotint ?? null;
  const all = report?.runs ?? [];
  const several = all.length > 1;

  const letter = (index) => String.fromCharCode(65 + (index % 26)) + (index >= 26 ? Math.floor(index / 26) : "");
  const label = (index) => all[index].label;

  // A letter on the run's colour; screen readers hear which run it is.
  function badge(index) {
    return element("span", { class: `badge series-${index % 8}`, title: label(index) }, letter(index));
  }

  const named = (index) =>
    element("span", { class: "run" }, several && badge(index), element("span", { class: "wrap" }, label(index)));

  const legend = () => element("p", { class: "legend" }, several && all.map((_, index) => named(index)));

  return { report, all, several, letter, label, badge, named, legend };
})();
