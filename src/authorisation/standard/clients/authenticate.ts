import type { Answer } from '@alongside/kernel/answer';
import { limitFailures } from '../../../oauth/limit-failures.ts';
import { findClient, type WithClient } from '../../application/client.ts';
import type { Base } from '../../base.ts';
import { errorAnswer } from '../../diagnosis.ts';
import { errors as platformErrors } from '../../errors.ts';
import type { Parts } from '../../parts.ts';
import { errors } from '../errors.ts';
import type { Incoming } from '../incoming.ts';
import { rulesOf } from '../profile.ts';
import { clientMethods } from './registry.ts';

/** HTTP Basic is not offered; whoever tries it is told in its own terms (RFC 6749 section 5.2). */
export const refuseBasic = ({ diagnosis }: Pick<Parts, 'diagnosis'>) =>
  async function refuseBasic({ request }: Incoming): Promise<Answer | undefined> {
    if (request.headers.authorization === undefined) return undefined;
    const refusal = errors.clientUnauthenticated('the client authenticates with the Authorization header');
    await diagnosis.note(refusal, request);
    return errorAnswer(refusal, request).with({ 'www-authenticate': 'Basic realm="token"' });
  };

/** Counts every failure of client authentication for the network that it is from. */
export const authenticateClient = (base: Base, parts: Parts) =>
  limitFailures(parts.failures, platformErrors.networkBusy, authenticate(base, parts));

/** Exactly one way, the registered one, and its proof (RFC 6749 section 2.3). What failed is said in the log alone. */
const authenticate = (base: Base, parts: Parts) =>
  async function authenticateClient(incoming: Incoming): Promise<WithClient> {
    const { parameters } = incoming;
    if (parameters.has('client_secret') && parameters.has('client_assertion'))
      throw errors.clientMethods('both a secret and an assertion came');
    const tried = clientMethods.filter((candidate) => candidate.matches(incoming));
    const clientId = tried[0]?.clientId(incoming);
    if (clientId === undefined) throw errors.clientUnauthenticated('the request names no client, or two');
    const client = await findClient(parts.applications, base, clientId);
    if (!client)
      throw errors.clientUnauthenticated(`no application at ${base.path} has the client id ${clientId}`);
    const { tokenEndpointAuthMethod: registered, profile } = client.half;
    const method = tried.find(({ name }) => name === registered);
    if (!method)
      throw errors.clientUnauthenticated(
        `${tried.map(({ name }) => name).join(' or ')} was tried, ${registered} is registered`,
      );
    if (!rulesOf(client.half).methods.includes(registered))
      throw errors.clientUnauthenticated(`${registered} is not for clients of the ${profile} profile`);
    const fault = await method.fault(client.half, incoming, base, parts);
    if (fault !== undefined) throw errors.clientUnauthenticated(fault);
    return { client };
  };
