import { checkProof } from '../../oauth/dpop.ts';
import type { WithClient } from '../application/client.ts';
import type { Parts } from '../parts.ts';
import { errors } from './errors.ts';
import type { Incoming } from './incoming.ts';

/** Thumbprint of the key that the client holds, null when it sent no proof. */
export interface WithProof {
  jkt: string | null;
}

/** Attribute of an application that wants no unbound token (RFC 9449 section 5.2). */
const boundAttribute = 'dpop-bound-access-tokens';

const needsProof = ({ client }: WithClient): boolean => client.half.attributes[boundAttribute] === 'true';

/** The DPoP proof of a call, if one came (RFC 9449 section 5). `url` is the public address of the endpoint. */
export const readProof = (url: string, parts: Pick<Parts, 'clock' | 'singleUse'>) =>
  async function readProof({ request }: Incoming): Promise<WithProof> {
    const header = request.headers.dpop;
    if (header === undefined) return { jkt: null };
    const target = { method: request.method, url };
    const result = await checkProof([header].flat().join(','), target, parts);
    if ('fault' in result) throw errors.proofInvalid(result.fault);
    return result;
  };

/** A client that registered for bound tokens gets no others. */
export async function requireProof(known: WithClient & WithProof): Promise<void> {
  if (known.jkt === null && needsProof(known))
    throw errors.proofInvalid(`${boundAttribute} is registered, and no proof came`);
}
