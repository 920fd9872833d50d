import { readFileSync, statSync } from 'node:fs';
import { reasonOf } from '@alongside/kernel/errors';
import { OperatorError } from '@alongside/kernel/operator';

/** Maximum size of a command's file in bytes. */
const largest = 1_048_576;
const standardInput = 0;

/** Reads the JSON object in a file, or in standard input for `-`. Throws one sentence. */
export function readJsonFile(name: string): Record<string, unknown> {
  const shown = name === '-' ? 'Standard input' : name;
  let text: string;
  try {
    if (name !== '-' && statSync(name).size > largest)
      throw new OperatorError(`it has more than ${largest} bytes`);
    text = readFileSync(name === '-' ? standardInput : name, 'utf8');
  } catch (error) {
    throw new OperatorError(`${shown} cannot be read: ${reasonOf(error)}.`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new OperatorError(`${shown} is not JSON: ${reasonOf(error)}.`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new OperatorError(`${shown} must hold one JSON object.`);
  return value as Record<string, unknown>;
}
