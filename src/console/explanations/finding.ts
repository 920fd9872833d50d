import { edits, shownRegistered } from '@alongside/kernel/refusal-facts';
import { z } from 'zod';
import { refusalView } from '../../journeys/model.ts';
import { refusalViewOf } from '../../journeys/refusal-view.ts';
import type { FoundRefusal } from '../../storage/refusals.ts';
import type { ConsoleContext } from '../model/dependencies.ts';
import type { Paste } from './paste.ts';

/** One check of a pasted text. */
const explainedCheck = z.strictObject({
  /** Name of the checked value: `aud`, `redirect_uri`. */
  name: z.string(),
  outcome: z.enum(['passed', 'failed', 'not applicable', 'unknown']),
  /** The received value, cut. Never a secret. */
  received: z.string(),
  expected: z.string(),
  /** A sentence about the rule or the reason; may be empty. */
  why: z.string(),
});
export type ExplainedCheck = z.output<typeof explainedCheck>;

/** The first failure, for people. */
const banner = refusalView.omit({ field: true }).extend({
  error: z.string().nullable().describe('Id in docs/errors.md; null for a check of the console alone'),
});
export type Banner = z.output<typeof banner>;

const link = z.strictObject({ label: z.string(), href: z.string().describe('A path of the console') });
export type Link = z.output<typeof link>;

/** A header or claim of a token, with its meaning. */
const detail = z.strictObject({ name: z.string(), value: z.string(), meaning: z.string() });
export type Detail = z.output<typeof detail>;

/** The explanation of a pasted text. */
export const finding = z.strictObject({
  /** One sentence: the verdict. */
  summary: z.string(),
  banner: banner.nullable(),
  /** In the order in which the service checks, past the first failure. */
  checks: z.array(explainedCheck),
  links: z.array(link),
  details: z.array(detail).exactOptional().describe('Headers and claims of a token'),
});
export type Finding = z.output<typeof finding>;

/** A kind of text that people paste. */
export interface ExplainKind {
  readonly id: string;
  /** With its article: `a client assertion`. */
  readonly label: string;
  /** `certain` before `possible`; undefined if the text cannot be of this kind. */
  fits(paste: Paste, console: ConsoleContext): Fit | Promise<Fit>;
  explain(paste: Paste, console: ConsoleContext): Promise<Finding>;
}

type Fit = 'certain' | 'possible' | undefined;

const longest = 200;

/** Returns text from outside for display: one line, at most 200 characters. */
export const cut = (text: string): string => {
  const line = text.slice(0, longest + 1).replaceAll(/\s+/g, ' ');
  return line.length > longest || text.length > line.length ? `${line.slice(0, longest)}…` : line;
};

/** Returns a check that passed or failed. */
export const checked = (
  name: string,
  ok: boolean,
  { received, expected, why = '' }: { received: string; expected: string; why?: string },
): ExplainedCheck => ({
  name,
  outcome: ok ? 'passed' : 'failed',
  received: cut(received),
  expected,
  why: sentenceOf(why),
});

/** Returns a check that could not be made, or does not matter here. */
export const unchecked = (
  name: string,
  outcome: 'not applicable' | 'unknown',
  why: string,
  received = '',
): ExplainedCheck => ({ name, outcome, received: cut(received), expected: '', why });

/** Returns the registered value that is most like the received one; undefined without one. */
export function nearest(received: string, registered: readonly string[]): string | undefined {
  const short = received.slice(0, longest);
  let best: string | undefined;
  let fewest = Number.POSITIVE_INFINITY;
  for (const value of registered) {
    const distance = edits(short, value.slice(0, longest));
    if (distance < fewest) [best, fewest] = [value, distance];
  }
  return best;
}

/** Returns the received value if it is registered, or else up to five registered ones, the nearest marked. */
export const listed = (received: string, registered: readonly string[]): string =>
  registered.includes(received) ? cut(received) : shownRegistered(received, registered);

/** Returns a hint as a sentence of its own. */
export const sentenceOf = (text: string): string =>
  text.replace(/^[a-z]/, (first) => first.toUpperCase()).replace(/[^.]$/, '$&.');

/** Returns the banner of a text that this installation would not refuse by an error of its own. */
export const ownBanner = (
  { received, expected }: Pick<ExplainedCheck, 'received' | 'expected'>,
  rest: Omit<Banner, 'received' | 'expected' | 'error' | 'actor'> & { actor?: Banner['actor'] },
): Banner => ({ error: null, actor: 'developer', ...rest, received, expected });

export function bannerOf(record: FoundRefusal): Banner {
  const { field: _, ...banner } = refusalViewOf({ record });
  return banner;
}

export const firstFailure = (checks: readonly ExplainedCheck[]): ExplainedCheck | undefined =>
  checks.find(({ outcome }) => outcome === 'failed');
