import { Answer, json } from '@alongside/kernel/answer';
import { seconds } from '@alongside/kernel/clock';
import type { HttpRequest } from '@alongside/kernel/http';
import { steps } from '@alongside/kernel/steps';
import { confirmationOf, tokenTypeOf } from '../../oauth/confirmation.ts';
import { inGoodStanding } from '../../oauth/developers.ts';
import { authenticateClient } from '../../oauth/server/client-authentication/authenticate.ts';
import type { TokenRecord } from '../../oauth/tokens.ts';
import { requireApproval, type WithClient } from '../application/client.ts';
import type { Base } from '../base.ts';
import type { Parts } from '../parts.ts';
import { actorAttribute, mayActAttribute, partyOf } from './access-tokens.ts';
import { errors } from './errors.ts';
import { type Incoming, readForm } from './incoming.ts';
import { notAllowed, orElse } from './or-else.ts';
import { mayKnowOf } from './resource-server.ts';
import { audienceOf } from './resources.ts';
import type { ServerCall, StandardServer } from './server.ts';

type Introspection = { active: false } | ({ active: true } & Record<string, unknown>);

const inactive: Introspection = { active: false };
const signedType = 'application/token-introspection+jwt';
/** Algorithm of signed answers. */
export const introspectionAlgorithms = ['RS256'] as const;

/** A resource server proves who it is: whoever may ask could try tokens out (RFC 7662 section 4). */
async function refusePublic({ client }: WithClient): Promise<void> {
  if (client.half.tokenEndpointAuthMethod === 'none')
    throw errors.clientUnauthenticated(`${client.application.name} is a public client`);
}

const defined = (members: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));

/** Who acts by a token of the `nhs` profile, under the published name. */
const publishedActor = ({ actor_user_id: sub }: TokenRecord['attributes']) =>
  sub === undefined ? undefined : { sub };

function describe(record: TokenRecord, api: string): Introspection {
  const { attributes } = record;
  const confirmation = confirmationOf(record);
  const audience = audienceOf(attributes);
  const members = {
    iss: record.issuer,
    sub: record.uid ?? record.clientId,
    aud: audience.length > 1 ? audience : (audience[0] ?? api),
    client_id: record.clientId,
    scope: record.scope,
    token_type: tokenTypeOf(confirmation),
    iat: Math.floor(record.issuedAt / 1_000),
    exp: Math.floor(record.expiresAt / 1_000),
    jti: attributes.jti,
    acr: attributes['id_token-acr'],
    act: partyOf(attributes, actorAttribute) ?? publishedActor(attributes),
    may_act: partyOf(attributes, mayActAttribute),
    cnf: confirmation ?? undefined,
  };
  return { active: true, ...defined(members) };
}

const lookUp = ({ tokens, applications, developers, urls }: Parts, issuers: readonly string[]) =>
  async function lookUp({
    parameters,
    client,
  }: Incoming & WithClient): Promise<{ introspection: Introspection }> {
    const token = parameters.get('token');
    if (token === undefined) throw errors.tokenMissing('token is missing');
    const record = await tokens.find(token);
    // Why a token is not active is nobody's business (RFC 7662 section 2.2).
    if (record?.kind !== 'access' || !issuers.includes(record.issuer)) return { introspection: inactive };
    const owner = await applications.get(record.applicationId);
    const valid =
      tokens.isLive(record) &&
      owner?.platform?.clientId === record.clientId &&
      (await inGoodStanding(owner, developers)) &&
      mayKnowOf(client.half, record);
    return { introspection: valid ? describe(record, urls.api) : inactive };
  };

/** As JSON, or signed where the resource server asks for that (RFC 9701 sections 4 and 5). */
const answerWith = ({ keys, clock }: Pick<Parts, 'keys' | 'clock'>, base: Base) =>
  async function answerWith({
    request,
    client,
    introspection,
  }: Incoming & WithClient & { introspection: Introspection }): Promise<Answer> {
    const wanted = (request.headers.accept ?? '').split(',').map((type) => type.split(';')[0]?.trim());
    if (!wanted.includes(signedType)) return json(200, introspection);
    const claims = {
      iss: base.issuer,
      aud: client.half.clientId,
      iat: seconds(clock),
      token_introspection: introspection,
    };
    const [algorithm] = introspectionAlgorithms;
    const jwt = await keys.sign(claims, { algorithm, typ: 'token-introspection+jwt' });
    return new Answer(200, { 'content-type': signedType, 'cache-control': 'no-store' }, jwt);
  };

/** `POST /introspect` (RFC 7662), for resource servers (`/resource-servers` of the console); it tells of the tokens of every base path. */
export function createIntrospect(
  server: StandardServer,
  base: Base,
  bases: readonly Base[],
  parts: Parts,
): (request: HttpRequest) => Promise<Answer> {
  const issuers = bases.map(({ issuer }) => issuer);
  const list = steps<ServerCall>()
    .step(readForm)
    .step(authenticateClient)
    .step(refusePublic)
    .step(orElse(requireApproval, notAllowed))
    .step(lookUp(parts, issuers))
    .step(answerWith(parts, base));
  return (request) => list.run({ server, request });
}
