import type { Answer } from '@alongside/kernel/answer';
import { Refusal } from '@alongside/kernel/errors';
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

/**
 * Authenticates the client. Failures are counted for the network that they are from; one that tried HTTP Basic is
 * answered with its challenge (RFC 6749 section 5.2).
 */
export function authenticateClient(base: Base, parts: Parts) {
  const limited = limitFailures(parts.failures, platformErrors.networkBusy, authenticate(base, parts));
  return async function authenticateClient(incoming: Incoming): Promise<WithClient | Answer> {
    try {
      return await limited(incoming);
    } catch (thrown) {
      const { request } = incoming;
      if (request.headers.authorization === undefined) throw thrown;
      if (!(thrown instanceof Refusal) || thrown.entry.status !== 401) throw thrown;
      return errorAnswer(thrown, request).with({ 'www-authenticate': 'Basic realm="token"' });
    }
  };
}

/** Exactly one way, the registered one, and its proof (RFC 6749 section 2.3). What failed is said in the log alone. */
const authenticate = (base: Base, parts: Parts) =>
  async function authenticateClient(incoming: Incoming): Promise<WithClient> {
    const { request, parameters } = incoming;
    const ways = [
      request.headers.authorization !== undefined,
      parameters.has('client_secret'),
      parameters.has('client_assertion'),
    ];
    if (ways.filter(Boolean).length > 1)
      throw errors.clientMethods('the request has several of a header, a secret and an assertion');
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
