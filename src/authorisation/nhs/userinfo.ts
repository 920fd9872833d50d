import { Answer, json } from '@alongside/kernel/answer';
import { check, type Passed, steps } from '@alongside/kernel/steps';
import { inGoodStanding } from '../../oauth/developers.ts';
import type { TokenRecord } from '../../oauth/token-records.ts';
import type { UserinfoSource } from '../../oauth/upstream/calls.ts';
import type { Upstream } from '../../oauth/upstream/upstream.ts';
import { findClient } from '../application/client.ts';
import { errors } from '../errors.ts';
import { storedUserinfo } from '../stored-userinfo.ts';
import type { NhsCall } from './server.ts';

interface WithRecord {
  record: TokenRecord;
}

/** The scheme is case-sensitive, as published. */
const bearer = /^Bearer ([A-Za-z0-9\-._~+/]+=*)$/;

async function findToken({ server, request }: NhsCall): Promise<WithRecord> {
  const { base } = server;
  const { tokens } = server.parts;
  const token = bearer.exec(request.headers.authorization ?? '')?.[1];
  if (token === undefined) throw errors.userinfoToken('the Authorization header has no bearer token');
  const record = await tokens.findAccess(token);
  if (record?.kind !== 'access' || record.issuer !== base.issuer)
    throw errors.userinfoToken(`it is not an access token of ${base.path}`);
  request.activity?.join({ lasting: record.family });
  if (!tokens.isLive(record))
    throw errors.userinfoToken(record.revokedAt === null ? 'the token has expired' : 'the token was revoked');
  return { record };
}

async function requireApplication({ server, record, request }: NhsCall & WithRecord): Promise<void> {
  const client = await findClient(server, record.clientId, request.activity);
  if (!(await inGoodStanding(client?.application, server.parts.developers)))
    throw errors.userinfoToken(`the application of ${record.clientId} no longer exists or is not active`);
}

async function requireCombined({ server, record }: NhsCall & WithRecord) {
  const { base } = server;
  const { auth_grant_type: grantType, auth_provider: provider } = record.attributes;
  const upstream: Upstream | undefined = base.upstreams.find(({ providerName }) => providerName === provider);
  if (grantType !== 'authorization_code' || !upstream?.userinfoUrl)
    throw errors.userinfoPattern(`the token is from ${grantType} with ${provider}`);
  return { source: { userinfoUrl: upstream.userinfoUrl, here: upstream.here } };
}

/** Responds for minted tokens, which no provider knows, from the directory. */
async function answerMinted({ server, record }: NhsCall & WithRecord) {
  const { userinfoSource } = server.parts;
  if (record.attributes.external_access_token !== undefined) return undefined;
  const person = record.uid === null ? undefined : await userinfoSource?.(record.uid);
  if (!person) throw errors.userinfoToken('the token was minted, and the directory does not know the person');
  return json(200, person);
}

async function askProvider({
  server: { parts },
  record,
  source,
}: NhsCall &
  WithRecord & { source: UserinfoSource } & Passed<'token' | 'client' | 'combined'>): Promise<Answer> {
  const { body } = await storedUserinfo(parts, record, source, errors.userinfoToken);
  return new Answer(200, { 'content-type': 'application/json', 'cache-control': 'no-store' }, body);
}

/** `GET /userinfo`: relays the userinfo of CIS2, with the provider's token that was stored at sign-in. */
export const userinfo = steps<NhsCall>('oauth2.userinfo')
  .step(check('token', findToken))
  .step(check('client', requireApplication))
  .step(check('combined', requireCombined))
  .step(answerMinted)
  .step(askProvider);
