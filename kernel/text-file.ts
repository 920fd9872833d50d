import { readFileSync } from 'node:fs';

const isUtf16 = (bytes: Buffer): boolean => {
  const [first, second] = bytes;
  const hasMark = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  return hasMark || (bytes.length > 1 && (first === 0 || second === 0));
};

/**
 * Decodes text that a person may have written with an editor of Windows, which marks UTF-8 with U+FEFF.
 * @throws Error for UTF-16, which Windows PowerShell writes by default
 */
export function decodeText(bytes: Buffer): string {
  if (isUtf16(bytes)) throw new Error('it has the encoding UTF-16: save it as UTF-8');
  return bytes.toString('utf8').replace(/^\uFEFF/, '');
}

/** Reads such a file. */
export const readTextFile = (file: string): string => decodeText(readFileSync(file));
