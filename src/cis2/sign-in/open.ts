import type { HttpRequest } from '@alongside/kernel/http';
import type { Applications } from '../../oauth/applications.ts';
import { requestErrors } from '../errors/request.ts';
import type { Interaction, Interactions } from '../model/interactions.ts';
import { findOwnParty } from '../model/own-party.ts';
import { findRelyingParty, type RelyingParty } from '../model/relying-party.ts';
import { type Reply, type ReplyFrame, replyTo } from '../responses/reply.ts';
import { signInErrors } from './errors.ts';

/** One request of the browser within its interaction. */
export interface Opened {
  request: HttpRequest;
  interaction: Interaction;
  party: RelyingParty;
  reply: Reply;
}

/** The client and the way back to it, read again: a registration may have changed meanwhile. */
export async function openReply(
  applications: Applications,
  frame: ReplyFrame,
  request: HttpRequest,
  interaction: Interaction,
): Promise<Opened> {
  const { authorization } = interaction;
  const { clientId } = authorization;
  const party = findOwnParty(frame.issuer, clientId) ?? (await findRelyingParty(applications, clientId));
  if (!party) throw requestErrors.clientUnknown(`${clientId} was revoked during the sign-in`);
  return { request, interaction, party, reply: replyTo(frame, { party, ...authorization }, request) };
}

/** Opens the interaction that the path names, for the browser that began it. */
export const openInteraction = (
  parts: ReplyFrame & { interactions: Interactions; applications: Applications },
) =>
  async function openInteraction({ request }: { request: HttpRequest }): Promise<Opened> {
    const id = request.path.split('/')[2] ?? '';
    const interaction = await parts.interactions.open(id, request);
    if (!interaction)
      throw signInErrors.interactionUnknown('no live interaction of this browser has this id');
    return openReply(parts.applications, parts, request, interaction);
  };
