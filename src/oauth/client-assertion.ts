import { type Clock, seconds } from '@alongside/kernel/clock';
import { type DecodedJwt, decodeJwt, isSigningAlgorithm, type SigningAlgorithm } from '@alongside/kernel/jws';
import { OutboundError } from '@alongside/kernel/outbound';
import { sha256 } from '@alongside/kernel/secrets';
import type { Check } from '@alongside/kernel/trial';
import type { SingleUse } from '../storage/single-use.ts';
import { claimRule, failuresOf, headerRule, type JwtAt, type Rule, shown } from './check.ts';
import { type KeySource, signedByNamedOrLone } from './key-source.ts';
import type { RemoteKeys } from './remote-keys.ts';

/** The one type of client assertion (RFC 7523 section 2.2). */
export const clientAssertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** Requirements for a client assertion. */
export interface AssertionRules {
  clientId: string;
  /** Allowed audiences, the advised one first. */
  audiences: readonly [string, ...string[]];
  /** Whether the audience may be a list of some of these. */
  mayListAudience: boolean;
  algorithms: readonly SigningAlgorithm[];
  /** Kind of the single-use value for its `jti`. */
  jtiKind: string;
  /** Whether `kid` is required even if only one key is possible, as in the published service. */
  needsKid: boolean;
  /** Whether `jti` is required, as OpenID Connect Core section 9 does; it is optional in RFC 7523 section 3. */
  needsJti: boolean;
  /** Maximum number of seconds until `exp`, without the tolerance for clocks. */
  maxAhead: number;
}

/** Tolerance for clocks in seconds. */
const skew = 10;
const maxJtiLength = 256;
/** Milliseconds until a jti may be used again. */
const longest = (maxAhead: number): number => (maxAhead + 2 * skew) * 1_000;
/** `typ` is optional; another value means another token (RFC 8725 section 3.11). */
const types: readonly unknown[] = [undefined, 'jwt', 'client-authentication+jwt'];

/** Returns what identifies an assertion of a client. Without `jti` it is the signed text: anyone can change an ECDSA signature into another valid one. */
const singleUseKey = (clientId: string, { claims: { jti }, signed }: DecodedJwt): string =>
  `${clientId}\n${jti === undefined ? `signed ${sha256(signed)}` : String(jti)}`;

/** An assertion, the rules for its client, and the time. */
export interface AssertionAt extends JwtAt {
  readonly rules: AssertionRules;
}

/** Returns the audiences of an assertion, each once; none if one is not a string or is repeated. */
export const audiencesIn = ({ claims: { aud } }: DecodedJwt): string[] => {
  const all: unknown[] = Array.isArray(aud) ? aud : [aud];
  const isRight = all.every((one) => typeof one === 'string') && new Set(all).size === all.length;
  return isRight ? (all as string[]) : [];
};

/** Whether an assertion is for this server alone: one that names another server too could be used there. */
function isForServer({ rules: { audiences, mayListAudience }, jwt }: AssertionAt): boolean {
  const listed = audiencesIn(jwt);
  const isOne = typeof jwt.claims.aud === 'string';
  return listed.length > 0 && (isOne || mayListAudience) && listed.every((one) => audiences.includes(one));
}

const clientIdOf = ({ rules }: AssertionAt): string => rules.clientId;
const isClient = (value: unknown, { rules }: AssertionAt): boolean => value === rules.clientId;
const before = `none, or at most ${skew} s after the request`;
const isPast = (time: unknown, { now }: AssertionAt): boolean =>
  time === undefined || (typeof time === 'number' && time <= now + skew);
const isSoon = (exp: unknown, { rules, now }: AssertionAt): boolean =>
  typeof exp === 'number' && exp + skew > now && exp <= now + rules.maxAhead + skew;

/** The checks of header and claims (RFC 7523 section 3), without the signature. They spend nothing. */
export const assertionRules: readonly Rule<AssertionAt>[] = [
  headerRule(
    'alg',
    ({ rules }) => rules.algorithms.join(' or '),
    (alg, { rules }) => isSigningAlgorithm(alg) && rules.algorithms.includes(alg),
  ),
  headerRule('typ', 'none, JWT or client-authentication+jwt', (typ) =>
    types.includes(typeof typ === 'string' ? typ.toLowerCase() : typ),
  ),
  headerRule(
    'kid',
    'the kid of a registered key',
    (kid, { rules }) => (typeof kid === 'string' && kid !== '') || (kid === undefined && !rules.needsKid),
  ),
  claimRule('iss', clientIdOf, isClient),
  claimRule('sub', clientIdOf, isClient),
  claimRule(
    'aud',
    ({ rules: { audiences, mayListAudience } }) =>
      `${mayListAudience ? '' : 'the one string '}${audiences.join(' or ')}`,
    (_, subject) => isForServer(subject),
  ),
  claimRule(
    'exp',
    ({ rules }) =>
      `a number, later than ${skew} s before the request, at most ${rules.maxAhead + skew} s after it`,
    isSoon,
  ),
  claimRule('nbf', before, isPast),
  claimRule('iat', before, isPast),
  claimRule(
    'jti',
    ({ rules }) => `${rules.needsJti ? '' : 'none, or '}a text of at most ${maxJtiLength} characters`,
    (jti, { rules }) =>
      (typeof jti === 'string' && jti !== '' && jti.length <= maxJtiLength) ||
      (jti === undefined && !rules.needsJti),
  ),
];

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
    if (signed !== 'unknown key')
      return failed(`key ${shown(kid)} by ${alg}: ${signed === 'no' ? 'another signature' : signed}`);
    return failed(
      kid === undefined
        ? `kid is missing, and not exactly one registered key is for ${alg}`
        : `no registered key has the kid ${shown(kid)}`,
    );
  } catch (error) {
    if (error instanceof OutboundError) return failed(`${source.jwksUrl} cannot be read: ${error.message}`);
    throw error;
  }
}

/** Checks that the `jti` is unused. Spends nothing. */
export async function unusedCheck(
  jwt: DecodedJwt,
  { clientId, jtiKind, maxAhead, needsJti }: AssertionRules,
  singleUse: SingleUse,
): Promise<Check> {
  const { jti } = jwt.claims;
  const isUsable = typeof jti === 'string' || (jti === undefined && !needsJti);
  const ok =
    isUsable && !(await singleUse.jtis.isUsed(jtiKind, singleUseKey(clientId, jwt), longest(maxAhead)));
  return { check: 'jti', ok, expected: 'one that was not used before', received: shown(jti) };
}

/** Returns the client that an unverified assertion claims; undefined if it cannot be read. */
export const claimedClient = (assertion: string | undefined): string | undefined =>
  clientOf(decodeJwt(assertion ?? ''));

/** Returns the same for a decoded assertion. */
export function clientOf(jwt: DecodedJwt | undefined): string | undefined {
  const { iss, sub } = jwt?.claims ?? {};
  return typeof sub === 'string' && sub !== '' && (iss === undefined || iss === sub) ? sub : undefined;
}

/** A value of valid credentials that may be used once. The request claims it. */
export interface OneTimeValue {
  readonly kind: string;
  readonly value: string;
  /** Milliseconds for which it is remembered, and the most for a value of this kind. */
  readonly lifetime: number;
  readonly longest: number;
  /** Returns the reason for the log when it was used before. */
  fault(): string;
}

/** Verifies a client assertion. Returns the checks that fail, all of header and claims at once, or its `jti`, which the caller claims. */
export async function verifyAssertion(
  jwt: DecodedJwt,
  rules: AssertionRules,
  source: KeySource,
  { clock, clientKeys }: { clock: Clock; clientKeys: RemoteKeys },
): Promise<readonly Check[] | OneTimeValue> {
  const now = seconds(clock);
  const failed = failuresOf(assertionRules, { jwt, rules, now });
  if (failed.length > 0) return failed;
  const signature = await signatureCheck(jwt, source, clientKeys);
  if (!signature.ok) return [signature];
  const { exp, jti } = jwt.claims;
  return {
    kind: rules.jtiKind,
    value: singleUseKey(rules.clientId, jwt),
    lifetime: Math.ceil((Number(exp) + skew - now) * 1_000),
    longest: longest(rules.maxAhead),
    fault: () =>
      jti === undefined ? 'the assertion was used before' : `the jti ${shown(jti)} was used before`,
  };
}
