"use strict";
// The votes of one rater on this page, kept in the browser's own storage and written to a file.

class Ballot {
  constructor(page, rater) {
    this.page = page;
    this.rater = rater;
    this.place = `mezzotint rating ${page} ${rater}`;
    /** Whether votes outlive the page. */
    this.isKept = true;
    this.votes = this.#read();
    remember(page, rater);
  }

  /** The numbers of the pairs that have a vote. */
  get judged() {
    return new Set(this.votes.map(({ pair }) => pair));
  }

  /** Note a choice: the name of a picture, "tie" or "bad". */
  add({ pair, left }, choice, seconds) {
    const at = new Date().toISOString();
    const { page, rater } = this;
    this.votes.push({ page, pair, choice, left, rater, at, seconds: Math.round(seconds * 10) / 10 });
    this.#keep();
  }

  /** Take the last vote back, and give it. */
  undo() {
    const vote = this.votes.pop();
    this.#keep();
    return vote;
  }

  /** Hand the votes to the browser as a file, a line a vote. */
  save() {
    const lines = this.votes.map((vote) => JSON.stringify(vote) + "\n");
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob(lines, { type: "application/jsonl" }));
    link.download = `votes-${this.page}-${this.rater.replace(/[^\p{L}\p{N}]+/gu, "-")}.jsonl`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    return link.download;
  }

  #read() {
    try {
      return JSON.parse(localStorage.getItem(this.place) ?? "[]");
    } catch {
      return []; // what can't be read now can't be kept either, or was damaged
    }
  }

  #keep() {
    try {
      localStorage.setItem(this.place, JSON.stringify(this.votes));
      this.isKept = true;
    } catch {
      this.isKept = false;
    }
  }
}

/** Note who is at it, so that the page goes on with them when it is opened again; null for nobody. */
function remember(page, rater) {
  try {
    if (rater === null) localStorage.removeItem(`mezzotint rater ${page}`);
    else localStorage.setItem(`mezzotint rater ${page}`, rater);
  } catch {
    // Then the page asks again.
  }
}

function lastRater(page) {
  try {
    return localStorage.getItem(`mezzotint rater ${page}`);
  } catch {
    return null;
  }
}
