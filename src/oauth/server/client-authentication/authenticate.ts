import type { Refuse } from '@alongside/kernel/errors';
import { check } from '@alongside/kernel/steps';
import type { OneTimeValue } from '../../client-assertion.ts';
import { refusalOfFailure } from '../../network-limit.ts';
import { isForm, type Parameters, parseParameters } from '../../parameters.ts';
import type { WithBatch } from '../../request-batch.ts';
import { rulesOf } from '../profile.ts';
import type { ClientCall } from '../server.ts';
import { acceptedFor } from './client-secret.ts';
import type {
  AuthenticationServer,
  ClientAuthenticationMethod,
  WithRegistration as Context,
  FormCall,
} from './method.ts';

interface AuthenticationCall<K extends Context = Context> extends FormCall {
  readonly server: AuthenticationServer<K>;
}

/** A value that the request must claim, and the error when it cannot. */
type Claim = OneTimeValue & { refuse: Refuse };

/**
 * Authenticates the client by the one method that the request uses, which must be the registered one (RFC 6749 section 2.3). A secret
 * may be in the header or the form, whichever of them is registered.
 * The reason of a failure is for the log alone. Failures are counted for the network of the caller.
 */
export const authenticateClient = check('client-authentication', function authenticateClient<
  K extends Context,
>(call: AuthenticationCall<K>): Promise<K> {
  return authenticate(call, async ({ kind, value, lifetime, longest, fault, refuse }) => {
    const { jtis } = call.server.singleUse;
    if (!(await jtis.use(kind, value, lifetime, longest))) throw refuse(fault());
  });
});

/**
 * Does the same, but leaves a one-time value to the batch of the request. Its steps must settle the batch before they write anything
 * outside it, and when they refuse.
 */
export const authenticateForBatch = check('client-authentication', function authenticateForBatch<
  K extends Context,
>(call: AuthenticationCall<K> & WithBatch): Promise<K> {
  const { jtis } = call.server.singleUse;
  return authenticate(call, ({ kind, value, lifetime, longest, fault, refuse }) =>
    call.batch.require({
      writeStatement: () => jtis.useStatement(kind, value, lifetime, longest),
      holds: async () => !(await jtis.isUsed(kind, value, longest)),
      refuse: () => counted(call, refuse(fault())),
    }),
  );
});

/** Counts a failure for the network of the caller. */
const counted = ({ server: { failures, errors }, request }: AuthenticationCall, thrown: unknown) =>
  refusalOfFailure(failures, errors.networkBusy, request, thrown);

async function authenticate<K extends Context>(
  call: AuthenticationCall<K>,
  claim: (value: Claim) => void | Promise<void>,
): Promise<K> {
  try {
    const { known, value } = await verify(call);
    if (value) await claim(value);
    return known;
  } catch (thrown) {
    throw await counted(call, thrown);
  }
}

const uses = (methods: readonly ClientAuthenticationMethod[]): string =>
  methods[0]?.ids.includes('none')
    ? 'has no client authentication'
    : `uses ${methods.flatMap(({ ids }) => ids).join(', ')}`;

async function verify<K extends Context>(call: AuthenticationCall<K>): Promise<{ known: K; value?: Claim }> {
  const { server, parameters, request } = call;
  const used = server.methods.filter((method) => method.isUsed(call));
  const [first] = used;
  if (!first) throw server.errors.clientUnauthenticated('the request has no client authentication');
  if (used.some(({ place }) => place !== first.place))
    throw server.errors.clientMethods(`the request ${uses(used)}`);
  const refuse = server.errors[first.failure];
  const credentials = first.read(call);
  const { clientId } = credentials;
  if (clientId === undefined) throw refuse('the client id cannot be read');
  const named = parameters.get('client_id');
  if (named !== undefined && named !== clientId)
    throw refuse(`client_id is ${named}, the authentication names ${clientId}`);
  const known = await server.findClient(clientId, request.activity);
  if (!known) throw refuse(`no approved client of ${server.issuer} has the id ${clientId}`);
  const { registration } = known.client;
  const { tokenEndpointAuthMethod: registered, profile } = registration;
  const { authenticationMethods: allowed } = rulesOf(server, registration);
  const accepted = acceptedFor(registered).filter((id) => id === registered || allowed.includes(id));
  const method = used.find(({ ids }) => ids.some((id) => accepted.includes(id)));
  if (!method)
    throw refuse(`the client registered ${registered}, the request ${uses(used)}`).about({
      headline: 'The request does not use the registered method',
      received: used.flatMap(({ ids }) => ids).join(', '),
      expected: `${accepted.join(' or ')}, as the client registered ${registered}`,
    });
  if (!allowed.includes(registered))
    throw refuse(`the profile ${profile} does not allow ${registered}`).about({
      field: 'token_endpoint_auth_method',
      headline: `The profile ${profile} does not allow ${registered}`,
      received: registered,
      expected: allowed.join(' or '),
    });
  const presented = method === first ? credentials : method.read(call);
  const verified = await presented.verify(known.client, server);
  if (verified === undefined) return { known };
  if (typeof verified === 'string') throw refuse(verified).about({ received: verified });
  if ('reason' in verified) throw refuse(verified.reason).about(verified.facts);
  return { known, value: { ...verified, refuse } };
}

/** Reads the form of a client's call: well-formed, each parameter once, none too long (RFC 6749 section 3.2). */
export function readForm({ server, request }: Pick<ClientCall, 'server' | 'request'>): {
  parameters: Parameters;
} {
  const { errors } = server;
  const type = request.headers['content-type'];
  if (!isForm(type)) throw errors.formExpected(`the content type is ${type ?? 'missing'}`);
  const parameters = parseParameters(request.body);
  if (!parameters) throw errors.formMalformed('the form is not well-formed, or has more than 100 parameters');
  const repeated = parameters.repeated(server.repeatable);
  if (repeated !== undefined)
    throw errors.parameterRepeated(`${repeated.slice(0, 100)} is there more than once`);
  server.checkLengths(parameters);
  return { parameters };
}
