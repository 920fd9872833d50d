import { type Answer, redirect } from '@alongside/kernel/answer';
import type { HttpRequest } from '@alongside/kernel/http';
import type { Applications } from '../../oauth/applications.ts';
import type { Statement } from '../../storage/database.ts';
import { requestErrors } from '../errors/request.ts';
import { findAccountClient } from '../model/account-client.ts';
import type { Authentication } from '../model/authentication.ts';
import { type Interaction, type Interactions, interactionPath } from '../model/interactions.ts';
import { findRelyingParty, type RelyingParty } from '../model/relying-party.ts';
import { type Reply, type ReplyFrame, replyTo } from '../responses/reply.ts';
import type { Sessions } from '../sessions/sessions.ts';
import { signInErrors } from './errors.ts';

/** One request of the browser within its interaction. */
export interface InteractionContext {
  request: HttpRequest;
  interaction: Interaction;
  client: RelyingParty;
  reply: Reply;
}

/** The client and the way back to it, read again: a registration may have changed meanwhile. */
export async function openReply(
  applications: Applications,
  frame: ReplyFrame,
  request: HttpRequest,
  interaction: Interaction,
): Promise<InteractionContext> {
  const { authorization } = interaction;
  const { clientId } = authorization;
  const client =
    findAccountClient(frame.issuer, clientId) ?? (await findRelyingParty(applications, clientId));
  if (!client) throw requestErrors.clientUnknown(`${clientId} was revoked during the sign-in`);
  return { request, interaction, client, reply: replyTo(frame, { client, ...authorization }, request) };
}

/** Opens the interaction that the path names, for the browser that began it. */
export const openInteraction = (
  parts: ReplyFrame & { interactions: Interactions; applications: Applications },
) =>
  async function openInteraction({ request }: { request: HttpRequest }): Promise<InteractionContext> {
    const id = request.path.split('/')[2] ?? '';
    const interaction = await parts.interactions.open(id, request);
    if (!interaction)
      throw signInErrors.interactionUnknown('no live interaction of this browser has this id');
    return openReply(parts.applications, parts, request, interaction);
  };

/** An interaction in which somebody has signed in, now or before. */
export interface WithSignIn extends InteractionContext {
  authentication: Authentication;
  /** Conditional writes without which it counts no more. */
  spends: readonly Statement[];
}

/** The sign-in that waits: the one that was brought, or the live session of this browser. Without one the choice comes again. */
export const findSignIn = ({ sessions }: { sessions: Sessions }) =>
  async function findSignIn({
    request,
    interaction,
  }: InteractionContext): Promise<Answer | Pick<WithSignIn, 'authentication' | 'spends'>> {
    const { id, sid } = interaction;
    const session = sid === null ? undefined : await sessions.current(request);
    if (sid !== null && session?.sid === sid)
      return { authentication: session.authentication, spends: [sessions.requireLiveStatement(sid)] };
    if (sid === null && interaction.authentication)
      return { authentication: interaction.authentication, spends: [] };
    return redirect(interactionPath(id), request.method === 'POST' ? 303 : 302);
  };
