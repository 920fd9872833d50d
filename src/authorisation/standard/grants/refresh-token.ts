import { json } from '@alongside/kernel/answer';
import { check, type Passed, steps } from '@alongside/kernel/steps';
import { separateScopes } from '../../../oauth/openid/claims.ts';
import { openIdProviders } from '../../../oauth/openid/providers.ts';
import { scopesOf, unknownScope } from '../../../oauth/products.ts';
import { grant, type TokenResponse } from '../../../oauth/server/grant.ts';
import {
  findRefreshToken,
  narrowScope,
  revokeReused,
  useRefreshToken,
  type WithRefreshToken,
} from '../../../oauth/server/refresh-token.ts';
import { type Confirmation, confirmationOf } from '../../../oauth/token-records.ts';
import { accessLifetime, lifetimesOf } from '../../issue.ts';
import { endOfRefreshing, type Rotated, scopesLeft, upstreamOf } from '../../rotation.ts';
import { tokensAnswer } from '../access-tokens.ts';
import { errors } from '../errors.ts';
import { withIdToken } from '../id-token.ts';
import { rulesOf } from '../profile.ts';
import { audienceOf } from '../resources.ts';
import type { StandardServer } from '../server.ts';
import { narrowResources, type TokenCall } from '../token-call.ts';

type RefreshCall = TokenCall & WithRefreshToken & Passed<'refresh-token'>;
interface WithScopes {
  scope: string[];
  accessScope: string[];
}
type Valid = RefreshCall &
  WithScopes &
  Passed<'single-use' | 'scope' | 'resources'> & { resources: string[] };

const answerRotated = (
  { tokenIssuer }: StandardServer,
  { accessToken, accessExpiresAt, refreshToken, refreshExpiresAt, scope }: Rotated,
  confirmation: Confirmation | null,
): TokenResponse =>
  tokensAnswer(tokenIssuer, {
    access: { token: accessToken, expiresAt: accessExpiresAt },
    refresh: { token: refreshToken, expiresAt: refreshExpiresAt },
    scope,
    confirmation,
  });

/** Whether only the token itself shows who repeats the request: a thief could do so as well as the client. */
const isBearerOfPublicClient = ({ client, record }: RefreshCall): boolean =>
  client.registration.tokenEndpointAuthMethod === 'none' && confirmationOf(record) === null;

/**
 * Answers a used token with the same successor, for a response that was lost. Any later use, and every one of a public client
 * with unbound tokens, ends the family (RFC 9700 section 4.14.2).
 */
async function answerRepeat(call: RefreshCall): Promise<TokenResponse> {
  const { server, token, record } = call;
  const rotated = isBearerOfPublicClient(call) ? undefined : await server.rotation.repeat(token, record);
  if (rotated) {
    // The tokens stay bound to the key of the first response, whatever key the repeat proved.
    const access = await server.tokens.find(rotated.accessToken);
    return answerRotated(server, rotated, access ? confirmationOf(access) : null);
  }
  await revokeReused(call);
  throw errors.refreshInvalid('the token was used before; all tokens of its family are revoked');
}

const handleUsed = check('single-use', async function handleUsed(call: RefreshCall) {
  const { server, client, record } = call;
  return record.usedAt === null
    ? undefined
    : json(200, await withIdToken(server, client, record, await answerRepeat(call)));
});

const checkScope = check('scope', function checkScope(call: RefreshCall): WithScopes {
  const { openId, others } = separateScopes(call.record.scope.split(' '), openIdProviders.platform.scopes);
  const ofApis = scopesLeft(call.record, call.products);
  const scope = [...openId, ...ofApis];
  if (scope.length === 0 || (others.length > 0 && ofApis.length === 0))
    throw errors
      .noScope('the application has no scope of the token any more')
      .about(unknownScope(call.record.scope, scopesOf(call.products)));
  return { scope, accessScope: narrowScope(call, scope) };
});

/** Keeps fewer resources for this access token alone; the refresh token keeps all of the grant (RFC 8707 section 2.2). */
const keepResources = check('resources', async function keepResources(call: RefreshCall) {
  return { resources: await narrowResources(call, audienceOf(call.record.attributes)) };
});

/** Issues an access token alone: the refresh token of a bound confidential client stays (FAPI 2.0 section 5.3.2.1). */
async function keepToken(call: Valid): Promise<TokenResponse> {
  const { server, client, record, accessScope: scope, resources, confirmation, parameters } = call;
  const { accessTokens, base, tokenIssuer } = server;
  const { access: lifetime } = lifetimesOf(base, parameters, { access: accessLifetime, refresh: 0 });
  const { refresh_count: _, _refresh_tokens_validity_ms: __, ...attributes } = record.attributes;
  const granted = { ...record, scope, attributes, refreshed: true };
  const options = { lifetime, resources, confirmation };
  const access = await accessTokens.issue(client.registration, granted, options);
  if (await useRefreshToken(call, undefined, tokenIssuer.writeStatements(call.request, granted, access)))
    throw errors.refreshInvalid('the token was used at the same time');
  return tokensAnswer(tokenIssuer, { access, scope: scope.join(' '), confirmation });
}

async function rotateToken(call: Valid): Promise<TokenResponse> {
  const { server, parameters, client, record, scope, accessScope, resources, confirmation } = call;
  const { accessTokens, base, clock, rotation } = server;
  const usual = { access: accessLifetime, refresh: upstreamOf(base, record).refreshLifetime };
  const { access: accessLife, refresh, validity } = lifetimesOf(base, parameters, usual);
  const refreshExpiresAt = Math.min(clock.now() + refresh, endOfRefreshing(record, validity));
  const { rotated, sealed, writes } = await rotation.make(
    call.request,
    record,
    scope,
    { accessLifetime: accessLife, refreshExpiresAt },
    accessScope,
    (granted, lifetime) =>
      accessTokens.issue(client.registration, granted, { lifetime, resources, confirmation }),
  );
  const used = await useRefreshToken(call, sealed, writes);
  return used ? answerRepeat({ ...call, record: used }) : answerRotated(server, rotated, confirmation);
}

async function issueTokens(call: Valid): Promise<TokenResponse> {
  const { server, client, record } = call;
  const { rotates } = rulesOf(client.registration).refresh;
  const response = await (rotates ? rotateToken : keepToken)(call);
  server.parts.recorder.record(
    {
      lasting: record.family,
      from: 'application',
      to: 'authorisation',
      name: 'authorisation.refresh',
      detail: { client: client.application.name, count: Number(record.attributes.refresh_count ?? 0) + 1 },
    },
    call.request.activity,
  );
  return withIdToken(server, client, record, response);
}

/** RFC 6749 section 6, with rotation where the client's profile has it. */
export const refreshToken = grant({
  type: 'refresh_token',
  requires: ['refresh-token', 'single-use', 'scope', 'resources'],
  validate: steps<TokenCall>('oauth2.1.token refresh_token')
    .step(findRefreshToken)
    .step(handleUsed)
    .step(checkScope)
    .step(keepResources),
  issue: issueTokens,
});
