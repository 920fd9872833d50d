import { json } from '@alongside/kernel/answer';
import { steps } from '@alongside/kernel/steps';
import { verifierFits } from '../../../oauth/pkce.ts';
import type { WithProducts } from '../../application/client.ts';
import type { Base } from '../../base.ts';
import { Codes } from '../../codes.ts';
import { accessLifetime, Issuer } from '../../issue.ts';
import { scopesAt } from '../../levels.ts';
import { lifetimesOf } from '../../lifetimes.ts';
import type { Parts } from '../../parts.ts';
import { redeeming, type WithCode } from '../../redeem.ts';
import { revoking } from '../../revoking.ts';
import { AccessTokens, refreshBinding } from '../access-tokens.ts';
import { scopesGranted } from '../callback.ts';
import { errors } from '../errors.ts';
import { readResources } from '../resources.ts';
import { type FromClient, grant } from './grant.ts';
import { tokensAnswer } from './tokens-answer.ts';

/** Milliseconds in which the same client may repeat itself without harm, as after a lost answer. */
const harmlessRepeat = 10_000;

const findCode = (
  parts: Pick<Parts, 'clock' | 'database' | 'tokens' | 'endedSessions' | 'audit'>,
  base: Base,
  codes: Codes,
) => {
  const { clock, endedSessions } = parts;
  const revoke = revoking(parts, base);
  return async function findCode({ parameters, client }: FromClient): Promise<WithCode> {
    const code = parameters.get('code');
    if (code === undefined) throw errors.codeMissing('code is missing');
    const found = await codes.find(code);
    if (!found) throw errors.codeInvalid(`no code of ${base.path} is like this`);
    const { payload: granted, usedAt, expiresAt } = found;
    const isOwn = granted.clientId === client.registration.clientId;
    if (usedAt !== null) {
      const age = clock.now() - usedAt;
      // RFC 6749 section 4.1.2: a code that is used again has been stolen, or an answer was lost.
      if (base.hardening.codeReuseRevokes && (!isOwn || age > harmlessRepeat))
        await revoke(granted, 'code-reused');
      throw errors.codeInvalid(`the code was used ${age} ms ago`);
    }
    if (expiresAt <= clock.now())
      throw errors.codeInvalid(`the code ran out ${clock.now() - expiresAt} ms ago`);
    if (!isOwn) throw errors.codeInvalid(`the code was given to ${granted.clientId}`);
    const upstream = base.upstreams.find(({ id }) => id === granted.upstream);
    if (!upstream) throw errors.codeInvalid(`the provider ${granted.upstream} is no longer configured`);
    if (await endedSessions.isOver(base, upstream, granted.sid))
      throw errors.codeInvalid('the provider has ended the session since');
    return { code, granted, upstream };
  };
};

async function checkRedirectUri({ parameters, granted }: FromClient & WithCode): Promise<void> {
  const redirectUri = parameters.get('redirect_uri');
  if (redirectUri !== granted.redirectUri)
    throw errors.codeInvalid(
      `the code was sent to ${granted.redirectUri}, redirect_uri is ${redirectUri ?? 'missing'}`,
    );
}

async function checkVerifier({ parameters, granted: { challenge } }: FromClient & WithCode): Promise<void> {
  if (challenge === null || !verifierFits(parameters.get('code_verifier'), challenge))
    throw errors.codeInvalid('the code_verifier does not belong to the code_challenge');
}

/** A code that was asked for with a key is redeemed with the same key alone (RFC 9449 section 10). */
async function checkKey({ jkt, granted }: FromClient & WithCode): Promise<void> {
  const expected = granted.jkt ?? null;
  if (expected !== null && jkt !== expected)
    throw errors.proofInvalid(`the code is bound to ${expected}, proven is ${jkt ?? 'none'}`);
}

const keepResources = (api: string) =>
  async function keepResources(known: FromClient & WithCode): Promise<{ resources: string[] }> {
    const resources = readResources(known.parameters, api, known, known.granted.resources);
    if (!resources) throw errors.tokenTarget(`${known.parameters.all('resource').join(' ')} was asked for`);
    return { resources };
  };

async function keepScopes({ products, granted }: WithProducts & WithCode): Promise<{ scope: string[] }> {
  const scope = scopesGranted(granted.asked, scopesAt(products, granted.level.marker));
  if (scope.length === 0)
    throw errors.noScope(`no scope of the application is of the level ${granted.level.name} any more`);
  return { scope };
}

/** RFC 6749 section 4.1.3, RFC 7636 section 4.6. */
export const authorizationCode = grant('authorization_code', {
  validate: (base, parts) =>
    steps<FromClient>()
      .step(findCode(parts, base, new Codes(base, parts.singleUse)))
      .step(checkRedirectUri)
      .step(checkVerifier)
      .step(checkKey)
      .step(keepResources(parts.urls.api))
      .step(keepScopes),
  issue(base, parts) {
    const { recorder } = parts;
    const redeem = redeeming(base, parts, errors.codeInvalid);
    const accessTokens = new AccessTokens(base, parts);
    const issuer = new Issuer(base, parts);
    return async function issue({
      parameters,
      client,
      code,
      granted,
      upstream,
      scope,
      resources,
      confirmation,
    }: FromClient & WithCode & { scope: string[]; resources: string[] }) {
      const lifetimes = lifetimesOf(base, parameters, {
        access: accessLifetime,
        refresh: upstream.refreshLifetime,
      });
      const grant = { ...granted, scope };
      const options = { lifetime: lifetimes.access, resources, confirmation };
      const access = await accessTokens.issue(client.registration, grant, options);
      const refresh = issuer.refresh(grant, Math.min(lifetimes.refresh, lifetimes.validity), {
        refresh_count: '0',
        _refresh_tokens_validity_ms: String(lifetimes.validity),
        ...refreshBinding(client.registration, granted.resources ?? [], confirmation),
      });
      await redeem({ code, granted, upstream }, [...access.writes, ...refresh.writes]);
      recorder.record({
        keys: [code, granted.family],
        from: 'application',
        to: 'authorisation',
        name: 'authorisation.token',
        detail: { client: client.application.name, level: granted.level.name, scope: scope.join(' ') },
      });
      return json(200, tokensAnswer(issuer, { access, refresh, scope, confirmation }));
    };
  },
});
