import { activity } from '@alongside/kernel/activity';
import { type Answer, redirect } from '@alongside/kernel/answer';
import type { HttpRequest } from '@alongside/kernel/http';
import { stateKey } from '@alongside/kernel/journeys';
import { check, type Passed } from '@alongside/kernel/steps';
import type { Applications } from '../../oauth/applications.ts';
import type { Statement } from '../../storage/database.ts';
import { requestErrors } from '../errors/request.ts';
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

/** Reads the client again, because its registration may have changed since the interaction began. */
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
      throw signInErrors.interactionUnknown('no live interaction of this browser has this id');
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

/** Finds the pending sign-in of the interaction, or else redirects to the choice page. */
export async function findSignIn({
  request,
  interaction,
  provider: { sessions },
}: InteractionContext & { provider: { sessions: Sessions } }): Promise<
  Answer | Pick<SignInContext, 'authentication' | 'spends'>
> {
  const { id, sid } = interaction;
  const session = sid === null ? undefined : await sessions.current(request);
  if (sid !== null && session?.sid === sid)
    return { authentication: session.authentication, spends: [sessions.requireLiveStatement(sid)] };
  if (sid === null && interaction.authentication)
    return { authentication: interaction.authentication, spends: [] };
  return redirect(interactionPath(id), request.method === 'POST' ? 303 : 302);
}
