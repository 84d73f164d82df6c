"use strict";
// Both pictures zoom and move as one: by wheel, by two fingers, by double click, and by keyboard.

const MOST = 16;
/** How far the zoom key goes. */
const USUAL = 3;

class Zoom {
  constructor(stage, told) {
    this.frames = [...stage.querySelectorAll(".frame")];
    this.images = this.frames.map((frame) => frame.querySelector("img"));
    this.told = told;
    this.fingers = new Map();
    for (const frame of this.frames) this.#listen(frame);
    this.reset();
  }

  get isOn() {
    return this.scale > 1;
  }

  reset() {
    this.scale = 1;
    this.x = this.y = 0; // where the left upper corner lies, in frames
    this.#show();
  }

  toggle(x = 0.5, y = 0.5) {
    if (this.isOn) this.reset();
    else this.by(USUAL, x, y);
  }

  /** Enlarge by a factor; the point (x, y) of the frame, from 0 to 1, stays where it is. */
  by(factor, x = 0.5, y = 0.5) {
    const scale = Math.min(MOST, Math.max(1, this.scale * factor));
    this.x = x - ((x - this.x) * scale) / this.scale;
    this.y = y - ((y - this.y) * scale) / this.scale;
    this.scale = scale;
    this.move(0, 0);
  }

  /** Move by shares of a frame, no further than the edge. */
  move(x, y) {
    const least = 1 - this.scale;
    this.x = Math.min(0, Math.max(least, this.x + x));
    this.y = Math.min(0, Math.max(least, this.y + y));
    this.#show();
  }

  #show() {
    const { width } = this.frames[0].getBoundingClientRect();
    // One rule for both, or how they are enlarged would tell them apart.
    const natural = Math.max(...this.images.map((image) => image.naturalWidth), 1);
    for (const image of this.images) {
      image.style.transform = `translate(${this.x * 100}%, ${this.y * 100}%) scale(${this.scale})`;
      image.style.imageRendering = (width * this.scale) / natural > 8 ? "pixelated" : "auto";
    }
    this.told(this.isOn);
  }

  #listen(frame) {
    const place = (event) => {
      const { left, top, width, height } = frame.getBoundingClientRect();
      return [(event.clientX - left) / width, (event.clientY - top) / height];
    };
    frame.addEventListener("dblclick", (event) => this.toggle(...place(event)));
    frame.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.by(Math.exp(-event.deltaY / 300), ...place(event));
    }, { passive: false });
    frame.addEventListener("pointerdown", (event) => {
      frame.setPointerCapture(event.pointerId);
      this.fingers.set(event.pointerId, place(event));
    });
    frame.addEventListener("pointermove", (event) => {
      if (!this.fingers.has(event.pointerId)) return;
      const before = [...this.fingers.values()];
      this.fingers.set(event.pointerId, place(event));
      this.#follow(before, [...this.fingers.values()]);
    });
    for (const ended of ["pointerup", "pointercancel"])
      frame.addEventListener(ended, (event) => this.fingers.delete(event.pointerId));
  }

  #follow(before, after) {
    const middle = (points, axis) => points.reduce((sum, point) => sum + point[axis], 0) / points.length;
    if (before.length === 2) {
      const apart = ([one, other]) => Math.hypot(one[0] - other[0], one[1] - other[1]);
      this.by(apart(after) / Math.max(apart(before), 0.001), middle(after, 0), middle(after, 1));
    }
    this.move(middle(after, 0) - middle(before, 0), middle(after, 1) - middle(before, 1));
  }
}
