// The parts of the page that are text: status line, table of junctions, chosen junction, decisions, comparison.
import { MODES } from "./colours.js";

const $ = (id) => document.getElementById(id);
const clock = (t) => new Date(t * 1000).toISOString().slice(11, 19);

/** Element with text; everything that comes from outside goes through textContent. */
function make(tag, text = "", className = "") {
  const element = document.createElement(tag);
  if (text !== "") element.textContent = text;
  if (className) element.className = className;
  return element;
}

const sum = (values) => Object.values(values || {}).reduce((a, b) => a + b, 0);

export function showStatus(snapshot) {
  const all = Object.values(snapshot.junctions);
  $("site").textContent = snapshot.site;
  $("time").textContent = clock(snapshot.t);
  $("strategy").textContent = snapshot.strategy;
  const up = all.filter((one) => one.connected).length;
  const confirmed = all.filter((one) => one.confirmed).length;
  $("controllers").textContent = `${up} of ${all.length} connected, ${confirmed} confirmed`;
  $("controllers").className = up < all.length ? "bad" : confirmed < all.length ? "warn" : "good";
  const ok = all.reduce((n, one) => n + (one.health?.ok || 0), 0);
  const known = all.reduce((n, one) => n + sum(one.health), 0);
  $("detectors").textContent = known ? `${ok} of ${known} ok` : "–";
  $("detectors").className = ok < known ? "warn" : "good";
  $("broker").textContent = snapshot.broker === null ? "–" : snapshot.broker ? "connected" : "lost";
  $("broker").className = snapshot.broker === false ? "bad" : "good";
  $("tick").textContent = `${snapshot.tick_ms} ms`;
}

export function showRows(snapshot, site, chosen, choose) {
  const rows = Object.entries(snapshot.junctions).map(([id, one]) => {
    const row = make("tr", "", id === chosen ? "chosen" : "");
    const button = make("button", site.junctions[id]?.name || id);
    button.type = "button";
    const head = make("td");
    head.append(button);
    row.addEventListener("click", () => choose(id));
    const longest = Math.max(0, ...Object.values(one.waits || {}));
    const bad = sum(one.health) - (one.health?.ok || 0) - (one.health?.unknown || 0);
    row.append(
      head,
      make("td", one.connected ? one.mode.replace("_", " ") : "no link", one.connected ? (one.mode.startsWith("central") ? "good" : "warn") : "bad"),
      make("td", one.plan || "local", one.plan ? "" : "quiet"),
      make("td", one.stage ? `${one.stage} ${one.in_stage_s} s` : one.next_stage ? `→ ${one.next_stage}` : "–"),
      make("td", one.cycle_s ? `${one.second} / ${one.cycle_s} s` : "–"),
      make("td", sum(one.queues).toFixed(0)),
      make("td", `${longest} s`, longest > 75 ? "bad" : longest > 60 ? "warn" : ""),
      make("td", one.lease_s === undefined ? "–" : `${one.lease_s} s`),
      make("td", bad ? `${bad} failing` : "ok", bad ? "warn" : "good"),
    );
    return row;
  });
  $("rows").replaceChildren(...rows);
}

export function showJunction(snapshot, site, id) {
  const one = snapshot.junctions[id];
  const place = $("detail");
  if (!one) { place.replaceChildren(make("p", "Choose a junction on the map or in the table.", "quiet")); return; }
  $("h-chosen").textContent = site.junctions[id].name || id;
  const parts = [];
  const state = make("p");
  state.append(make("span", one.connected ? one.mode.replace("_", " ") : "no link to the controller", one.connected ? "good" : "bad"),
    make("span", ` · plan ${one.plan || "local"} · sequence ${one.sequence ?? "–"} · epoch ${one.epoch ?? "–"}`, "quiet"));
  parts.push(state);
  const groups = make("div", "", "groups");
  for (const [group, aspect] of Object.entries(one.aspects || {})) {
    const lamp = make("span", "", `lamp a${aspect}`);
    const wait = one.waits?.[group];
    lamp.append(make("i"), make("span", wait ? `${group} ${wait} s` : group));
    groups.append(lamp);
  }
  parts.push(groups);
  if (one.decision) {
    parts.push(make("p", `${one.decision.action} ${one.decision.stage}: ${one.decision.why}`));
    for (const other of one.decision.alternatives) parts.push(make("p", `instead ${other.action} ${other.stage} after ${other.after_s} s: ${other.cost} against ${one.decision.cost} ${one.decision.unit}`, "quiet"));
  } else parts.push(make("p", "No stage request: the plan's nominal times run.", "quiet"));
  for (const request of one.requests || []) parts.push(make("p", `${request.mode} ${request.line} ${request.state}, in ${request.eta_s} s`, "warn"));
  if (one.unhealthy?.length) parts.push(make("p", `Failing detectors: ${one.unhealthy.join(", ")}`, "warn"));
  const doubtful = Object.entries(one.doubtful || {});
  if (doubtful.length) parts.push(make("p", `Estimated with little to see: ${doubtful.map(([lane, ratio]) => `${lane} (confidence ${Math.round(100 * ratio)} %)`).join(", ")}`, "warn"));
  place.replaceChildren(...parts);
}

export function showDecisions(snapshot, site) {
  const items = snapshot.decisions.map((one) => {
    const item = make("li");
    const head = make("div", "", "head");
    head.append(make("span", site.junctions[one.junction]?.name || one.junction), make("span", clock(one.t)));
    item.append(head, make("span", `${one.action} ${one.stage}`, one.action === "refused" ? "bad" : ""), make("span", ` – ${one.why}`, "quiet"));
    for (const other of one.alternatives || []) item.append(make("div", `instead ${other.action} ${other.stage} after ${other.after_s} s: ${other.cost} against ${one.cost} ${one.unit}`, "quiet"));
    return item;
  });
  if (!items.length) items.push(make("li", "None yet: the plans' nominal times run.", "quiet"));
  $("decisions").replaceChildren(...items);
}

export function showComparison(snapshot) {
  const comparison = snapshot.road?.comparison;
  if (!comparison) { $("comparison").replaceChildren(make("p", "Only a simulated street knows its baseline. Estimates for this street are in the metrics.", "quiet")); return; }
  const most = Math.max(1, ...Object.values(comparison.modes).flatMap((one) => [one.delay_s, one.baseline_s]));
  const parts = [make("p", `Mean delay per person since the begin, against the same traffic under ${comparison.baseline} (grey).`, "quiet")];
  for (const mode of ["all", ...MODES]) {
    const one = comparison.modes[mode];
    if (!one || !one.persons) continue;
    const bar = make("div", "", "bar");
    const track = make("div", "", "track");
    const now = make("span"), base = make("span", "", "base");
    now.style.width = `${100 * one.delay_s / most}%`;
    base.style.width = `${100 * one.baseline_s / most}%`;
    track.append(now, base);
    const change = one.baseline_s > 0.05 ? 100 * (one.delay_s / one.baseline_s - 1) : 0;
    const text = make("span", `${one.delay_s.toFixed(1)} / ${one.baseline_s.toFixed(1)} s  ${change > 0 ? "+" : ""}${change.toFixed(0)} %`, change > 0.5 ? "warn" : "good");
    bar.append(make("span", mode), track, text);
    parts.push(bar);
  }
  $("comparison").replaceChildren(...parts);
}

export function showBanner(text) {
  $("banner").hidden = !text;
  $("banner").textContent = text;
}
