import { isForm, type Parameters, parseParameters } from '../parameters.ts';
import type { ClientCall } from './server.ts';

/** Reads the form of a client's call: well-formed, each parameter once, none too long (RFC 6749 section 3.2). */
export function readForm({ server, request }: Pick<ClientCall, 'server' | 'request'>): {
  parameters: Parameters;
} {
  const { errors } = server;
  const type = request.headers['content-type'];
  if (!isForm(type)) throw errors.formExpected(`the content type is ${type ?? 'missing'}`);
  const parameters = parseParameters(request.body);
  if (!parameters) throw errors.formMalformed('the form is not well-formed, or has more than 100 parameters');
  const repeated = parameters.repeated(server.repeatable);
  if (repeated !== undefined)
    throw errors.parameterRepeated(`${repeated.slice(0, 100)} is there more than once`);
  server.checkLengths(parameters);
  return { parameters };
}
