/** @file The figures of a report as SVG, by Observable Plot on the document of linkedom: optional packages, which are loaded here alone. */
import { UnsupportedError } from "../../core/errors.js";
import type { Figure, Panel, Point, Series } from "./figures.js";
import type { Link } from "./table.js";

/** Draws a panel. */
export type Draw = (figure: Figure, panel: Panel, colours: ReadonlyMap<string, string>) => string;

type Plot = typeof import("@observablehq/plot");
type Mark = import("@observablehq/plot").Markish;

const load = async () => {
  try {
    const plot = await import("@observablehq/plot");
    const { parseHTML } = await import("linkedom");
    return { plot, document: parseHTML("<!doctype html><body></body>").document };
  } catch (cause) {
    throw new UnsupportedError(
      {
        where: "report",
        what: "the figures of a page need two packages that are not installed",
        expected: "@observablehq/plot and linkedom",
        hint: "npm install @observablehq/plot linkedom; tables alone (--out report.md, --out report.tex) need neither",
      },
      { cause },
    );
  }
};

interface Row extends Point {
  readonly series: string;
  readonly colour: string;
  readonly low: number;
  readonly high: number;
  readonly href: string;
  readonly title: string;
}

const titleOf = (label: string, { x, mean, deviation, n }: Point): string =>
  `${label}, ${x}: ${mean.toFixed(1)}${deviation === undefined ? "" : ` ± ${deviation.toFixed(1)}`} (n = ${n})`;

const rowsOf = ({ label, points }: Series, colour: string, hrefOf: (link: Link) => string): Row[] =>
  points.map((point) => {
    const { mean, deviation = 0, link } = point;
    const range = { low: mean - deviation, high: mean + deviation };
    return { ...point, ...range, series: label, colour, href: hrefOf(link), title: titleOf(label, point) };
  });

const WIDTH = { narrow: 360, wide: 640 } as const;
/** Room for the names of variants, in pixels a character. */
const CHARACTER = 6.2;

/** Dashed lines with their names. */
const referenceMarks = ({ ruleX, ruleY, text }: Plot, { references }: Panel, flat: boolean): Mark[] => {
  if (references.length === 0) return [];
  const line = { stroke: "currentColor", strokeDasharray: "5 4", strokeOpacity: 0.7 };
  const name = { text: "label", fontSize: 10 };
  return flat
    ? [
        ruleX(references, { x: "score", ...line }),
        text(references, { x: "score", frameAnchor: "top", dy: -8, ...name }),
      ]
    : [
        ruleY(references, { y: "score", ...line }),
        text(references, { y: "score", frameAnchor: "right", textAnchor: "end", dy: -6, ...name }),
      ];
};

/** Bands, lines and points. */
const curveMarks = (plot: Plot, rows: readonly Row[]): Mark[] => {
  const spread = rows.filter(({ deviation }) => deviation !== undefined);
  return [
    plot.areaY(spread, { x: "x", y1: "low", y2: "high", z: "series", fill: "colour", fillOpacity: 0.18 }),
    plot.lineY(rows, { x: "x", y: "mean", z: "series", stroke: "colour", strokeWidth: 1.8 }),
    plot.dot(rows, { x: "x", y: "mean", fill: "colour", r: 2, title: "title" }),
  ];
};

/** Bars and points. */
const pointMarks = (plot: Plot, rows: readonly Row[], joined: boolean): Mark[] => {
  const spread = rows.filter(({ deviation }) => deviation !== undefined);
  return [
    ...(joined ? [plot.lineY(rows, { x: "x", y: "mean", z: "series", stroke: "colour", strokeOpacity: 0.6 })] : []),
    plot.ruleX(spread, { x: "x", y1: "low", y2: "high", stroke: "colour", strokeWidth: 1.6 }),
    plot.dot(rows, { x: "x", y: "mean", fill: "colour", r: 4, href: "href", title: "title" }),
  ];
};

/** Names below each other, scores from left to right. */
const rowMarks = (plot: Plot, rows: readonly Row[]): Mark[] => {
  const spread = rows.filter(({ deviation }) => deviation !== undefined);
  return [
    plot.ruleY(spread, { y: "x", x1: "low", x2: "high", stroke: "colour", strokeWidth: 1.6 }),
    plot.dot(rows, { y: "x", x: "mean", fill: "colour", r: 4, href: "href", title: "title" }),
  ];
};

/** The most characters of a name, in a panel and in a wide one. */
const MOST = { narrow: 30, wide: 62 } as const;

/** The names beside the rows of a figure. */
const namesOf = (panels: readonly Panel[]): readonly string[] => [
  ...new Set(panels.flatMap(({ series }) => series.flatMap(({ points }) => points.map(({ x }) => `${x}`)))),
];

/** Whether the panels of a figure need more room, for long names. */
export const isWide = ({ scale, panels }: Pick<Figure, "scale" | "panels">): boolean =>
  scale === "category" && namesOf(panels).some(({ length }) => length > MOST.narrow);

/** Where a name is longer than its room it ends in dots. */
const shortened = (text: string, most: number): string => (text.length <= most ? text : `${text.slice(0, most - 1)}…`);

/** The range of an axis that panels share. */
const domainOf = (scale: Figure["scale"], panels: readonly Panel[]): [number, number] => {
  const values = panels.flatMap(({ series }) => series.flatMap(({ points }) => points.map(({ x }) => Number(x))));
  const [least, most] = [Math.min(...values), Math.max(...values)];
  if (least < most) return [least, most];
  // A single value would have an axis of no length.
  return scale === "log" ? [least / 2, least * 2] : [least - 1, least + 1];
};

const rowOptions = (figure: Figure, panel: Panel, score: object) => {
  const most = isWide(figure) ? MOST.wide : MOST.narrow;
  const names = namesOf([panel]);
  const left = Math.max(...names.map((name) => shortened(name, most).length)) * CHARACTER + 14;
  const tickFormat = (name: string): string => shortened(name, most);
  const y = { label: null, domain: names, tickFormat, type: "point" as const, padding: 0.6 };
  return { marginLeft: left, marginRight: 16, height: 54 + 24 * names.length, x: score, y };
};

const optionsOf = (figure: Figure, panel: Panel) => {
  const { scale, xLabel, yLabel = "score, %", panels } = figure;
  const score = { label: yLabel, grid: true, nice: true };
  if (scale === "category") return rowOptions(figure, panel, score);
  const type = scale === "log" ? ("log" as const) : ("linear" as const);
  const x = {
    type,
    label: xLabel,
    domain: domainOf(scale, panels),
    nice: true,
    ...(scale === "log" && { ticks: 4, tickFormat: "~s" }),
  };
  return { marginLeft: 44, marginRight: 18, height: 240, x, y: score };
};

/**
 * What draws panels.
 *
 * - `hrefOf`: the address of a link
 * @throws {UnsupportedError} where a package is missing
 */
export const drawing = async (hrefOf: (link: Link) => string): Promise<Draw> => {
  const { plot, document } = await load();
  return (figure, panel, colours) => {
    const rows = panel.series.flatMap((one) => rowsOf(one, colours.get(one.label) ?? "currentColor", hrefOf));
    const flat = figure.scale === "category";
    const marks = flat
      ? rowMarks(plot, rows)
      : figure.isCurve
        ? curveMarks(plot, rows)
        : pointMarks(plot, rows, figure.id !== "efficiency");
    const svg = plot.plot({
      ...optionsOf(figure, panel),
      ...{
        width: isWide(figure) ? WIDTH.wide : WIDTH.narrow,
        document: document as unknown as Document,
        style: { background: "none", color: "currentColor" },
      },
      marks: [...referenceMarks(plot, panel, flat), ...marks],
    });
    svg.setAttribute("xmlns", "http://www.w3.org/2000/svg");
    svg.setAttribute("xmlns:xlink", "http://www.w3.org/1999/xlink");
    return svg.outerHTML;
  };
};
