// The street from above: drawn once as a background, then vehicles and signals on top, smoothly between snapshots.
// One map shows the whole corridor; another, with `focus`, stays close to the chosen junction.
import { ASPECTS, INK, MODE_COLOURS, SURFACES, prepare } from "./colours.js";

const LENGTHS = [4.6, 9, 12, 28, 1.8, 0.6, 6];
const WIDTHS = [1.9, 2.5, 2.6, 2.6, 0.8, 0.6, 2.2];

export class CorridorMap {
  constructor(canvas, geometry, { onChoose = null, focus = 0 } = {}) {
    this.canvas = canvas;
    this.geometry = geometry;
    this.focus = focus; // metres around the chosen junction, 0 for the whole corridor
    this.before = null;
    this.now = null;
    this.aspects = {};
    this.chosen = null;
    this.turn = this.#uprightTurn();
    this.view = null;
    this.fitted = true;
    if (onChoose) this.#listen(onChoose);
    const draw = () => { this.#draw(); requestAnimationFrame(draw); };
    requestAnimationFrame(draw);
  }

  /** Mark a junction; a map with focus moves there. */
  choose(id) {
    this.chosen = id;
    if (this.focus) this.view = null;
  }

  /** Take a snapshot: signal states, and vehicles when the street is simulated. */
  show(snapshot) {
    for (const [id, one] of Object.entries(snapshot.junctions)) this.aspects[id] = one.aspects || {};
    if (!snapshot.road) return;
    const vehicles = new Map(snapshot.road.vehicles.map((row) => [row[0], row]));
    this.before = this.now;
    this.now = { at: performance.now(), vehicles, people: snapshot.road.people };
    if (this.before) this.gap = Math.min(2000, Math.max(30, this.now.at - this.before.at));
  }

  // The corridor is laid across the canvas along its own direction.
  #uprightTurn() {
    const lines = Object.values(this.geometry.corridors).sort((a, b) => b.length - a.length)[0] || [];
    if (lines.length < 2) return 0;
    const [ax, ay] = this.geometry.positions[lines[0].junction];
    const [bx, by] = this.geometry.positions[lines[lines.length - 1].junction];
    return -Math.atan2(by - ay, bx - ax);
  }

  #turned([x, y]) {
    const c = Math.cos(this.turn), s = Math.sin(this.turn);
    return [x * c - y * s, -(x * s + y * c)];
  }

  #fit(width, height) {
    const near = this.focus && this.geometry.positions[this.chosen];
    const points = (near ? [near] : Object.values(this.geometry.positions)).map((p) => this.#turned(p));
    const xs = points.map((p) => p[0]), ys = points.map((p) => p[1]);
    const [beside, above] = near ? [this.focus, this.focus] : [120, 70];
    const [x0, x1] = [Math.min(...xs) - beside, Math.max(...xs) + beside];
    const [y0, y1] = [Math.min(...ys) - above, Math.max(...ys) + above];
    const scale = Math.min(width / (x1 - x0), height / (y1 - y0));
    this.view = { scale, x: width / 2 - scale * (x0 + x1) / 2, y: height / 2 - scale * (y0 + y1) / 2, width, height };
    this.background = null;
  }

  #at(point) {
    const [x, y] = this.#turned(point);
    return [x * this.view.scale + this.view.x, y * this.view.scale + this.view.y];
  }

  #listen(onChoose) {
    let drag = null;
    this.canvas.addEventListener("pointerdown", (event) => { drag = { x: event.offsetX, y: event.offsetY, moved: false }; });
    this.canvas.addEventListener("pointermove", (event) => {
      if (!drag || !this.view) return;
      const dx = event.offsetX - drag.x, dy = event.offsetY - drag.y;
      if (Math.hypot(dx, dy) < 4 && !drag.moved) return;
      Object.assign(this.view, { x: this.view.x + dx, y: this.view.y + dy });
      drag = { x: event.offsetX, y: event.offsetY, moved: true };
      this.fitted = false;
      this.background = null;
    });
    window.addEventListener("pointerup", (event) => {
      if (drag && !drag.moved && event.target === this.canvas) onChoose(this.#nearest(event.offsetX, event.offsetY));
      drag = null;
    });
    this.canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      const factor = Math.exp(-event.deltaY * 0.0015);
      const view = this.view;
      view.x = event.offsetX - (event.offsetX - view.x) * factor;
      view.y = event.offsetY - (event.offsetY - view.y) * factor;
      view.scale *= factor;
      this.fitted = false;
      this.background = null;
    }, { passive: false });
    this.canvas.addEventListener("dblclick", () => { this.fitted = true; this.view = null; });
  }

  #nearest(x, y) {
    let best = null;
    for (const [id, position] of Object.entries(this.geometry.positions)) {
      const [px, py] = this.#at(position);
      const distance = Math.hypot(px - x, py - y);
      if (!best || distance < best.distance) best = { id, distance };
    }
    return best && best.distance < 60 ? best.id : null;
  }

  #drawBackground(width, height) {
    const sheet = document.createElement("canvas");
    const ratio = window.devicePixelRatio || 1;
    sheet.width = width * ratio;
    sheet.height = height * ratio;
    const pen = sheet.getContext("2d");
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    const trace = (shape) => { pen.beginPath(); shape.forEach((p, i) => { const [x, y] = this.#at(p); if (i) pen.lineTo(x, y); else pen.moveTo(x, y); }); };
    for (const shape of this.geometry.areas) { trace(shape); pen.closePath(); pen.fillStyle = SURFACES.area; pen.fill(); }
    for (const lane of [...this.geometry.lanes].sort((a, b) => (a.kind === "walk" ? -1 : 0) - (b.kind === "walk" ? -1 : 0))) {
      trace(lane.shape);
      pen.strokeStyle = SURFACES[lane.kind] || SURFACES.road;
      pen.lineWidth = Math.max(1, lane.width_m * this.view.scale * 0.96);
      pen.stroke();
    }
    if (!this.geometry.lanes.length) this.#drawLine(pen);
    this.background = sheet;
  }

  #drawLine(pen) {
    for (const line of Object.values(this.geometry.corridors)) {
      pen.beginPath();
      line.forEach((stop, i) => { const [x, y] = this.#at(this.geometry.positions[stop.junction]); if (i) pen.lineTo(x, y); else pen.moveTo(x, y); });
      pen.strokeStyle = SURFACES.road;
      pen.lineWidth = 8;
      pen.stroke();
    }
  }

  #draw() {
    const { pen, width, height } = prepare(this.canvas);
    if (!width) return;
    if (!this.view || (this.fitted && (this.view.width !== width || this.view.height !== height))) this.#fit(width, height);
    if (!this.background) this.#drawBackground(width, height);
    pen.clearRect(0, 0, width, height);
    pen.drawImage(this.background, 0, 0, width, height);
    this.#drawCrossings(pen);
    if (this.now) this.#drawRoad(pen);
    this.#drawSignals(pen);
    if (!this.focus) this.#drawNames(pen);
  }

  #drawCrossings(pen) {
    for (const crossing of this.geometry.crossings) {
      pen.beginPath();
      crossing.shape.forEach((p, i) => { const [x, y] = this.#at(p); if (i) pen.lineTo(x, y); else pen.moveTo(x, y); });
      pen.globalAlpha = 0.55;
      pen.strokeStyle = ASPECTS[this.aspects[crossing.junction]?.[crossing.group] ?? 0];
      pen.lineWidth = Math.max(1.2, 2.2 * this.view.scale);
      pen.setLineDash([2, 2]);
      pen.stroke();
      pen.setLineDash([]);
      pen.globalAlpha = 1;
    }
  }

  #drawRoad(pen) {
    const share = this.before ? Math.min(1, (performance.now() - this.now.at) / this.gap) : 1;
    const scale = this.view.scale;
    for (const [id, row] of this.now.vehicles) {
      const old = this.before?.vehicles.get(id) || row;
      const jump = Math.hypot(row[1] - old[1], row[2] - old[2]) > 60;
      const x = jump ? row[1] : old[1] + (row[1] - old[1]) * share;
      const y = jump ? row[2] : old[2] + (row[2] - old[2]) * share;
      const [px, py] = this.#at([x, y]);
      const mode = row[4];
      const length = Math.max(2.4, LENGTHS[mode] * scale), across = Math.max(1.6, WIDTHS[mode] * scale);
      pen.save();
      pen.translate(px, py);
      pen.rotate((row[3] - 90) * Math.PI / 180 - this.turn);
      pen.fillStyle = MODE_COLOURS[mode];
      pen.fillRect(-length, -across / 2, length, across);
      pen.restore();
    }
    pen.fillStyle = MODE_COLOURS[5];
    for (const [x, y] of this.now.people) {
      const [px, py] = this.#at([x, y]);
      pen.fillRect(px - 1, py - 1, 2, 2);
    }
  }

  #drawSignals(pen) {
    for (const line of this.geometry.stop_lines) {
      const shown = this.aspects[line.junction] || {};
      const half = Math.max(2.5, line.width_m * this.view.scale / 2);
      const [px, py] = this.#at([line.x, line.y]);
      pen.save();
      pen.translate(px, py);
      pen.rotate(-line.heading - this.turn);
      const step = 2 * half / line.groups.length;
      line.groups.forEach((group, i) => {
        pen.fillStyle = ASPECTS[shown[group] ?? 0];
        pen.fillRect(-2, -half + i * step, 3, step - 0.5);
      });
      pen.restore();
    }
  }

  #drawNames(pen) {
    pen.font = "11px system-ui, sans-serif";
    pen.textAlign = "center";
    let i = 0;
    for (const stop of Object.values(this.geometry.corridors).flat()) {
      const [x, y] = this.#at(this.geometry.positions[stop.junction]);
      const above = i % 2 === 0;
      const text = stop.name.replace(/^.*\/ */, "");
      const ty = y + (above ? -1 : 1) * Math.max(34, 42 * this.view.scale) + (above ? 0 : 8);
      pen.fillStyle = stop.junction === this.chosen ? INK.accent : INK.text;
      pen.fillText(text, x, ty);
      i += 1;
    }
  }
}
