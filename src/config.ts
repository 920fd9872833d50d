import { carriesSecret, isRepeatable, isSecret } from '@alongside/kernel/config';
import { nearest } from '@alongside/kernel/operator';
import { isOrigin } from '@alongside/kernel/origin';
import { z } from 'zod';
import { optionsByBase } from './authorisation/hardening.ts';
import { apis } from './gateway/apis/registry.ts';
import { apiNameForm } from './gateway/protocol.ts';
import { networkLimits } from './oauth/network-limit.ts';
import { limitsByApi } from './oauth/rate-limits.ts';
import { isDatabaseSetting } from './storage/dialects.ts';

/** The services, in the order in which they start. */
export const serviceNames = [
  'cis',
  'cis2',
  'authorisation',
  'gateway',
  'identity-agent',
  'console',
  'sample',
] as const;
export type ServiceName = (typeof serviceNames)[number];

const url = z
  .string()
  .refine((value) => URL.canParse(value) && /^https?:/.test(value), 'must be an http or https address')
  .refine((value) => !/^[^/]*\/\/[^/?#]*@/.test(value), 'must not contain a user or password')
  .transform((value) => value.replace(/\/$/, ''));

const port = z.coerce
  .number('must be a port number')
  .int('must be a whole number')
  .min(0, 'must be 0 or more')
  .max(65_526, 'must be 65526 or less');

const whole = (least: number, most: number) =>
  z.coerce
    .number('must be a number')
    .int('must be a whole number')
    .min(least, `must be ${least} or more`)
    .max(most, `must be ${most} or less`);

const list = z.union([
  z.string().transform((value) => value.split(',').filter(Boolean)),
  z.array(z.string()),
]);

const only = z.union([z.string().transform((value) => value.split(',')), z.array(z.string())]).pipe(
  z
    .array(
      z.enum(serviceNames, {
        error: (issue) =>
          `knows no service "${String(issue.input)}".${nearest(String(issue.input), serviceNames)} Choose from ${serviceNames.join(', ')}`,
      }),
    )
    .min(1, 'must name at least one service'),
);

/** Origins of pages, in a list or separated by commas. */
const origins = z
  .union([z.string().transform((value) => [value]), z.array(z.string())])
  .transform((values) => values.flatMap((value) => value.split(',').filter(Boolean)))
  .refine((values) => values.every(isOrigin), 'must be origins, such as https://app.example.org');

/** An object, or JSON of one in a flag. */
const objectOrJson = z.union([
  z.string().transform((text, context): unknown => {
    try {
      return JSON.parse(text);
    } catch {
      context.addIssue({ code: 'custom', message: 'must be JSON' });
      return z.NEVER;
    }
  }),
  z.record(z.string(), z.unknown()),
]);
/** Names of the authorisation service in products and limits: its base paths. */
export const authorisationApis: readonly string[] = ['oauth2', 'oauth2-mock', 'oauth2.1'];
/** Names in `apiLimits`: the base paths of the authorisation service and the APIs in process. An API that was added may be named too. */
export const limitedApis: readonly string[] = [...authorisationApis, ...apis.map(({ name }) => name)];
const apiLimits = objectOrJson.pipe(
  limitsByApi.superRefine((byName, context) => {
    for (const name of Object.keys(byName)) {
      const similar = limitedApis.includes(name) ? '' : nearest(name, limitedApis);
      if (similar === '' && apiNameForm.test(name)) continue;
      const message = `knows no API "${name}".${similar} Choose from ${limitedApis.join(', ')}, or name an API that was added`;
      context.addIssue({ code: 'custom', message });
    }
  }),
);
const basePathOptions = objectOrJson.pipe(optionsByBase);

/** Services that production starts by default. Those of developers and workstations run elsewhere. */
export const productionServices = serviceNames.filter(
  (name) => name !== 'sample' && name !== 'identity-agent',
);

const drainDelay = z.coerce
  .number('must be seconds')
  .int('must be whole seconds')
  .min(0, 'must be 0 or more')
  .max(300, 'must be 300 or less');

const logRequests = (byDefault: boolean) =>
  z
    .boolean()
    .default(byDefault)
    .describe(
      'Log a line at info for every request, not only for sign-ins, refusals and failures; on by default for serve',
    );

const off = (about: string) => z.boolean().default(false).describe(about);
const on = (about: string) => z.boolean().default(true).describe(about);
const text = (about: string) => z.string().optional().describe(about);
const filledText = z.string().min(1, 'must not be empty');
const filled = (about: string) => filledText.optional().describe(about);
const address = (about: string) => url.optional().describe(about);

/** The schema of `up` and `serve`: each key is also a flag and an environment variable. */
export const configShape = {
  portBase: port.default(8400).describe('First of ten ports in a row; 0 takes free ones'),
  data: filledText.default('.alongside').describe('Data folder'),
  ephemeral: off('Store nothing permanently: data in memory and a temporary folder'),
  database: z
    .string()
    .refine(isDatabaseSetting, 'must be postgres://…, sqlite:FILE or :memory:')
    .default('')
    .describe(
      'Database: postgres://…, also with several hosts, or a SQLite file in the data folder; @FILE reads the address from a file',
    )
    .meta(carriesSecret),
  databaseConnections: whole(1, 1_000)
    .default(10)
    .describe('Maximum number of PostgreSQL connections of this process that write'),
  databaseReaders: whole(1, 100)
    .default(4)
    .describe('Maximum number of PostgreSQL connections of this process that read; it listens on one more'),
  databaseConnectTimeout: whole(100, 60_000)
    .default(2_000)
    .describe('Milliseconds to connect to PostgreSQL, or to wait for a free connection'),
  databaseTimeout: whole(100, 600_000)
    .default(5_000)
    .describe('Milliseconds to wait for a response of PostgreSQL to a statement'),
  only: only.default([...serviceNames]).describe('Services to start, separated by commas'),
  json: off('Print one JSON line when ready'),
  endWithInput: off('Stop when standard input ends, for a program that starts this one and may be killed'),
  state: text('File with the addresses of this instance, for other commands'),
  host: z
    .string()
    .default('127.0.0.1')
    .describe('Address to listen on; the agent and the console stay on loopback (see --console-host)'),
  anyLocalUser: off(
    'Let the agent, and in development the console, serve every user of this machine, not only the one who started them; for containers',
  ),
  logLevel: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info').describe('Log level'),
  logRequests: logRequests(false),
  logFile: text('File for the log instead of standard error; a process has its own'),
  logFileSize: whole(1, 100_000)
    .default(100)
    .describe(
      'Megabytes of the log file from which a new one is begun; the old one gets the time in its name',
    ),
  logFileAge: whole(1, 10_000).default(24).describe('Hours after which a new log file is begun'),
  logFilesKept: whole(0, 10_000).default(14).describe('Number of earlier log files that are kept'),
  metricsPort: z
    .union([z.literal('off'), port], 'must be a port number up to 65526, or off')
    .optional()
    .describe(
      'Port of the metrics for Prometheus, GET /metrics: by default 9464 for up, or a free one if that is in use or with --port-base 0; off for serve. 0 takes a free one, off has none',
    ),
  metricsHost: filledText
    .default('127.0.0.1')
    .describe('Address on which the metrics are served. Anyone who can reach it can read them'),
  otlpEndpoint: address(
    'Address of an OpenTelemetry collector, such as http://127.0.0.1:4318: send traces there. OTEL_EXPORTER_OTLP_ENDPOINT has the same effect',
  ),
  drainDelay: drainDelay
    .default(0)
    .describe(
      'Seconds for which a stopping process keeps serving while /readyz returns 503, so that a load balancer notices; 5 by default for serve',
    ),
  masterKey: text('File with the key that encrypts secrets; created in the data folder by default'),
  masterKeyCommand: filled(
    'Command that prints the master key, such as a call of a key service: instead of a file with the key. It runs at each start; @FILE reads it from a file',
  ).meta(carriesSecret),
  signingModule: filled(
    'Library of a PKCS#11 token: new signing keys of cis, cis2, authorisation and of people at the signing service are created in it and never leave it',
  ),
  signingToken: filled('Label of that token; the first one by default'),
  signingPin: filled('PIN of that token; @FILE reads it from a file').meta(isSecret),
  auditRetention: z.coerce
    .number('must be days')
    .int('must be whole days')
    .min(1, 'must be 1 or more')
    .max(36_500, 'must be 36500 or less')
    .optional()
    .describe(
      'Days after which audit records are deleted, as your organisation’s policy requires; by default they are never deleted',
    ),
  theme: text('Folder with theme.css and pictures, for the pages'),
  trustedProxies: list
    .default([])
    .describe('Addresses or ranges of proxies, separated by commas, that are trusted to name their clients'),
  tls: off(
    'Serve HTTPS on this machine with a certificate that is created in the folder tls of the data folder; clients must trust its authority.pem. Development only',
  ),
  tlsCertificate: text('PEM file: serve HTTPS with this certificate'),
  tlsKey: text('PEM file with the key of that certificate'),
  tlsAuthority: text('PEM file with more authorities to trust'),
  urlConsole: address('Public address of the console'),
  urlApi: address('Public address of the API platform'),
  urlApis: address(
    'Public address of the APIs that were added, best an origin of their own: by default a port of its own for up, and the address of the API platform for serve',
  ),
  urlCis2: address('Public address of CIS2'),
  urlIdentityAgent: address('Address of the Identity Agent as browsers reach it'),
  urlCis: address('Public address of CIS'),
  urlSample: address('Public address of the sample application'),
  urlApiMutualTls: address('Address of the API platform for clients with a certificate'),
  urlApisMutualTls: address('Address of the APIs that were added for clients with a certificate'),
  urlCis2MutualTls: address('Address of CIS2 for clients with a certificate'),
  tlsClientAuthorities: text('PEM file with the authorities of client certificates for tls_client_auth'),
  tlsClientRevocations: text(
    'File with the revocation lists (CRL; PEM, or one in DER) of those authorities. Certificates without a current list are refused. Read again when it changes',
  ),
  upstreamCis2: text(
    'JSON file with another CIS2 at which the API platform signs users in: issuer, clientId, clientSecret',
  ),
  upstreamNhsLogin: text('JSON file with a provider for citizens at the API platform: issuer, clientId'),
  basePathOptions: basePathOptions
    .default({})
    .describe(
      'Differences from the usual behaviour of a base path: {"/oauth2": {"refreshRetry": true, "logoutSources": ["192.0.2.0/24"]}, "/oauth2.1": {"proofNonces": true}}',
    ),
  signInProviders: text(
    'JSON file with other OpenID providers at which users may sign in: {"providers": [{"label", "issuer", "clientId", "clientSecret"}]}',
  ),
  tabletNetworks: list
    .default([])
    .describe(
      'Networks in which workstation and tablet count as near each other, separated by commas; by default they must share an address',
    ),
  generation: z.enum(['hscn', 'internet']).default('hscn').describe('Generation of the Identity Agent'),
  agentMode: z
    .enum(['normal', 'enhancedNormal', 'sessionLockPersistence', 'mobility'])
    .default('normal')
    .describe('Session mode of the Identity Agent'),
  agentRequireRole: off('A person without a role cannot sign in at the agent'),
  agentFetchTransport: off("Let the agent also serve calls of CIS2's own page, if the browser allows them"),
  credentialManagement: off(
    'Let pages have documents signed by the smartcard, over the published ports of Credential Management (see docs/signing.md)',
  ),
  credentialManagementOrigin: origins
    .default([])
    .describe(
      'Origin of a page that may have documents signed; repeatable, or separated by commas. Pages of this machine may in development',
    )
    .meta(isRepeatable),
  apiLimits: apiLimits
    .default({})
    .describe(
      'Quota and spike arrest of APIs and base paths such as /oauth2, for all clients together, before those of a definition: {"NAME": {"quota": {"limit": 1200}, "spikeArrest": {"ratelimit": "2400pm"}}}',
    ),
  networkLimits: objectOrJson
    .pipe(networkLimits)
    .default(networkLimits.parse({}))
    .describe(
      'Limits per minute for one network (IPv6: 64 bits): unauthenticated requests, failed authentications, and rows, such as sign-ins in progress, that it may create before a user is signed in: {"requests": 3000, "failures": 600, "rows": 6000}',
    ),
  legacyDefaultMode: off(
    'The published rule of the gateway: a token with no scope of an API counts as application-restricted',
  ),
  statusApiKey: z
    .string()
    .regex(/^[\x21-\x3f\x41-\x7e][\x21-\x7e]{15,255}$/, 'must be 16 to 256 visible characters')
    .optional()
    .describe(
      'Value of the header apikey that monitoring sends to each /_status of the API platform; @FILE reads it from a file. By default a random key, which only the mock shows',
    )
    .meta(isSecret),
  requireAsid: off('Require the application attribute asid at the APIs that forward it'),
  dpopNonceAtGateway: off('Require a nonce in DPoP proofs at the gateway'),
  corsAtGateway: off('Let pages with the origin of a public client’s callback call the APIs (CORS)'),
  captureMessages: z
    .boolean()
    .optional()
    .describe(
      'Keep requests and responses for the console, with secrets cut, at most 64 a second, 10,000 altogether and for a day; the default in development, and refused in production',
    ),
  sandbox: off(
    'Serve the PDS without tokens at /sandbox/personal-demographics/FHIR/R4 of the API platform, with records of its own; development only',
  ),
  dpopNonceAtCis2: off('Require a nonce in DPoP proofs at CIS2'),
  selfService: on(
    'Let users unlock cards by a mailed code and change their authenticators at /account; in production this needs --smtp-url',
  ),
  smtpUrl: z
    .string()
    .refine(
      (value) => /^smtps?:\/\/[^\s]+$/.test(value) && URL.canParse(value),
      'must be smtp://… or smtps://…',
    )
    .optional()
    .describe(
      'Mail server of CIS; without one, mail stays in its outbox; @FILE reads the address from a file',
    )
    .meta(carriesSecret),
  mailFrom: z
    .string()
    .regex(/^[^\s@<>,]+@[^\s@<>,]+$/, 'must be one e-mail address')
    .default('cards@localhost')
    .describe('Sender address of CIS mail'),
  afterSignOut: z
    .enum(['ask', 'silent', 'pin'])
    .default('ask')
    .describe('The next sign-in after a sign-out: one page, nothing, or the PIN again'),
  confirmNative: on(
    'Let the user confirm an application without a secret on this machine once, unless the agent sees that it runs as the same user; development only without it, for tests on systems other than Linux',
  ),
  signOutWithoutSession: z
    .enum(['ask', 'end'])
    .default('ask')
    .describe(
      'Sign-out by ID token from outside the session’s browser, such as an application’s server: ask on a page, or end the session',
    ),
  keepIdleSessions: off(
    'Let idleness end only silent sign-in at CIS2, not the session; relying parties are not notified',
  ),
  assuranceAsNumbers: off('Send assurance levels of CIS2 as numbers; the published service sends text'),
  plainIdTokens: off('Leave the claims that ForgeRock’s product adds out of ID tokens'),
  base64Kids: off('Name new keys of CIS2 in plain base64, with + / and =, as the published service does'),
  dynamicRegistration: off('Let clients register themselves at CIS2 with an initial access token (RFC 7591)'),
  legacyCis: off('Serve the legacy interface of CIS: on loopback, or to clients with a certificate'),
  legacySha1: off('Let the legacy interface of CIS accept SHA-1 signatures of cards'),
  legacyClients: list
    .refine(
      (prints) => prints.every((print) => /^[0-9a-f]{64}$/i.test(print.replaceAll(':', ''))),
      'must be SHA-256 fingerprints, 64 hexadecimal digits each, separated by commas',
    )
    .default([])
    .describe(
      'Clients of the legacy interface beyond loopback: SHA-256 of their certificates in hexadecimal, separated by commas',
    ),
  cardIssuers: text(
    'JSON file with other authorities whose cards CIS accepts, and their revocation services',
  ),
  webauthnRoots: text('PEM file with the WebAuthn attestation roots for AAL3'),
  webauthnModels: list
    .optional()
    .describe('Authenticator models (AAGUIDs) that may be AAL3, separated by commas'),
  webauthnPasskeyLevel: z.coerce
    .number()
    .pipe(z.union([z.literal(2), z.literal(3)], 'must be 2 or 3'))
    .default(2)
    .describe('Highest level of a passkey'),
  config: text('JSON file with these settings'),
};

/** Settings of `serve` alone. */
export const productionSettings = {
  migrate: on(
    'serve only: migrate a database of an earlier version at the start; with --no-migrate, only alongside migrate does',
  ),
  processes: whole(1, 64)
    .default(1)
    .describe(
      'serve only: number of processes that share the ports, the data and the work; one that ends unexpectedly is replaced',
    ),
  consoleHost: z
    .string()
    .default('127.0.0.1')
    .describe(
      'serve only: address on which the console listens, for a trusted proxy on another machine or in another container',
    ),
  dataVolume: off(
    'serve only: refuse to start if the data folder is not a mounted volume, because a container loses everything else; the image sets it (Linux)',
  ),
};

/** The same for `serve`, with other defaults. */
export const productionShape = {
  ...configShape,
  ...productionSettings,
  only: only.default([...productionServices]).describe('Services to start, separated by commas'),
  drainDelay: drainDelay.default(5),
  logRequests: logRequests(true),
};

export type Config = z.infer<z.ZodObject<typeof configShape>> &
  Partial<z.infer<z.ZodObject<typeof productionSettings>>>;
