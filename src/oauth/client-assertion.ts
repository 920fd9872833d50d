import { type Clock, seconds, shownTime } from '@alongside/kernel/clock';
import { type DecodedJwt, decodeJwt, isSigningAlgorithm, type SigningAlgorithm } from '@alongside/kernel/jws';
import { OutboundError } from '@alongside/kernel/outbound';
import type { SingleUse } from '../storage/single-use.ts';
import { type Check, faultOf, shown } from './check.ts';
import { type KeySource, signedByNamedOrLone } from './key-source.ts';
import type { RemoteKeys } from './remote-keys.ts';

/** The one type of client assertion (RFC 7523 section 2.2). */
export const clientAssertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** Who an assertion must come from, and whom it must be for. */
export interface AssertionRules {
  clientId: string;
  /** Its audience is one of these, as a string. */
  audiences: readonly [string, ...string[]];
  algorithms: readonly SigningAlgorithm[];
  /** Kind under which its `jti` is used up. */
  jtiKind: string;
  /** Whether its key must be named where only one can be meant; the published service wants it always. */
  needsKid: boolean;
  /** Seconds from now to `exp` at most, beside what clocks may differ by. */
  longestAhead: number;
}

/** Seconds that clocks may differ by. */
const skew = 10;
const longestJti = 256;
/** A type need not be named; another type is another token (RFC 8725 section 3.11). */
const types: readonly unknown[] = [undefined, 'jwt', 'client-authentication+jwt'];

const jtiKey = (clientId: string, jti: unknown): string => `${clientId}\n${String(jti)}`;
const isPast = (time: unknown, now: number): boolean =>
  time === undefined || (typeof time === 'number' && time <= now + skew);

/** Everything that an assertion says of itself (RFC 7523 section 3), without its signature and without using it up. */
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

/** Whether a registered key of the client signed it. Ask after `alg` and `kid` were found right. */
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

/** Whether its `jti` is still unused. Nothing is used up. */
export async function unusedCheck(
  { claims: { jti } }: DecodedJwt,
  { clientId, jtiKind }: AssertionRules,
  singleUse: SingleUse,
): Promise<Check> {
  const ok = typeof jti === 'string' && !(await singleUse.claimed(jtiKind, jtiKey(clientId, jti)));
  return { check: 'jti', ok, expected: 'one that was not used before', received: shown(jti) };
}

/** Who an assertion speaks for, before anything was proved; undefined when that cannot be read. */
export function claimedClient(assertion: string | undefined): string | undefined {
  const { iss, sub } = decodeJwt(assertion ?? '')?.claims ?? {};
  return typeof sub === 'string' && sub !== '' && (iss === undefined || iss === sub) ? sub : undefined;
}

/** Why a client assertion does not hold, in words for the log; undefined when it does, and then its `jti` is used up. */
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
  // Last of all, so that nobody can use up another's jti with a bad signature.
  const { exp, jti } = jwt.claims;
  const remembered = Math.ceil((Number(exp) + skew - now) * 1_000);
  const first = await singleUse.claim(rules.jtiKind, jtiKey(rules.clientId, jti), remembered);
  return first ? undefined : `the jti ${shown(jti)} was used before`;
}
