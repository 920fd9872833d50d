import type { Answer } from '@alongside/kernel/answer';
import { steps } from '@alongside/kernel/steps';
import {
  readProducts,
  refuseOverLimit,
  requireActiveDeveloper,
  requireApproval,
  requireSubscription,
  type WithProducts,
} from '../application/client.ts';
import type { Base } from '../base.ts';
import { type Arrived, codeRecordStatement, grantOf, sendCode } from '../callback/code.ts';
import { checkExternalToken, redeemUpstreamCode, type WithClaims } from '../callback/id-token.ts';
import {
  checkCallbackAgain,
  type FailBack,
  identifyAgain,
  passUpstreamError,
  takePending,
} from '../callback/pending.ts';
import { describePerson, fetchRoles } from '../callback/person.ts';
import { Codes } from '../codes.ts';
import { errors } from '../errors.ts';
import { type Incoming, refuseRepeated } from '../incoming.ts';
import { scopesAt } from '../levels.ts';
import type { Parts } from '../parts.ts';
import { PendingRequests } from '../pending.ts';
import type { Level } from '../upstream/upstream.ts';
import type { NhsEndpoint } from './flow.ts';

/** Reports a failure to the client, unless that is switched off. The published service has a catch-all error instead. */
const failBackTo = ({ diagnosis }: Pick<Parts, 'diagnosis'>, base: Base): FailBack =>
  async function failBack({ request, pending }, reason, code) {
    if (!base.hardening.upstreamErrors) throw errors.unexpected(reason);
    const { redirectUri, state } = pending;
    return diagnosis.redirect(errors.upstreamFailed(reason), request, { redirectUri, state, code });
  };

/** Requires a scope of exactly the level of the sign-in. */
async function requireScope({
  upstream,
  claims,
  products,
}: WithClaims & WithProducts): Promise<{ level: Level }> {
  const level = upstream.levelOf(claims);
  if (!level) throw errors.noScope(`the ID token of ${upstream.id} has no level`);
  if (scopesAt(products, level.marker).length === 0)
    throw errors.noScope(
      `no scope of ${products.map(({ name }) => name).join(', ')} is of the level ${level.name}`,
    );
  return { level };
}

const giveCode = (parts: Pick<Parts, 'recorder' | 'database' | 'audit'>, base: Base, codes: Codes) =>
  async function giveCode(known: Arrived): Promise<Answer> {
    const grant = grantOf(known);
    const { code, write } = codes.creating(grant);
    await parts.database.batch([write, codeRecordStatement(parts, base, grant)]);
    return sendCode(parts, known, code);
  };

/** `GET /callback`, the provider's response. The order of the checks is the contract. */
export function createCallback(base: Base, parts: Parts): NhsEndpoint {
  const {
    applications,
    products,
    developers,
    limiter,
    singleUse,
    vault,
    upstreamKeys,
    clock,
    cookies,
    recorder,
  } = parts;
  const requests = new PendingRequests(base, singleUse, vault);
  const failBack = failBackTo(parts, base);
  const list = steps<Incoming>()
    .step(refuseRepeated)
    .step(takePending(base, requests, cookies, recorder))
    .step(identifyAgain(applications, base))
    .step(requireApproval)
    .step(readProducts(products))
    .step(requireSubscription(base))
    .step(requireActiveDeveloper(developers))
    .step(refuseOverLimit(limiter, base))
    .step(checkCallbackAgain(base))
    .step(passUpstreamError(failBack))
    .step(redeemUpstreamCode(base, requests, failBack))
    .step(checkExternalToken(upstreamKeys, clock))
    .step(requireScope)
    .step(fetchRoles(failBack))
    .step(describePerson(vault))
    .step(giveCode(parts, base, new Codes(base, singleUse)));
  return (incoming) => list.run(incoming);
}
