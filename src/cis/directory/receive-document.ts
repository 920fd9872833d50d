import { randomDigits } from '@alongside/kernel/ids';
import { z } from 'zod';
import { errors } from '../errors.ts';
import { inShape } from '../shapes.ts';
import { activityShape } from './activities.ts';
import type { ImportProblem } from './csv.ts';
import { DocumentScanner, NotDocument } from './document-scanner.ts';
import { batchLimits } from './import-parts.ts';
import type { ImportSpool } from './import-spool.ts';
import { maxPeople, maxProblems, NotUtf8, type ReceivedFile } from './received-file.ts';

/** Largest number of bytes of a person, and of another member of a document. */
const longest = { entry: 1_048_576, member: 16_777_216 };

/** A document without its people. */
const documentShape = z.strictObject({
  version: z.literal(1, 'must be 1'),
  people: z.array(z.unknown()),
  organisations: z.unknown().optional(),
  activities: z.array(activityShape).max(10_000, 'must have at most 10000 entries').optional(),
});

/**
 * Scans a document to its end. A caller that still sends would not see the response, so the rest is read after a failure too.
 * @returns the first failure
 */
async function scan(slices: AsyncIterable<Buffer>, scanner: DocumentScanner): Promise<unknown> {
  let failure: unknown;
  const attempt = (work: () => void) => {
    try {
      work();
    } catch (error) {
      failure ??= error;
    }
  };
  try {
    for await (const slice of slices) if (failure === undefined) attempt(() => scanner.feed(slice));
    if (failure === undefined) attempt(() => scanner.end());
  } catch (error) {
    if (!(error instanceof NotUtf8)) throw error;
    failure ??= error;
  }
  return failure;
}

/**
 * Reads a JSON document into a spool.
 * @throws Refusal `invalid_request` for text that is not such a document, with line and column where it is not JSON
 */
export async function receiveDocument(
  slices: AsyncIterable<Buffer>,
  spool: ImportSpool,
): Promise<ReceivedFile> {
  const people = new Map<string, number>();
  const unnamed: number[] = [];
  const problems: ImportProblem[] = [];
  let count = 0;
  const members: Record<string, unknown> = Object.create(null);
  const scanner = new DocumentScanner('people', longest, {
    member(name, value) {
      members[name] = value;
    },
    entry(value, text) {
      count += 1;
      const line = count;
      if (typeof value !== 'object' || value === null || Array.isArray(value))
        throw errors.bodyInvalid(`person ${line} is no object`, {
          field: `people.${line - 1}`,
          problem: 'must be an object',
        });
      if (line > maxPeople)
        throw errors.bodyInvalid('too many people', {
          field: 'people',
          problem: `must have at most ${maxPeople} entries`,
        });
      const uid = 'uid' in value ? String(value.uid) : randomDigits(12);
      if (!('uid' in value) && unnamed.length < maxProblems) unnamed.push(line);
      if (!people.has(uid)) people.set(uid, spool.add(text, line));
      else if (problems.length < maxProblems) problems.push({ line, field: 'uid', problem: 'is repeated' });
    },
  });
  const failure = await scan(slices, scanner);
  if (failure instanceof NotDocument || failure instanceof NotUtf8)
    throw errors.bodyInvalid(failure.message, { problem: failure.message }, failure);
  if (failure !== undefined) throw failure;
  const { activities } = inShape({ ...members }, documentShape);
  // The same file must find the people of an interrupted import again.
  if (people.size > batchLimits.people)
    for (const line of unnamed)
      problems.push({
        line,
        field: 'uid',
        problem: `is required in a file of more than ${batchLimits.people} people`,
      });
  return { format: 'json', names: [], people, problems, activities };
}
