"use strict";
// Every rater sees the pairs in an order of their own, always the same one, and half of the raters see all of
// them with sides changed. So whoever stops early has judged other pairs than the next, and a liking for one
// side cancels.

/** A whole number from 1 to 2³² − 1 that depends on all of a text. */
function hashed(text) {
  let state = 2166136261;
  for (const letter of text) {
    state = Math.imul(state ^ letter.codePointAt(0), 16777619);
    state ^= state >>> 13;
  }
  return state >>> 0 || 1;
}

/** Chance in [0, 1) from a seed: Marsaglia's xorshift of 32 bits. */
function chanceOf(seed) {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** The pairs as a rater sees them: `{pair, prompt, left, right}`. */
function orderedFor(rater, page, pairs) {
  const seed = hashed(`${page} ${rater}`);
  const chance = chanceOf(seed);
  const changed = chance() < 0.5;
  const ordered = pairs.map(({ pair, prompt, pictures: [one, other] }) =>
    changed ? { pair, prompt, left: other, right: one } : { pair, prompt, left: one, right: other });
  for (let last = ordered.length - 1; last > 0; last--) {
    const other = Math.floor(chance() * (last + 1));
    [ordered[last], ordered[other]] = [ordered[other], ordered[last]];
  }
  return ordered;
}
