import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Activity } from '../protocol.ts';
import type { ImportProblem } from './csv.ts';

/** Numbers of the records of a person in the spool: lines of CSV, or one value of JSON, whose `line` is its position in the list. */
export type Parts = number | readonly number[];

/** A file whose records are in a spool, not validated yet. */
export interface ReceivedFile {
  format: 'csv' | 'json';
  /** Column names of CSV. */
  names: readonly string[];
  /** By uid, in the order of the file. */
  people: ReadonlyMap<string, Parts>;
  /** What is wrong with the form of the file. */
  problems: ImportProblem[];
  activities: Activity[] | undefined;
}

/** Largest number of people in a file. */
export const maxPeople = 1_000_000;

/** Largest number of problems that are kept; the response contains fewer. */
export const maxProblems = 1_000;

/** Bytes that are read in one turn of the event loop. */
const sliceSize = 16_384;

/**
 * Returns the bytes of a file in slices, each in its own turn of the event loop, without a mark at the beginning.
 * @throws NotUtf8
 */
export async function* slicesOf(body: AsyncIterable<Buffer | string>): AsyncGenerator<Buffer> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let read = 0;
  let start: Buffer | undefined = Buffer.alloc(0);
  const check = (bytes: Buffer, isLast = false) => {
    try {
      decoder.decode(bytes, { stream: !isLast });
    } catch {
      throw new NotUtf8(
        `it is not UTF-8: save it as UTF-8 (between bytes ${read} and ${read + bytes.length})`,
      );
    }
    read += bytes.length;
    return bytes;
  };
  for await (const chunk of body) {
    let bytes: Buffer = Buffer.from(chunk as Buffer);
    if (start !== undefined) {
      start = Buffer.concat([start, bytes]);
      if (start.length < 3) continue;
      bytes = withoutMark(start);
      start = undefined;
    }
    for (let from = 0; from < bytes.length; from += sliceSize) {
      yield check(bytes.subarray(from, from + sliceSize));
      await nextTurn();
    }
  }
  if (start?.length) yield check(withoutMark(start));
  check(Buffer.alloc(0), true);
}

/** Thrown for a file in another encoding. */
export class NotUtf8 extends Error {
  override name = 'NotUtf8';
}

/** Windows marks UTF-8 with U+FEFF, and its PowerShell writes UTF-16. */
function withoutMark(bytes: Buffer): Buffer {
  const [first, second, third] = bytes;
  if (
    (first === 0xff && second === 0xfe) ||
    (first === 0xfe && second === 0xff) ||
    first === 0 ||
    second === 0
  )
    throw new NotUtf8('it has the encoding UTF-16: save it as UTF-8');
  return first === 0xef && second === 0xbb && third === 0xbf ? bytes.subarray(3) : bytes;
}
