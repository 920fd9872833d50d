import { equalSecrets, sha256 } from '@alongside/kernel/secrets';
import { check } from '@alongside/kernel/steps';
import { checkProof, proofAlgorithmsOf } from '../../oauth/dpop.ts';
import { confirmationOf } from '../../oauth/token-records.ts';
import { mutualTlsOf, originOf } from '../addresses.ts';
import { errors } from '../errors/catalogue.ts';
import type { WithHeaders } from './request.ts';
import type { Verified } from './token.ts';

/** Requires the certificate that the token was issued to (RFC 8705 section 3). */
function checkCertificate(wanted: string | undefined, certificate: Buffer | undefined): void {
  if (wanted === undefined) return;
  if (certificate === undefined)
    throw errors.wrongCertificate('the token is bound to a certificate, and the client sent none');
  if (!equalSecrets(sha256(certificate), wanted))
    throw errors.wrongCertificate('the certificate is not the one that the token is bound to');
}

async function checkKey(jkt: string, call: WithHeaders & Verified): Promise<void> {
  const { gateway, api, request, client, presented, trace } = call;
  const { urls, proofNonces } = gateway;
  const proof = client.get('dpop');
  trace.nonce = proofNonces?.current();
  if (proof === undefined) throw errors.missingProof('the scheme is DPoP, and the request has no proof');
  if (proofNonces && !proofNonces.accepts(proof))
    throw errors.nonceRequired('the proof has no current nonce of the gateway');
  const url = [originOf(urls, api), mutualTlsOf(gateway, api) ?? []]
    .flat()
    .map((origin) => origin + request.path);
  const algorithms = proofAlgorithmsOf(trace.profile);
  const target = { method: request.method, url, accessToken: presented.token, algorithms };
  const result = await checkProof(proof, target, gateway);
  if ('fault' in result) throw errors.invalidProof(result.fault);
  if (!equalSecrets(result.jkt, jkt))
    throw errors.invalidProof('the key of the proof is not the one that the token is bound to');
}

const unbound = 'the token is not bound to a key';

/**
 * Requires a bound token to be used with its key and in its own scheme (RFC 9449 section 7). Refuses a proof with an unbound
 * token, because its sender expects a protection that does not exist. Tokens of the nhs profile are never bound, and a proof with
 * them is ignored.
 */
export const checkBinding = check('binding', function checkBinding(call: WithHeaders & Verified):
  | Promise<void>
  | undefined {
  const { request, client, token, presented, trace } = call;
  const { jkt, 'x5t#S256': x5t } = confirmationOf(token) ?? {};
  checkCertificate(x5t, request.certificate);
  if (jkt !== undefined) {
    if (presented.scheme !== 'dpop') throw errors.boundToken('a token bound to a key was sent as Bearer');
    return checkKey(jkt, call);
  }
  if (presented.scheme === 'dpop' || (trace.profile !== 'nhs' && client.has('dpop')))
    throw errors.unboundToken(unbound);
  return undefined;
});
