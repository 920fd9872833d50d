import type { z } from 'zod';

type Schema = z.core.JSONSchema.JSONSchema;

// Generators for other languages have no type for a value that is either a list or an object, or for a number that must be 1. The
// schemas of the calls stay exact; only their description is wider.

const isNull = ({ type }: Schema): boolean => type === 'null';

/** Returns the texts that a schema allows, if it lists them. */
function textsOf({ enum: values, const: only }: Schema): string[] | undefined {
  const all = only === undefined ? values : [only];
  return all?.every((value) => typeof value === 'string') ? all : undefined;
}

/** Returns alternatives that may be one of several types, with alternatives of alternatives. */
const alternativesOf = ({ anyOf, ...own }: Schema): Schema[] =>
  anyOf && Object.keys(own).every((key) => key === 'description')
    ? (anyOf as Schema[]).flatMap(alternativesOf)
    : [{ ...own, ...(anyOf ? { anyOf } : {}) }];

/** Returns one schema for all alternatives that are not null. */
function united(alternatives: readonly Schema[]): Schema[] {
  const [only] = alternatives;
  if (only && alternatives.length === 1) return [portable(only)];
  const texts = alternatives.map(textsOf);
  if (texts.every((list) => list !== undefined)) return [{ type: 'string', enum: texts.flat() }];
  const types = new Set(alternatives.map(({ type }) => type));
  if (types.size > 1) return [];
  return types.has('string') ? [{ type: 'string' }] : alternatives.map(portable);
}

function withoutAlternatives(schema: Schema): Schema {
  if (!schema.anyOf) return schema;
  const { anyOf: _, ...own } = schema;
  const all = (schema.anyOf as Schema[]).flatMap(alternativesOf);
  const values = united(all.filter((alternative) => !isNull(alternative)));
  // A value of several types is any value.
  if (values.length === 0) return own;
  if (all.some(isNull)) return { ...own, anyOf: [...values, { type: 'null' }] };
  return values.length === 1 ? { ...values[0], ...own } : { ...own, anyOf: values };
}

function withoutConstant({ const: value, ...own }: Schema): Schema {
  if (value === undefined) return own;
  if (typeof value === 'string') return { ...own, type: 'string', enum: [value] };
  if (typeof value === 'number') return { ...own, type: 'integer', minimum: value, maximum: value };
  return own;
}

/** A list of fixed length with several types. */
function withoutTuple({ prefixItems, ...own }: Schema): Schema {
  if (!prefixItems) return own;
  const { length } = prefixItems as unknown[];
  return { ...own, items: {}, minItems: length, maxItems: length };
}

const mapped = (members: object): Record<string, Schema> =>
  Object.fromEntries(Object.entries(members).map(([name, member]) => [name, portable(member)]));

/** Returns a schema that generators of clients understand, and that allows at least the same values. */
export function portable(schema: Schema): Schema {
  const plain = withoutTuple(withoutConstant(withoutAlternatives(schema)));
  const { propertyNames: _, properties, items, additionalProperties, ...own } = plain;
  return {
    ...own,
    ...(properties ? { properties: mapped(properties) } : {}),
    ...(items === undefined ? {} : { items: portable(items as Schema) }),
    ...(typeof additionalProperties === 'object'
      ? { additionalProperties: portable(additionalProperties) }
      : {}),
    ...(typeof additionalProperties === 'boolean' ? { additionalProperties } : {}),
  };
}
