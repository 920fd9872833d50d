import { seconds, timeAt } from '@alongside/kernel/clock';
import type { Refuse } from '@alongside/kernel/errors';
import { type DecodedJwt, decodeJwt } from '@alongside/kernel/jws';
import { OutboundError } from '@alongside/kernel/outbound';
import { shownRegistered } from '@alongside/kernel/refusal-facts';
import type { PlatformRegistration } from '../../oauth/applications.ts';
import {
  claimRule,
  headerRule,
  type JwtAt,
  likeness,
  type Rule,
  requireAll,
  shown,
} from '../../oauth/check.ts';
import { clientAssertionType } from '../../oauth/client-assertion.ts';
import { type KeySource, publishedAddress, type Signed, signedBy } from '../../oauth/key-source.ts';
import type { Condition, WithBatch } from '../../oauth/request-batch.ts';
import type { SingleUse } from '../../storage/single-use.ts';
import type { Base } from '../base.ts';
import { errors } from '../errors.ts';
import type { Incoming } from '../incoming.ts';
import type { AtBase } from '../parts.ts';
import { requireClient, type WithClient } from './client.ts';

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
const maxAhead = 310;
const allowance = 10;

const jtiKind = 'authorisation-jti';
const jtiKey = ({ clientId, jti }: Pick<Assertion, 'clientId' | 'jti'>): string => `${clientId}\n${jti}`;

export function checkAssertionType({ form }: Incoming): void {
  const type = form.get('client_assertion_type');
  if (type !== clientAssertionType)
    throw errors.assertionType(`client_assertion_type is ${type ?? 'missing'}`);
}

export function decodeAssertion({ form }: Incoming): { jwt: DecodedJwt } {
  const assertion = form.get('client_assertion');
  if (assertion === undefined) throw errors.assertionMissing('client_assertion is missing');
  const jwt = decodeJwt(assertion);
  if (!jwt)
    throw errors.assertionMalformed('client_assertion is not a compact JWS of two JSON objects').about({
      field: 'client_assertion',
      headline: 'The client assertion is not a JWT',
      received: `${assertion.length} characters in ${assertion.split('.', 10).length} parts between dots`,
      expected: 'three base64url parts, separated by dots, of which the first two are JSON objects',
    });
  return { jwt };
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
export const isMissing = (value: unknown): boolean => value === undefined || value === null || value === '';
export const isJwtType = (typ: unknown): boolean => typeof typ === 'string' && typ.toLowerCase() === 'jwt';
const ofKey = 'the kid of a registered key';
const number = 'a number of seconds';
const isNumber = (exp: unknown): boolean => typeof exp === 'number';
const isLater = (exp: unknown, { now }: JwtAt): boolean => typeof exp !== 'number' || exp > now;
const isNear = (exp: unknown, { now }: JwtAt): boolean => typeof exp !== 'number' || exp <= now + maxAhead;
const bothIds: Rule<JwtAt> = {
  check: 'iss and sub',
  expected: 'the API key in both',
  received: ({ jwt: { claims } }) => ({ iss: claims.iss, sub: claims.sub }),
  ok: ({ jwt: { claims } }) => isText(claims.iss) && claims.iss === claims.sub,
};

type RefusingRule = readonly [Rule<JwtAt>, Refuse];

/** The published checks in their order, up to the one that reads storage (identity-service-api, Flow.PostTokenTokenExchange). */
export const claimRules: readonly RefusingRule[] = [
  [headerRule('alg', 'RS512', (alg) => alg === 'RS512'), errors.assertionAlgorithm],
  [claimRule('exp', 'a time after the request', isLater), errors.assertionExpired],
  [headerRule('kid', ofKey, isText), errors.assertionKidMissing],
  [headerRule('typ', 'JWT', isJwtType), errors.assertionTyp],
  [claimRule('exp', number, (exp) => !isMissing(exp)), errors.assertionExpMissing],
  [claimRule('exp', number, isNumber), errors.assertionExpInvalid],
  [bothIds, errors.assertionIssuer],
  [claimRule('jti', 'a unique text', (jti) => !isMissing(jti)), errors.assertionJtiMissing],
  [claimRule('jti', 'a unique text', (jti) => typeof jti === 'string'), errors.assertionJtiInvalid],
];

/** The checks that follow. The second needs no storage. */
export const lastRules = (isUnused: boolean): [jti: RefusingRule, exp: RefusingRule] => [
  [claimRule('jti', 'an unused one', () => isUnused), errors.assertionJtiUsed],
  [claimRule('exp', `at most ${maxAhead} s after the request`, isNear), errors.assertionExpFar],
];
const expRules = lastRules(true).slice(1);

/** Returns the claims of an assertion without checks. */
export const claimed = ({ jwt }: { jwt: DecodedJwt }): Assertion => {
  const { iss, jti, exp } = jwt.claims;
  return { jwt, kid: String(jwt.header.kid), clientId: String(iss), jti: String(jti), exp: Number(exp) };
};

/** Milliseconds until a jti may be used again. */
const maxUse = ({ jtiMemory }: Base['hardening']): number =>
  Math.max((maxAhead + allowance) * 1_000, jtiMemory ?? 0);

/** Returns whether the client has used the jti before. */
export const isUsed = (singleUse: SingleUse, assertion: Assertion, { hardening }: Base): Promise<boolean> =>
  singleUse.jtis.isUsed(jtiKind, jtiKey(assertion), maxUse(hardening));

function unusedJti(
  { base, parts: { singleUse, clock } }: AtBase<'singleUse' | 'clock'>['server'],
  assertion: Assertion,
): Condition {
  return {
    writeStatement() {
      const untilItEnds = (assertion.exp + allowance) * 1_000 - clock.now();
      const lifetime = Math.max(untilItEnds, base.hardening.jtiMemory ?? 0);
      return singleUse.jtis.useStatement(
        jtiKind,
        jtiKey(assertion),
        Math.ceil(lifetime),
        maxUse(base.hardening),
        Math.ceil(untilItEnds),
      );
    },
    holds: async () => !(await isUsed(singleUse, assertion, base)),
    refuse: () => errors.assertionJtiUsed(`${assertion.clientId} has used the jti ${assertion.jti} before`),
  };
}

export function checkAssertion({
  server,
  jwt,
  batch,
}: AtBase<'singleUse' | 'clock'> & WithBatch & { jwt: DecodedJwt }): WithAssertion & {
  unusedJti: Condition;
} {
  const at = { jwt, now: seconds(server.parts.clock) };
  requireAll(claimRules, at);
  const assertion = claimed({ jwt });
  const condition = unusedJti(server, assertion);
  batch.expect(condition);
  requireAll(expRules, at);
  return { assertion, unusedJti: condition };
}

const hintOf = (aud: unknown, tokenUrl: string): string => {
  const hint = likeness(aud, tokenUrl);
  return hint ? `; ${hint}` : '';
};

/** Requires exactly the called address as the audience (RFC 7523 section 3, as published). */
export function checkAudience({ server, assertion }: AtBase & WithAssertion): void {
  const { tokenUrl } = server.base;
  const { aud } = assertion.jwt.claims;
  if (aud !== tokenUrl)
    throw errors.assertionAudience(`aud is ${JSON.stringify(aud)}, expected is ${tokenUrl}`).about({
      field: 'aud',
      headline: 'The assertion is for another address',
      received: shown(aud),
      expected: `${tokenUrl}${hintOf(aud, tokenUrl)}`,
    });
}

/** Refuses an assertion before its `nbf` (RFC 7519 section 4.1.5). */
export function checkNotBefore({ server, assertion }: AtBase<'clock'> & WithAssertion): void {
  const { clock } = server.parts;
  const { nbf } = assertion.jwt.claims;
  if (nbf === undefined) return;
  const now = seconds(clock);
  if (typeof nbf !== 'number') throw errors.assertionEarly(`nbf is ${shown(nbf)}, expected a number`);
  if (nbf > now + allowance)
    throw errors.assertionEarly(
      `nbf is ${timeAt(nbf * 1_000, now * 1_000)}: the clock of the client is ahead, or the assertion was created too early`,
    );
}

/** Uses up the jti, after authentication, so that no client can use up the jti of another. */
export function claimJti({ batch, unusedJti }: WithBatch & { unusedJti: Condition }): void {
  batch.require(unusedJti);
}

export const identifyByAssertion = ({
  server,
  assertion,
  request,
}: AtBase<'clients'> & WithAssertion & Pick<Incoming, 'request'>) =>
  requireClient(server, assertion.clientId, errors.assertionSubject, request);

/** Returns the key source of a client. Throws if none is registered. */
function keysOf(registration: PlatformRegistration): KeySource {
  if (registration.jwks) return registration;
  const address = registration.jwksUrl ?? publishedAddress(registration);
  if (!address) throw errors.assertionNoKey('neither a key set nor the address of one is registered');
  return { jwks: null, jwksUrl: address };
}

/** Verifies the signature with the registered key that the assertion names (RFC 7523 section 3). */
export function checkAssertionSignature({
  server: { parts },
  assertion: { kid, jwt },
  client,
}: AtBase<'clientKeys'> & WithAssertion & WithClient): void | Promise<void> {
  const source = keysOf(client.registration);
  const requireSigned = (signed: Signed): void => {
    if (signed === 'unknown key')
      throw errors.assertionKid(`no registered key has the kid ${kid}`).about({
        field: 'kid',
        headline: 'No registered key has this kid',
        received: kid.slice(0, 200),
        expected: source.jwks
          ? shownRegistered(
              kid,
              source.jwks.keys.flatMap((key) => (typeof key.kid === 'string' ? key.kid : [])),
            )
          : `a kid of ${source.jwksUrl}`,
      });
    if (signed === 'wrong kind of key')
      throw errors.signatureInvalid(`the key ${kid} is not an RSA key of 2048 bits or more`);
    if (signed === 'no')
      throw errors.signatureInvalid(`the signature does not match the key ${kid}`).about({
        field: 'client_assertion',
        headline: 'The signature of the assertion is wrong',
        received: `a signature that the registered key ${kid.slice(0, 200)} did not make`,
        expected: `a signature by the private key of ${kid.slice(0, 200)}`,
      });
  };
  const signed = signedBy(source, jwt, 'RS512', parts.clientKeys);
  if (!(signed instanceof Promise)) return requireSigned(signed);
  return signed.then(requireSigned, (error: unknown) => {
    if (error instanceof OutboundError)
      throw errors.assertionKeysUnreachable(`${source.jwksUrl}: ${error.message}`, {}, error);
    throw error;
  });
}
