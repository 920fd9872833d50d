import type { Answer } from '@alongside/kernel/answer';
import type { HttpRequest } from '@alongside/kernel/http';
import { check } from '@alongside/kernel/steps';
import type { Profile } from '../applications.ts';
import { checkProof, proofAlgorithmsOf } from '../dpop.ts';
import { readCertificate } from '../mutual-tls.ts';
import type { WithBatch } from '../request-batch.ts';
import type { Confirmation } from '../token-records.ts';
import { rulesOf } from './profile.ts';
import type { Addresses, AuthorizationServer, WithClient } from './server.ts';

/** The reason for the log why a proof is not valid. */
interface ProofFault {
  fault: string;
  /** Whether the proof lacks a current nonce of the server, which may be its only fault. */
  needsNonce?: true;
}

/**
 * Verifies the DPoP proof of a call and uses it up (RFC 9449 section 4). Returns undefined for a call without one.
 * @param addresses of the called endpoint.
 * @param accessToken the token that the proof must name, at a resource.
 */
export async function readProof(
  server: Pick<AuthorizationServer, 'clock' | 'singleUse' | 'proofNonces'>,
  { method, headers }: HttpRequest,
  profile: Profile,
  addresses: Addresses,
  accessToken?: string,
): Promise<{ jkt: string } | ProofFault | undefined> {
  if (headers.dpop === undefined) return undefined;
  const proof = [headers.dpop].flat().join(',');
  if (server.proofNonces && !server.proofNonces.accepts(proof))
    return { fault: 'the proof has no nonce of this server, or an expired one', needsNonce: true };
  const target = { method, url: addresses, algorithms: proofAlgorithmsOf(profile) };
  return checkProof(proof, accessToken === undefined ? target : { ...target, accessToken }, server);
}

interface Call extends WithClient, Partial<WithBatch> {
  readonly server: AuthorizationServer;
  readonly request: HttpRequest;
}

/** The thumbprint of the key that the client proved; null without a proof. */
export interface WithProof {
  readonly jkt: string | null;
}

/** The key or certificate to which the tokens of a call are bound. */
export interface WithConfirmation extends WithProof {
  readonly confirmation: Confirmation | null;
}

/** Adds the nonce of the client's next DPoP proof to an answer, also to a refusal (RFC 9449 section 8.2). */
export const withNonce = (
  { proofNonces, announcesNonces }: Pick<AuthorizationServer, 'proofNonces' | 'announcesNonces'>,
  { headers }: HttpRequest,
  answer: Answer,
): Answer =>
  proofNonces && (announcesNonces === 'always' || headers.dpop !== undefined)
    ? answer.with({ 'dpop-nonce': proofNonces.current() })
    : answer;

async function provenKey(
  { server, request, batch, client: { registration } }: Call,
  endpoint: 'token' | 'pushed',
): Promise<WithProof> {
  // A proof is used up here, and anyone can make one for a public client.
  await batch?.settle();
  if (registration.tokenEndpointAuthMethod === 'none') await server.admitUnauthenticated(request);
  const proof = await readProof(server, request, registration.profile, server.addresses[endpoint]);
  if (proof === undefined) return { jkt: null };
  if ('jkt' in proof) return proof;
  throw (proof.needsNonce ? server.errors.dpopNonceNeeded : server.errors.dpopProofInvalid)(proof.fault);
}

/** Verifies the DPoP proof, where the client's profile has sender-constrained tokens. */
export const proveKey = (endpoint: 'token' | 'pushed') =>
  check('sender-key', function proveKey(call: Call): WithProof | Promise<WithProof> {
    const { server, request, client } = call;
    const isOff = rulesOf(server, client.registration).senderConstraint === 'off';
    return isOff || request.headers.dpop === undefined ? { jkt: null } : provenKey(call, endpoint);
  });

/**
 * Binds the tokens of a call, and refuses a client that must have bound tokens (RFC 9449 section 5, RFC 8705 section 3). A proof
 * wins over a certificate. A client that registered certificate-bound tokens and sends a proof gets tokens bound to both.
 */
export const bindTokens = check('sender-constraint', function bindTokens(call: Call & WithProof): Pick<
  WithConfirmation,
  'confirmation'
> {
  const { server, request, client, jkt } = call;
  const { senderConstraint } = rulesOf(server, client.registration);
  if (senderConstraint === 'off') return { confirmation: null };
  const needsCertificate = server.requires(client, 'certificate');
  const mayUseCertificate =
    senderConstraint === 'required' && jkt === null && !server.requires(client, 'dpop');
  const certificate =
    needsCertificate || mayUseCertificate ? readCertificate(request.certificate) : undefined;
  if (jkt === null && server.requires(client, 'dpop'))
    throw server.errors.dpopProofInvalid(
      'the client registered DPoP-bound tokens, and the request has no proof',
    );
  if (!certificate && needsCertificate)
    throw server.errors.certificateMissing(
      'the client registered certificate-bound tokens, and the connection has no certificate',
    );
  if (certificate) {
    const key = jkt === null ? {} : { jkt };
    return { confirmation: { ...key, 'x5t#S256': certificate.thumbprint } };
  }
  if (jkt !== null) return { confirmation: { jkt } };
  if (senderConstraint === 'required')
    throw server.errors.dpopProofInvalid(
      'the request has no DPoP proof, and the connection no client certificate',
    );
  return { confirmation: null };
});
