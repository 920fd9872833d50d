import { readFileSync, statSync } from 'node:fs';
import { reasonOf } from '@alongside/kernel/errors';
import { isObject, jsonProblem } from '@alongside/kernel/json';
import { OperatorError } from '@alongside/kernel/operator';
import { decodeText } from '@alongside/kernel/text-file';

const problems: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist',
  EACCES: 'this user has no right to it',
  EPERM: 'this user has no right to it',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of its path is a file',
  ENOSPC: 'the disk is full',
  EROFS: 'its disk can only be read',
};

/** Returns why a file cannot be read or written. */
export const fileProblem = (error: unknown): string =>
  problems[(error as NodeJS.ErrnoException).code ?? ''] ?? reasonOf(error);

/** Maximum size of a command's file in bytes, unless the command says otherwise. */
const largest = 1_048_576;
const standardInput = 0;

/** Reads a text file, or standard input for `-`. Throws one sentence. */
export function readText(name: string, maxBytes = Number.POSITIVE_INFINITY, decode = decodeText): string {
  try {
    if (name !== '-' && statSync(name).size > maxBytes)
      throw new OperatorError(`it has more than ${maxBytes} bytes`);
    return decode(readFileSync(name === '-' ? standardInput : name));
  } catch (error) {
    throw new OperatorError(`${shown(name)} cannot be read: ${fileProblem(error)}.`);
  }
}

/** Reads the JSON object in a file, or in standard input for `-`. Throws one sentence. */
export const readJsonFile = <Value extends object = Record<string, unknown>>(
  name: string,
  maxBytes = largest,
): Value => jsonObject<Value>(readText(name, maxBytes), shown(name));

/** Parses a JSON object. Throws one sentence, with the name of the file. */
export function jsonObject<Value extends object = Record<string, unknown>>(
  text: string,
  name: string,
): Value {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new OperatorError(`${name} is not JSON: ${jsonProblem(error)}.`);
  }
  if (!isObject(value)) throw new OperatorError(`${name} must hold one JSON object.`);
  return value as Value;
}

const shown = (name: string): string => (name === '-' ? 'Standard input' : name);
