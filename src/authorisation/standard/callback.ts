import { activity } from '@alongside/kernel/activity';
import type { Answer } from '@alongside/kernel/answer';
import type { Refusal, Refuse } from '@alongside/kernel/errors';
import type { HttpRequest } from '@alongside/kernel/http';
import { check, type Passed, steps } from '@alongside/kernel/steps';
import type { Parameters } from '../../oauth/parameters.ts';
import { unknownScope } from '../../oauth/products.ts';
import { refuseOverLimit, scopesAt, type WithProducts } from '../application/client.ts';
import { stateKeys } from '../base.ts';
import { type Arrived, codeRecordStatement, grantOf, sendCode } from '../callback/code.ts';
import {
  checkCallbackAgain,
  identifyAgain,
  type Pending,
  passUpstreamError,
  takePending,
  type WithFailBack,
  type WithPending,
} from '../callback/pending.ts';
import {
  checkExternalToken,
  describePerson,
  fetchRoles,
  redeemUpstreamCode,
  type WithClaims,
} from '../callback/provider.ts';
import { applicationChecks, type CheckedApplication, orElse } from './client-checks.ts';
import { errors } from './errors.ts';
import { readQuery } from './incoming.ts';
import type { ServerCall } from './server.ts';

async function readResponse(known: { request: HttpRequest }) {
  return { query: (await readQuery(known)).parameters };
}

const refuseState = async (
  { server: { base }, query }: ServerCall & { query: Parameters },
  refusal: Refusal,
): Promise<Answer> => {
  activity()?.join({ keys: stateKeys(base, query) });
  throw refusal.as(errors.stateInvalid);
};

/**
 * Returns the requested scopes that are of exactly the user's level, behind those of OpenID; all of that level when the request names
 * no API. Empty for a request whose APIs are all of another level.
 */
export function scopesGranted(
  { asked, openId }: Pick<Pending, 'asked' | 'openId'>,
  atLevel: readonly string[],
): string[] {
  const ofApis = asked === null ? atLevel : atLevel.filter((scope) => asked.includes(scope));
  return asked !== null && ofApis.length === 0 ? [] : [...(openId?.scopes ?? []), ...ofApis];
}

async function requireScope({ upstream, claims, products, pending }: WithClaims & WithProducts) {
  const level = upstream.levelOf(claims);
  if (level && scopesGranted(pending, scopesAt(products, level.marker)).length > 0) return { level };
  const asked = pending.asked?.join(' ');
  throw errors.levelTooLow(`scope is ${asked ?? 'missing'}, the level is ${level?.name ?? 'none'}`).about({
    ...unknownScope(asked, level ? scopesAt(products, level.marker) : []),
    headline: `No requested scope is of the level ${level?.name ?? 'of the sign-in'}`,
  });
}

type ReturnCall = ServerCall & WithPending;

/** Sends an error to the client of the request. */
const failBack = (
  { server, request, pending: { redirectUri, state, mode } }: ReturnCall,
  refusal: Refusal,
  code?: string,
): Promise<Answer> => {
  const to = { redirectUri, state, mode, issuer: server.issuer, code };
  return server.parts.diagnosis.redirect(refusal, request, to, server);
};

const failBackAs =
  (refuse: Refuse) =>
  (known: ReturnCall, refusal: Refusal): Promise<Answer> =>
    failBack(known, refusal.as(refuse));

type CheckedReturn = ReturnCall &
  Arrived &
  CheckedApplication &
  Passed<'state' | 'client' | 'redirect-uri' | 'upstream-response' | 'id-token' | 'level'>;

/** Issues the code, and spends the pushed request, so that it gives no other code. */
async function giveCode(known: CheckedReturn): Promise<Answer> {
  const { server } = known;
  const { base, codes, issuer, parts, pushed } = server;
  const { requestUri = null } = known.pending;
  const grant = grantOf(known);
  const { code, write } = codes.creating(grant, known.request.activity);
  const spent = requestUri === null ? [] : [pushed.spendStatement(requestUri)];
  const { done } = await parts.database.batch([...spent, write, codeRecordStatement(parts, base, grant)]);
  return done
    ? sendCode(server, known, code, issuer)
    : failBack(known, errors.requestUriUsed('another sign-in got its code'));
}

function prepareFailBack({ server, batch }: ServerCall): WithFailBack {
  return {
    failBack: (known, reason, code) =>
      failBack({ ...known, server, batch }, errors.upstreamFailed(reason), code),
  };
}

/** `GET /callback` of the standard profile: once the client is known, every error goes back to it. */
export const callback = steps<ServerCall>('oauth2.1.callback')
  .step(readResponse)
  .step(prepareFailBack)
  .step(check('state', orElse(takePending, refuseState)))
  .step(check('client', identifyAgain))
  .step(check('redirect-uri', checkCallbackAgain))
  .use(applicationChecks(failBackAs(errors.clientRefused)))
  .step(check('rate-limit', refuseOverLimit))
  .step(check('upstream-response', passUpstreamError))
  .step(redeemUpstreamCode)
  .step(check('id-token', orElse(checkExternalToken, failBackAs(errors.upstreamFailed))))
  .step(check('level', orElse(requireScope, failBackAs(errors.levelTooLow))))
  .step(fetchRoles)
  .step(describePerson)
  .step(giveCode);
