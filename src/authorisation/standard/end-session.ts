import { activity } from '@alongside/kernel/activity';
import { type Answer, redirect } from '@alongside/kernel/answer';
import { randomToken } from '@alongside/kernel/ids';
import { check, type Passed, steps } from '@alongside/kernel/steps';
import { onBehalfOfParameter } from '../../oauth/on-behalf-of.ts';
import { type IdTokenHint, readIdTokenHint } from '../../oauth/openid/id-token-hint.ts';
import {
  type SignOutTarget,
  sealHint,
  signingOutClient,
  signOutTarget,
} from '../../oauth/openid/sign-out.ts';
import { withQuery } from '../../oauth/parameters.ts';
import { readForm } from '../../oauth/server/client-authentication/authenticate.ts';
import { findClient } from '../application/client.ts';
import type { Client } from '../clients.ts';
import { errors as platformErrors } from '../errors.ts';
import { errors } from './errors.ts';
import { type Incoming, readQuery } from './incoming.ts';
import type { ServerCall, StandardServer } from './server.ts';

type SignOutCall = Pick<ServerCall, 'server' | 'request'> & Incoming;
interface WithHint {
  hint: IdTokenHint | null;
}
interface WithParty {
  client: Client | null;
}

export const signOutPaths = { endSession: '/end_session', signedOut: '/signed_out' };

const kind = 'authorisation-sign-out';
/** Milliseconds in which the user must confirm the sign-out at CIS2. */
const lifetime = 600_000;

/** Reads the hint, also an expired one. Ignores an invalid one (OpenID Connect RP-Initiated Logout section 2). */
async function readHint({ server, request, parameters }: SignOutCall): Promise<WithHint> {
  const token = parameters.get('id_token_hint');
  if (token === undefined) return { hint: null };
  const result = await readIdTokenHint(server.parts.keys, server.issuer, token);
  if ('hint' in result) return result;
  const detail = `id_token_hint: ${result.fault}`;
  server.log.info({ id: request.id, detail }, 'an invalid id_token_hint is ignored');
  return { hint: null };
}

const findParty = check(
  'client',
  async function findParty({ server, parameters, hint }: SignOutCall & WithHint): Promise<WithParty> {
    const clientId = signingOutClient(parameters, hint, errors.signOutClient);
    const client = clientId === undefined ? undefined : await findClient(server, clientId);
    return { client: client?.application.status === 'approved' ? client : null };
  },
);

const partyOf = ({ registration }: Client) => ({
  clientId: registration.clientId,
  postLogoutRedirectUris: registration.postLogoutRedirectUris ?? [],
});

const findTarget = check(
  'redirect-uri',
  function findTarget({ parameters, hint, client }: SignOutCall & WithHint & WithParty) {
    const party = client && partyOf(client);
    return { target: signOutTarget(parameters, hint, party, errors.signOutRedirect) };
  },
);

type CheckedSignOut = SignOutCall &
  WithHint &
  WithParty & { target: SignOutTarget | null } & Passed<'client' | 'redirect-uri'>;

/** Keeps where the sign-out leads until CIS2 redirects back. */
async function keepTarget(
  { base, parts }: StandardServer,
  address: string,
  state: string,
  target: SignOutTarget,
): Promise<void> {
  const waiting = { ...target, issuer: base.issuer };
  const statement = parts.singleUse.keepStatement(kind, state, waiting, lifetime);
  if (!(await parts.anonymousRows.create(address, [statement])))
    throw platformErrors.busyQuota('too many sign-outs were started from this network or in total');
}

/** Leads on to CIS2, which ends the session for all: its back-channel logout ends the tokens here (docs/adr/0091). */
async function leadOn({ server, request, hint, client, target }: CheckedSignOut): Promise<Answer> {
  const { base, parts } = server;
  const [upstream] = base.upstreams;
  if (client) activity()?.note({ application: client.application.id });
  const state = randomToken();
  if (target) await keepTarget(server, request.address, state, target);
  const proven = hint && client && upstream.isOwn;
  const sealed = proven
    ? sealHint(parts.vault, state, { ...hint, audience: upstream.clientId, name: client.application.name })
    : undefined;
  return redirect(
    withQuery(upstream.endSessionUrl ?? '', {
      client_id: upstream.clientId,
      post_logout_redirect_uri: target ? `${base.issuer}${signOutPaths.signedOut}` : undefined,
      state,
      [onBehalfOfParameter]: sealed,
    }),
  );
}

/** `GET /end_session` (OpenID Connect RP-Initiated Logout 1.0). */
export const endSession = steps<Pick<ServerCall, 'server' | 'request'>>('oauth2.1.end-session')
  .step(readQuery)
  .step(readHint)
  .step(findParty)
  .step(findTarget)
  .step(leadOn);

async function reenterByGet({ server, parameters }: SignOutCall): Promise<Answer> {
  return redirect(
    withQuery(`${server.issuer}${signOutPaths.endSession}`, Object.fromEntries(parameters.entries())),
    303,
  );
}

/** `POST /end_session` enters again by GET. */
export const endSessionByPost = steps<Pick<ServerCall, 'server' | 'request'>>('oauth2.1.end-session-by-post')
  .step(readForm)
  .step(reenterByGet);

/** Redirects to the application, unless its address was removed in the meantime. */
const goBack = check('state', async function goBack({ server, parameters }: SignOutCall): Promise<Answer> {
  const { base, parts } = server;
  const waiting = await parts.singleUse.spend<SignOutTarget & { issuer: string }>(
    kind,
    parameters.get('state') ?? '',
  );
  if (waiting?.issuer !== base.issuer) throw errors.signOutUnknown('no sign-out has this state');
  const client = await findClient(server, waiting.clientId);
  if (!client || !partyOf(client).postLogoutRedirectUris.includes(waiting.address))
    throw errors.signOutUnknown(`${waiting.address} is no longer registered`);
  return redirect(withQuery(waiting.address, { state: waiting.state }));
});

/** `GET /signed_out`: CIS2 returns here after a sign-out. */
export const signedOut = steps<Pick<ServerCall, 'server' | 'request'>>('oauth2.1.signed-out')
  .step(readQuery)
  .step(goBack);
