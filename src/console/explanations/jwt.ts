import { roughly, timeAt } from '@alongside/kernel/clock';
import { type JsonObject, jsonPart } from '@alongside/kernel/json';
import { type DecodedJwt, decodeJwt } from '@alongside/kernel/jws';
import { counted } from '@alongside/kernel/operator';
import { checked, cut, type Detail, type ExplainedCheck } from './finding.ts';

const base64url = /^[A-Za-z0-9_-]+$/;

/** Returns the parts of a JWT as far as they can be read, without checks. */
export function looselyDecoded(text: string): { header: JsonObject; claims: JsonObject } {
  const [header = '', claims = ''] = text.split('.', 2);
  return { header: jsonPart(header) ?? {}, claims: jsonPart(claims) ?? {} };
}

/** Returns why no service would decode a token whose parts can be read. */
function encodingFault(header: JsonObject | undefined, signature: string): string {
  if (header && 'crit' in header) return 'the header crit';
  return signature === ''
    ? 'no signature'
    : 'a text that is too long, or a last character that no encoder writes';
}

/** Checks the form of a compact JWT, part by part. The decoded token is undefined if no service would read it. */
export function checkForm(text: string): { checks: ExplainedCheck[]; jwt: DecodedJwt | undefined } {
  const parts = text.split('.');
  const [header = '', claims = '', signature = ''] = parts;
  const [readHeader, readClaims] = [jsonPart(header), jsonPart(claims)];
  const odd = parts.findIndex((part, index) => !base64url.test(part) && !(index === 2 && part === ''));
  const jwt = decodeJwt(text);
  const checks = [
    checked('three parts', parts.length === 3, {
      received: `${counted(parts.length, 'part')}`,
      expected: 'three parts with dots between them',
      why:
        parts.length === 5
          ? 'Five parts are an encrypted token (JWE), which no service here reads.'
          : 'RFC 7515 section 3.1',
    }),
    checked('base64url', odd < 0, {
      received: odd < 0 ? 'base64url' : `part ${odd + 1} has other characters`,
      expected: 'letters, digits, - and _ only, without =',
      why: odd < 0 ? 'RFC 7515 section 2' : 'Plain base64 has +, / and =. Encode it as base64url.',
    }),
    checked('header', readHeader !== undefined, {
      received: readHeader ? JSON.stringify(readHeader) : 'not a JSON object',
      expected: 'a JSON object',
      why: 'RFC 7515 section 4',
    }),
    checked('claims', readClaims !== undefined, {
      received: readClaims ? counted(Object.keys(readClaims).length, 'claim') : 'not a JSON object',
      expected: 'a JSON object',
      why: 'RFC 7519 section 7.2',
    }),
  ];
  if (!jwt && checks.every(({ outcome }) => outcome === 'passed'))
    checks.push(
      checked('encoding', false, {
        received: encodingFault(readHeader, signature),
        expected: 'at most 32,768 characters in the one valid encoding, without crit',
        why: 'RFC 7515 section 5.2',
      }),
    );
  return { checks, jwt };
}

/** A time that is meant in milliseconds: as seconds it would be after the year 5000. */
const isMilliseconds = (value: number): boolean => value > 100_000_000_000;

/** Formats a NumericDate for people. */
export function timeOf(value: unknown, now: number): string {
  if (typeof value !== 'number') return value === undefined ? 'missing' : cut(JSON.stringify(value));
  if (isMilliseconds(value)) return `${value}, which looks like milliseconds`;
  if (Number.isNaN(new Date(value * 1_000).getTime())) return String(value);
  return timeAt(value * 1_000, now * 1_000, 'this check');
}

/** Tolerance in seconds below which no clock is blamed. */
const defaultSkew = 10;
/** Seconds for which most clients make an assertion valid. */
const defaultLife = 300;

/** Estimates from the times of a new token how far the clock of its sender differs; empty if it does not seem to. */
export function skewOf({ iat, nbf, exp }: JsonObject, now: number): string {
  if ([iat, nbf, exp].some((time) => typeof time === 'number' && isMilliseconds(time)))
    return 'The times are in milliseconds. Send whole seconds since 1970.';
  const made = [iat, nbf].find((time) => typeof time === 'number');
  // Without them, a token that is valid for longer than usual was made by a clock that is ahead.
  const least = typeof exp === 'number' && exp - now > defaultLife + defaultSkew ? exp - defaultLife : now;
  const ahead = (made ?? least) - now;
  const seconds = Math.round(Math.abs(ahead));
  if (seconds <= defaultSkew) return '';
  // The seconds of a small difference are what a clock or a lifetime is wrong by.
  const distance = seconds < 7_200 ? `${seconds} s` : roughly(seconds);
  if (ahead > 0) return `Your clock is ${distance} ahead.`;
  return `It was made ${distance} before this check. If you have just made it, your clock is ${distance} behind.`;
}

/** Meanings of headers and claims. */
const meanings: Readonly<Record<string, string>> = {
  alg: 'Algorithm of the signature',
  kid: 'Id of the key that signed it',
  typ: 'Type of the token',
  iss: 'Who made it',
  sub: 'Whom it is about',
  aud: 'For whom it is',
  exp: 'Not valid after',
  nbf: 'Not valid before',
  iat: 'Made at',
  jti: 'Id, for one use',
  auth_time: 'When the person proved who they are',
  nonce: 'Value of the authorization request',
  acr: 'Level of the sign-in',
  amr: 'How the person signed in',
  azp: 'Client for which it was made',
  at_hash: 'Hash of the access token',
  sid: 'Session at CIS2',
  events: 'What happened',
  scope: 'What the token allows',
  client_id: 'Client that got it',
  authentication_assurance_level: 'Level of the sign-in as a number',
  id_assurance_level: 'How well the person was identified',
  cnf: 'Key or certificate to which it is bound',
  nhs_number: 'NHS number',
};
const times: readonly string[] = ['exp', 'nbf', 'iat', 'auth_time'];
const maxDetails = 40;

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** Returns headers and claims with their meanings. */
export const detailsOf = (
  { header, claims }: { header: JsonObject; claims: JsonObject },
  now: number,
): Detail[] =>
  [...Object.entries(header), ...Object.entries(claims)].slice(0, maxDetails).map(([name, value]) => ({
    name: cut(name),
    value: cut(textOf(value)),
    meaning: [
      Object.hasOwn(meanings, name) ? meanings[name] : '',
      times.includes(name) ? timeOf(value, now) : '',
    ]
      .filter(Boolean)
      .join(': '),
  }));
