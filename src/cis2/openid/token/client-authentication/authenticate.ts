import type { Applications } from '../../../../oauth/applications.ts';
import { limitFailures } from '../../../../oauth/limit-failures.ts';
import type { NetworkLimit } from '../../../../oauth/network-limit.ts';
import { tokenErrors } from '../../../errors/token.ts';
import { rulesOf } from '../../../model/profiles.ts';
import { findRelyingParty, type RelyingParty } from '../../../model/relying-party.ts';
import type { ClientAuthenticationMethod, TokenRequest } from './method.ts';

export interface ClientAuthentication {
  applications: Applications;
  methods: readonly ClientAuthenticationMethod[];
  /** Client authentication that failed, by network. */
  failures: NetworkLimit;
}

/** Authenticates the client, and counts each failure for the network that it is from. */
export const authenticateClient = (parts: ClientAuthentication) =>
  limitFailures(parts.failures, tokenErrors.networkBusy, authenticate(parts));

/** Proves who the client is: by the one way that the request uses, which must be the one that it registered. */
const authenticate = ({ applications, methods }: ClientAuthentication) =>
  async function authenticateClient(asked: TokenRequest): Promise<{ party: RelyingParty }> {
    const used = methods.filter((method) => method.isUsed(asked));
    const [method] = used;
    if (!method) throw tokenErrors.clientUnauthenticated('the request has no client authentication');
    if (used.length > 1) throw tokenErrors.clientMethods(used.flatMap(({ ids }) => ids).join(' and '));
    const clientId = method.claimedClient(asked);
    if (clientId === undefined) throw method.refuse('the client cannot be read');
    const named = asked.parameters.get('client_id');
    if (named !== undefined && named !== clientId)
      throw method.refuse(`client_id is ${named}, the authentication names ${clientId}`);
    const party = await findRelyingParty(applications, clientId);
    if (!party) throw method.refuse(`no approved client of CIS2 has the id ${clientId}`);
    const registered = party.client.tokenEndpointAuthMethod;
    if (!method.ids.includes(registered))
      throw method.refuse(
        `the client registered ${registered}, the request ${method.ids.includes('none') ? 'has no client authentication' : `uses ${method.ids.join(' or ')}`}`,
      );
    if (!rulesOf(party.client).authenticationMethods.includes(registered))
      throw method.refuse(`the profile ${party.client.profile} has no ${registered}`);
    await method.prove(asked, party);
    return { party };
  };
