/** @file Pictures as SVG text, from plain data. */

import { scaleLinear } from "d3-scale";
import { line } from "d3-shape";
import { takes } from "../core/composite.js";

interface Point {
  readonly step: number;
  readonly value: number;
}

export interface LearningCurve {
  readonly title: string;
  readonly losses: readonly Point[];
  /** Evaluations: the metric in percent. */
  readonly scores: readonly Point[];
  readonly scoreName: string;
  /** The step whose prompt was kept. */
  readonly bestStep?: number;
}

const WIDTH = 760;
const PANEL = { left: 64, right: 24, height: 190 };
const COLOURS = { ink: "#5a6270", grid: "#9aa3b040", loss: "#2f6fde", score: "#d9622b", best: "#2a9d62" };

const escapeXml = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

const text = (x: number, y: number, content: string, attributes = ""): string =>
  `<text x="${x}" y="${y}" fill="${COLOURS.ink}" ${attributes}>${escapeXml(content)}</text>`;

/** Exponential moving average, to see the trend through the noise of batches. */
const smooth = (points: readonly Point[], keep = 0.9): Point[] => {
  let mean = points[0]?.value ?? 0;
  return points.map((p) => {
    mean = keep * mean + (1 - keep) * p.value;
    return { step: p.step, value: mean };
  });
};

/** The range of values, never empty. */
const extent = (values: readonly number[], low: number, high: number): [number, number] => {
  const finite = values.filter(Number.isFinite);
  const [min, max] = [Math.min(low, ...finite), Math.max(high, ...finite)];
  return max > min ? [min, max] : [min, min + 1];
};

/** One panel: axes, grid, and what `draw` puts into it. */
const panel = (
  top: number,
  label: string,
  steps: readonly [number, number],
  values: readonly [number, number],
  draw: (x: (step: number) => number, y: (value: number) => number) => string,
): string => {
  const bottom = top + PANEL.height;
  const x = scaleLinear()
    .domain(steps)
    .range([PANEL.left, WIDTH - PANEL.right]);
  const y = scaleLinear().domain(values).nice().range([bottom, top]);
  const rows = y.ticks(5).map((v) => {
    const rule = `<line x1="${PANEL.left}" x2="${WIDTH - PANEL.right}" y1="${y(v)}" y2="${y(v)}" stroke="${COLOURS.grid}"/>`;
    return rule + text(PANEL.left - 8, y(v) + 4, y.tickFormat(5)(v), 'text-anchor="end"');
  });
  const columns = x.ticks(8).map((s) => text(x(s), bottom + 18, x.tickFormat(8)(s), 'text-anchor="middle"'));
  const name = text(PANEL.left, top - 8, label, 'font-weight="600"');
  return [
    ...rows,
    ...columns,
    name,
    draw(
      (s) => x(s),
      (v) => y(v),
    ),
  ].join("\n");
};

const path = (
  points: readonly Point[],
  x: (s: number) => number,
  y: (v: number) => number,
  attributes: string,
): string => {
  const d = line<Point>(
    (p) => x(p.step),
    (p) => y(p.value),
  )(points.filter((p) => Number.isFinite(p.value)));
  return d === null ? "" : `<path d="${d}" fill="none" ${attributes}/>`;
};

const dots = (points: readonly Point[], x: (s: number) => number, y: (v: number) => number, colour: string): string =>
  points.map((p) => `<circle cx="${x(p.step)}" cy="${y(p.value)}" r="3" fill="${colour}"/>`).join("");

/**
 * Loss and dev metric over the steps of a run, as a standalone SVG that reads on light and dark grounds.
 *
 * @example writeFileSync("curve.svg", learningCurve({ title: "CB", losses, scores, scoreName: "accuracy" }))
 */
export const learningCurve = takes(
  "learningCurve({ title, losses, scores, scoreName, bestStep })",
  ({ title, losses, scores, scoreName, bestStep }: LearningCurve): string => {
    const last = Math.max(1, ...losses.map((p) => p.step), ...scores.map((p) => p.step));
    const best = scores.find((p) => p.step === bestStep);
    const lossPanel = panel(
      64,
      "training loss",
      [0, last],
      extent(
        losses.map((p) => p.value),
        0,
        0,
      ),
      (x, y) =>
        [
          path(losses, x, y, `stroke="${COLOURS.loss}" stroke-opacity="0.3"`),
          path(smooth(losses), x, y, `stroke="${COLOURS.loss}" stroke-width="2"`),
        ].join("\n"),
    );
    const scorePanel = panel(316, `${scoreName} on the dev set, %`, [0, last], [0, 100], (x, y) => {
      const mark =
        best === undefined
          ? ""
          : `<line x1="${x(best.step)}" x2="${x(best.step)}" y1="${y(0)}" y2="${y(100)}" stroke="${COLOURS.best}" stroke-dasharray="4 3"/>` +
            text(
              x(best.step) + (best.step > last * 0.7 ? -6 : 6),
              // At the foot, where a curve of good scores does not cross it.
              y(0) - 8,
              `best: ${best.value.toFixed(1)} at step ${best.step}`,
              best.step > last * 0.7 ? 'text-anchor="end"' : "",
            );
      return (
        path(scores, x, y, `stroke="${COLOURS.score}" stroke-width="2"`) + dots(scores, x, y, COLOURS.score) + mark
      );
    });
    return [
      `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} 560" width="${WIDTH}" height="560" font-family="system-ui, sans-serif" font-size="12">`,
      text(PANEL.left, 28, title, 'font-size="16" font-weight="600"'),
      lossPanel,
      scorePanel,
      text(WIDTH / 2, 546, "step", 'text-anchor="middle"'),
      "</svg>\n",
    ].join("\n");
  },
);
