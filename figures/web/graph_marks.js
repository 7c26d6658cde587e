// Marks on graphs: a quantity against rounds or time, its intervals, levels and frequencies.

import { densified, pixels, readings, regions, shown, stroke } from "./shapes.js";
import { paint, polyline, tag } from "./svg.js";
import { markers } from "./symbols.js";

const BAND = 0.18; // opacity of an interval drawn as a region

export function drawSeries(mark, place) {
  const { look } = mark;
  const at = pixels(place, mark.x, mark.y);
  const width = look.width * place.line;
  const line =
    look.line === null ? "" : tag("path", { class: "ib-line", d: polyline(at), ...stroke(look, width) });
  const size = place.size * (look.dense ? place.sizes.denseMarker : place.sizes.marker);
  const marked = look.marker === null ? [] : look.dense ? spaced(at, place) : at.filter(shown);
  const hollow = look.hollow ? { fill: paint("paper"), stroke: paint(look.colour) } : {};
  const rim = (look.hollow ? 0.6 : 0.25) * place.line;
  const dots = markers(look.marker, marked, size, look.colour, rim, hollow);
  const [intervals, ends] = mark.error ? drawIntervals(mark, place) : ["", []];
  return {
    body: [intervals, line, dots],
    ink: [...(look.line === null ? at.filter(shown) : densified(at)), ...ends],
    points: readings(mark, at, (k) => (mark.error ? [mark.error[0][k], mark.error[1][k]] : [])),
  };
}

function drawIntervals(mark, place) {
  const [low, high] = mark.error;
  if (mark.look.band) {
    return [
      regions(place, mark.x, low, high).map((d) =>
        tag("path", { d, fill: paint(mark.look.colour), "fill-opacity": BAND }),
      ),
      [],
    ];
  }
  const ends = mark.x
    .map((x, k) => [
      [place.x.at(x), place.y.at(low[k])],
      [place.x.at(x), place.y.at(high[k])],
    ])
    .filter((pair) => pair.every(shown));
  const bars = ends.map((pair) =>
    tag("path", {
      class: "ib-interval",
      d: polyline(pair),
      stroke: paint(mark.look.colour),
      "stroke-width": 0.8 * place.line,
    }),
  );
  return [bars, ends.flatMap(densified)];
}

// Points a fixed share of the diagonal apart along the line: markers that tell crowded series apart.
function spaced(at, place) {
  const apart = place.sizes.spacing * Math.hypot(place.box.width, place.box.height);
  let gone = apart;
  let last = null;
  return at.filter((point) => {
    if (!shown(point)) return false;
    gone += last ? Math.hypot(point[0] - last[0], point[1] - last[1]) : 0;
    last = point;
    if (gone < apart) return false;
    gone = 0;
    return true;
  });
}

export function drawBands(mark, place) {
  const { colour, alpha } = mark.look;
  const body = regions(place, mark.x, mark.low, mark.high).map((d) =>
    tag("path", { class: "ib-region", d, fill: paint(colour), "fill-opacity": alpha }),
  );
  const edges = [mark.low, mark.high].flatMap((edge) => densified(pixels(place, mark.x, edge)));
  return { body, ink: edges, points: [] };
}

export function drawSpan(mark, place) {
  const { box } = place;
  const axis = place[mark.axis];
  const [low, high] = [axis.at(mark.low), axis.at(mark.high)];
  if (mark.low < mark.high) {
    const ends = [low, high].map((end) =>
      Math.min(Math.max(end, Math.min(axis.from, axis.to)), Math.max(axis.from, axis.to)),
    );
    const [from, size] = [Math.min(...ends), Math.abs(ends[1] - ends[0])];
    const shape =
      mark.axis === "x"
        ? { x: from, y: box.top, width: size, height: box.height }
        : { x: box.left, y: from, width: box.width, height: size };
    return {
      body: tag("rect", {
        class: "ib-region",
        ...shape,
        fill: paint(mark.look.colour),
        "fill-opacity": mark.look.alpha,
      }),
      ink: [],
      points: [],
    };
  }
  const ends =
    mark.axis === "x"
      ? [
          [low, box.top],
          [low, box.bottom],
        ]
      : [
          [box.left, low],
          [box.right, low],
        ];
  return {
    body: tag("path", {
      class: "ib-line",
      d: polyline(ends),
      ...stroke(mark.look, mark.look.width * place.line),
    }),
    ink: [],
    points: [],
  };
}

export function drawHistogram(mark, place) {
  const { look } = mark;
  const foot = Math.min(
    Math.max(place.y.at(place.y.scale === "log" ? place.y.limits[0] : 0), place.box.top),
    place.box.bottom,
  );
  const tops = mark.heights.map((height) => place.y.at(height));
  const corners = tops.flatMap((top, k) =>
    Number.isFinite(top)
      ? [
          [place.x.at(mark.edges[k]), top],
          [place.x.at(mark.edges[k + 1]), top],
        ]
      : [[NaN, NaN]],
  );
  const bars = tops.map((top, k) =>
    Number.isFinite(top)
      ? tag("rect", {
          class: "ib-bar",
          x: place.x.at(mark.edges[k]),
          y: Math.min(top, foot),
          height: Math.abs(foot - top),
          width: place.x.at(mark.edges[k + 1]) - place.x.at(mark.edges[k]),
          fill: paint(look.colour),
          "fill-opacity": look.alpha,
        })
      : "",
  );
  const [first, last] = [place.x.at(mark.edges[0]), place.x.at(mark.edges.at(-1))];
  const outline = tag("path", {
    class: "ib-line",
    d: polyline([[first, foot], ...corners, [last, foot]]),
    ...stroke(look, look.width * place.line),
  });
  const points = tops.map((top, k) => ({
    at: [(place.x.at(mark.edges[k]) + place.x.at(mark.edges[k + 1])) / 2, top],
    colour: look.colour,
    label: mark.label,
    x: (mark.edges[k] + mark.edges[k + 1]) / 2,
    y: mark.heights[k],
    more: [],
  }));
  return {
    body: [bars, outline],
    ink: densified([[first, foot], ...corners, [last, foot]]),
    points: points.filter((point) => shown(point.at)),
  };
}
