import { type ErrorEntry, knownErrors } from '@alongside/kernel/errors';
import type { RefusalView } from '../../journeys/model.ts';
import { refusalViewOf } from '../../journeys/refusal-view.ts';
import type { Banner } from './finding.ts';

/** Returns an error as the refusal of a request of which nothing else is known. */
export const viewOfEntry = (entry: ErrorEntry): RefusalView =>
  refusalViewOf({ record: { ...entry, error: entry.id, detail: '' } });

/** Returns the same for a banner, which has no field. */
export function bannerOfEntry(entry: ErrorEntry): Banner {
  const { field: _, ...banner } = viewOfEntry(entry);
  return banner;
}

/** The address of the page of an error in the console. */
export const errorAddress = (id: string): string => `/errors/${encodeURIComponent(id)}`;

/** Names of parameters as words: `client_secret` is also found by `client secret`. */
const plain = (text: string): string => ` ${text.toLowerCase().replace(/[_\-'"]+/g, ' ')} `;

/** The sentence that a test of the whole installation shows first, then what only explains it. */
const textsOf = (entry: ErrorEntry): readonly string[] => [
  plain(`${viewOfEntry(entry).headline} ${entry.description}`),
  plain(`${entry.id} ${entry.code} ${entry.status} ${entry.expected} ${entry.fix}`),
];

/** Calls of the console between its own parts: an application never gets their errors. */
const isInner = (id: string): boolean => id.startsWith('console.') || id.includes('.console.');

/** Returns how well an error fits a search: a code before a sentence, a sentence before words; 0 if it does not fit. */
function fit(entry: ErrorEntry, q: string): number {
  const wanted = q.toLowerCase();
  if (entry.code.toLowerCase() === wanted || String(entry.status) === wanted) return 50;
  const sentence = plain(q).trim();
  const [said = '', explained = ''] = textsOf(entry);
  if (said.includes(` ${sentence} `)) return 40;
  if (said.includes(` ${sentence}`)) return 30;
  const words = sentence.split(/\s+/).filter(Boolean);
  if (words.length === 0) return 0;
  if (words.every((word) => said.includes(` ${word}`))) return 20;
  return words.every((word) => `${said}${explained}`.includes(word)) ? 10 : 0;
}

const shortest = 3;

/** Returns the errors that fit a search, the best first; for an id, that error alone. */
export function errorsLike(q: string): ErrorEntry[] {
  if (q.length < shortest) return [];
  const all = [...knownErrors.values()];
  const named = all.find(({ id }) => id.toLowerCase() === q.toLowerCase());
  if (named) return [named];
  return all
    .map((entry) => ({ entry, fits: fit(entry, q) - (isInner(entry.id) ? 5 : 0) }))
    .filter(({ fits }) => fits > 0)
    .sort((one, other) => other.fits - one.fits || one.entry.id.localeCompare(other.entry.id))
    .map(({ entry }) => entry);
}
