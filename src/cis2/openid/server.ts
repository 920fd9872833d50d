import type { X509Certificate } from 'node:crypto';
import { activity } from '@alongside/kernel/activity';
import type { Recorder } from '@alongside/kernel/events';
import type { HttpRequest } from '@alongside/kernel/http';
import { stateKey } from '@alongside/kernel/journeys';
import type { SigningKeys } from '@alongside/kernel/keys';
import type { Log } from '@alongside/kernel/log';
import type { Vault } from '@alongside/kernel/secrets';
import type { Passed } from '@alongside/kernel/steps';
import type { Applications } from '../../oauth/applications.ts';
import type { ClientRevocations } from '../../oauth/client-revocations.ts';
import type { ProofNonces } from '../../oauth/dpop.ts';
import type { NetworkLimit } from '../../oauth/network-limit.ts';
import type { PushedRequests } from '../../oauth/pushed-requests.ts';
import { RefreshSuccessors } from '../../oauth/refresh-successors.ts';
import type { RemoteKeys } from '../../oauth/remote-keys.ts';
import type { WithBatch } from '../../oauth/request-batch.ts';
import { clientAuthenticationMethods } from '../../oauth/server/client-authentication/registry.ts';
import { differences } from '../../oauth/server/differences.ts';
import { addressesOf } from '../../oauth/server/metadata.ts';
import type { WithConfirmation } from '../../oauth/server/sender-constraint.ts';
import type { AuthorizationServer, ClientCall, Requirement } from '../../oauth/server/server.ts';
import type { Tokens } from '../../oauth/tokens.ts';
import type { Urls } from '../../service.ts';
import type { AuditLog } from '../../storage/audit.ts';
import type { Database } from '../../storage/database.ts';
import type { Faults } from '../../storage/faults.ts';
import type { SingleUse } from '../../storage/single-use.ts';
import { requestErrors } from '../errors/request.ts';
import { responseErrors } from '../errors/response.ts';
import { tokenErrors } from '../errors/token.ts';
import { faultySigner, idTokenFaults } from '../faults/token-faults.ts';
import type { CisClient } from '../model/cis-client.ts';
import type { LimitRows } from '../model/interactions.ts';
import { profileRules } from '../model/profiles.ts';
import { findRelyingParty, partyOf, type RelyingParty } from '../model/relying-party.ts';
import { describeToken } from '../model/token-facts.ts';
import { endpointPaths } from '../protocol.ts';
import type { Codes } from '../responses/authorization-response.ts';
import type { Sessions } from '../sessions/sessions.ts';
import { checkLengths } from './authorize/parameters.ts';
import type { IdTokenSettings } from './claims/claims.ts';
import { type Successor, successorPurpose, successorShape, TokenIssuer } from './token/issuer.ts';

/** The context of steps behind client authentication. */
export interface WithRelyingParty {
  readonly client: RelyingParty;
}

/** CIS2 as an authorization server of the shared core. */
export interface Cis2Server extends AuthorizationServer<WithRelyingParty> {
  readonly keys: SigningKeys;
  readonly faults: Faults | undefined;
  readonly codes: Codes;
  readonly sessions: Sessions;
  readonly cis: CisClient;
  readonly tokenIssuer: TokenIssuer;
  readonly successors: RefreshSuccessors<Successor>;
  readonly idTokens: IdTokenSettings;
  readonly recorder: Recorder;
  readonly urls: Urls;
}

/** The first context of every endpoint that clients call. */
export interface ServerCall {
  readonly server: Cis2Server;
  readonly request: HttpRequest;
}

/** The context of a grant: its client is authenticated, and the key or certificate of its tokens is known. */
export type TokenCall = ServerCall &
  Omit<ClientCall, 'server'> &
  WithBatch &
  WithRelyingParty &
  WithConfirmation &
  Passed<'client-authentication' | 'sender-constraint'>;

/** The errors of the core in the words of CIS2. */
const errors: Cis2Server['errors'] = {
  ...requestErrors,
  ...responseErrors,
  ...tokenErrors,
  formExpected: tokenErrors.tokenRequestMalformed,
  formMalformed: tokenErrors.tokenRequestMalformed,
  parameterRepeated: tokenErrors.tokenParameterRepeated,
  challengeMethodAlone: responseErrors.challengeInvalid,
};

interface ServerDependencies extends IdTokenSettings {
  mutualTlsUrl?: string | undefined;
  keys: SigningKeys;
  faults?: Faults | undefined;
  database: Database;
  log: Log;
  vault: Vault;
  tokens: Tokens;
  audit: AuditLog;
  recorder: Recorder;
  urls: Urls;
  cis: CisClient;
  codes: Codes;
  sessions: Sessions;
  pushed: PushedRequests;
  limitRows: LimitRows;
  singleUse: SingleUse;
  applications: Applications;
  clientAuthorities?: readonly X509Certificate[];
  clientRevocations?: ClientRevocations | undefined;
  proofNonces: ProofNonces | undefined;
  clientKeys: RemoteKeys;
  /** Counts failed client authentication by network. */
  failures: NetworkLimit;
}

function requires({ registration }: RelyingParty, requirement: Requirement): boolean {
  if (requirement === 'pushed') return registration.pushedRequests === 'required';
  if (requirement === 'signed') return registration.signedRequests === 'required';
  return registration.boundTokens === requirement;
}

export const createServer = (dependencies: ServerDependencies): Cis2Server => ({
  ...dependencies,
  addresses: {
    token: addressesOf(dependencies, endpointPaths.token),
    pushed: addressesOf(dependencies, endpointPaths.pushed),
    userinfo: addressesOf(dependencies, endpointPaths.userinfo),
  },
  profiles: profileRules,
  errors,
  ...differences.cis2,
  methods: clientAuthenticationMethods(differences.cis2.ambiguousAuthentication),
  assertionJtiKind: 'cis2-assertion',
  async findClient(clientId, seen = activity()) {
    const client = await findRelyingParty(dependencies.applications, clientId);
    if (client) seen?.note({ client: clientId, application: client.application.id });
    return client && { client };
  },
  certificateSubjectOf: ({ registration }) => registration.certificateSubject ?? {},
  requires,
  revokesReusedCodes: true,
  checkLengths: () => undefined,
  checkObjectLengths: checkLengths,
  requestAlgorithmOf: ({ requestObjectSigningAlg }) => requestObjectSigningAlg,
  redirectUrisOf: ({ redirectUris }) => redirectUris,
  admitUnauthenticated: dependencies.limitRows,
  notePushed({ registration, application }, parameters, requestUri) {
    dependencies.recorder.record({
      keys: [stateKey({ clientId: registration.clientId, state: parameters.get('state') }) || requestUri],
      from: partyOf(registration, dependencies.urls),
      to: 'cis2',
      name: 'cis2.par',
      detail: { client: application.name, scope: parameters.get('scope') ?? '' },
    });
  },
  refusedTokens: { action: 'cis2.tokens-refused', detail: {} },
  revocationStatement: ({ uid, sid, family, applicationId }, cause) =>
    dependencies.audit.recordStatement({
      action: 'cis2.tokens-revoked',
      outcome: 'ok',
      actor: uid ?? '',
      application: applicationId,
      session: sid,
      family,
      detail: { cause },
    }),
  noteRevocation({ registration, application }, { kind, family }) {
    dependencies.recorder.record({
      lasting: family,
      from: partyOf(registration, dependencies.urls),
      to: 'cis2',
      name: 'cis2.revoke',
      detail: { client: application.name, kind },
    });
  },
  // A client may inspect its own tokens.
  mayInspect: ({ registration }, { issuer, clientId }) =>
    issuer === dependencies.issuer && clientId === registration.clientId,
  describeToken: (record) => describeToken(dependencies.cis, record),
  faults: dependencies.faults,
  tokenIssuer: new TokenIssuer(dependencies),
  successors: new RefreshSuccessors(dependencies, successorPurpose, successorShape),
  idTokens: {
    ...dependencies,
    keys: faultySigner(dependencies.keys, dependencies.faults, idTokenFaults),
  },
  clientAuthorities: dependencies.clientAuthorities ?? [],
  clientRevocations: dependencies.clientRevocations,
});
