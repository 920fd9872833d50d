import type { HttpRequest } from '@alongside/kernel/http';
import type { Applications, Cis2Registration } from '../../../oauth/applications.ts';
import { likeness } from '../../../oauth/likeness.ts';
import type { Parameters } from '../../../oauth/parameters.ts';
import { redirectFits } from '../../../oauth/redirect-uris.ts';
import { requestErrors } from '../../errors/request.ts';
import type { ResponseMode } from '../../model/authorization-request.ts';
import { findRelyingParty, type RelyingParty } from '../../model/relying-party.ts';
import { type Reply, type ReplyFrame, replyTo } from '../../responses/reply.ts';

/** Whether an address is one that the client registered (RFC 9700 section 2.1, RFC 8252 section 7.3). */
export const isRegisteredRedirect = (registration: Cis2Registration, uri: string): boolean =>
  redirectFits(registration.redirectUris, registration.applicationType === 'native', uri);

interface WithParameters {
  parameters: Parameters;
}
interface WithClient extends WithParameters {
  client: RelyingParty;
}

/** Who asks. An unknown client gets a page: its address cannot be trusted (RFC 6749 section 4.1.2.1). */
export async function findClient({
  parameters,
  provider: { applications },
}: WithParameters & { provider: { applications: Applications } }): Promise<{ client: RelyingParty }> {
  const clientId = parameters.get('client_id');
  if (clientId === undefined) throw requestErrors.clientMissing('client_id is missing');
  const client = await findRelyingParty(applications, clientId);
  if (!client) throw requestErrors.clientUnknown(`no approved client of CIS2 has the id ${clientId}`);
  return { client };
}

/** What came and what is registered, and how the two differ when it is by a little. */
const describe = (redirectUri: string, registered: readonly string[]): string => {
  const hint = registered.map((uri) => likeness(redirectUri, uri)).find((found) => found !== undefined);
  return `${redirectUri} came, registered are: ${registered.join(' ')}${hint ? `; ${hint}` : ''}`;
};

/** Where to answer: an address that the client registered, byte for byte. */
export async function checkRedirectUri({ parameters, client }: WithClient): Promise<{ redirectUri: string }> {
  const redirectUri = parameters.get('redirect_uri');
  if (redirectUri === undefined) throw requestErrors.redirectMissing('redirect_uri is missing');
  if (!isRegisteredRedirect(client.registration, redirectUri))
    throw requestErrors.redirectUnknown(describe(redirectUri, client.registration.redirectUris));
  return { redirectUri };
}

const modes: readonly string[] = ['query', 'form_post'] satisfies ResponseMode[];
const isMode = (value: string): value is ResponseMode => modes.includes(value);

/** From here on, errors travel back to the client, with its state and the issuer. */
export async function prepareReply({
  request,
  parameters,
  client,
  redirectUri,
  provider,
}: WithClient & { request: HttpRequest; redirectUri: string; provider: ReplyFrame }): Promise<{
  reply: Reply;
  responseMode: ResponseMode;
  state: string | null;
}> {
  const asked = parameters.get('response_mode') ?? 'query';
  const responseMode = isMode(asked) ? asked : 'query';
  const state = parameters.get('state') ?? null;
  return {
    reply: replyTo(provider, { client, redirectUri, responseMode, state }, request),
    responseMode,
    state,
  };
}
