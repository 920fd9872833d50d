// The thread or process in which definitions are read, and values checked against their schemas (checker.ts).
import { parentPort } from 'node:worker_threads';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import * as formats from 'ajv-formats';
import { type ApiDraft, DefinitionError, type Place } from '../protocol.ts';
import { isBounded } from './bounded.ts';
import type { ApiRecord } from './model.ts';
import { limited } from './patterns.ts';

export interface CheckAsked {
  id: number;
  /** Names the schema, which is sent with the first check. */
  key: string;
  schema?: object;
  value: unknown;
  /** Milliseconds that the check of the value may take. */
  limit: number;
}

/** Drops the schemas of a definition, by its name and version. */
export interface ForgetAsked {
  forget: string;
}

export interface CheckAnswer {
  id: number;
  /** Undefined if the value conforms. */
  problem: string | undefined;
  overran: boolean;
}

export interface ReadAsked {
  draft: ApiDraft;
}

export type ReadAnswer = { record: ApiRecord } | { sentence: string; place: Place | undefined };

// Definitions of others have members and formats that a strict validator refuses.
const ajv = new Ajv({
  strict: false,
  unicodeRegExp: false,
  logger: false,
  validateFormats: true,
  addUsedSchema: false,
});
formats.default.default(ajv);

interface Compiled {
  validate: ValidateFunction | string;
  /** Whether no value makes it slow, so that it needs no time limit. */
  isBounded: boolean;
}

const known = new Map<string, Compiled>();

function compiled(key: string, schema: object | undefined): Compiled {
  const before = known.get(key);
  if (before !== undefined) return before;
  let validate: Compiled['validate'];
  try {
    validate = ajv.compile(schema ?? {});
  } catch (error) {
    validate = `its schema cannot be used: ${(error as Error).message}`;
  }
  const made = { validate, isBounded: isBounded({ ...schema }) };
  known.set(key, made);
  return made;
}

function shown({ instancePath, message, params }: ErrorObject): string {
  const place = instancePath
    .replace(/^\//, '')
    .replaceAll('/', '.')
    .replaceAll('~1', '/')
    .replaceAll('~0', '~');
  const { allowedValues, additionalProperty, missingProperty } = params as Record<string, unknown>;
  const name = typeof additionalProperty === 'string' ? ` (${additionalProperty})` : '';
  const more = Array.isArray(allowedValues) ? `: ${allowedValues.slice(0, 10).join(', ')}` : name;
  if (typeof missingProperty === 'string')
    return `${place === '' ? '' : `${place}: `}${missingProperty} is missing`;
  return `${place === '' ? 'it' : place} ${message ?? 'is not valid'}${more}`.slice(0, 300);
}

function answerTo({ id, key, schema, value, limit }: CheckAsked): CheckAnswer {
  const { validate, isBounded: isSafe } = compiled(key, schema);
  // A schema that cannot be used does not make a value invalid.
  if (typeof validate === 'string') return { id, problem: undefined, overran: false };
  const run = () => validate(value) === true;
  let result: boolean | 'overran';
  try {
    result = isSafe ? run() : limited(limit, run);
  } catch (error) {
    // A value can be nested too deep for the stack of this thread, which serves others too.
    if (!(error instanceof RangeError)) throw error;
    result = 'overran';
  }
  if (result === true || result === 'overran') return { id, problem: undefined, overran: result !== true };
  const [first] = validate.errors ?? [];
  return { id, problem: first ? shown(first) : 'it is not valid', overran: false };
}

function forget(api: string): void {
  for (const key of known.keys()) if (key.startsWith(`${api} `)) known.delete(key);
}

async function read({ draft }: ReadAsked): Promise<ReadAnswer> {
  const { readDefinition } = await import('./read.ts');
  try {
    return { record: await readDefinition(draft) };
  } catch (error) {
    if (!(error instanceof DefinitionError)) throw error;
    return { sentence: error.sentence, place: error.place };
  }
}

async function answer(asked: CheckAsked | ForgetAsked | ReadAsked): Promise<void> {
  if ('forget' in asked) return forget(asked.forget);
  const result = 'draft' in asked ? await read(asked) : answerTo(asked);
  if (parentPort) parentPort.postMessage(result);
  else process.send?.(result);
}

(parentPort ?? process).on('message', answer);
