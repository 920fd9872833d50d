import type { RefusalRecord } from '@alongside/kernel/refusals';
import type { StoredMessage } from './line.ts';
import { cut } from './text.ts';

/** The most characters of a refused message that are searched: an entry of an index is short. */
const maxWordsLength = 400;
/** The newest refused messages, as many as a search reads. */
const maxRead = 100_000;
/** The most journeys that a search finds by their refusals. */
const maxFound = 1_000;
const maxWords = 6;
/** Shorter words are in nearly every refusal. */
const shortest = 3;

/** Returns the words by which a refused or failed message is found: error, code, status, method, path and headline. */
export function refusalWords(
  { refusal, status, method, route, words }: StoredMessage,
  record: Pick<RefusalRecord, 'code' | 'path'> | undefined,
): string {
  const path = record && record.path !== route ? record.path : undefined;
  const parts = [refusal?.error, record?.code, status, method, route, path, refusal?.headline ?? words];
  return cut(` ${parts.filter((part) => part !== undefined).join(' ')} `.toLowerCase(), maxWordsLength);
}

/** Returns the words of a search; none if it is too short to search refusals for. */
export function searchedWords(q: string): string[] {
  const words = cut(q).toLowerCase().split(/\s+/).filter(Boolean).slice(0, maxWords);
  return words.some((word) => word.length >= shortest) ? words : [];
}

const escaped = (word: string): string => word.replace(/[\\%_]/g, '\\$&');

/** A status is a word of its own; digits are also in paths. */
const patternOf = (word: string): string => (/^\d{3}$/.test(word) ? `% ${word} %` : `%${escaped(word)}%`);

/** The condition of journeys with one of the newest refused messages that has all these words. */
export const refusedCondition = (words: readonly string[]): { text: string; values: string[] } => ({
  text: `id IN (SELECT journey FROM (SELECT journey, at, refusal FROM message WHERE refusal IS NOT NULL ORDER BY at DESC LIMIT ${maxRead}) AS refused
    WHERE ${words.map(() => "refusal LIKE ? ESCAPE '\\'").join(' AND ')} ORDER BY at DESC LIMIT ${maxFound})`,
  values: words.map(patternOf),
});
