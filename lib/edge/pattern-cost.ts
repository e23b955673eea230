/**
 * @file Whether a regular expression out of a file can be matched in bounded time.
 *
 * JavaScript matches by trying, and cannot be interrupted: `(a+)+$` takes hours on a hundred letters. So the ways to match a pattern are counted before it
 * runs: a repetition of something that matches in one way has as many ways as the text has characters, a sequence has the product of its parts' ways, and
 * a repetition without end of something that matches in two ways is refused.
 */
/** At most `factor` times the length of the text to the power of `degree`. */
interface Ways {
  readonly degree: number;
  readonly factor: number;
}

/** A part of a pattern; `first` is the one character that it begins with, if there is one. */
interface Part {
  readonly ways: Ways;
  readonly first?: string | undefined;
}

const ONE: Ways = { degree: 0, factor: 1 };
const MOST_WAYS: Ways = { degree: 2, factor: 1000 };
const LONGEST = 1000;

const GROUP = /\((?:\?(?:[:=!]|<[=!]|<[^>=!][^>]*>|[a-z-]+:))?/y;
/** Openings of groups where the first character of a part says nothing: they are read backwards, or without regard to case. */
const UNTOLD = /^\(\?(?:<[=!]|[a-z-]+:)$/;
const CLASS = /\[(?:[^\]\\]|\\[\s\S])*\]/y;
const ESCAPE = /\\(?:[pPu]\{[^}]*\}|k<[^>]*>|u[\da-fA-F]{4}|x[\da-fA-F]{2}|c[a-zA-Z]|\d+|[\s\S])/y;
const REPEAT = /([*+?])\??|\{(\d+)(?:(,)(\d*))?\}\??/y;
/** Escapes of one certain character. */
const LITERALS: Readonly<Record<string, string>> = { "\\n": "\n", "\\r": "\r", "\\t": "\t" };
const SYNTAX = /^\\[\^$\\.*+?()[\]{}|/]$/;

const times = (a: Ways, b: Ways): Ways => ({ degree: a.degree + b.degree, factor: a.factor * b.factor });
const isOne = ({ degree, factor }: Ways): boolean => degree === 0 && factor === 1;

const repeated = (ways: Ways, least: number, most: number): Ways => {
  const counts = most === Infinity ? { degree: 1, factor: 1 } : { degree: 0, factor: most - least + 1 };
  if (isOne(ways) || most === 0) return counts;
  return times(counts, { degree: most * ways.degree, factor: ways.factor === 1 ? 1 : ways.factor ** most });
};

/** Reads a pattern that is known to be one. */
class PatternReader {
  private at = 0;
  /** Whether the first character tells alternatives apart. */
  private told = true;

  constructor(private readonly source: string) {}

  /** What stands between bars, up to a closing parenthesis or the end. */
  alternatives(): Part {
    const parts = [this.sequence()];
    while (this.source[this.at] === "|") {
      this.at++;
      parts.push(this.sequence());
    }
    const [only] = parts;
    if (parts.length === 1) return only as Part;
    const firsts = new Set(parts.map(({ first }) => first));
    // Where each begins with a different character, the text says which one it is.
    const told = this.told && firsts.size === parts.length && !firsts.has(undefined);
    const factors = parts.map(({ ways }) => ways.factor);
    const degree = Math.max(...parts.map(({ ways }) => ways.degree));
    return { ways: { degree, factor: told ? Math.max(...factors) : factors.reduce((a, b) => a + b) } };
  }

  private sequence(): Part {
    let ways = ONE;
    let first: string | undefined;
    for (let i = 0; this.at < this.source.length && !"|)".includes(this.source[this.at] as string); i++) {
      const atom = this.atom();
      const [least, most] = this.counts();
      ways = times(ways, repeated(atom.ways, least, most));
      if (i === 0 && least > 0) first = atom.first;
    }
    return { ways, first };
  }

  private atom(): Part {
    const group = this.take(GROUP);
    if (group !== undefined) return this.group(group[0]);
    if (this.take(CLASS) !== undefined) return { ways: ONE };
    const escaped = this.take(ESCAPE)?.[0];
    if (escaped !== undefined) return { ways: ONE, first: SYNTAX.test(escaped) ? escaped[1] : LITERALS[escaped] };
    const character = String.fromCodePoint(this.source.codePointAt(this.at) as number);
    this.at += character.length;
    return { ways: ONE, first: ".^$".includes(character) ? undefined : character };
  }

  private group(opening: string): Part {
    const before = this.told;
    if (UNTOLD.test(opening)) this.told = false;
    const { ways } = this.alternatives();
    this.told = before;
    this.at++;
    return { ways };
  }

  /** How often the atom before may stand there. */
  private counts(): readonly [least: number, most: number] {
    const match = this.take(REPEAT);
    if (match === undefined) return [1, 1];
    const [, sign, least = "", comma, most = ""] = match;
    if (sign !== undefined) return [sign === "+" ? 1 : 0, sign === "?" ? 1 : Infinity];
    if (comma === undefined) return [Number(least), Number(least)];
    return [Number(least), most === "" ? Infinity : Number(most)];
  }

  private take(what: RegExp): RegExpExecArray | undefined {
    what.lastIndex = this.at;
    const match = what.exec(this.source) ?? undefined;
    if (match !== undefined) this.at += match[0].length;
    return match;
  }
}

/** Why a pattern is refused. */
export interface PatternProblem {
  readonly what: string;
  readonly expected: string;
  readonly hint: string;
}

/**
 * The reason to refuse a pattern that may take more time than a power of the text's length; undefined for another one.
 *
 * @param source      a regular expression, which JavaScript accepts
 * @param mostDegree  the power; names are short, so that theirs may be higher
 */
export const patternProblem = (source: string, mostDegree = MOST_WAYS.degree): PatternProblem | undefined => {
  const hint = "write it without repetitions inside of repetitions; (a+)+ finds what a+ finds";
  if (source.length > LONGEST) {
    return { what: "a pattern is too long", expected: `at most ${LONGEST} characters`, hint };
  }
  const { degree, factor } = new PatternReader(source).alternatives().ways;
  if (degree <= mostDegree && factor <= MOST_WAYS.factor) return undefined;
  const expected = `a pattern that matches in few ways: at most ${mostDegree} repetitions one after the other, none inside of another`;
  return { what: "a pattern may take too long to match", expected, hint };
};
