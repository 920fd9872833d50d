import type { X509Certificate } from 'node:crypto';
import type { Clock } from '@alongside/kernel/clock';
import type { ClientRevocations } from '../../../../oauth/client-revocations.ts';
import { registeredKeys } from '../../../../oauth/key-source.ts';
import {
  issuedFault,
  mutualTlsMethods,
  readCertificate,
  selfSignedFault,
} from '../../../../oauth/mutual-tls.ts';
import type { RemoteKeys } from '../../../../oauth/remote-keys.ts';
import { FetchError } from '../../../../oauth/safe-fetch.ts';
import { tokenErrors } from '../../../errors/token.ts';
import type { RelyingParty } from '../../../model/relying-party.ts';
import type { ClientAuthenticationMethod, TokenRequest } from './method.ts';

interface Parts {
  clock: Clock;
  clientKeys: RemoteKeys;
  /** Who issues the certificates of `tls_client_auth`. */
  clientAuthorities: readonly X509Certificate[];
  clientRevocations?: ClientRevocations | undefined;
}

const otherProofs = ['client_secret', 'client_assertion', 'client_assertion_type'];

/** The certificate speaks for the client that the form names, when nothing else does. */
const isUsed = ({ request, parameters }: TokenRequest): boolean =>
  request.certificate !== undefined &&
  request.headers.authorization === undefined &&
  !otherProofs.some((name) => parameters.has(name));

async function faultOf(
  { clock, clientKeys, clientAuthorities: authorities, clientRevocations: revocations }: Parts,
  { request }: TokenRequest,
  { client }: RelyingParty,
): Promise<string | undefined> {
  const presented = readCertificate(request.certificate, request.certificateChain);
  if (client.tokenEndpointAuthMethod === 'tls_client_auth')
    return issuedFault(presented, client.certificateSubject ?? {}, { authorities, revocations, clock });
  try {
    return selfSignedFault(presented, await registeredKeys(client, clientKeys), { clock });
  } catch (error) {
    if (error instanceof FetchError) return `the keys at ${client.jwksUrl} cannot be read: ${error.message}`;
    throw error;
  }
}

/** `tls_client_auth` and `self_signed_tls_client_auth` (RFC 8705 section 2): one call looks like the other. */
export const mutualTls = (parts: Parts): ClientAuthenticationMethod => ({
  ids: mutualTlsMethods,
  isUsed,
  claimedClient: ({ parameters }) => parameters.get('client_id'),
  refuse: (detail) => tokenErrors.clientUnauthenticated(detail),
  async prove(asked, party) {
    const fault = await faultOf(parts, asked, party);
    if (fault !== undefined) throw tokenErrors.clientUnauthenticated(fault);
  },
});
