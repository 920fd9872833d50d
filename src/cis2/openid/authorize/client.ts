import type { HttpRequest } from '@alongside/kernel/http';
import { check } from '@alongside/kernel/steps';
import type { Applications } from '../../../oauth/applications.ts';
import type { Parameters } from '../../../oauth/parameters.ts';
import { requestErrors } from '../../errors/request.ts';
import type { ResponseMode } from '../../model/authorization-request.ts';
import { findRelyingParty, type RelyingParty } from '../../model/relying-party.ts';
import { type Reply, type ReplyFrame, replyTo } from '../../responses/authorization-response.ts';

interface WithParameters {
  parameters: Parameters;
}

/** Finds the client. For an unknown one the user sees a page: its address cannot be trusted (RFC 6749 section 4.1.2.1). */
export const findClient = check(
  'client',
  async function findClient({
    parameters,
    provider: { applications },
  }: WithParameters & { provider: { applications: Applications } }): Promise<{ client: RelyingParty }> {
    const clientId = parameters.get('client_id');
    if (clientId === undefined) throw requestErrors.clientMissing('client_id is missing');
    const client = await findRelyingParty(applications, clientId);
    if (!client) throw requestErrors.clientUnknown(`no approved client of CIS2 has the id ${clientId}`);
    return { client };
  },
);

const modes: readonly string[] = ['query', 'form_post'] satisfies ResponseMode[];
const isMode = (value: string): value is ResponseMode => modes.includes(value);

/** Sends errors to the client from now on, with its state and the issuer. */
export function prepareReply({
  request,
  parameters,
  client,
  redirectUri,
  provider,
}: WithParameters & {
  client: RelyingParty;
  request: HttpRequest;
  redirectUri: string;
  provider: ReplyFrame;
}): { reply: Reply; responseMode: ResponseMode; state: string | null } {
  const mode = parameters.get('response_mode') ?? 'query';
  const responseMode = isMode(mode) ? mode : 'query';
  const state = parameters.get('state') ?? null;
  const reply = replyTo(provider, { client, redirectUri, responseMode, state }, request);
  return { reply, responseMode, state };
}
