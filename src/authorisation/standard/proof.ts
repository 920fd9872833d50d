import type { HttpRequest } from '@alongside/kernel/http';
import { decodeJwt } from '@alongside/kernel/jws';
import type { Confirmation } from '../../oauth/confirmation.ts';
import { checkProof, proofAlgorithmsOf } from '../../oauth/dpop.ts';
import { readCertificate } from '../../oauth/mutual-tls.ts';
import type { WithClient } from '../application/client.ts';
import type { Base } from '../base.ts';
import type { Parts } from '../parts.ts';
import { errors } from './errors.ts';
import type { Incoming } from './incoming.ts';
import { rulesOf } from './profile.ts';

/** What the client holds. */
export interface WithProof {
  /** Thumbprint of the key of its DPoP proof, null when it sent none. */
  jkt: string | null;
  /** What its tokens are bound to: that key, or its certificate, or nothing. */
  confirmation: Confirmation | null;
}

/** Attributes of an application that wants no unbound token (RFC 9449 section 5.2, RFC 8705 section 3.4). */
const keyAttribute = 'dpop-bound-access-tokens';
const certificateAttribute = 'tls-client-certificate-bound-access-tokens';

const wants = ({ client }: WithClient, attribute: string): boolean =>
  client.half.attributes[attribute] === 'true';

/** The nonces of a base path that wants them; else undefined. */
const noncesOf = ({ hardening }: Base, { proofNonces }: Pick<Parts, 'proofNonces'>) =>
  hardening.proofNonces ? proofNonces : undefined;

/** The address that a proof names, of those at which the endpoint stands: its own, and that for clients with a certificate. */
function addressOf(url: string, mutualTlsUrl: string | undefined, htu: unknown): string {
  const other = mutualTlsUrl === undefined ? url : mutualTlsUrl + new URL(url).pathname;
  return htu === other ? other : url;
}

/** The DPoP proof of a call, if one came (RFC 9449 section 5). `url` is the public address of the endpoint. */
export const readProof = (
  url: string,
  base: Base,
  parts: Pick<Parts, 'clock' | 'singleUse' | 'proofNonces' | 'mutualTlsUrl'>,
) =>
  async function readProof({ request, client }: Incoming & WithClient): Promise<WithProof> {
    const sent = request.headers.dpop;
    const proof = sent === undefined ? undefined : [sent].flat().join(',');
    const certificate = certificateOf(request, { client });
    if (proof === undefined) return { jkt: null, confirmation: certificate };
    const nonces = noncesOf(base, parts);
    if (nonces && !nonces.accepts(proof))
      throw errors.nonceNeeded('the proof has no nonce of ours, or an old one');
    const target = {
      method: request.method,
      url: addressOf(url, parts.mutualTlsUrl, decodeJwt(proof)?.claims.htu),
      algorithms: proofAlgorithmsOf(client.half.profile),
    };
    const result = await checkProof(proof, target, parts);
    if ('fault' in result) throw errors.proofInvalid(result.fault);
    return { jkt: result.jkt, confirmation: certificate ?? { jkt: result.jkt } };
  };

/** The certificate of the connection, for a client whose tokens are to be bound to it (RFC 8705 section 3). */
function certificateOf(request: HttpRequest, known: WithClient): Confirmation | null {
  const { tokenEndpointAuthMethod: method } = known.client.half;
  const counts =
    wants(known, certificateAttribute) || (rulesOf(known.client.half).bound && method.includes('tls'));
  const presented = counts ? readCertificate(request.certificate) : undefined;
  return presented ? { 'x5t#S256': presented.thumbprint } : null;
}

/** A client that registered for bound tokens, or whose profile wants them, gets no others. */
export async function requireProof(known: WithClient & WithProof): Promise<void> {
  const { confirmation, jkt, client } = known;
  if (wants(known, keyAttribute) && jkt === null)
    throw errors.proofInvalid(`${keyAttribute} is registered, and no proof came`);
  if (wants(known, certificateAttribute) && !(confirmation && 'x5t#S256' in confirmation))
    throw errors.certificateMissing(`${certificateAttribute} is registered, and no certificate came`);
  if (rulesOf(client.half).bound && confirmation === null)
    throw errors.proofInvalid('neither a DPoP proof nor a client certificate came');
}
