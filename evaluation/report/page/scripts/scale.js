"use strict";

// From values to places on paper.
const scale = (() => {
  function linear([low, high], [start, end]) {
    const span = high - low || 1;
    return (value) => start + ((value - low) / span) * (end - start);
  }

  const percent = (domain) => {
    const place = linear(domain, [0, 100]);
    return (value) => `${Math.min(100, Math.max(0, place(value))).toFixed(3)}%`;
  };

  // Round numbers that part a range into about `wanted` steps: 1, 2 or 5 times a power of ten.
  function ticks([low, high], wanted) {
    const rough = (high - low) / Math.max(1, wanted);
    if (!(rough > 0) || !Number.isFinite(rough)) return [low];
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough * 0.999);
    const digits = digitsOf(step);
    const found = [];
    for (let index = Math.ceil(low / step - 1e-9); index * step <= high + step * 1e-9; index += 1) {
      found.push(Number((index * step).toFixed(digits)));
    }
    return found;
  }

  // Digits after the point that a step between ticks needs.
  const digitsOf = (step) => Math.min(8, Math.max(0, -Math.floor(Math.log10(step) + 1e-9)));

  function extent(values, margin = 0.06) {
    const known = values.filter((value) => value !== null && value !== undefined);
    if (!known.length) return [0, 1];
    let low = Infinity;
    let high = -Infinity;
    for (const value of known) {
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
    const room = (high - low) * margin || Math.abs(high) * 0.1 || 1;
    return [low - room, high + room];
  }

  // The range that scores of one name are shown on. Shares keep to 0 and 1; a lone number is set against zero, so
  // that the length of its interval says how exact it is.
  function ofScores(scores) {
    const values = scores.flatMap((score) => [score.value, score.low, score.high]);
    const known = values.filter((value) => value !== null);
    if (!known.length) return [0, 1];
    if (scores.every((score) => score.kind === "share") || known.every((value) => value === 0)) return [0, 1];
    const least = Math.min(...known);
    const most = Math.max(...known);
    if (scores.length === 1 || least < 0.35 * most) {
      if (least >= 0) return [0, most * 1.06 || 1];
      if (most <= 0) return [least * 1.06, 0];
    }
    return extent(known);
  }

  return { linear, percent, ticks, digitsOf, extent, ofScores };
})();
