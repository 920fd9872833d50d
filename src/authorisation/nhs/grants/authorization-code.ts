import { type Answer, json } from '@alongside/kernel/answer';
import { timeAt } from '@alongside/kernel/clock';
import { shownSecret, unregistered } from '@alongside/kernel/refusal-facts';
import { check, type Passed, steps } from '@alongside/kernel/steps';
import { verifierFits } from '../../../oauth/pkce.ts';
import type { Upstream } from '../../../oauth/upstream/upstream.ts';
import {
  requireCallback,
  scopesAt,
  type WithClient,
  type WithProducts,
  type WithRedirect,
} from '../../application/client.ts';
import type { CodeGrant } from '../../codes.ts';
import { errors } from '../../errors.ts';
import { corsHeaders } from '../../incoming.ts';
import { accessLifetime, lifetimesOf } from '../../issue.ts';
import { revokeFamily } from '../../revoking.ts';
import { authenticateBySecret, type CheckedClient } from '../application-checks.ts';
import type { NhsCall } from '../server.ts';
import { grant, grantTypes, tokensAnswer } from './grant.ts';

/** A valid code and its data. */
interface WithCode {
  code: string;
  granted: CodeGrant;
  upstream: Upstream;
}

export const checkRedirectUri = ({ server, form, client }: NhsCall & WithClient): WithRedirect =>
  requireCallback(server.base, client, form.get('redirect_uri'));

/** Refuses a code; the last three texts are shown to the developer. */
const codeRefusal = (detail: string, headline: string, received: string, expected: string) =>
  errors.codeInvalid(detail).about({ field: 'code', headline, received, expected });

/** Requires the client and the address of the authorization request. */
function requireSameRequest(granted: CodeGrant, client: WithClient['client'], redirectUri: string): void {
  if (granted.clientId !== client.registration.clientId)
    throw codeRefusal(
      `the code was issued to ${granted.clientId}`,
      'The code is for another client',
      `a code for ${granted.clientId}`,
      `a code for ${client.registration.clientId}`,
    );
  if (granted.redirectUri !== redirectUri)
    throw errors
      .redirectUnknown(`redirect_uri is ${redirectUri}, the code was sent to ${granted.redirectUri}`)
      .about({
        ...unregistered(redirectUri, [granted.redirectUri]),
        headline: 'redirect_uri is not that of the authorization request',
      });
}

export async function findCode({
  server,
  batch,
  request,
  form,
  client,
  redirectUri,
}: NhsCall & WithClient & WithRedirect): Promise<WithCode> {
  const {
    base,
    codes,
    parts: { clock, endedSessions },
  } = server;
  const code = form.get('code');
  if (code === undefined) throw errors.codeMissing('code is missing');
  const found = await codes.find(code);
  if (!found)
    throw codeRefusal(
      `it is not a code of ${base.path}`,
      'The code is unknown',
      `a code of ${code.length} characters`,
      `a code of ${base.path}`,
    );
  const { payload: granted, usedAt, expiresAt } = found;
  request.activity?.trace?.link(granted.trace);
  const now = clock.now();
  if (usedAt !== null) {
    if (base.hardening.codeReuseRevokes) {
      await batch.settle();
      await revokeFamily(server, granted, 'code-reused');
    }
    const used = `was used at ${timeAt(usedAt, now)}`;
    throw codeRefusal(
      `the code ${used}`,
      'The code was used before',
      `a code that ${used}`,
      'an unused code',
    );
  }
  if (expiresAt <= now) {
    const expired = `expired at ${timeAt(expiresAt, now)}`;
    throw codeRefusal(
      `the code ${expired}`,
      'The code has expired',
      `a code that ${expired}`,
      'a code that is still valid',
    );
  }
  requireSameRequest(granted, client, redirectUri);
  const upstream = base.upstreams.find(({ id }) => id === granted.upstream);
  if (!upstream) throw errors.codeInvalid(`the provider ${granted.upstream} is no longer configured`);
  endedSessions.requireLive(batch, base, upstream, granted.sid, () =>
    errors.codeInvalid('the provider has ended the session'),
  );
  return { code, granted, upstream };
}

/** Enforces a code challenge. A verifier without a challenge shows that an attacker removed it (RFC 9700 section 4.8.2). */
export function checkVerifier({ server: { base }, form, granted: { challenge } }: NhsCall & WithCode): void {
  const verifier = form.get('code_verifier');
  if (!base.hardening.pkce || (challenge === null && verifier === undefined)) return;
  if (challenge === null) throw errors.codeInvalid('code_verifier is present, but code_challenge was not');
  if (!verifierFits(verifier, challenge))
    throw errors.codeInvalid('code_verifier does not match code_challenge').about({
      field: 'code_verifier',
      headline: 'code_verifier does not match code_challenge',
      received: verifier === undefined ? 'no code_verifier' : shownSecret(verifier),
      expected: 'the value whose SHA-256 was sent as code_challenge',
    });
}

function keepScopes({ products, granted: { level } }: WithProducts & WithCode): { scope: readonly string[] } {
  const scope = scopesAt(products, level.marker);
  if (scope.length === 0)
    throw errors.noScope(`the application no longer has a scope of the level ${level.name}`);
  return { scope };
}

const validate = steps<NhsCall>('oauth2.token.authorization_code')
  .use(authenticateBySecret)
  .step(check('redirect-uri', checkRedirectUri))
  .step(check('code', findCode))
  .step(check('pkce', checkVerifier))
  .step(check('level', keepScopes));

type CheckedCall = NhsCall &
  WithProducts &
  WithCode & { scope: readonly string[] } & CheckedClient &
  Passed<'redirect-uri' | 'code' | 'pkce' | 'level'>;

async function issue(known: CheckedCall): Promise<Answer> {
  const { server, batch, request, form, code, granted, upstream, scope, client } = known;
  const { base, issuer, parts, codes } = server;
  const lifetimes = lifetimesOf(base, form, {
    access: accessLifetime,
    refresh: upstream.refreshLifetime,
  });
  const scoped = { ...granted, scope };
  const access = issuer.access(scoped, lifetimes.access);
  const refresh = issuer.firstRefresh(scoped, lifetimes);
  // One batch, so that only one of several concurrent uses writes its tokens.
  const writes = issuer.writeStatements(request, scoped, access, refresh);
  if (!(await batch.commit([codes.spendStatement(code), ...writes])))
    throw errors.codeInvalid('the code was used by another request at the same time');
  parts.recorder.record(
    {
      keys: [code],
      lasting: granted.family,
      from: 'application',
      to: 'authorisation',
      name: 'authorisation.token',
      detail: { client: client.application.name, level: granted.level.name, scope: scope.join(' ') },
    },
    request.activity,
  );
  return json(200, tokensAnswer(base, issuer, { access, refresh, sid: granted.sid }), corsHeaders(request));
}

/** Exchanges the code of a combined sign-in for tokens. */
export const authorizationCode = grant(
  'authorisation.token',
  ({ form }) => form.get('grant_type') === grantTypes.authorizationCode,
  validate,
  issue,
);
