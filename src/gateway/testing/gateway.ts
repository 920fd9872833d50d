import assert from 'node:assert/strict';
import { ManualClock } from '@alongside/kernel/clock';
import { EventRecorder, type JourneyEvent } from '@alongside/kernel/events';
import { createListener } from '@alongside/kernel/http';
import { randomToken } from '@alongside/kernel/ids';
import type { Log } from '@alongside/kernel/log';
import type { TrustedProxies } from '@alongside/kernel/peer';
import { Vault } from '@alongside/kernel/secrets';
import { type Application, Applications } from '../../oauth/applications.ts';
import { Developers } from '../../oauth/developers.ts';
import { Products, type RateLimits } from '../../oauth/products.ts';
import type { TokenRecord } from '../../oauth/token-records.ts';
import { Tokens } from '../../oauth/tokens.ts';
import { AuditLog } from '../../storage/audit.ts';
import { openDatabase } from '../../storage/dialects.ts';
import { StoredEvents } from '../../storage/events.ts';
import { Refusals } from '../../storage/refusals.ts';
import type { Patient } from '../apis/pds/patient.ts';
import { seed } from '../apis/pds/seed.ts';
import type { Dependencies } from '../dependencies.ts';
import { createGateway, type GatewayOptions } from '../index.ts';

/** Noon of a summer day, so that results do not depend on the time of the run. */
const noon = Date.UTC(2026, 6, 1, 12);

export const pdsBase = '/personal-demographics/FHIR/R4';
export const requestId = '60E0B220-8136-4CA5-AE46-1D97EF59D068';

export const scopes = {
  user: 'urn:nhsd:apim:user-nhs-id:aal3:personal-demographics-service',
  application: 'urn:nhsd:apim:app:level3:personal-demographics-service',
  privileged: 'urn:nhsd:apim:app:level3:privileged-personal-demographics-service',
  patient: 'urn:nhsd:apim:user-nhs-login:P9:personal-demographics-service',
};

/** A role of the default token's user. */
export const role = '555254240100';

/** Headers that only the gateway or a proxy may set, and spellings that might bypass the filter. */
export const identity = [
  ...['NHSD-Identity-UUID', 'NHSD-Identity-IdP', 'NHSD-ASID', 'NHSD-NHSLogin-User', 'NHSD-Request-ID'],
  ...['NHSD-Correlation-ID', 'NHSD-Application-Id', 'NHSD-Party-Key', 'NHSD-Scope', 'NHSD-Identity-JWT'],
  ...['NHSD-Connection-Metadata', 'NHSE-PDS-Custom-Attributes', 'NHSE-PDS-Privileged-Access'],
  ...['x-ers-user-id', 'x-ers-access-mode', 'XAPI_ASID', 'x-sync-wrapped', 'Prefer', 'Cookie'],
  ...['NHSD_Identity_UUID', 'nhse_pds_privileged_access', 'nHsD-iDeNtItY-uUiD', 'NHSD.Session.UUID'],
  ...[
    'NHSD.Session-URID',
    "NHSD'Session'UUID",
    'NHSD~Identity~IdP',
    'NHSD|Session|UUID',
    'NHSD-Session.UUID',
  ],
  ...['Remote-User', 'Remote.User', 'REMOTE_USER', 'X-Remote-User', 'X-Remote-Group', 'X_Remote_User'],
  ...['X-Auth-Request-User', 'X-Auth-Request-Email', 'X-Auth-Request-Access-Token', 'X-WebAuth-User'],
  ...['X-Authenticated-User', 'X-Authenticated-Userid', 'X-Consumer-Username', 'X-Credential-Identifier'],
  ...[
    'X-User',
    'X-User-Id',
    'X-User-Email',
    'X-User-Roles',
    'OIDC_CLAIM_sub',
    'OIDC-Access-Token',
    'SM_USER',
  ],
  ...['MELLON_NAME_ID', 'Shib-Session-ID', 'EPPN', 'iv-user', 'OAM_REMOTE_USER', 'Tailscale-User-Login'],
  ...[
    'X-SSL-Client-Cert',
    'X-SSL-Client-S-DN',
    'X-SSL-Client-Verify',
    'SSL_CLIENT_CERT',
    'ssl-client-verify',
  ],
  ...['X-Client-Cert', 'X-Client-Verify', 'X-ARR-ClientCert', 'X-Amzn-Mtls-Clientcert', 'Client-Cert'],
  ...[
    'Client_Cert_Chain',
    'X-Forwarded-Client-Cert',
    'X-Forwarded-Tls-Client-Cert',
    'MS-ASPNETCORE-CLIENTCERT',
  ],
  ...['X-Envoy-External-Address', 'X-Envoy-Original-Path', 'X-Jwt-Payload', 'X-Amzn-OIDC-Data'],
  ...['X-Amzn-OIDC-Identity', 'X-MS-CLIENT-PRINCIPAL', 'X-Goog-IAP-JWT-Assertion', 'CF-Connecting-IP'],
  ...['CF-Access-Authenticated-User-Email', 'X-Azure-ClientIP', 'Fastly-Client-IP', 'X-AppEngine-Cron'],
  ...['X-Forwarded-For', 'X-Forwarded-Host', 'X-Forwarded-Proto', 'X-Forwarded-User', 'X-Forwarded-Prefix'],
  ...[
    'X.Forwarded.For',
    'Forwarded',
    'X-Real-IP',
    'True-Client-IP',
    'X-Cluster-Client-IP',
    'X-Proxied-Https',
  ],
  ...['X-Original-URL', 'X-Rewrite-URL', 'X-HTTP-Method-Override', 'X_HTTP_Method_Override', 'X-HTTP-Method'],
  ...[
    'X-Method-Override',
    'X-Script-Name',
    'X-Accel-Redirect',
    'X-Accel-Mapping',
    'X-Sendfile-Type',
    'Proxy',
  ],
  ...['Proxy-Authorization', 'HTTPS', 'Front-End-Https', 'X-Middleware-Subrequest'],
];

const unlimited: RateLimits | null = null;

const applicationOf = (id: string, attributes: Record<string, string>, products: string[]): Application => ({
  id,
  name: `The ${id} application`,
  developer: 'tests',
  status: 'approved',
  platform: {
    profile: 'nhs',
    clientId: `key-of-${id}`,
    secrets: [],
    tokenEndpointAuthMethod: 'client_secret_post',
    signingAlg: 'RS512',
    jwks: null,
    jwksUrl: null,
    callbackUrls: [],
    products: products.map((name) => ({ name, status: 'approved' })),
    applicationType: 'web',
    accessToken: { format: 'opaque', signingAlg: 'RS256' },
    attributes,
  },
  cis2: null,
});

export interface LogLine {
  level: string;
  fields: Record<string, unknown>;
  message: string;
}

/** Tests of the signing service start it with an instance. */
async function noSigning(): Promise<never> {
  throw new Error('This gateway has no signing service.');
}

/** Starts a gateway with a real listener on a free port and the seeded patients, with a database in memory by default. */
export async function startGateway(
  options: Partial<GatewayOptions> = {},
  setting = ':memory:',
  more: Partial<Dependencies> & { proxies?: TrustedProxies } = {},
) {
  const clock = new ManualClock(noon);
  const database = await openDatabase(setting, '');
  const lines: LogLine[] = [];
  const write = (level: string) => (fields: Record<string, unknown>, message: string) => {
    lines.push({ level, fields, message });
  };
  const log: Log = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
  const applications = new Applications(database, clock);
  const products = new Products(database);
  const developers = new Developers(database);
  const tokens = new Tokens(database, clock, new Vault(Buffer.alloc(32, 7)));
  const events = new StoredEvents(database);
  const recorder = new EventRecorder(clock, events);
  const audit = new AuditLog(database, clock, new Vault(Buffer.alloc(32, 7)));
  const refusals = new Refusals(database, clock);
  const api = 'http://127.0.0.1';
  const dependencies: Dependencies = {
    clock,
    database,
    applications,
    products,
    developers,
    tokens,
    recorder,
    refusals,
    audit,
    log,
    urls: { console: api, api, apis: api, cis2: api, identityAgent: api, cis: api, sample: api },
    development: true,
    signing: { api: noSigning, sandbox: noSigning },
    options: { legacyDefaultMode: false, requireAsid: false, ...options },
    ...more,
  };
  const gateway = await createGateway(dependencies);
  await seed(database);
  const listeners = [gateway, gateway.apis ?? { routes: [] }].map(({ routes }) =>
    createListener(routes, {
      name: 'gateway',
      log,
      flush: () => recorder.flush(),
      refusals,
      ...(more.proxies ? { proxies: more.proxies } : {}),
    }),
  );
  const [port = 0, apisPort = 0] = await Promise.all(listeners.map((listener) => listener.listen(0)));

  await products.save({
    name: 'pds',
    apis: ['personal-demographics'],
    scopes: Object.values(scopes),
    limits: unlimited,
  });
  await products.save({ name: 'hello', apis: ['hello-world', 'canary-api'], scopes: [], limits: unlimited });
  // A second gateway on the same database finds them there.
  if (!(await applications.get('full'))) {
    await applications.add(applicationOf('full', { asid: '200000001234' }, ['pds', 'hello']));
    await applications.add(applicationOf('bare', {}, ['hello']));
  }

  /** Stores an access token as the authorisation service does, and returns it. */
  const issue = async (record: Partial<Omit<TokenRecord, 'usedAt' | 'revokedAt'>> = {}): Promise<string> => {
    const token = randomToken(21);
    const applicationId = record.applicationId ?? 'full';
    const stored = {
      kind: 'access' as const,
      issuer: `${api}/oauth2`,
      family: randomToken(),
      applicationId,
      clientId: `key-of-${applicationId}`,
      uid: '656005750107',
      sid: null,
      scope: scopes.user,
      attributes: {
        auth_type: 'user',
        auth_grant_type: 'authorization_code',
        auth_provider: 'nhs-cis2',
        'id_token-subject': '656005750107',
        'id_token-issuer': 'https://issuer.example',
        'alongside.role_ids': role,
      },
      issuedAt: clock.now(),
      expiresAt: clock.now() + 600_000,
      ...record,
    };
    await database.batch(tokens.issueStatements(stored, [{ ...stored, token, ...tokens.placeOf(token) }]));
    return token;
  };

  const callAt = (
    at: number,
    path: string,
    init: RequestInit & { token?: string } = {},
  ): Promise<Response> => {
    const { token, headers, ...rest } = init;
    return fetch(`http://127.0.0.1:${at}${path}`, {
      ...rest,
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(path.startsWith(pdsBase) && { 'x-request-id': requestId }),
        ...(headers as Record<string, string>),
      },
    });
  };

  return {
    clock,
    database,
    applications,
    products,
    tokens,
    lines,
    port,
    issue,
    call: (path: string, init?: Parameters<typeof callAt>[2]) => callAt(port, path, init),
    /** Calls the listener of the APIs by definition, where they have an origin of their own. */
    callApis: (path: string, init?: Parameters<typeof callAt>[2]) => callAt(apisPort, path, init),
    dependencies,
    refusals,
    addApplication: (id: string, attributes: Record<string, string>, of: string[]) =>
      applications.add(applicationOf(id, attributes, of)),
    addStandardApplication: (id: string, of: string[], profile: 'standard' | 'fapi2' = 'standard') => {
      const application = applicationOf(id, {}, of);
      const platform = application.platform && { ...application.platform, profile };
      return applications.add({ ...application, platform });
    },
    events: (): Promise<JourneyEvent[]> => events.list(),
    stop: async () => {
      await Promise.all(listeners.map((listener) => listener.close()));
      await database.close();
    },
  };
}

export type RunningGateway = Awaited<ReturnType<typeof startGateway>>;

/** Reads a patient, which must succeed. */
export async function readPatient(
  gateway: RunningGateway,
  id: string,
  options: Parameters<RunningGateway['call']>[1],
): Promise<Patient> {
  const answer = await gateway.call(`${pdsBase}/Patient/${id}`, options);
  assert.equal(answer.status, 200);
  return (await answer.json()) as Patient;
}

/** Members of an OperationOutcome in the reference's tables. */
export interface OutcomeBody {
  resourceType: string;
  issue: [
    {
      severity: string;
      code: string;
      details: { coding: [{ system: string; version: string; code: string; display: string }] };
      diagnostics?: string;
    },
  ];
}
