import { check, type Passed, steps } from '@alongside/kernel/steps';
import { grant, type TokenResponse } from '../../../oauth/server/grant.ts';
import { applicationMarker, scopesAt } from '../../application/client.ts';
import { accessLifetime, applicationGrant, lifetimesOf } from '../../issue.ts';
import { tokensAnswer } from '../access-tokens.ts';
import { narrowResources, narrowScopes, refusePublic, type TokenCall } from '../token-call.ts';

const keepScopes = check('scope', function keepScopes(call: TokenCall) {
  return { scope: narrowScopes(call, scopesAt(call.products, applicationMarker)) };
});

const keepResources = check('resources', async function keepResources(call: TokenCall) {
  return { resources: await narrowResources(call) };
});

type Valid = TokenCall &
  Passed<'confidential-client' | 'scope' | 'resources'> & { scope: string[]; resources: string[] };

async function issueToken(call: Valid): Promise<TokenResponse> {
  const { server, batch, parameters, client, scope, resources, confirmation } = call;
  const { accessTokens, base, parts, tokenIssuer } = server;
  const { access: lifetime } = lifetimesOf(base, parameters, { access: accessLifetime, refresh: 0 });
  const granted = applicationGrant(client, scope);
  const options = { lifetime, resources, confirmation };
  const access = await accessTokens.issue(client.registration, granted, options);
  await batch.commit(tokenIssuer.writeStatements(call.request, granted, access));
  parts.recorder.record(
    {
      journey: granted.family,
      from: 'application',
      to: 'authorisation',
      name: 'authorisation.client-credentials',
      detail: { client: client.application.name, scope: scope.join(' ') },
    },
    call.request.activity,
  );
  return tokensAnswer(tokenIssuer, { access, scope: scope.join(' '), confirmation });
}

/** RFC 6749 section 4.4: an application for itself. */
export const clientCredentials = grant({
  type: 'client_credentials',
  requires: ['confidential-client', 'scope', 'resources'],
  validate: steps<TokenCall>('oauth2.1.token client_credentials')
    .step(refusePublic)
    .step(keepScopes)
    .step(keepResources),
  issue: issueToken,
});
