import { type Answer, json } from '@alongside/kernel/answer';
import { check, type Passed, steps } from '@alongside/kernel/steps';
import { inGoodStanding } from '../../oauth/developers.ts';
import { claimsOfScopes, withVerifiedEmail } from '../../oauth/openid/claims.ts';
import {
  checkSender,
  findToken,
  findTokenClient,
  readToken,
  type WithRecord,
} from '../../oauth/server/userinfo.ts';
import type { WithClient } from '../application/client.ts';
import { upstreamOf } from '../rotation.ts';
import { storedUserinfo } from '../stored-userinfo.ts';
import { errors } from './errors.ts';
import type { ServerCall } from './server.ts';

type UserinfoCall = Pick<ServerCall, 'server' | 'request'>;

const requireApplication = check(
  'client-approval',
  async function requireApplication({
    server: { parts },
    client: { application },
  }: UserinfoCall & WithClient): Promise<void> {
    if (!(await inGoodStanding(application, parts.developers)))
      throw errors.accessTokenInvalid(`${application.name} is revoked, or its developer is inactive`);
  },
);

type Checked = Passed<'access-token' | 'client' | 'client-approval' | 'sender-constraint'>;

/** Returns those claims of CIS2's userinfo that the scopes of the token name. */
async function answerClaims({
  request,
  server: { base, parts },
  record,
  client: { application },
}: UserinfoCall & WithRecord & WithClient & Checked): Promise<Answer> {
  const { userinfoUrl, here, isOwn } = upstreamOf(base, record);
  if (userinfoUrl === undefined)
    throw errors.accessTokenInvalid('the provider of the sign-in has no userinfo');
  const source = { userinfoUrl, here };
  const { claims } = await storedUserinfo(parts, record, source, errors.accessTokenInvalid);
  const wanted = claimsOfScopes(record.scope.split(' '));
  parts.recorder.record(
    {
      lasting: record.family,
      from: 'application',
      to: 'authorisation',
      name: 'authorisation.userinfo',
      detail: { client: application.name, scope: record.scope },
    },
    request.activity,
  );
  const found = Object.fromEntries(Object.entries(claims).filter(([name]) => wanted.has(name)));
  // A provider elsewhere decides itself.
  return json(200, { ...(isOwn ? withVerifiedEmail(found, wanted) : found), sub: record.uid });
}

/** `GET` and `POST /userinfo` (OpenID Connect Core section 5.3). */
export const userinfo = steps<UserinfoCall>('oauth2.1.userinfo')
  .step(readToken)
  .step(findToken)
  .step(findTokenClient)
  .step(requireApplication)
  .step(checkSender)
  .step(answerClaims);
