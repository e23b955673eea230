/** The part of `@agnai/sentencepiece-js` that is used here: SentencePiece itself, compiled to WebAssembly. */
declare module "@agnai/sentencepiece-js" {
  export class SentencePieceProcessor {
    load(path: string): Promise<void>;
    encodeIds(text: string): number[];
    decodeIds(ids: number[]): string;
  }
}
