// Colours come from the style sheet, so that canvas and text agree.
const style = getComputedStyle(document.documentElement);
const of = (name) => style.getPropertyValue(`--${name}`).trim();

export const ASPECTS = ["#555", of("red"), of("amber"), of("green"), of("amber"), of("amber")];
export const MODES = ["car", "truck", "bus", "tram", "bicycle", "pedestrian", "emergency"];
export const MODE_COLOURS = [of("car"), of("truck"), of("bus"), of("tram"), of("bike"), of("ped"), of("accent")];
export const SURFACES = { road: of("road"), bicycle: of("bicycle"), transit: of("transit"), walk: of("walk"), area: of("area") };
export const INK = { ground: of("panel"), line: of("line"), text: of("text"), quiet: of("quiet"), red: of("red"), accent: of("accent") };

/** Prepare a canvas for the screen's pixels; returns its context and size in CSS pixels. */
export function prepare(canvas) {
  const ratio = window.devicePixelRatio || 1;
  const { clientWidth: width, clientHeight: height } = canvas;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  return { pen, width, height };
}
