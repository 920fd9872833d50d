import { check, type Passed, steps } from '@alongside/kernel/steps';
import { unknownScope } from '../../../oauth/products.ts';
import {
  type CheckedCode,
  checkCodeKey,
  checkCodeRedirectUri,
  checkVerifier,
  findCode,
  readCode,
  redeemCode,
  type WithCode,
} from '../../../oauth/server/authorization-code.ts';
import { grant, type TokenResponse } from '../../../oauth/server/grant.ts';
import type { Upstream } from '../../../oauth/upstream/upstream.ts';
import { scopesAt } from '../../application/client.ts';
import type { CodeGrant } from '../../codes.ts';
import { accessLifetime, lifetimesOf } from '../../issue.ts';
import { refreshBinding, tokensAnswer } from '../access-tokens.ts';
import { scopesGranted } from '../callback.ts';
import { errors } from '../errors.ts';
import { withIdToken } from '../id-token.ts';
import { narrowResources, type TokenCall } from '../token-call.ts';

type CodeCall = TokenCall & WithCode<CodeGrant>;

/** Requires that the provider has not ended the session of the code. */
const checkSession = check('session', function checkSession(call: CodeCall): { upstream: Upstream } {
  const { server, batch, granted } = call;
  const { base, parts } = server;
  const upstream = base.upstreams.find(({ id }) => id === granted.upstream);
  if (!upstream) throw errors.codeInvalid(`the provider ${granted.upstream} is no longer configured`);
  parts.endedSessions.requireLive(batch, base, upstream, granted.sid, () =>
    errors.codeInvalid('the provider has ended the session since'),
  );
  return { upstream };
});

const keepResources = check('resources', async function keepResources(call: CodeCall) {
  return { resources: await narrowResources(call, call.granted.resources) };
});

const keepScopes = check('scope', function keepScopes({ products, granted }: CodeCall) {
  const scope = scopesGranted(granted, scopesAt(products, granted.level.marker));
  if (scope.length === 0)
    throw errors
      .noScope(`no scope of the application is of the level ${granted.level.name} any more`)
      .about(unknownScope(granted.asked?.join(' '), scopesAt(products, granted.level.marker)));
  return { scope };
});

type Valid = CodeCall &
  CheckedCode &
  Passed<'session' | 'resources' | 'scope'> & { upstream: Upstream; resources: string[]; scope: string[] };

async function issueTokens(call: Valid): Promise<TokenResponse> {
  const { server, parameters, client, code, granted, upstream, scope, resources, confirmation } = call;
  const { accessTokens, base, parts, tokenIssuer } = server;
  const usual = { access: accessLifetime, refresh: upstream.refreshLifetime };
  const lifetimes = lifetimesOf(base, parameters, usual);
  const options = { lifetime: lifetimes.access, resources, confirmation };
  const scoped = { ...granted, scope };
  const access = await accessTokens.issue(client.registration, scoped, options);
  const binding = refreshBinding(client.registration, granted.resources ?? [], confirmation);
  const refresh = tokenIssuer.firstRefresh(scoped, lifetimes, binding);
  const response = await withIdToken(
    server,
    client,
    granted,
    tokensAnswer(tokenIssuer, { access, refresh, scope: scope.join(' '), confirmation }),
    granted.openId?.nonce,
  );
  await redeemCode(call, tokenIssuer.writeStatements(call.request, scoped, access, refresh));
  parts.recorder.record(
    {
      keys: [code],
      lasting: granted.family,
      from: 'application',
      to: 'authorisation',
      name: 'authorisation.token',
      detail: { client: client.application.name, level: granted.level.name, scope: scope.join(' ') },
    },
    call.request.activity,
  );
  return response;
}

/** RFC 6749 section 4.1.3, RFC 7636 section 4.6. */
export const authorizationCode = grant({
  type: 'authorization_code',
  requires: ['code', 'session', 'code-redirect-uri', 'code-verifier', 'code-key', 'resources', 'scope'],
  validate: steps<TokenCall>('oauth2.1.token authorization_code')
    .step(readCode)
    .step(findCode)
    .step(checkSession)
    .step(checkCodeRedirectUri)
    .step(checkVerifier)
    .step(checkCodeKey)
    .step(keepResources)
    .step(keepScopes),
  issue: issueTokens,
});
