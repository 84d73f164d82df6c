"use strict";
// One pair after another: show it, take a vote, go on. `window.rating` is what pairs.js says.

const rating = window.rating;
const at = (id) => document.getElementById(id);
const [pictureA, pictureB] = [at("a"), at("b")];

let ballot;
/** Pairs that wait, the one that is shown first. */
let waiting = [];
/** When both pictures came into view; null as long as they haven't. */
let shownAt = null;

const zoom = new Zoom(at("stage"), (isOn) => at("zoom").setAttribute("aria-pressed", isOn));

// Who is at it

function welcome() {
  at("voting").hidden = true;
  at("start").hidden = false;
  const named = rating.raters.length > 0;
  at("rater").hidden = at("rater").disabled = named;
  at("raters").hidden = at("raters").disabled = !named;
  at("raters").replaceChildren(new Option("", ""), ...rating.raters.map((name) => new Option(name, name)));
  document.querySelector("label").htmlFor = named ? "raters" : "rater";
  (named ? at("raters") : at("rater")).focus();
}

function begin(rater) {
  ballot = new Ballot(rating.page, rater);
  const { judged } = ballot;
  waiting = orderedFor(rater, rating.page, rating.pairs).filter(({ pair }) => !judged.has(pair));
  at("start").hidden = true;
  at("voting").hidden = false;
  at("who").textContent = rater;
  at("who").ariaLabel = `${rater}: let somebody else vote`;
  say("");
  present();
}

// The pair at hand

async function present() {
  const current = waiting[0];
  const judged = ballot.votes.length;
  at("progress").value = judged;
  at("progress").max = rating.pairs.length;
  at("count").textContent = `${judged} of ${rating.pairs.length}`;
  at("undo").disabled = at("undo-done").disabled = judged === 0;
  at("skip").disabled = waiting.length < 2;
  at("pair").hidden = current === undefined;
  at("done").hidden = current !== undefined;
  shownAt = null;
  if (current === undefined) return finish();
  ask(current.prompt);
  at("stage").classList.add("coming");
  enable(false);
  pictureA.src = `pictures/${current.left}`;
  pictureB.src = `pictures/${current.right}`;
  try {
    // Neither before the other: how long a picture takes to come would be a hint.
    await Promise.all([pictureA.decode(), pictureB.decode()]);
  } catch {
    if (current === waiting[0]) say("A picture of this pair can't be shown. Skip it, and tell whoever sent you this page.");
    return;
  }
  if (current !== waiting[0]) return;
  zoom.reset();
  at("stage").classList.remove("coming");
  enable(true);
  shownAt = performance.now();
  if (waiting[1]) for (const picture of [waiting[1].left, waiting[1].right]) new Image().src = `pictures/${picture}`;
}

/** Show a prompt; of a long one in smaller letters, with a hint where it goes on below. */
function ask(prompt) {
  const place = at("prompt");
  place.textContent = prompt;
  place.scrollTop = 0;
  place.classList.toggle("long", prompt.length > 160);
  hint();
}

function hint() {
  const { scrollHeight, scrollTop, clientHeight, classList } = at("prompt");
  classList.toggle("cut", scrollHeight - scrollTop - clientHeight > 4);
}

function enable(isShown) {
  for (const button of document.querySelectorAll("[data-choice]")) button.disabled = !isShown;
}

function finish() {
  const { length } = ballot.votes;
  at("thanks").textContent = `${counted(length)} judged. Save your votes, and hand the file back to whoever sent you this page.`;
  at("done").querySelector("h1").focus();
}

// What a rater does

const SAID = { left: "A", right: "B", tie: "a tie", bad: "both bad" };

function vote(choice) {
  if (shownAt === null) return;
  const current = waiting.shift();
  ballot.add(current, current[choice] ?? choice, (performance.now() - shownAt) / 1000);
  say(ballot.isKept ? `Last vote: ${SAID[choice]}. Undo takes it back.`
    : "This browser keeps nothing: save your votes before you close the page.");
  present();
}

function skip() {
  if (waiting.length < 2) return;
  waiting.push(waiting.shift());
  say("Skipped: it comes again at the end.");
  present();
}

function undo() {
  if (!ballot.votes.length) return;
  const { pair } = ballot.undo();
  waiting.unshift(orderedFor(ballot.rater, rating.page, rating.pairs).find((one) => one.pair === pair));
  say("The last vote is taken back.");
  present();
}

function save() {
  say(ballot.votes.length ? `Saved as ${ballot.save()}` : "There are no votes yet.");
}

const say = (message) => (at("status").textContent = message);
const counted = (number) => `${number} ${number === 1 ? "pair" : "pairs"}`;

const KEYS = {
  arrowleft: () => vote("left"), a: () => vote("left"),
  arrowright: () => vote("right"), b: () => vote("right"),
  arrowdown: () => vote("tie"), t: () => vote("tie"),
  x: () => vote("bad"), s: skip, u: undo,
  z: () => zoom.toggle(), "+": () => zoom.by(1.5), "=": () => zoom.by(1.5), "-": () => zoom.by(1 / 1.5),
  "?": () => at("keys-dialog").showModal(),
};
const SHIFTED = {
  arrowleft: () => zoom.move(0.2, 0), arrowright: () => zoom.move(-0.2, 0),
  arrowup: () => zoom.move(0, 0.2), arrowdown: () => zoom.move(0, -0.2),
};

document.addEventListener("keydown", (event) => {
  if (at("voting").hidden || at("keys-dialog").open || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.repeat && !event.shiftKey) return; // a key that is held down is one vote
  const name = event.key.toLowerCase();
  const does = (event.shiftKey && SHIFTED[name]) || KEYS[name];
  if (!does) return;
  event.preventDefault();
  does();
});

for (const button of document.querySelectorAll("[data-choice]"))
  button.addEventListener("click", () => vote(button.dataset.choice));
const CLICKS = {
  skip, undo, save, "undo-done": undo, "save-done": save, zoom: () => zoom.toggle(), help: KEYS["?"],
  who: () => { remember(rating.page, null); welcome(); },
};
for (const [id, does] of Object.entries(CLICKS)) at(id).addEventListener("click", does);
at("begin").addEventListener("submit", (event) => {
  event.preventDefault();
  const name = (rating.raters.length ? at("raters") : at("rater")).value.trim();
  if (name) begin(name);
});
at("prompt").addEventListener("scroll", hint);
addEventListener("resize", hint);
addEventListener("beforeunload", (event) => {
  if (ballot && !ballot.isKept && ballot.votes.length) event.preventDefault();
});
// Another tab of the same page has voted.
addEventListener("storage", (event) => {
  if (ballot && event.key === ballot.place) begin(ballot.rater);
});

for (const place of document.querySelectorAll(".keys")) place.append(at("keys").content.cloneNode(true));
for (const place of document.querySelectorAll(".question")) place.textContent = rating.question;
at("start-count").textContent = counted(rating.pairs.length);
const known = lastRater(rating.page);
if (known) begin(known);
else welcome();
