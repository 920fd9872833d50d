import { Answer, json } from '@alongside/kernel/answer';
import { steps } from '@alongside/kernel/steps';
import { inGoodStanding } from '../../oauth/developers.ts';
import type { TokenRecord, Tokens } from '../../oauth/tokens.ts';
import { findClient } from '../application/client.ts';
import { sealedAs } from '../attributes.ts';
import type { Base } from '../base.ts';
import { errors } from '../errors.ts';
import type { Incoming } from '../incoming.ts';
import type { Parts } from '../parts.ts';
import { fetchUserinfo } from '../upstream/calls.ts';
import type { Upstream } from '../upstream/upstream.ts';
import type { NhsEndpoint } from './flow.ts';

interface WithRecord {
  record: TokenRecord;
}

/** The scheme is case-sensitive, as published. */
const bearer = /^Bearer ([A-Za-z0-9\-._~+/]+=*)$/;

const findToken = (tokens: Tokens, base: Base) =>
  async function findToken({ request }: Incoming): Promise<WithRecord> {
    const token = bearer.exec(request.headers.authorization ?? '')?.[1];
    if (token === undefined) throw errors.userinfoToken('the Authorization header has no bearer token');
    const record = await tokens.find(token);
    if (record?.kind !== 'access' || record.issuer !== base.issuer)
      throw errors.userinfoToken(`it is not an access token of ${base.path}`);
    if (!tokens.isLive(record))
      throw errors.userinfoToken(
        record.revokedAt === null ? 'the token has expired' : 'the token was revoked',
      );
    return { record };
  };

const requireApplication = (
  { applications, developers }: Pick<Parts, 'applications' | 'developers'>,
  base: Base,
) =>
  async function requireApplication({ record }: WithRecord): Promise<void> {
    const client = await findClient(applications, base, record.clientId);
    if (!(await inGoodStanding(client?.application, developers)))
      throw errors.userinfoToken(`the application of ${record.clientId} no longer exists or is not active`);
  };

const requireCombined = (base: Base) =>
  async function requireCombined({ record }: WithRecord): Promise<{ userinfoUrl: string }> {
    const { auth_grant_type: grantType, auth_provider: provider } = record.attributes;
    const upstream: Upstream | undefined = base.upstreams.find(
      ({ providerName }) => providerName === provider,
    );
    if (grantType !== 'authorization_code' || !upstream?.userinfoUrl)
      throw errors.userinfoPattern(`the token is from ${grantType} with ${provider}`);
    return { userinfoUrl: upstream.userinfoUrl };
  };

/** Responds for minted tokens, which no provider knows, from the directory. */
const answerMinted = ({ userinfoSource }: Pick<Parts, 'userinfoSource'>) =>
  async function answerMinted({ record }: WithRecord): Promise<Answer | undefined> {
    if (record.attributes.external_access_token !== undefined) return undefined;
    const person = record.uid === null ? undefined : await userinfoSource?.(record.uid);
    if (!person)
      throw errors.userinfoToken('the token was minted, and the directory does not know the person');
    return json(200, person);
  };

const askProvider = ({ vault }: Pick<Parts, 'vault'>) =>
  async function askProvider({ record, userinfoUrl }: WithRecord & { userinfoUrl: string }): Promise<Answer> {
    const sealed = record.attributes.external_access_token ?? '';
    const accessToken = vault.open(sealedAs.accessToken, sealed);
    const { status, body, claims } = await fetchUserinfo(userinfoUrl, accessToken);
    if (status === 401) throw errors.userinfoToken(`${userinfoUrl} answered 401: its own token has expired`);
    if (status !== 200 || !claims) throw errors.unexpected(`${userinfoUrl} answered ${status}`);
    return new Answer(200, { 'content-type': 'application/json', 'cache-control': 'no-store' }, body);
  };

/** `GET /userinfo`: relays the userinfo of CIS2, with the provider's token that was stored at sign-in. */
export function createUserinfo(base: Base, parts: Parts): NhsEndpoint {
  const list = steps<Incoming>()
    .step(findToken(parts.tokens, base))
    .step(requireApplication(parts, base))
    .step(requireCombined(base))
    .step(answerMinted(parts))
    .step(askProvider(parts));
  return (incoming) => list.run(incoming);
}
