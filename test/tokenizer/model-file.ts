/** @file Writes SentencePiece model files for tests, independently of the reader: protobuf message and character map. */
import { PbfWriter } from "pbf";

export interface PieceSpec {
  readonly text: string;
  readonly score?: number;
  /** Type number of the format: 1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte. */
  readonly type?: number;
}

export interface ModelSpec {
  readonly pieces: readonly PieceSpec[];
  readonly charsMap?: Uint8Array;
  readonly addDummyPrefix?: boolean;
  readonly removeExtraWhitespaces?: boolean;
  readonly escapeWhitespaces?: boolean;
  readonly modelType?: number;
  readonly byteFallback?: boolean;
  readonly whitespaceAsSuffix?: boolean;
  readonly denormalizerMap?: Uint8Array;
  readonly omitTrainer?: boolean;
}

/** The first ids of every T5 vocabulary. */
export const SPECIALS: readonly PieceSpec[] = [
  { text: "<pad>", type: 3 },
  { text: "</s>", type: 3 },
  { text: "<unk>", type: 2 },
];

const normalizerSpec = (spec: ModelSpec, pbf: PbfWriter): void => {
  pbf.writeStringField(1, "test");
  if (spec.charsMap !== undefined) pbf.writeBytesField(2, spec.charsMap);
  if (spec.addDummyPrefix !== undefined) pbf.writeBooleanField(3, spec.addDummyPrefix);
  if (spec.removeExtraWhitespaces !== undefined) pbf.writeBooleanField(4, spec.removeExtraWhitespaces);
  if (spec.escapeWhitespaces !== undefined) pbf.writeBooleanField(5, spec.escapeWhitespaces);
};

const trainerSpec = (spec: ModelSpec, pbf: PbfWriter): void => {
  pbf.writeVarintField(3, spec.modelType ?? 1);
  pbf.writeVarintField(4, spec.pieces.length);
  if (spec.whitespaceAsSuffix !== undefined) pbf.writeBooleanField(24, spec.whitespaceAsSuffix);
  if (spec.byteFallback !== undefined) pbf.writeBooleanField(35, spec.byteFallback);
};

/** The bytes of a `.model` file. */
export const modelFile = (spec: ModelSpec): Uint8Array => {
  const pbf = new PbfWriter();
  for (const { text, score, type } of spec.pieces) {
    pbf.writeMessage(
      1,
      (_, piece) => {
        piece.writeStringField(1, text);
        piece.writeFloatField(2, score ?? 0);
        if (type !== undefined) piece.writeVarintField(3, type);
      },
      undefined,
    );
  }
  if (spec.omitTrainer !== true) pbf.writeMessage(2, trainerSpec, spec);
  pbf.writeMessage(3, normalizerSpec, spec);
  if (spec.denormalizerMap !== undefined) {
    pbf.writeMessage(5, normalizerSpec, { pieces: [], charsMap: spec.denormalizerMap });
  }
  return pbf.finish().slice();
};

type Entry = readonly [key: Uint8Array, value: number];

/** A Darts-clone double array of `entries`, as u32 units. */
const doubleArray = (entries: readonly Entry[]): number[] => {
  const units: number[] = [0];
  const taken = new Set([0]);
  const bases = new Set<number>(); // two nodes with one base would see each other's children
  const place = (at: number, below: readonly Entry[], depth: number): void => {
    const labels = [...new Set(below.map(([key]) => key[depth] ?? 0))];
    let base = 1;
    while (bases.has(base) || labels.some((label) => taken.has(base ^ label))) base++;
    bases.add(base);
    for (const label of labels) taken.add(base ^ label);
    const ended = below.find(([key]) => key.length === depth);
    units[at] = ((units[at] ?? 0) | ((at ^ base) << 10) | (ended === undefined ? 0 : 1 << 8)) >>> 0;
    if (ended !== undefined) units[base] = (0x80000000 | ended[1]) >>> 0;
    for (const label of labels.filter((label) => label !== 0)) {
      units[base ^ label] = label;
      place(
        base ^ label,
        below.filter(([key]) => key[depth] === label),
        depth + 1,
      );
    }
  };
  place(0, entries, 0);
  return Array.from(units, (unit) => unit ?? 0);
};

/** A precompiled character map from texts to texts. */
export const charsMap = (rules: Readonly<Record<string, string>>): Uint8Array => {
  const encoder = new TextEncoder();
  const replacements: number[] = [];
  const entries = Object.entries(rules).map(([key, text]): Entry => {
    const value = replacements.length;
    replacements.push(...encoder.encode(text), 0);
    return [encoder.encode(key), value];
  });
  const units = doubleArray(entries);
  const blob = new Uint8Array(4 + 4 * units.length + replacements.length);
  const view = new DataView(blob.buffer);
  view.setUint32(0, 4 * units.length, true);
  units.forEach((unit, i) => {
    view.setUint32(4 + 4 * i, unit, true);
  });
  blob.set(replacements, 4 + 4 * units.length);
  return blob;
};
