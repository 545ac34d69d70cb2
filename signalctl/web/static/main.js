// Joins the live WebSocket to the parts of the page.
import { MODES, MODE_COLOURS } from "./colours.js";
import { makeAxis } from "./corridor_axis.js";
import { CorridorMap } from "./map.js";
import { showBanner, showComparison, showDecisions, showJunction, showRows, showStatus } from "./panels.js";
import { TimeSpace } from "./timespace.js";

const RETRY_MS = 1000;
const STALE_MS = 5000;

const fetchJson = async (path) => {
  const answer = await fetch(path);
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
};

const [site, geometry] = await Promise.all([fetchJson("/api/v1/site"), fetchJson("/api/v1/geometry")]);
let chosen = Object.values(geometry.corridors).flat()[0]?.junction || Object.keys(site.junctions)[0];
let newest = null;
let heard = performance.now();

const map = new CorridorMap(document.getElementById("map"), geometry, { onChoose: (id) => id && choose(id) });
const close = new CorridorMap(document.getElementById("close"), geometry, { focus: 45 });
document.getElementById("close").hidden = !geometry.lanes.length;
const axis = makeAxis(geometry);
const timespace = axis && new TimeSpace(document.getElementById("timespace"), axis);
if (!axis) document.getElementById("tsd").hidden = true;

const legend = document.getElementById("map-legend");
MODES.slice(0, 6).forEach((mode, i) => {
  const box = document.createElement("b");
  box.style.background = MODE_COLOURS[i];
  legend.append(box, mode);
});

function choose(id) {
  chosen = id;
  map.choose(id);
  close.choose(id);
  if (newest) showText();
}

function showText() {
  showStatus(newest);
  showRows(newest, site, chosen, choose);
  showJunction(newest, site, chosen);
  showDecisions(newest, site);
  showComparison(newest);
}

function connect() {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const socket = new WebSocket(`${scheme}://${location.host}/api/v1/live`);
  socket.onmessage = (event) => {
    newest = JSON.parse(event.data);
    heard = performance.now();
    map.show(newest);
    close.show(newest);
    timespace?.show(newest);
    showText();
  };
  socket.onclose = () => setTimeout(connect, RETRY_MS);
}

setInterval(() => {
  const silent = performance.now() - heard;
  showBanner(silent > STALE_MS ? `No news from the service for ${Math.round(silent / 1000)} s. What is shown is old; the field controllers run on their own plans when their lease ends.` : "");
}, 1000);

map.choose(chosen);
close.choose(chosen);
connect();
