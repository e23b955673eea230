/** @file Code that packs a strided matrix into the panels the micro kernel reads. */
import {
  branchIf,
  type Code,
  countDown,
  type FunctionBuilder,
  f32,
  i32,
  type Local,
  loop,
  v128,
  when,
} from "./assembler.js";

const times = <T>(n: number, f: (i: number) => T): T[] => Array.from({ length: n }, (_, i) => f(i));
const FLOAT = 4;

/** Transposes the 4 x 4 block in `vectors`; `store(i, row)` says what becomes of row i of the result, for i = 0 to 3. */
export const transposeBlock = (
  vectors: readonly Local[],
  scratch: readonly Local[],
  store: (i: number, row: Code) => Code,
): Code => {
  const [x, y, z, w] = vectors as [Local, Local, Local, Local];
  const [lowXy, lowZw, highXy, highZw] = scratch as [Local, Local, Local, Local];
  const pair = (into: Local, p: Local, q: Local, from: 0 | 2): Code =>
    into.set(v128.shuffle32(p.get, q.get, [from, from + 4, from + 1, from + 5]));
  const join = (p: Local, q: Local, from: 0 | 2): Code =>
    v128.shuffle32(p.get, q.get, [from, from + 1, from + 4, from + 5]);
  return [
    pair(lowXy, x, y, 0),
    pair(lowZw, z, w, 0),
    pair(highXy, x, y, 2),
    pair(highZw, z, w, 2),
    store(0, join(lowXy, lowZw, 0)),
    store(1, join(lowXy, lowZw, 2)),
    store(2, join(highXy, highZw, 0)),
    store(3, join(highXy, highZw, 2)),
  ];
};

/**
 * Defines `pack(src, kStep, laneStep, k, lanes, dst)`: element (kk, lane) of the source goes to the panel `lane / width`,
 * which is a dense `[k][width]`; the lanes that the last panel lacks are zeros (old memory could hold subnormals, which are slow). Steps are in bytes. Sources that are contiguous
 * along lanes or along k go by vectors.
 */
export const definePack = (fn: FunctionBuilder, width: 4 | 8): void => {
  const [src, kStep, laneStep, k, lanes, dst] = fn.params as [Local, Local, Local, Local, Local, Local];
  const [p, q, left, lane, present] = times(5, () => fn.local("i32")) as [Local, Local, Local, Local, Local];
  const rows = times(4, () => fn.local("v128"));
  const scratch = times(4, () => fn.local("v128"));
  const panelRow = i32.const(FLOAT * width);

  const byLanes = countDown(
    left,
    times(width / 4, (j) => v128.store(dst.get, v128.load(p.get, 16 * j), 16 * j)),
    p.advance(kStep.get),
    dst.advance(panelRow),
  );

  // Two panels at once: a row of both is one cache line, which is then read once.
  const bothByLanes: Code = [
    q.set(i32.add(dst.get, i32.mul(k.get, panelRow))),
    countDown(
      left,
      times(width / 4, (j) => v128.store(dst.get, v128.load(p.get, 16 * j), 16 * j)),
      times(width / 4, (j) => v128.store(q.get, v128.load(p.get, FLOAT * width + 16 * j), 16 * j)),
      p.advance(kStep.get),
      dst.advance(panelRow),
      q.advance(panelRow),
    ),
    dst.set(q.get),
    src.advance(panelRow),
    lanes.advance(i32.const(-width)),
  ];

  const scalar = countDown(
    left,
    q.set(p.get),
    times(width, (i) => [f32.store(dst.get, f32.load(q.get), FLOAT * i), q.advance(laneStep.get)]),
    p.advance(kStep.get),
    dst.advance(panelRow),
  );

  const fourByFour = (half: number): Code => [
    rows.map((row) => [row.set(v128.load(q.get)), q.advance(laneStep.get)]),
    transposeBlock(rows, scratch, (i, row) => v128.store(dst.get, row, i * FLOAT * width)),
    half === width / 4 - 1 ? [] : dst.advance(i32.const(16)),
  ];
  const byK: Code = [
    left.set(i32.shrU(k.get, i32.const(2))),
    countDown(
      left,
      q.set(p.get),
      times(width / 4, fourByFour),
      dst.advance(i32.const(4 * FLOAT * width - 16 * (width / 4 - 1))),
      p.advance(i32.const(16)),
    ),
    left.set(i32.and(k.get, i32.const(3))),
    scalar,
  ];

  const full = when(
    i32.eq(laneStep.get, i32.const(FLOAT)),
    when(i32.geS(lanes.get, i32.const(2 * width)), bothByLanes, byLanes),
    when(i32.eq(kStep.get, i32.const(FLOAT)), byK, scalar),
  );

  const partial = countDown(
    left,
    q.set(p.get),
    times(width / 4, (j) => v128.store(dst.get, v128.zero, 16 * j)),
    present.set(lanes.get),
    lane.set(dst.get),
    countDown(present, f32.store(lane.get, f32.load(q.get)), q.advance(laneStep.get), lane.advance(i32.const(FLOAT))),
    p.advance(kStep.get),
    dst.advance(panelRow),
  );

  fn.define(
    loop(
      p.set(src.get),
      left.set(k.get),
      when(i32.geS(lanes.get, i32.const(width)), full, partial),
      src.advance(i32.mul(laneStep.get, i32.const(width))),
      lanes.advance(i32.const(-width)),
      branchIf(i32.gtS(lanes.get, i32.const(0)), 0),
    ),
  );
};
