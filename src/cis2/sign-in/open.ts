import { activity } from '@alongside/kernel/activity';
import { type Answer, redirect } from '@alongside/kernel/answer';
import { oldCookieFacts } from '@alongside/kernel/cookies';
import type { HttpRequest } from '@alongside/kernel/http';
import { stateKey } from '@alongside/kernel/journeys';
import { check, type Passed } from '@alongside/kernel/steps';
import type { Applications } from '../../oauth/applications.ts';
import { redirectFits } from '../../oauth/registered-addresses.ts';
import type { Statement } from '../../storage/database.ts';
import { requestErrors } from '../errors/request.ts';
import type { Credentials } from '../model/credentials.ts';
import { type Interaction, type Interactions, interactionPath } from '../model/interactions.ts';
import { findAccountClient, findRelyingParty, type RelyingParty } from '../model/relying-party.ts';
import type { Authentication } from '../model/session.ts';
import { type Reply, type ReplyFrame, replyTo } from '../responses/authorization-response.ts';
import type { Sessions } from '../sessions/sessions.ts';
import { signInErrors } from './errors.ts';

/** One request within an interaction, from the browser that began it. */
export interface InteractionContext extends Passed<'browser'> {
  request: HttpRequest;
  interaction: Interaction;
  client: RelyingParty;
  reply: Reply;
}

/** An interaction before its browser is checked. */
export type UncheckedInteraction = Omit<InteractionContext, keyof Passed<'browser'>>;

/** Reads the client again: it, or its redirect URI, may have been removed since the interaction began. */
export async function openReply(
  applications: Applications,
  frame: ReplyFrame,
  request: HttpRequest,
  interaction: Interaction,
): Promise<UncheckedInteraction> {
  const { authorization } = interaction;
  const { clientId } = authorization;
  const client =
    findAccountClient(frame.issuer, clientId) ?? (await findRelyingParty(applications, clientId));
  if (!client) throw requestErrors.clientUnknown(`${clientId} was revoked during the sign-in`);
  const { redirectUris, applicationType } = client.registration;
  if (!redirectFits(redirectUris, applicationType === 'native', authorization.redirectUri))
    throw requestErrors.redirectUnknown(`${authorization.redirectUri} is no longer registered`);
  const seen = activity();
  seen?.note({ client: clientId, application: client.application.id });
  seen?.join({ keys: [interaction.id, stateKey(authorization)] });
  return { request, interaction, client, reply: replyTo(frame, { client, ...authorization }, request) };
}

/** Opens the interaction of the path, for the browser that began it. */
export const openInteraction = check(
  'browser',
  async function openInteraction({
    request,
    provider,
  }: {
    request: HttpRequest<{ id: string }>;
    provider: ReplyFrame & { interactions: Interactions; applications: Applications };
  }): Promise<UncheckedInteraction> {
    const interaction = await provider.interactions.open(request.params.id, request);
    if (!interaction) {
      activity()?.join({ keys: [request.params.id] });
      throw signInErrors
        .interactionUnknown('no live interaction of this browser has this id')
        .about(oldCookieFacts(request.headers.cookie));
    }
    return openReply(provider.applications, provider, request, interaction);
  },
);

/** An interaction with a sign-in, new or of the live session. */
export interface SignInContext extends InteractionContext {
  authentication: Authentication;
  /** Conditional writes that consume the sign-in, so that it finishes once. */
  spends: readonly Statement[];
}

/**
 * Finds the pending sign-in of the interaction, or else redirects to the choice page. A credential that was removed meanwhile does
 * not finish it.
 */
export async function findSignIn({
  request,
  interaction,
  provider: { sessions, credentials },
}: InteractionContext & { provider: { sessions: Sessions; credentials: Credentials } }): Promise<
  Answer | Pick<SignInContext, 'authentication' | 'spends'>
> {
  const { id, sid } = interaction;
  const session = sid === null ? undefined : await sessions.current(request);
  if (sid !== null && session?.sid === sid)
    return { authentication: session.authentication, spends: [sessions.requireLiveStatement(sid)] };
  const { authentication } = interaction;
  if (sid === null && authentication) {
    const { credentialId } = authentication;
    return { authentication, spends: credentialId ? [credentials.requireLiveStatement(credentialId)] : [] };
  }
  return redirect(interactionPath(id), request.method === 'POST' ? 303 : 302);
}
