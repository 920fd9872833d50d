import { readFileSync } from 'node:fs';
import { join } from 'node:path';

// Valid binary inputs, stored as files so that a seed gives the same results.

const contentOf = (name: string): Buffer => readFileSync(join(import.meta.dirname, 'corpus', name));

/** Returns a file of `corpus/`. */
export const corpusFile = (name: string): Uint8Array => new Uint8Array(contentOf(name));

/** Returns the bytes of a base64 file in `corpus/`. */
export const corpusBytes = (name: string): Uint8Array =>
  new Uint8Array(Buffer.from(contentOf(`${name}.b64`).toString('latin1'), 'base64'));
