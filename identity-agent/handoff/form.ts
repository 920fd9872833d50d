import type { HttpRequest } from '@alongside/kernel/http';
import { errors } from '../errors.ts';

const longest = 2_048;

/**
 * Reads the fields of a form, each exactly once and well-formed; ignores others. @throws Refusal `formInvalid`, never with a
 * value
 */
export function readForm<Name extends string>(
  request: HttpRequest,
  fields: Readonly<Record<Name, RegExp>>,
): Record<Name, string> {
  const mediaType = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
  if (mediaType !== 'application/x-www-form-urlencoded')
    throw errors.formInvalid(`the media type is ${mediaType}`);
  if (request.body.length > longest)
    throw errors.formInvalid(`the body has ${request.body.length} characters`);
  const sent = new URLSearchParams(request.body);
  const read = {} as Record<Name, string>;
  for (const name of Object.keys(fields) as Name[]) {
    const [value, ...more] = sent.getAll(name);
    if (value === undefined || more.length > 0 || !fields[name].test(value))
      throw errors.formInvalid(`field ${name}`);
    read[name] = value;
  }
  return read;
}
