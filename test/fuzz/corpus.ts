import { readFileSync } from 'node:fs';
import { join } from 'node:path';

// Valid inputs that no keyboard writes: kept as files, so that a seed finds the same again.

const contentOf = (name: string): Buffer => readFileSync(join(import.meta.dirname, 'corpus', name));

/** A file of `corpus/` as it is. */
export const corpusFile = (name: string): Uint8Array => new Uint8Array(contentOf(name));

/** A file of `corpus/` that holds bytes in base64. */
export const corpusBytes = (name: string): Uint8Array =>
  new Uint8Array(Buffer.from(contentOf(`${name}.b64`).toString('latin1'), 'base64'));
