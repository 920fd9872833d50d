// The thread or process in which definitions are read, and values checked against their schemas (checker.ts).
import { parentPort } from 'node:worker_threads';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import * as formats from 'ajv-formats';
import { type ApiDraft, DefinitionError, type Place } from '../protocol.ts';
import type { ApiRecord } from './model.ts';

export interface CheckAsked {
  id: number;
  /** Names the schema, which is sent with the first check. */
  key: string;
  schema?: object;
  value: unknown;
}

export interface CheckAnswer {
  id: number;
  /** Undefined if the value conforms. */
  problem: string | undefined;
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

const known = new Map<string, ValidateFunction | string>();

function compiled(key: string, schema: object | undefined): ValidateFunction | string {
  const before = known.get(key);
  if (before !== undefined) return before;
  let made: ValidateFunction | string;
  try {
    made = ajv.compile(schema ?? {});
  } catch (error) {
    made = `its schema cannot be used: ${(error as Error).message}`;
  }
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

function answerTo({ id, key, schema, value }: CheckAsked): CheckAnswer {
  const validate = compiled(key, schema);
  // A schema that cannot be used does not make a value invalid.
  if (typeof validate === 'string' || validate(value)) return { id, problem: undefined };
  const [first] = validate.errors ?? [];
  return { id, problem: first ? shown(first) : 'it is not valid' };
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

async function answer(asked: CheckAsked | ReadAsked): Promise<void> {
  const result = 'draft' in asked ? await read(asked) : answerTo(asked);
  if (parentPort) parentPort.postMessage(result);
  else process.send?.(result);
}

(parentPort ?? process).on('message', answer);
