import { orderedId } from '@alongside/kernel/ids';
import { check, type Passed, steps } from '@alongside/kernel/steps';
import { shown } from '../../../oauth/check.ts';
import { readScope } from '../../../oauth/parameters.ts';
import { unknownScope } from '../../../oauth/products.ts';
import { grant, type TokenResponse } from '../../../oauth/server/grant.ts';
import { applicationMarker, scopesAt } from '../../application/client.ts';
import { accessLifetime, applicationAttributes, lifetimesOf } from '../../issue.ts';
import { tokensAnswer } from '../access-tokens.ts';
import { scopesGranted } from '../callback.ts';
import { errors } from '../errors.ts';
import { narrowResources, refusePublic, type TokenCall } from '../token-call.ts';

const keepScopes = check('scope', function keepScopes({ parameters, products }: TokenCall) {
  const text = parameters.get('scope');
  const asked = text === undefined ? null : readScope(text);
  if (asked === undefined)
    throw errors.tokenScope('the scope is malformed').about({ field: 'scope', came: shown(text) });
  const possible = scopesAt(products, applicationMarker);
  const scope = scopesGranted(asked, possible);
  if (scope.length === 0)
    throw errors
      .noScope(`scope is ${text ?? 'missing'}, no scope of the products is for applications`)
      .about(unknownScope(text, possible));
  return { scope };
});

const keepResources = check('resources', function keepResources(call: TokenCall) {
  return { resources: narrowResources(call) };
});

type Valid = TokenCall &
  Passed<'confidential-client' | 'scope' | 'resources'> & { scope: string[]; resources: string[] };

async function issueToken(call: Valid): Promise<TokenResponse> {
  const { server, batch, parameters, client, scope, resources, confirmation } = call;
  const { accessTokens, base, parts, tokenIssuer } = server;
  const { access: lifetime } = lifetimesOf(base, parameters, { access: accessLifetime, refresh: 0 });
  const family = orderedId();
  const granted = {
    applicationId: client.application.id,
    clientId: client.registration.clientId,
    family,
    uid: null,
    sid: null,
    scope,
    attributes: applicationAttributes,
  };
  const options = { lifetime, resources, confirmation };
  const access = await accessTokens.issue(client.registration, granted, options);
  await batch.commit(tokenIssuer.writeStatements(granted, access));
  parts.recorder.record({
    journey: family,
    from: 'application',
    to: 'authorisation',
    name: 'authorisation.client-credentials',
    detail: { client: client.application.name, scope: scope.join(' ') },
  });
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
