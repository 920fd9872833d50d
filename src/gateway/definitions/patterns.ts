import { Script } from 'node:vm';
import { isSafePattern } from 'redos-detector';

/** Limits of the analysis of one pattern, for a first call and for a definition. The steps end it, not the time. */
const quick = { maxSteps: 300, maxScore: 100, timeout: 2_000 };
const thorough = { maxSteps: 1_000, maxScore: 100, timeout: 2_000 };
const maxKnown = 1_000;
const proven = new Map<string, boolean>();

function analysed(pattern: string, limits: typeof quick) {
  try {
    return isSafePattern(pattern, limits);
  } catch {
    // It does not know the syntax of every pattern.
    return undefined;
  }
}

/** Returns whether a pattern takes linear time for every text. */
export function isLinear(pattern: string): boolean {
  const before = proven.get(pattern);
  if (before !== undefined) return before;
  if (proven.size >= maxKnown) proven.clear();
  const result = analysed(pattern, quick)?.safe === true;
  proven.set(pattern, result);
  return result;
}

const within = globalThis as typeof globalThis & { runWithin?: () => boolean };
const script = new Script('runWithin()');

/** Calls a function for a limited time, which also interrupts a regular expression. The timer takes 0.2 ms. */
export function limited(milliseconds: number, run: () => boolean): boolean | 'overran' {
  within.runWithin = run;
  try {
    return script.runInThisContext({ timeout: milliseconds }) as boolean;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return 'overran';
    throw error;
  }
}

/** Printable characters first, because they are shown. */
const characters = [
  ...'aA0 -._@/:,+=#',
  ...Array.from({ length: 128 }, (_, code) => String.fromCharCode(code)),
];
/** Ends of a text that most patterns do not match. `.` does not match a new line. */
const ends = ['!', '\0', '\n\0\n\0', ''];
const lengths = [40, 1_000, 10_000, 100_000];
const maxLoops = 12;
/** Milliseconds of a match; a linear one takes less than one for the longest text. */
const longest = 250;

type Trail = ReturnType<typeof isSafePattern>['trails'][number]['trail'];

/** Returns a text that both ways of a trail match; undefined if they have parts that are no single characters. */
function wordOf(trail: Trail): string | undefined {
  const word = trail.map(({ a, b }) => {
    try {
      const [one, other] = [a, b].map(({ node }) => new RegExp(`^(?:${node.source})$`));
      return characters.find((character) => one?.test(character) && other?.test(character));
    } catch {
      return undefined;
    }
  });
  return word.includes(undefined) ? undefined : word.join('');
}

/** Returns the starts and loops of texts that a pattern can match in several ways. */
function loopsOf(trails: readonly { trail: Trail }[]): [start: string, loop: string][] {
  const loops = new Map<string, [string, string]>();
  for (const { trail } of trails) {
    const word = wordOf(trail);
    for (const size of word ? [1, 2, 3] : []) {
      const loop = (word ?? '').slice(-size);
      const start = (word ?? '').slice(0, -size);
      if (loop.length === size && loops.size < maxLoops && !loops.has(loop)) loops.set(loop, [start, loop]);
    }
  }
  return [...loops.values()];
}

const quoted = (text: string): string => JSON.stringify(text);

/**
 * Returns a text for which a pattern takes too long, as an expression of JavaScript; undefined if none was found. It is tried, so that
 * only patterns are named that are slow here.
 * @param maxCharacters the longest text that the schema lets the pattern see
 */
export function attackOn(pattern: string, maxCharacters: number): string | undefined {
  if (isLinear(pattern)) return undefined;
  const analysis = analysed(pattern, thorough);
  if (!analysis || analysis.safe) return undefined;
  const expression = new RegExp(pattern);
  for (const [start, loop] of loopsOf(analysis.trails))
    for (const end of ends)
      for (const length of lengths) {
        const times = Math.floor(Math.min(length, maxCharacters - start.length - end.length) / loop.length);
        if (times < 2) continue;
        const text = start + loop.repeat(times) + end;
        const isSlow = () => limited(longest, () => expression.test(text)) === 'overran';
        // Twice, because the machine may have been busy.
        if (!isSlow() || !isSlow()) continue;
        const first = start.replaceAll(loop, '') && quoted(start);
        const parts = [first, `${quoted(loop)}.repeat(${times})`, end && quoted(end)];
        return parts.filter(Boolean).join(' + ');
      }
  return undefined;
}
