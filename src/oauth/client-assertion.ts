import { type Clock, seconds, shownTime } from '@alongside/kernel/clock';
import { type DecodedJwt, decodeJwt, isSigningAlgorithm, type SigningAlgorithm } from '@alongside/kernel/jws';
import { OutboundError } from '@alongside/kernel/outbound';
import type { SingleUse } from '../storage/single-use.ts';
import { type Check, faultOf, shown } from './check.ts';
import { type KeySource, signedByNamedOrLone } from './key-source.ts';
import type { RemoteKeys } from './remote-keys.ts';

/** The one type of client assertion (RFC 7523 section 2.2). */
export const clientAssertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** Requirements for a client assertion. */
export interface AssertionRules {
  clientId: string;
  /** Allowed audiences; an assertion has one, as a string. */
  audiences: readonly [string, ...string[]];
  algorithms: readonly SigningAlgorithm[];
  /** Kind of the single-use value for its `jti`. */
  jtiKind: string;
  /** Whether `kid` is required even if only one key is possible, as in the published service. */
  needsKid: boolean;
  /** Maximum number of seconds until `exp`, without the tolerance for clocks. */
  longestAhead: number;
}

/** Tolerance for clocks in seconds. */
const skew = 10;
const longestJti = 256;
/** `typ` is optional; another value means another token (RFC 8725 section 3.11). */
const types: readonly unknown[] = [undefined, 'jwt', 'client-authentication+jwt'];

const jtiKey = (clientId: string, jti: unknown): string => `${clientId}\n${String(jti)}`;
const isPast = (time: unknown, now: number): boolean =>
  time === undefined || (typeof time === 'number' && time <= now + skew);

/** Checks header and claims of an assertion (RFC 7523 section 3), without its signature. Spends nothing. */
export function assertionChecks({ header, claims }: DecodedJwt, rules: AssertionRules, now: number): Check[] {
  const { alg, typ, kid } = header;
  const { longestAhead } = rules;
  const { iss, sub, aud, exp, nbf, iat, jti } = claims;
  const type = typeof typ === 'string' ? typ.toLowerCase() : typ;
  const soon = `later than ${skew} s ago, at most ${longestAhead + skew} s from now`;
  const before = `none, or at most ${skew} s from now`;
  const check = (name: string, ok: boolean, expected: string, received: unknown): Check => ({
    check: name,
    ok,
    expected,
    received: shown(received),
  });
  return [
    check(
      'alg',
      isSigningAlgorithm(alg) && rules.algorithms.includes(alg),
      rules.algorithms.join(' or '),
      alg,
    ),
    check('typ', types.includes(type), 'none, JWT or client-authentication+jwt', typ),
    check(
      'kid',
      (typeof kid === 'string' && kid !== '') || (kid === undefined && !rules.needsKid),
      'the kid of a registered key',
      kid,
    ),
    check('iss', iss === rules.clientId, rules.clientId, iss),
    check('sub', sub === rules.clientId, rules.clientId, sub),
    check(
      'aud',
      typeof aud === 'string' && rules.audiences.includes(aud),
      `the one string ${rules.audiences.join(' or ')}`,
      aud,
    ),
    check(
      'exp',
      typeof exp === 'number' && exp + skew > now && exp <= now + longestAhead + skew,
      `a number, ${soon}`,
      shownTime(exp, now),
    ),
    check('nbf', isPast(nbf, now), before, shownTime(nbf, now)),
    check('iat', isPast(iat, now), before, shownTime(iat, now)),
    check(
      'jti',
      typeof jti === 'string' && jti !== '' && jti.length <= longestJti,
      `a text of at most ${longestJti} characters`,
      jti,
    ),
  ];
}

/** Checks the signature by a registered key of the client, after `alg` and `kid`. */
export async function signatureCheck(jwt: DecodedJwt, source: KeySource, remote: RemoteKeys): Promise<Check> {
  const expected = `the signature of a registered key`;
  const failed = (received: string): Check => ({ check: 'signature', ok: false, expected, received });
  const { alg, kid } = jwt.header;
  if (!isSigningAlgorithm(alg)) return failed(`alg ${shown(alg)}`);
  if (!source.jwks && !source.jwksUrl) return failed('no key is registered');
  try {
    const signed = await signedByNamedOrLone(source, jwt, alg, remote);
    if (signed === 'yes') return { check: 'signature', ok: true, expected, received: `key ${shown(kid)}` };
    return failed(
      signed === 'unknown key'
        ? kid !== undefined
          ? `no registered key has the kid ${shown(kid)}`
          : `kid is missing, and not exactly one registered key is for ${alg}`
        : `key ${shown(kid)} by ${alg}: ${signed === 'no' ? 'another signature' : signed}`,
    );
  } catch (error) {
    if (error instanceof OutboundError) return failed(`${source.jwksUrl} cannot be read: ${error.message}`);
    throw error;
  }
}

/** Checks that the `jti` is unused. Spends nothing. */
export async function unusedCheck(
  { claims: { jti } }: DecodedJwt,
  { clientId, jtiKind }: AssertionRules,
  singleUse: SingleUse,
): Promise<Check> {
  const ok = typeof jti === 'string' && !(await singleUse.claimed(jtiKind, jtiKey(clientId, jti)));
  return { check: 'jti', ok, expected: 'one that was not used before', received: shown(jti) };
}

/** Returns the client that an unverified assertion claims; undefined if it cannot be read. */
export function claimedClient(assertion: string | undefined): string | undefined {
  const { iss, sub } = decodeJwt(assertion ?? '')?.claims ?? {};
  return typeof sub === 'string' && sub !== '' && (iss === undefined || iss === sub) ? sub : undefined;
}

/** Verifies a client assertion and spends its `jti`. Returns the reason for the log, or undefined when valid. */
export async function assertionFault(
  assertion: string | undefined,
  rules: AssertionRules,
  source: KeySource,
  { clock, singleUse, clientKeys }: { clock: Clock; singleUse: SingleUse; clientKeys: RemoteKeys },
): Promise<string | undefined> {
  const jwt = decodeJwt(assertion ?? '');
  if (!jwt) return 'client_assertion is not a compact JWS';
  const now = seconds(clock);
  const fault = faultOf(assertionChecks(jwt, rules, now));
  if (fault !== undefined) return fault;
  const signature = await signatureCheck(jwt, source, clientKeys);
  if (!signature.ok) return `signature: ${signature.received}`;
  // Last, so that an assertion with an invalid signature spends no jti.
  const { exp, jti } = jwt.claims;
  const remembered = Math.ceil((Number(exp) + skew - now) * 1_000);
  const first = await singleUse.claim(rules.jtiKind, jtiKey(rules.clientId, jti), remembered);
  return first ? undefined : `the jti ${shown(jti)} was used before`;
}
