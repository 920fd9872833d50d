import type { Clock } from '@alongside/kernel/clock';
import { secretFits } from '../../oauth/applications.ts';
import type { RemoteKeys } from '../../oauth/remote-keys.ts';
import type { SingleUse } from '../../storage/single-use.ts';
import type { Clients, MockClient } from '../clients.ts';
import { errors } from '../errors.ts';
import { checkAssertion, claimedClient } from './assertion.ts';
import type { TokenRequest } from './request.ts';

interface Parts {
  clients: Clients;
  clock: Clock;
  singleUse: SingleUse;
  clientKeys: RemoteKeys;
}

/** Id and secret of the Basic scheme, each form-encoded (RFC 6749 section 2.3.1); undefined when they cannot be read. */
function readBasic(header: string | undefined): { clientId: string; secret: string } | undefined {
  const encoded = /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(header ?? '')?.[1];
  const pair = encoded === undefined ? '' : Buffer.from(encoded, 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  if (colon < 1) return undefined;
  const decode = (part: string) => decodeURIComponent(part.replaceAll('+', ' '));
  try {
    return { clientId: decode(pair.slice(0, colon)), secret: decode(pair.slice(colon + 1)) };
  } catch {
    return undefined;
  }
}

/** Who is claimed, and the secret where there is one. */
function presented({ request, parameters }: TokenRequest): { clientId: string; secret: string | null } {
  if (parameters.has('client_assertion'))
    return { clientId: claimedClient(parameters.get('client_assertion') ?? '') ?? '', secret: null };
  const basic = readBasic(request.headers.authorization);
  if (basic) return basic;
  return { clientId: parameters.get('client_id') ?? '', secret: parameters.get('client_secret') ?? '' };
}

/** The client proves itself with its secret, in the form or in the header, or with a signed assertion, whichever of them it registered. */
export const authenticate = (parts: Parts) =>
  async function authenticate(known: TokenRequest): Promise<{ client: MockClient }> {
    const { clientId, secret } = presented(known);
    const client = await parts.clients.find(clientId);
    if (!client) throw errors.clientUnauthenticated(`no client has the id "${clientId.slice(0, 80)}"`);
    const named = known.parameters.get('client_id');
    if (named !== undefined && named !== clientId)
      throw errors.clientUnauthenticated('client_id is not who authenticates');
    if (secret === null) await checkAssertion(parts, client, known);
    else if (!secretFits(client, secret, parts.clock.now()))
      throw errors.clientUnauthenticated(`the secret is not one of ${clientId}`);
    return { client };
  };
