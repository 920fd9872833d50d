import type { Parameters } from '../../oauth/parameters.ts';
import { readRequestObject } from '../../oauth/request-object.ts';
import type { WithClient } from '../application/client.ts';
import type { Base } from '../base.ts';
import type { Parts } from '../parts.ts';
import { errors } from './errors.ts';
import { type Incoming, requireLengths } from './incoming.ts';
import { algorithmsOf } from './profile.ts';

/** A signed request object by value takes the place of everything that came beside it (RFC 9101 section 6.3). By reference none is fetched. */
export const readObject = (base: Base, parts: Pick<Parts, 'clock' | 'clientKeys'>) =>
  async function readObject({
    parameters,
    client,
  }: Incoming & WithClient): Promise<{ parameters: Parameters } | undefined> {
    const text = parameters.get('request');
    if (text === undefined) return undefined;
    const { half } = client;
    const rules = { clientId: half.clientId, issuer: base.issuer, algorithms: algorithmsOf(half) };
    const result = await readRequestObject(text, rules, half, parts);
    if ('fault' in result) throw errors.requestObject(result.fault);
    requireLengths(result.parameters);
    return result;
  };
