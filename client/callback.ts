import { ClientError, OAuthError } from './errors.ts';
import { printable, sameSecret } from './secrets.ts';

/**
 * The authorization response: the whole address, its query, or the parameters. Lists in an object are repeated parameters, as web
 * frameworks provide them.
 */
export type CallbackInput = string | URL | URLSearchParams | Record<string, string | string[] | undefined>;

/** The relevant parameters of an authorization response; others are ignored. // RFC 6749 section 4.1.2 */
export interface CallbackParameters {
  code?: string;
  state?: string;
  error?: string;
  error_description?: string;
  iss?: string;
}

/** Expected values of the response. */
export interface CallbackExpectation {
  state: string;
  /** The issuer, byte for byte; undefined if the server has no issuer identifier. */
  issuer?: string | undefined;
  /** Whether the server's metadata promises `iss` in every response. */
  issuerRequired?: boolean | undefined;
}

const LONGEST_QUERY = 16_384;
const LONGEST_CODE = 4096;
const NAMES = ['code', 'state', 'error', 'error_description', 'iss'] as const;

/** Reads the parameters. Throws `callback_invalid` if one is repeated or they are too long. */
export function readCallback(input: CallbackInput): CallbackParameters {
  const query = toQuery(input);
  const parameters: CallbackParameters = {};
  for (const name of NAMES) {
    const values = query.getAll(name);
    // RFC 6749 section 3.1: parameters must not be included more than once.
    if (values.length > 1)
      throw new ClientError('callback_invalid', `The answer repeats the parameter ${name}.`);
    if (values[0] !== undefined) parameters[name] = values[0];
  }
  return parameters;
}

/** Checks a response and returns its code. Throws `state_mismatch`, `issuer_mismatch`, `callback_invalid`, or `OAuthError`. */
export function checkCallback(parameters: CallbackParameters, expected: CallbackExpectation): string {
  checkState(parameters, expected);
  checkIssuer(parameters, expected);
  if (parameters.error !== undefined) {
    throw new OAuthError({
      error: printable(parameters.error).slice(0, 200) || 'invalid_response',
      description: parameters.error_description && printable(parameters.error_description),
    });
  }
  if (!parameters.code || parameters.code.length > LONGEST_CODE) {
    throw new ClientError('callback_invalid', 'The answer has neither a usable code nor an error.', {
      expected: 'code and state, or error and state',
      received: Object.keys(parameters).join(', ') || 'none of them',
    });
  }
  return parameters.code;
}

function checkState(parameters: CallbackParameters, expected: CallbackExpectation): void {
  if (parameters.state === undefined || !sameSecret(parameters.state, expected.state))
    throw new ClientError(
      'state_mismatch',
      'The answer does not belong to this sign-in (its state differs).',
      { received: parameters.state === undefined ? 'no state' : 'another state' },
    );
}

// RFC 9207 section 2.4
function checkIssuer(parameters: CallbackParameters, expected: CallbackExpectation): void {
  if (expected.issuer === undefined) return;
  if (parameters.iss === undefined && !expected.issuerRequired) return;
  if (parameters.iss !== expected.issuer) {
    throw new ClientError('issuer_mismatch', 'The response is from another issuer than the requested one.', {
      expected: `iss ${expected.issuer}`,
      received: `iss ${printable(parameters.iss ?? 'none').slice(0, 300)}`,
    });
  }
}

function toQuery(input: CallbackInput): URLSearchParams {
  if (input instanceof URLSearchParams) return input;
  if (input instanceof URL) return input.searchParams;
  if (typeof input === 'string') return queryOfText(input);
  if (typeof input !== 'object' || input === null)
    throw new ClientError(
      'callback_invalid',
      'There is no answer: finish got neither an address nor parameters.',
    );
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(input)) {
    for (const item of Array.isArray(value) ? value : [value])
      if (item !== undefined) query.append(name, item);
  }
  return query;
}

function queryOfText(text: string): URLSearchParams {
  if (text.length > LONGEST_QUERY) throw new ClientError('callback_invalid', 'The answer is too long.');
  const start = text.indexOf('?');
  return new URLSearchParams((start === -1 ? text : text.slice(start + 1)).split('#', 1)[0]);
}
