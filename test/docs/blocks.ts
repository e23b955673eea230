/**
 * @file The code blocks of a page of documentation, as programs.
 *
 * The `ts` blocks of a page are one program, in order, unless the fence says otherwise: `ts alone` is a program of its own, `ts throws
 * ShapeError` is one that must end with that error. A `text` block right behind a `ts` block is what the block prints (or the message
 * of the error).
 */

/** A `ts` block. */
export interface Block {
  /** Line of the fence in the page, counted from 1. */
  readonly line: number;
  /** The words behind `ts` on the fence. */
  readonly words: readonly string[];
  readonly code: string;
  /** The text block behind it. */
  readonly output?: string;
}

/** A program made of blocks. */
export interface Program {
  readonly page: string;
  readonly blocks: readonly Block[];
  /** The tag of the error that it must end with. */
  readonly throws?: string;
}

const FENCE = /^```(\w*) ?(.*)$/;

/** All `ts` blocks of a page. */
export const blocksOf = (markdown: string): Block[] => {
  const lines = markdown.split("\n");
  const blocks: Block[] = [];
  let last: { block: Block; end: number } | undefined;
  for (let i = 0; i < lines.length; i++) {
    const fence = FENCE.exec(lines[i]);
    if (fence === null) continue;
    const [, language, rest] = fence;
    const begin = i + 1;
    i = lines.indexOf("```", begin);
    if (i < 0) throw new Error(`line ${begin}: the block has no end`);
    const code = lines.slice(begin, i).join("\n");
    if (language === "ts") {
      const block = { line: begin, words: rest.split(" ").filter((w) => w !== ""), code };
      blocks.push(block);
      last = { block, end: i };
    } else if (language === "text" && last !== undefined) {
      const between = lines.slice(last.end + 1, begin - 1);
      if (between.every((line) => line.trim() === ""))
        blocks[blocks.indexOf(last.block)] = { ...last.block, output: code };
    }
  }
  return blocks;
};

/** The programs of a page. */
export const programsOf = (page: string, markdown: string): Program[] => {
  const joined: Block[] = [];
  const programs: Program[] = [];
  for (const block of blocksOf(markdown)) {
    const [kind, tag] = block.words;
    if (kind === undefined) joined.push(block);
    else if (kind === "alone") programs.push({ page, blocks: [block] });
    else if (kind === "throws" && tag !== undefined) programs.push({ page, blocks: [block], throws: tag });
    else throw new Error(`${page}:${block.line}: unknown words on the fence: ${block.words.join(" ")}`);
  }
  return joined.length === 0 ? programs : [{ page, blocks: joined }, ...programs];
};

/** Written before each block, so that what is printed can be told apart. */
const MARK = "\u0000block";

/** A program as a module; `library` is the address of the library's main file. */
export const moduleOf = ({ blocks }: Program, library: string): string => {
  const marked = blocks.map(({ code }, i) => `console.log(${JSON.stringify(`${MARK}${i}`)});\n${code}`);
  const text = marked
    .join("\n")
    .replaceAll(/from "fluxion(?:\/(\w+))?"/g, (_, part?: string) =>
      part === undefined ? `from "${library}/index.js"` : `from "${library}/${part}/index.js"`,
    );
  return `${text}\nexport {};\n`;
};

/** What each block printed, from all that the module printed. */
export const printedBy = (program: Program, lines: readonly string[]): string[] => {
  const printed = program.blocks.map((): string[] => []);
  let at = 0;
  for (const line of lines) {
    if (line.startsWith(MARK)) at = Number(line.slice(MARK.length));
    else printed[at].push(line);
  }
  return printed.map((part) => part.join("\n"));
};
