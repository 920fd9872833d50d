import { type Clock, seconds } from '@alongside/kernel/clock';
import { type DecodedJwt, decodeJwt } from '@alongside/kernel/jws';
import type { SingleUse } from '../../storage/single-use.ts';
import { errors } from '../errors.ts';
import type { Hardening } from '../hardening.ts';
import type { Incoming } from '../incoming.ts';
import { clientAssertionType } from './assertion-type.ts';

/** A client assertion whose form was checked; who sent it is not proven yet. */
export interface Assertion {
  jwt: DecodedJwt;
  kid: string;
  clientId: string;
  jti: string;
  /** NumericDate. */
  exp: number;
}

/** Seconds that an assertion may lie ahead: five minutes and a little for clocks that differ. */
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

/** The published checks in the published order (identity-service-api, Flow.PostTokenTokenExchange). */
export const checkAssertion = (singleUse: SingleUse, clock: Clock) =>
  async function checkAssertion({ jwt }: { jwt: DecodedJwt }): Promise<{ assertion: Assertion }> {
    const { header, claims } = jwt;
    const { exp, iss, sub, jti } = claims;
    const now = seconds(clock);
    if (header.alg !== 'RS512') throw errors.assertionAlgorithm(`alg is ${String(header.alg)}`);
    if (typeof exp === 'number' && exp <= now)
      throw errors.assertionExpired(`exp is ${exp}, it is ${now} now`);
    if (!isText(header.kid)) throw errors.assertionKidMissing('the header has no kid');
    if (!isText(header.typ) || header.typ.toLowerCase() !== 'jwt')
      throw errors.assertionTyp(`typ is ${String(header.typ)}`);
    if (missing(exp)) throw errors.assertionExpMissing('there is no exp');
    if (typeof exp !== 'number') throw errors.assertionExpInvalid(`exp is of type ${typeof exp}`);
    if (!isText(iss) || iss !== sub)
      throw errors.assertionIssuer(`iss is ${String(iss)}, sub is ${String(sub)}`);
    if (missing(jti)) throw errors.assertionJtiMissing('there is no jti');
    if (typeof jti !== 'string') throw errors.assertionJtiInvalid(`jti is of type ${typeof jti}`);
    const assertion = { jwt, kid: header.kid, clientId: iss, jti, exp };
    if (await singleUse.claimed(jtiKind, jtiKey(assertion)))
      throw errors.assertionJtiUsed(`${iss} has used the jti ${jti} before`);
    if (exp > now + longestAhead)
      throw errors.assertionExpFar(`exp is ${exp - now} s ahead, ${longestAhead} are allowed`);
    return { assertion };
  };

/** The audience is exactly the address that was called (RFC 7523 section 3, as published). */
export const checkAudience = (tokenUrl: string, clock: Clock) =>
  async function checkAudience({ assertion }: { assertion: Assertion }): Promise<void> {
    const { aud, nbf } = assertion.jwt.claims;
    if (aud !== tokenUrl)
      throw errors.assertionAudience(`aud is ${JSON.stringify(aud)}, expected is ${tokenUrl}`);
    if (nbf === undefined) return;
    const now = seconds(clock);
    if (typeof nbf !== 'number' || nbf > now + allowance)
      throw errors.assertionEarly(`nbf is ${String(nbf)}, it is ${now} now`);
  };

/** The assertion counts once. Claimed only now, when it is proven, so that nobody can burn another client's jti. */
export const claimJti = (singleUse: SingleUse, clock: Clock, hardening: Hardening) =>
  async function claimJti({ assertion }: { assertion: Assertion }): Promise<void> {
    const untilItEnds = (assertion.exp + allowance) * 1_000 - clock.now();
    const lifetime = Math.max(untilItEnds, hardening.jtiMemory ?? 0);
    if (!(await singleUse.claim(jtiKind, jtiKey(assertion), Math.ceil(lifetime))))
      throw errors.assertionJtiUsed(
        `${assertion.clientId} has used the jti ${assertion.jti} at the same time`,
      );
  };
