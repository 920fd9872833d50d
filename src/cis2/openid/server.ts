import type { X509Certificate } from 'node:crypto';
import type { Clock } from '@alongside/kernel/clock';
import type { HttpRequest } from '@alongside/kernel/http';
import type { Applications, Cis2Half } from '../../oauth/applications.ts';
import type { ClientRevocations } from '../../oauth/client-revocations.ts';
import type { ProofNonces } from '../../oauth/dpop-nonce.ts';
import type { NetworkLimit } from '../../oauth/network-limit.ts';
import type { RemoteKeys } from '../../oauth/remote-keys.ts';
import { clientAuthenticationMethods } from '../../oauth/server/client-authentication/registry.ts';
import type { AuthorizationServer, RegisteredClient } from '../../oauth/server/server.ts';
import type { SingleUse } from '../../storage/single-use.ts';
import { tokenErrors } from '../errors/token.ts';
import { addressesOf, endpointPaths } from '../model/endpoints.ts';
import { profileRules } from '../model/profiles.ts';
import { findRelyingParty, type RelyingParty } from '../model/relying-party.ts';

/** A client that authenticated at CIS2: the same in the words of the core and of CIS2. */
export interface WithParty {
  readonly client: RegisteredClient & { readonly half: Cis2Half };
  readonly party: RelyingParty;
}

export type Cis2Server = AuthorizationServer<WithParty>;

/** The first context of every endpoint that clients call. */
export interface ServerCall {
  readonly server: Cis2Server;
  readonly request: HttpRequest;
}

interface ServerDependencies {
  issuer: string;
  mutualTlsUrl?: string | undefined;
  clock: Clock;
  singleUse: SingleUse;
  applications: Applications;
  clientAuthorities?: readonly X509Certificate[];
  clientRevocations?: ClientRevocations | undefined;
  proofNonces: ProofNonces | undefined;
  clientKeys: RemoteKeys;
  /** Client authentication that failed, by network. */
  failures: NetworkLimit;
}

/** CIS2 as an authorization server of the shared core. */
export const createServer = (dependencies: ServerDependencies): Cis2Server => ({
  issuer: dependencies.issuer,
  addresses: {
    token: addressesOf(dependencies, endpointPaths.token),
    pushed: addressesOf(dependencies, endpointPaths.pushed),
  },
  profiles: profileRules,
  errors: tokenErrors,
  methods: clientAuthenticationMethods('refused'),
  assertionJtiKind: 'cis2-assertion',
  async findClient(clientId) {
    const party = await findRelyingParty(dependencies.applications, clientId);
    return party && { party, client: { application: party.application, half: party.client } };
  },
  certificateSubjectOf: ({ half }) => half.certificateSubject ?? {},
  requiresBinding: ({ half }, to) => half.boundTokens === to,
  bindsCertificate: ({ half }, jkt) =>
    half.boundTokens === 'certificate' ||
    (profileRules[half.profile].senderConstraint === 'required' && jkt === null && !half.boundTokens),
  bindsKeyAndCertificate: true,
  announcesNonces: 'to-proofs',
  clock: dependencies.clock,
  singleUse: dependencies.singleUse,
  proofNonces: dependencies.proofNonces,
  clientKeys: dependencies.clientKeys,
  clientAuthorities: dependencies.clientAuthorities ?? [],
  clientRevocations: dependencies.clientRevocations,
  failures: dependencies.failures,
});
