// The corridor as one line: turns a point of the map into a distance along it.

/** Axis through the junctions of the longest corridor, or null where there are fewer than two. */
export function makeAxis(geometry) {
  const stops = Object.values(geometry.corridors).sort((a, b) => b.length - a.length)[0] || [];
  if (stops.length < 2) return null;
  const points = stops.map((stop) => geometry.positions[stop.junction]);
  const pieces = [];
  for (let i = 0; i + 1 < points.length; i += 1) {
    const [ax, ay] = points[i];
    const [bx, by] = points[i + 1];
    pieces.push({ ax, ay, dx: bx - ax, dy: by - ay, length: Math.hypot(bx - ax, by - ay), start: stops[i].distance_m });
  }
  return { stops, pieces, length: stops[stops.length - 1].distance_m };
}

/** Distance along the axis in metres, or null when the point lies more than `width` beside it. */
export function along(axis, x, y, width = 25) {
  let best = null;
  axis.pieces.forEach((piece, i) => {
    let share = ((x - piece.ax) * piece.dx + (y - piece.ay) * piece.dy) / (piece.length * piece.length);
    if (i > 0) share = Math.max(share, 0);
    if (i + 1 < axis.pieces.length) share = Math.min(share, 1);
    const aside = Math.hypot(x - piece.ax - share * piece.dx, y - piece.ay - share * piece.dy);
    if (aside <= width && (best === null || aside < best.aside)) best = { aside, distance: piece.start + share * piece.length };
  });
  return best && best.distance > -150 && best.distance < axis.length + 150 ? best.distance : null;
}
