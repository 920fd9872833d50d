import { check } from '@alongside/kernel/steps';
import { refusalOfFailure } from '../../network-limit.ts';
import { rulesOf } from '../profile.ts';
import type {
  AuthenticationServer,
  ClientAuthenticationMethod,
  FormCall,
  WithRegistration,
} from './method.ts';

/** A call before client authentication. */
interface AuthenticationCall<K extends WithRegistration> extends FormCall {
  readonly server: AuthenticationServer<K>;
}

/**
 * Authenticates the client by the one method that the request uses, which must be the registered one (RFC 6749 section 2.3).
 * The reason of a failure is for the log alone. Failures are counted for the network of the caller.
 */
export const authenticateClient = check('client-authentication', async function authenticateClient<
  K extends WithRegistration,
>(call: AuthenticationCall<K>): Promise<K> {
  try {
    return await authenticate(call);
  } catch (thrown) {
    const { failures, errors } = call.server;
    throw await refusalOfFailure(failures, errors.networkBusy, call.request, thrown);
  }
});

const uses = (methods: readonly ClientAuthenticationMethod[]): string =>
  methods[0]?.ids.includes('none')
    ? 'has no client authentication'
    : `uses ${methods.flatMap(({ ids }) => ids).join(', ')}`;

async function authenticate<K extends WithRegistration>(call: AuthenticationCall<K>): Promise<K> {
  const { server, parameters } = call;
  const used = server.methods.filter((method) => method.isUsed(call));
  const [first] = used;
  if (!first) throw server.errors.clientUnauthenticated('the request has no client authentication');
  if (used.some(({ place }) => place !== first.place))
    throw server.errors.clientMethods(`the request ${uses(used)}`);
  const refuse = server.errors[first.failure];
  const clientId = first.claimedClient(call);
  if (clientId === undefined) throw refuse('the client id cannot be read');
  const named = parameters.get('client_id');
  if (named !== undefined && named !== clientId)
    throw refuse(`client_id is ${named}, the authentication names ${clientId}`);
  const known = await server.findClient(clientId);
  if (!known) throw refuse(`no approved client of ${server.issuer} has the id ${clientId}`);
  const { registration } = known.client;
  const { tokenEndpointAuthMethod: registered, profile } = registration;
  const method = used.find((candidate) => candidate.ids.includes(registered));
  if (!method) throw refuse(`the client registered ${registered}, the request ${uses(used)}`);
  if (!rulesOf(server, registration).authenticationMethods.includes(registered))
    throw refuse(`the profile ${profile} does not allow ${registered}`);
  const fault = await method.verify(call, known.client, server);
  if (fault !== undefined) throw refuse(fault);
  return known;
}
