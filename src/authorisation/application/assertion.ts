import { relativeTime, seconds, shownTime } from '@alongside/kernel/clock';
import type { Refuse } from '@alongside/kernel/errors';
import { type DecodedJwt, decodeJwt } from '@alongside/kernel/jws';
import { OutboundError } from '@alongside/kernel/outbound';
import type { PlatformRegistration } from '../../oauth/applications.ts';
import { type Rule, requireAll, shown } from '../../oauth/check.ts';
import { clientAssertionType } from '../../oauth/client-assertion.ts';
import { type KeySource, publishedAddress, signedBy } from '../../oauth/key-source.ts';
import type { SingleUse } from '../../storage/single-use.ts';
import { errors } from '../errors.ts';
import type { Incoming } from '../incoming.ts';
import type { AtBase } from '../parts.ts';
import { findClient, type WithClient } from './client.ts';

/** A client assertion with valid claims but an unverified signature. */
export interface Assertion {
  jwt: DecodedJwt;
  kid: string;
  clientId: string;
  jti: string;
  /** NumericDate. */
  exp: number;
}

export interface WithAssertion {
  assertion: Assertion;
}

/** Maximum seconds until an assertion expires: five minutes, plus a clock difference. */
const longestAhead = 310;
const allowance = 10;

const jtiKind = 'authorisation-jti';
const jtiKey = ({ clientId, jti }: Pick<Assertion, 'clientId' | 'jti'>): string => `${clientId}\n${jti}`;

export async function checkAssertionType({ form }: Incoming): Promise<void> {
  const type = form.get('client_assertion_type');
  if (type !== clientAssertionType)
    throw errors.assertionType(`client_assertion_type is ${type ?? 'missing'}`);
}

export async function decodeAssertion({ form }: Incoming): Promise<{ jwt: DecodedJwt }> {
  const assertion = form.get('client_assertion');
  if (assertion === undefined) throw errors.assertionMissing('client_assertion is missing');
  const jwt = decodeJwt(assertion);
  if (!jwt) throw errors.assertionMalformed('client_assertion is not a compact JWS of two JSON objects');
  return { jwt };
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
const missing = (value: unknown): boolean => value === undefined || value === null || value === '';

const rule = (check: string, ok: boolean, expected: string, received: unknown, refuse: Refuse): Rule => ({
  check,
  ok,
  expected,
  received: shown(received),
  refuse,
});

/** The published checks in their order, up to the one that reads storage (identity-service-api, Flow.PostTokenTokenExchange). */
export function claimRules({ header, claims }: DecodedJwt, now: number): Rule[] {
  const { alg, kid, typ } = header;
  const { exp, iss, sub, jti } = claims;
  const ended = typeof exp === 'number' && exp <= now;
  const isJwt = isText(typ) && typ.toLowerCase() === 'jwt';
  return [
    rule('alg', alg === 'RS512', 'RS512', alg, errors.assertionAlgorithm),
    rule('exp', !ended, 'later than now', shownTime(exp, now), errors.assertionExpired),
    rule('kid', isText(kid), 'the kid of a registered key', kid, errors.assertionKidMissing),
    rule('typ', isJwt, 'JWT', typ, errors.assertionTyp),
    rule('exp', !missing(exp), 'a number of seconds', exp, errors.assertionExpMissing),
    rule('exp', typeof exp === 'number', 'a number of seconds', exp, errors.assertionExpInvalid),
    rule(
      'iss and sub',
      isText(iss) && iss === sub,
      'the API key in both',
      { iss, sub },
      errors.assertionIssuer,
    ),
    rule('jti', !missing(jti), 'a unique text', jti, errors.assertionJtiMissing),
    rule('jti', typeof jti === 'string', 'a unique text', jti, errors.assertionJtiInvalid),
  ];
}

/** The remaining published checks. `used` is whether the client has used the jti before. */
export function lastRules({ claims: { exp, jti } }: DecodedJwt, now: number, used: boolean): Rule[] {
  const near = typeof exp !== 'number' || exp <= now + longestAhead;
  return [
    rule('jti', !used, 'an unused one', jti, errors.assertionJtiUsed),
    rule('exp', near, `at most ${longestAhead} s from now`, shownTime(exp, now), errors.assertionExpFar),
  ];
}

/** Returns the claims of an assertion without checks. */
export const claimed = ({ jwt }: { jwt: DecodedJwt }): Assertion => {
  const { iss, jti, exp } = jwt.claims;
  return { jwt, kid: String(jwt.header.kid), clientId: String(iss), jti: String(jti), exp: Number(exp) };
};

/** Returns whether the client has used the jti before. */
export const isUsed = (singleUse: SingleUse, assertion: Assertion): Promise<boolean> =>
  singleUse.claimed(jtiKind, jtiKey(assertion));

export async function checkAssertion({
  server: { parts },
  jwt,
}: AtBase<'singleUse' | 'clock'> & { jwt: DecodedJwt }): Promise<{ assertion: Assertion }> {
  const now = seconds(parts.clock);
  requireAll(claimRules(jwt, now));
  const assertion = claimed({ jwt });
  requireAll(lastRules(jwt, now, await isUsed(parts.singleUse, assertion)));
  return { assertion };
}

/** Requires exactly the called address as the audience (RFC 7523 section 3, as published). */
export async function checkAudience({
  server: {
    base: { tokenUrl },
  },
  assertion,
}: AtBase & WithAssertion): Promise<void> {
  const { aud } = assertion.jwt.claims;
  if (aud !== tokenUrl)
    throw errors.assertionAudience(`aud is ${JSON.stringify(aud)}, expected is ${tokenUrl}`);
}

/** Refuses an assertion before its `nbf` (RFC 7519 section 4.1.5). */
export async function checkNotBefore({
  server: {
    parts: { clock },
  },
  assertion,
}: AtBase<'clock'> & WithAssertion): Promise<void> {
  const { nbf } = assertion.jwt.claims;
  if (nbf === undefined) return;
  const now = seconds(clock);
  if (typeof nbf !== 'number') throw errors.assertionEarly(`nbf is ${shown(nbf)}, expected a number`);
  if (nbf > now + allowance)
    throw errors.assertionEarly(
      `nbf is ${relativeTime(nbf - now)}: the clock of the client is ahead, or the assertion was created too early`,
    );
}

/** Uses up the jti, after authentication, so that no client can use up the jti of another. */
export async function claimJti({
  server: {
    base,
    parts: { singleUse, clock },
  },
  assertion,
}: AtBase<'singleUse' | 'clock'> & WithAssertion): Promise<void> {
  const untilItEnds = (assertion.exp + allowance) * 1_000 - clock.now();
  const lifetime = Math.max(untilItEnds, base.hardening.jtiMemory ?? 0);
  if (!(await singleUse.claim(jtiKind, jtiKey(assertion), Math.ceil(lifetime))))
    throw errors.assertionJtiUsed(`${assertion.clientId} has used the jti ${assertion.jti} at the same time`);
}

export async function identifyByAssertion({
  server: { base, parts },
  assertion,
}: AtBase<'applications'> & WithAssertion): Promise<WithClient> {
  const client = await findClient(parts.applications, base, assertion.clientId);
  if (!client)
    throw errors.assertionSubject(`no application at ${base.path} has the client id ${assertion.clientId}`);
  return { client };
}

/** Returns the key source of a client. Throws if none is registered. */
function keysOf(registration: PlatformRegistration): KeySource {
  if (registration.jwks) return registration;
  const address = registration.jwksUrl ?? publishedAddress(registration);
  if (!address) throw errors.assertionNoKey('neither a key set nor the address of one is registered');
  return { jwks: null, jwksUrl: address };
}

/** Verifies the signature with the registered key that the assertion names (RFC 7523 section 3). */
export async function checkAssertionSignature({
  server: { parts },
  assertion,
  client,
}: AtBase<'clientKeys'> & WithAssertion & WithClient): Promise<void> {
  const { kid, jwt } = assertion;
  const source = keysOf(client.registration);
  const signed = await signedBy(source, jwt, 'RS512', parts.clientKeys).catch((error: unknown) => {
    if (error instanceof OutboundError)
      throw errors.assertionKeysUnreachable(`${source.jwksUrl}: ${error.message}`, {}, error);
    throw error;
  });
  if (signed === 'unknown key') throw errors.assertionKid(`no registered key has the kid ${kid}`);
  if (signed === 'wrong kind of key')
    throw errors.signatureInvalid(`the key ${kid} is not an RSA key of 2048 bits or more`);
  if (signed === 'no') throw errors.signatureInvalid(`the signature does not match the key ${kid}`);
}
