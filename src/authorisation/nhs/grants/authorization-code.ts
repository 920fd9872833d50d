import { json } from '@alongside/kernel/answer';
import { steps } from '@alongside/kernel/steps';
import { limitFailures } from '../../../oauth/limit-failures.ts';
import { verifierFits } from '../../../oauth/pkce.ts';
import {
  limitRate,
  readProducts,
  refuseOverLimit,
  requireActiveDeveloper,
  requireApproval,
  requireSubscription,
  type WithClient,
  type WithProducts,
} from '../../application/client.ts';
import { checkSecret, identifyByForm } from '../../application/secret.ts';
import type { Base } from '../../base.ts';
import { Codes } from '../../codes.ts';
import { errors } from '../../errors.ts';
import { type Incoming, refuseRepeated } from '../../incoming.ts';
import { accessLifetime, Issuer } from '../../issue.ts';
import { scopesAt } from '../../levels.ts';
import { lifetimesOf } from '../../lifetimes.ts';
import type { Parts } from '../../parts.ts';
import { redeeming, type WithCode } from '../../redeem.ts';
import { isCallback } from '../../redirects.ts';
import { noteProven } from '../../refused-tokens.ts';
import { revoking } from '../../revoking.ts';
import { corsHeaders } from '../cors.ts';
import { grant, grantTypes } from './grant.ts';
import { tokensAnswer } from './tokens-answer.ts';

export const checkRedirectUri = (base: Base) =>
  async function checkRedirectUri({ form, client }: Incoming & WithClient): Promise<{ redirectUri: string }> {
    const redirectUri = form.get('redirect_uri');
    if (redirectUri === undefined) throw errors.redirectMissing('redirect_uri is missing');
    if (!isCallback(base, client.registration, redirectUri))
      throw errors.redirectUnknown(
        `${redirectUri} came, registered are: ${client.registration.callbackUrls.join(' ')}`,
      );
    return { redirectUri };
  };

export const findCode = (
  parts: Pick<Parts, 'clock' | 'database' | 'tokens' | 'endedSessions' | 'audit'>,
  base: Base,
  codes: Codes,
) => {
  const { clock, endedSessions } = parts;
  const revoke = revoking(parts, base);
  return async function findCode({
    form,
    client,
    redirectUri,
  }: Incoming & WithClient & { redirectUri: string }): Promise<WithCode> {
    const code = form.get('code');
    if (code === undefined) throw errors.codeMissing('code is missing');
    const found = await codes.find(code);
    if (!found) throw errors.codeInvalid(`it is not a code of ${base.path}`);
    const { payload: granted, usedAt, expiresAt } = found;
    if (usedAt !== null) {
      if (base.hardening.codeReuseRevokes) await revoke(granted, 'code-reused');
      throw errors.codeInvalid(`the code was used ${clock.now() - usedAt} ms ago`);
    }
    if (expiresAt <= clock.now())
      throw errors.codeInvalid(`the code expired ${clock.now() - expiresAt} ms ago`);
    if (granted.clientId !== client.registration.clientId)
      throw errors.codeInvalid(`the code was issued to ${granted.clientId}`);
    if (granted.redirectUri !== redirectUri)
      throw errors.redirectUnknown(
        `redirect_uri is ${redirectUri}, the code was sent to ${granted.redirectUri}`,
      );
    const upstream = base.upstreams.find(({ id }) => id === granted.upstream);
    if (!upstream) throw errors.codeInvalid(`the provider ${granted.upstream} is no longer configured`);
    if (await endedSessions.isOver(base, upstream, granted.sid))
      throw errors.codeInvalid('the provider has ended the session');
    return { code, granted, upstream };
  };
};

/** Enforces a code challenge. A verifier without a challenge shows that an attacker removed it (RFC 9700 section 4.8.2). */
export const checkVerifier = (base: Base) =>
  async function checkVerifier({ form, granted: { challenge } }: Incoming & WithCode): Promise<void> {
    const verifier = form.get('code_verifier');
    if (!base.hardening.pkce || (challenge === null && verifier === undefined)) return;
    if (challenge === null) throw errors.codeInvalid('code_verifier is present, but code_challenge was not');
    if (!verifierFits(verifier, challenge))
      throw errors.codeInvalid('code_verifier does not match code_challenge');
  };

async function keepScopes({
  products,
  granted: { level },
}: WithProducts & WithCode): Promise<{ scope: string[] }> {
  const scope = scopesAt(products, level.marker);
  if (scope.length === 0)
    throw errors.noScope(`the application no longer has a scope of the level ${level.name}`);
  return { scope };
}

/** Exchanges the code of a combined sign-in for tokens. */
export const authorizationCode = grant(
  'authorisation.token',
  ({ form }) => form.get('grant_type') === grantTypes.authorizationCode,
  {
    validate(base, parts) {
      const { applications, products, developers, limiter, failures, singleUse } = parts;
      return steps<Incoming>()
        .step(refuseRepeated)
        .step(limitFailures(failures, errors.networkBusy, identifyByForm(applications, base)))
        .step(readProducts(products))
        .step(refuseOverLimit(limiter, base))
        .step(limitFailures(failures, errors.networkBusy, checkSecret(applications)))
        .step(noteProven)
        .step(limitRate(limiter, base))
        .step(requireApproval)
        .step(requireSubscription(base))
        .step(requireActiveDeveloper(developers))
        .step(checkRedirectUri(base))
        .step(findCode(parts, base, new Codes(base, singleUse)))
        .step(checkVerifier(base))
        .step(keepScopes);
    },
    issue(base, parts) {
      const { recorder } = parts;
      const redeem = redeeming(base, parts, errors.codeInvalid);
      const issuer = new Issuer(base, parts);
      return async function issue(known: Incoming & WithProducts & WithCode & { scope: string[] }) {
        const { request, form, code, granted, upstream, scope, client } = known;
        const lifetimes = lifetimesOf(base, form, {
          access: accessLifetime,
          refresh: upstream.refreshLifetime,
        });
        const access = issuer.access({ ...granted, scope }, lifetimes.access);
        const refresh = issuer.refresh(
          { ...granted, scope },
          Math.min(lifetimes.refresh, lifetimes.validity),
          {
            refresh_count: '0',
            _refresh_tokens_validity_ms: String(lifetimes.validity),
          },
        );
        await redeem({ code, granted, upstream }, [...access.writes, ...refresh.writes]);
        const keys = [code, granted.family];
        const detail = { client: client.application.name, level: granted.level.name, scope: scope.join(' ') };
        recorder.record({
          keys,
          from: 'application',
          to: 'authorisation',
          name: 'authorisation.token',
          detail,
        });
        const body = tokensAnswer(base, issuer, { access, refresh, sid: granted.sid });
        return json(200, body, corsHeaders(request));
      };
    },
  },
);
