import type { Answer } from '@alongside/kernel/answer';
import type { Refusal, Refuse } from '@alongside/kernel/errors';
import type { HttpRequest } from '@alongside/kernel/http';
import { steps } from '@alongside/kernel/steps';
import type { Parameters } from '../../oauth/parameters.ts';
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
  type WithPending,
} from '../callback/pending.ts';
import { describePerson, fetchRoles } from '../callback/person.ts';
import { Codes } from '../codes.ts';
import { scopesAt } from '../levels.ts';
import type { Parts } from '../parts.ts';
import { PendingRequests } from '../pending.ts';
import type { Level } from '../upstream/upstream.ts';
import { errors } from './errors.ts';
import { readQuery } from './incoming.ts';
import { orElse } from './or-else.ts';
import { pushedAt } from './pushed.ts';

async function readAnswer(known: { request: HttpRequest }): Promise<{ query: Parameters }> {
  return { query: (await readQuery(known)).parameters };
}

/** The scopes that this person's sign-in gives: those asked for whose level is exactly the person's. */
export const scopesGranted = (asked: readonly string[] | null, atLevel: readonly string[]): string[] =>
  asked === null ? [...atLevel] : atLevel.filter((scope) => asked.includes(scope));

async function requireScope({
  upstream,
  claims,
  products,
  pending,
}: WithClaims & WithProducts): Promise<{ level: Level }> {
  const level = upstream.levelOf(claims);
  if (level && scopesGranted(pending.asked, scopesAt(products, level.marker)).length > 0) return { level };
  throw errors.levelTooLow(
    `${pending.asked?.join(' ') ?? 'everything'} was asked for, the level is ${level?.name ?? 'none'}`,
  );
}

type Back = (known: { request: HttpRequest } & WithPending, refusal: Refusal) => Promise<Answer>;

/** The code, and with it the end of the pushed request that it came from: another code never comes from that. */
const giveCode = (
  parts: Pick<Parts, 'recorder' | 'database' | 'singleUse' | 'clock' | 'audit'>,
  base: Base,
  back: Back,
) => {
  const codes = new Codes(base, parts.singleUse);
  const pushed = pushedAt(base, parts);
  return async function giveCode(known: { request: HttpRequest } & Arrived): Promise<Answer> {
    const { requestUri = null } = known.pending;
    const grant = grantOf(known);
    const { code, write } = codes.creating(grant);
    const spending = requestUri === null ? [] : [pushed.spendStatement(requestUri)];
    const { done } = await parts.database.batch([
      ...spending,
      write,
      codeRecordStatement(parts, base, grant),
    ]);
    return done
      ? sendCode(parts, known, code, base.issuer)
      : back(known, errors.requestUriUsed('a code was given out for it meanwhile'));
  };
};

/** `GET /callback` of the standard profile: from the moment that the client is known, every failure goes back to it. */
export function createCallback(base: Base, parts: Parts): (request: HttpRequest) => Promise<Answer> {
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
    diagnosis,
  } = parts;
  const requests = new PendingRequests(base, singleUse, vault);
  type Under = { request: HttpRequest } & WithPending;
  const back = ({ request, pending }: Under, refusal: Refusal, code?: string): Promise<Answer> =>
    diagnosis.redirect(refusal, request, {
      redirectUri: pending.redirectUri,
      state: pending.state,
      issuer: base.issuer,
      code,
    });
  const failBack: FailBack = (known, reason, code) => back(known, errors.upstreamFailed(reason), code);
  const backAs =
    (refuse: Refuse) =>
    (known: Under, { detail }: Refusal) =>
      back(known, refuse(detail));

  const list = steps<{ request: HttpRequest }>()
    .step(readAnswer)
    .step(
      orElse(takePending(base, requests, cookies, recorder), async (_known: object, { detail }) => {
        throw errors.stateInvalid(detail);
      }),
    )
    .step(identifyAgain(applications, base))
    .step(checkCallbackAgain(base))
    .step(orElse(requireApproval, backAs(errors.clientRefused)))
    .step(readProducts(products))
    .step(orElse(requireSubscription(base), backAs(errors.clientRefused)))
    .step(orElse(requireActiveDeveloper(developers), backAs(errors.clientRefused)))
    .step(refuseOverLimit(limiter, base))
    .step(passUpstreamError(failBack))
    .step(redeemUpstreamCode(base, requests, failBack))
    .step(orElse(checkExternalToken(upstreamKeys, clock), backAs(errors.upstreamFailed)))
    .step(orElse(requireScope, backAs(errors.levelTooLow)))
    .step(fetchRoles(failBack))
    .step(describePerson(vault))
    .step(giveCode(parts, base, back));
  return (request) => list.run({ request });
}
