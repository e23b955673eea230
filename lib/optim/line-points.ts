/** @file Points on a line of steps: whether the loss has fallen enough there, and where between them it is least. */
import type { Tensor } from "../core/tensor.js";
import * as np from "../np/index.js";

/** A step on the line, the loss there, and its slope along the line. */
export interface Point {
  readonly step: Tensor;
  readonly value: Tensor;
  readonly slope: Tensor;
}

/** What is asked of a point. */
export interface Conditions {
  /** The loss falls enough where it falls by this share of what the slope promises. */
  readonly slopeShare: number;
  /** The slope is small enough below this share of the first one. */
  readonly curvatureShare: number;
  /** Where the loss differs by less than this share of it, the slope alone says whether it falls; null: never. */
  readonly approximateShare: number | null;
}

/** `max(error, 0)`, infinite where it is not a number. */
const errorOf = (error: Tensor): Tensor => np.where(np.isnan(error), Number.POSITIVE_INFINITY, np.maximum(error, 0));

/** How far a point misses both conditions. */
export const errorsOf = (point: Point, start: Point, { slopeShare, curvatureShare, approximateShare }: Conditions) => {
  const fallen = np.subtract(point.value, start.value);
  const exact = np.subtract(fallen, np.multiply(np.multiply(slopeShare, point.step), start.slope));
  const curvature = np.subtract(np.abs(point.slope), np.multiply(curvatureShare, np.abs(start.slope)));
  if (approximateShare === null) return { decrease: errorOf(exact), curvature: errorOf(curvature) };
  const bySlope = np.subtract(point.slope, np.multiply(2 * slopeShare - 1, start.slope));
  const byValue = np.subtract(fallen, np.multiply(approximateShare, np.abs(start.value)));
  return { decrease: errorOf(np.minimum(np.maximum(bySlope, byValue), exact)), curvature: errorOf(curvature) };
};

/** The minimum of the cubic through three points with the slope at the first; NaN where there is none. */
const cubicMinimum = (a: Point, b: Point, c: Point): Tensor => {
  const [db, dc] = [np.subtract(b.step, a.step), np.subtract(c.step, a.step)];
  const [b2, c2] = [np.square(db), np.square(dc)];
  const rise = (p: Point, d: Tensor): Tensor => np.subtract(np.subtract(p.value, a.value), np.multiply(a.slope, d));
  const [rb, rc] = [rise(b, db), rise(c, dc)];
  const scale = np.multiply(np.square(np.multiply(db, dc)), np.subtract(db, dc));
  const cubic = np.divide(np.subtract(np.multiply(c2, rb), np.multiply(b2, rc)), scale);
  const square = np.divide(
    np.subtract(np.multiply(np.multiply(b2, db), rc), np.multiply(np.multiply(c2, dc), rb)),
    scale,
  );
  const radical = np.subtract(np.square(square), np.multiply(np.multiply(3, cubic), a.slope));
  return np.add(a.step, np.divide(np.subtract(np.sqrt(radical), square), np.multiply(3, cubic)));
};

/** The minimum of the parabola through two points with the slope at the first. */
const squareMinimum = (a: Point, b: Point): Tensor => {
  const d = np.subtract(b.step, a.step);
  const square = np.divide(np.subtract(np.subtract(b.value, a.value), np.multiply(a.slope, d)), np.square(d));
  return np.subtract(a.step, np.divide(a.slope, np.multiply(2, square)));
};

/** The next step inside of the interval: of the cubic, else of the parabola, where these are not near an end; else the middle. */
export const insideOf = (low: Point, high: Point, third: Point): Tensor => {
  const [left, right] = [np.minimum(low.step, high.step), np.maximum(low.step, high.step)];
  const length = np.subtract(right, left);
  const isInside = (x: Tensor, margin: number): Tensor => {
    const edge = np.multiply(margin, length);
    return np.logicalAnd(np.greater(x, np.add(left, edge)), np.less(x, np.subtract(right, edge)));
  };
  const [cubic, square] = [cubicMinimum(low, high, third), squareMinimum(low, high)];
  const middle = np.divide(np.add(low.step, high.step), 2);
  return np.where(isInside(cubic, 0.2), cubic, np.where(isInside(square, 0.1), square, middle));
};
