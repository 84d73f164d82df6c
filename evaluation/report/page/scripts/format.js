"use strict";

// Numbers and points in words. A number is given as far as its standard error speaks: two digits of it.
const format = (() => {
  const MINUS = "\u2212";

  function fixed(value, digits) {
    return value
      .toFixed(digits)
      .replace("-", MINUS)
      .replace(new RegExp(`^${MINUS}(0(\\.0*)?)$`), "$1");
  }

  // Digits after the point that leave `spread` two significant ones.
  function digitsOf(spread) {
    if (!(spread > 0)) return 2;
    return Math.min(8, Math.max(0, 1 - Math.floor(Math.log10(spread))));
  }

  function number(value, digits) {
    if (value === null || value === undefined) return "–";
    if (digits !== undefined) return fixed(value, digits);
    if (Number.isInteger(value) && Math.abs(value) < 1e7) return String(value).replace("-", MINUS);
    const size = Math.abs(value);
    if (size !== 0 && (size < 1e-4 || size >= 1e7)) return value.toExponential(2).replaceAll("-", MINUS);
    return fixed(value, Math.min(6, Math.max(0, 3 - Math.floor(Math.log10(size || 1)))));
  }

  // Digits for a score: those of its standard error, else of its interval, else four significant ones.
  function digitsOfScore(score) {
    if (score.se > 0) return digitsOf(score.se);
    if (score.low !== null && score.high > score.low) return digitsOf((score.high - score.low) / 4);
    return undefined;
  }

  function p(value) {
    if (value === null || value === undefined) return "–";
    if (value < 0.001) return "< 0.001";
    return fixed(value, value < 0.1 ? 3 : 2);
  }

  function label(value) {
    if (value === null || value === undefined) return "none";
    if (value === "") return "(empty)";
    if (typeof value === "number") return number(value);
    return String(value);
  }

  // A setting and its value stay on one line.
  const point = (at) =>
    Object.entries(at)
      .map(([axis, value]) => `${axis}\u00a0${label(value)}`)
      .join(" · ");

  // Equal settings have equal keys, in whatever order they are written.
  const key = (at) =>
    JSON.stringify(
      Object.keys(at)
        .sort()
        .map((name) => [name, at[name]]),
    );

  const grouped = (value) => value.toLocaleString("en");
  const count = (value, one, many) => `${grouped(value)} ${value === 1 ? one : (many ?? `${one}s`)}`;

  function duration(seconds) {
    if (seconds === null || seconds === undefined) return "–";
    if (seconds < 90) return `${number(seconds, seconds < 10 ? 1 : 0)} s`;
    const minutes = seconds / 60;
    return minutes < 90 ? `${number(minutes, 1)} min` : `${number(minutes / 60, 1)} h`;
  }

  const bytes = (value) => (value >= 1e9 ? `${number(value / 1e9, 1)} GB` : `${number(value / 1e6, 0)} MB`);

  function moment(text) {
    const date = new Date(text);
    if (Number.isNaN(date.getTime())) return String(text ?? "–");
    return date.toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });
  }

  // Sentences that differ in their numbers alone, as one that gives the range of each; null for any others.
  function alike(sentences) {
    const parts = sentences.map((sentence) => sentence.split(/(\d[\d,]*(?:\.\d+)?)/));
    const words = (split) => split.filter((_, index) => index % 2 === 0).join("0");
    if (new Set(parts.map(words)).size > 1) return null;
    return parts[0]
      .map((text, index) => {
        if (index % 2 === 0) return text;
        const found = parts
          .map((split) => split[index])
          .sort((a, b) => Number(a.replaceAll(",", "")) - Number(b.replaceAll(",", "")));
        return found[0] === found.at(-1) ? text : `${found[0]} to ${found.at(-1)}`;
      })
      .join("");
  }

  const arrow = (better) => ({ higher: "↑", lower: "↓" })[better] ?? "";
  const direction = (better) => (better ? `${better} is better` : "neither direction is better");

  return {
    number,
    digitsOf,
    digitsOfScore,
    p,
    label,
    point,
    key,
    grouped,
    count,
    duration,
    bytes,
    alike,
    moment,
    arrow,
    direction,
  };
})();
