import { isObject, type JsonObject } from '@alongside/kernel/json';
import { isLinear } from './patterns.ts';

/** Items that are compared in pairs without a limit of time. */
const maxUnique = 100;
/** Distinct patterns of one schema that are analysed. */
const maxPatterns = 30;
const choices = ['anyOf', 'oneOf', 'allOf', 'not', 'if'];

/**
 * Returns whether the check against a schema takes linear time for every value: its patterns are linear, lists of unique items are
 * short, and no recursive schema offers choices, which multiply with the depth of the value.
 */
export function isBounded(schema: JsonObject): boolean {
  const definitions = isObject(schema.$defs) ? schema.$defs : {};
  const patterns = new Set<string>();
  const seen = new Set<unknown>();
  const path = new Set<string>();
  let [isOpen, isRecursive, hasChoice] = [false, false, false];
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) for (const entry of value) visit(entry);
    if (!isObject(value)) return;
    const { pattern, patternProperties, uniqueItems, maxItems, $ref } = value;
    if (typeof pattern === 'string') patterns.add(pattern);
    if (isObject(patternProperties)) for (const name of Object.keys(patternProperties)) patterns.add(name);
    if (uniqueItems === true && !(typeof maxItems === 'number' && maxItems <= maxUnique)) isOpen = true;
    if (choices.some((name) => name in value)) hasChoice = true;
    if (typeof $ref === 'string') {
      const name = $ref.slice('#/$defs/'.length);
      if (path.has(name)) isRecursive = true;
      else if (!seen.has(name)) {
        seen.add(name);
        path.add(name);
        visit(definitions[name]);
        path.delete(name);
      }
    }
    for (const [name, member] of Object.entries(value)) if (name !== '$defs') visit(member);
  };
  visit(schema);
  if (isOpen || (isRecursive && hasChoice) || patterns.size > maxPatterns) return false;
  return [...patterns].every(isLinear);
}
