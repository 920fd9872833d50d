import type { Answer } from '@alongside/kernel/answer';
import { check, type Passed, steps } from '@alongside/kernel/steps';
import { refuseOverLimit, scopesAt, type WithProducts } from '../application/client.ts';
import { type Arrived, codeRecordStatement, grantOf, sendCode } from '../callback/code.ts';
import {
  checkCallbackAgain,
  identifyAgain,
  passUpstreamError,
  takePending,
  type WithFailBack,
} from '../callback/pending.ts';
import {
  checkExternalToken,
  describePerson,
  fetchRoles,
  redeemUpstreamCode,
  type WithClaims,
} from '../callback/provider.ts';
import { errors } from '../errors.ts';
import { refuseRepeated } from '../incoming.ts';
import { applicationChecks, type CheckedApplication } from './application-checks.ts';
import type { NhsCall } from './server.ts';

/** Reports a failure to the client, unless that is switched off. The published service has a catch-all error instead. */
function prepareFailBack({ server }: NhsCall): WithFailBack {
  const { base, parts } = server;
  return {
    async failBack({ request, pending: { redirectUri, state } }, reason, code) {
      if (!base.hardening.upstreamErrors) throw errors.unexpected(reason);
      return parts.diagnosis.redirect(
        errors.upstreamFailed(reason),
        request,
        { redirectUri, state, code },
        server,
      );
    },
  };
}

/** Requires a scope of exactly the level of the sign-in. */
async function requireScope({ upstream, claims, products }: WithClaims & WithProducts) {
  const level = upstream.levelOf(claims);
  if (!level) throw errors.noScope(`the ID token of ${upstream.id} has no level`);
  if (scopesAt(products, level.marker).length === 0)
    throw errors.noScope(
      `no scope of ${products.map(({ name }) => name).join(', ')} is of the level ${level.name}`,
    );
  return { level };
}

type CheckedCall = NhsCall &
  Arrived &
  CheckedApplication &
  Passed<'state' | 'client' | 'redirect-uri' | 'upstream-response' | 'id-token' | 'level'>;

async function giveCode(known: CheckedCall): Promise<Answer> {
  const { base, codes, parts } = known.server;
  const grant = grantOf(known);
  const { code, write } = codes.creating(grant, known.request.activity);
  await parts.database.batch([write, codeRecordStatement(parts, base, grant)]);
  return sendCode(known.server, known, code);
}

/** `GET /callback`, the provider's response. The order of the checks is the contract. */
export const callback = steps<NhsCall>('oauth2.callback')
  .step(refuseRepeated)
  .step(prepareFailBack)
  .step(check('state', takePending))
  .step(check('client', identifyAgain))
  .use(applicationChecks)
  .step(check('rate-limit', refuseOverLimit))
  .step(check('redirect-uri', checkCallbackAgain))
  .step(check('upstream-response', passUpstreamError))
  .step(redeemUpstreamCode)
  .step(check('id-token', checkExternalToken))
  .step(check('level', requireScope))
  .step(fetchRoles)
  .step(describePerson)
  .step(giveCode);
