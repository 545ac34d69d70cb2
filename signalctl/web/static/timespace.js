// Rolling time-space diagram: distance along the corridor upwards, time to the right; red bars and vehicle tracks.
import { INK, MODE_COLOURS, prepare } from "./colours.js";
import { along } from "./corridor_axis.js";

const SPAN_S = 300;
const LEFT = 140;
const BOTTOM = 16;
const GREEN = 3;

export class TimeSpace {
  constructor(canvas, axis) {
    this.canvas = canvas;
    this.axis = axis;
    this.seconds = [];
    this.tracks = new Map();
  }

  /** Add a snapshot; time that goes back starts the diagram anew. */
  show(snapshot) {
    const last = this.seconds[this.seconds.length - 1];
    if (last && snapshot.t < last.t) { this.seconds = []; this.tracks.clear(); }
    const red = this.axis.stops.map((stop) => {
      const shown = snapshot.junctions[stop.junction]?.aspects;
      if (!shown) return [null, null];
      return [stop.forward, stop.backward].map((groups) => (groups.length ? !groups.some((group) => shown[group] === GREEN) : null));
    });
    this.seconds.push({ t: snapshot.t, red });
    for (const row of snapshot.road?.vehicles || []) {
      const distance = along(this.axis, row[1], row[2]);
      if (distance === null) continue;
      const track = this.tracks.get(row[0]) || { mode: row[4], points: [] };
      track.points.push([snapshot.t, distance]);
      this.tracks.set(row[0], track);
    }
    const oldest = snapshot.t - SPAN_S;
    while (this.seconds.length && this.seconds[0].t < oldest) this.seconds.shift();
    for (const [id, track] of this.tracks) {
      while (track.points.length && track.points[0][0] < oldest) track.points.shift();
      if (!track.points.length) this.tracks.delete(id);
    }
    this.#draw(snapshot.t);
  }

  #draw(now) {
    const { pen, width, height } = prepare(this.canvas);
    pen.clearRect(0, 0, width, height);
    const x = (t) => LEFT + (width - LEFT - 6) * (1 - (now - t) / SPAN_S);
    const y = (d) => 12 + (height - BOTTOM - 24) * (1 - d / this.axis.length);
    this.#grid(pen, now, x, y, width, height);
    pen.lineWidth = 0.8;
    for (const track of this.tracks.values()) {
      pen.strokeStyle = MODE_COLOURS[track.mode];
      pen.globalAlpha = track.mode === 2 || track.mode === 3 ? 1 : 0.4;
      pen.lineWidth = track.mode === 2 || track.mode === 3 ? 1.6 : 0.8;
      pen.beginPath();
      let previous = null;
      for (const [t, d] of track.points) {
        if (previous && t - previous[0] <= 12 && Math.abs(d - previous[1]) < 300) pen.lineTo(x(t), y(d)); else pen.moveTo(x(t), y(d));
        previous = [t, d];
      }
      pen.stroke();
    }
    pen.globalAlpha = 1;
    pen.fillStyle = INK.red;
    this.axis.stops.forEach((stop, i) => {
      for (let n = 0; n < this.seconds.length; n += 1) {
        const { t, red } = this.seconds[n];
        const until = n + 1 < this.seconds.length ? Math.min(this.seconds[n + 1].t, t + 5) : t + 1;
        const wide = Math.max(0.6, x(until) - x(t));
        if (red[i][0]) pen.fillRect(x(t), y(stop.distance_m) - 3, wide, 2.4);
        if (red[i][1]) pen.fillRect(x(t), y(stop.distance_m) + 0.6, wide, 2.4);
      }
    });
  }

  #grid(pen, now, x, y, width, height) {
    pen.font = "11px system-ui, sans-serif";
    pen.textAlign = "right";
    let lastY = Infinity;
    for (const stop of this.axis.stops) {
      const at = y(stop.distance_m);
      pen.fillStyle = INK.line;
      pen.fillRect(LEFT, at, width - LEFT, 1);
      if (lastY - at < 11) continue;
      lastY = at;
      pen.fillStyle = INK.quiet;
      pen.fillText(stop.name.replace(/^.*\/ */, "").slice(0, 22), LEFT - 6, at + 4);
    }
    pen.textAlign = "center";
    for (let t = Math.ceil((now - SPAN_S) / 60) * 60; t <= now; t += 60) {
      pen.fillStyle = INK.line;
      pen.fillRect(x(t), 8, 1, height - BOTTOM - 8);
      pen.fillStyle = INK.quiet;
      if (x(t) > LEFT + 14) pen.fillText(new Date(t * 1000).toISOString().slice(11, 16), x(t), height - 4);
    }
  }
}
