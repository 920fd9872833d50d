import type { SeriesTable } from '@alongside/kernel/metrics';

const service = 'listener: console, api, apis, cis2, identityAgent, cis, sample and those for mutual TLS';
const error = 'id of the catalogue ([errors.md](errors.md)), `none` without one';
const basePath = 'base path of the token endpoint, such as `/oauth2`';
const grant = '`grant_type`; `other` before it is known, such as for a wrong secret';

/** Every series of the product, besides those of Node.js. docs/observability.md is generated from this table. */
export const series = {
  http_server_request_duration_seconds: {
    kind: 'histogram',
    help: 'Duration of requests until the response was sent.',
    labels: {
      service,
      http_route: 'template of the route, `other` for unknown paths',
      http_request_method: 'method, `other` for unknown ones',
      http_response_status_code: 'status',
      waits:
        '`yes` where the route waits on purpose, such as for a stream of events, and its duration is no latency; otherwise `no`',
    },
    most: 400,
  },
  http_server_active_requests: {
    kind: 'gauge',
    help: 'Requests without a complete response.',
    labels: { service },
    most: 12,
  },
  http_client_request_duration_seconds: {
    kind: 'histogram',
    help: 'Duration of calls to other servers.',
    labels: {
      purpose:
        'jwks, logout, ocsp, crl, userinfo, token, discovery, cis, upstream (an API behind the gateway, until the end of its answer) or other',
      outcome: 'ok, refused (status 400 to 499), failed (500 or more), unreachable',
    },
    most: 40,
  },
  alongside_sign_ins_total: {
    kind: 'counter',
    help: 'Sign-ins at CIS2 by authenticator, and card sign-ins at CIS.',
    labels: {
      authenticator: 'id of the authenticator; `cis` for card and PIN at CIS, `administrator` at the console',
      acr: 'authentication context class, or the level; `none` for a refusal',
      outcome: 'ok or refused',
      error,
    },
    most: 150,
  },
  alongside_sso_total: {
    kind: 'counter',
    help: 'Answers of CIS2 to authorization requests: whether the user was asked for anything.',
    labels: { outcome: 'silent (single sign-on), asked, refused' },
    most: 3,
  },
  alongside_signature_requests_total: {
    kind: 'counter',
    help: 'Requests for signatures that were signed, declined, or ended by a failed presence check.',
    labels: {
      algorithm: 'RS256 or RS1; `none` for a refusal',
      mode: 'user, sandbox or mock; `none` for a refusal',
      outcome: 'ok or refused',
      error,
    },
    most: 40,
  },
  alongside_tokens_issued_total: {
    kind: 'counter',
    help: 'Token responses with tokens.',
    labels: { base_path: basePath, grant },
    most: 40,
  },
  alongside_token_refusals_total: {
    kind: 'counter',
    help: 'Refused requests to token endpoints.',
    labels: { base_path: basePath, grant, error },
    most: 250,
  },
  alongside_refusals_total: {
    kind: 'counter',
    help: 'Refused and failed requests of all services.',
    labels: { service: 'service of the catalogue entry, or the listener', error },
    most: 400,
  },
  alongside_gateway_decisions_total: {
    kind: 'counter',
    help: 'Calls at the gateway by API and the rule that refused them.',
    labels: { api: 'name of the API', rule: '`passed`, or the catalogue id of the refusal' },
    most: 250,
  },
  alongside_rate_limited_total: {
    kind: 'counter',
    help: 'Requests refused because of a limit.',
    labels: { scope: 'catalogue id of the limit' },
    most: 40,
  },
  alongside_unproven_refusals_total: {
    kind: 'counter',
    help: 'Refused requests of callers that had proved nothing.',
    labels: { endpoint: 'name of the counter, as in the audit log (`unproven.refused`)' },
    most: 60,
  },
  alongside_handoff_duration_seconds: {
    kind: 'histogram',
    help: 'Time from the redirect to an Identity Agent until the browser returned to the same process.',
    labels: { outcome: '`proof`, or the reason that the agent reported' },
    most: 10,
  },
  alongside_db_duration_seconds: {
    kind: 'histogram',
    help: 'Duration of database operations that are not answered from a cache.',
    labels: { operation: 'read, write (a batch until its commit), sync (until it is on the disk)' },
    most: 3,
  },
  alongside_db_pool: {
    kind: 'gauge',
    help: 'PostgreSQL connections that write, and requests that wait for one.',
    labels: { state: 'used, idle, waiting' },
    most: 3,
  },
  alongside_queue_depth: {
    kind: 'gauge',
    help: 'Messages that are not sent and records that are not stored yet.',
    labels: { queue: 'topic of the outbox, `events` and `audit` of this installation' },
    most: 12,
  },
  alongside_queue_oldest_seconds: {
    kind: 'gauge',
    help: 'Age of the oldest message in a queue.',
    labels: { queue: 'topic of the outbox' },
    most: 12,
  },
  alongside_signing_key_expiry_timestamp_seconds: {
    kind: 'gauge',
    help: 'When the last announced signing key of an algorithm stops signing.',
    labels: { service: 'cis, cis2, authorisation', use: 'algorithm' },
    most: 20,
  },
  alongside_certificate_expiry_timestamp_seconds: {
    kind: 'gauge',
    help: 'End of the validity of the certificate that ends first.',
    labels: {
      service: 'alongside',
      use: 'listener, client-authority (--tls-client-authorities), authority (--tls-authority)',
    },
    most: 3,
  },
  alongside_crl_expiry_timestamp_seconds: {
    kind: 'gauge',
    help: 'Next update of the revocation list that is due first.',
    labels: { service: 'alongside', use: 'clients (--tls-client-revocations)' },
    most: 3,
  },
  alongside_regular_work_timestamp_seconds: {
    kind: 'gauge',
    help: 'When this process last completed a regular task. One process of the installation runs most of them.',
    labels: { task: 'service and name, such as core.audit-chains' },
    most: 60,
  },
  alongside_ready: {
    kind: 'gauge',
    help: 'Whether a check of /readyz holds: 1 or 0.',
    labels: { service: 'alongside', check: 'name of the check, as in /readyz' },
    most: 12,
  },
  alongside_event_loop_delay_seconds: {
    kind: 'gauge',
    help: 'How late the event loop ran what was due in the last half second.',
    labels: {},
    most: 1,
  },
  alongside_clock_timestamp_seconds: {
    kind: 'gauge',
    help: 'Clock of the machine.',
    labels: {},
    most: 1,
  },
  alongside_build_info: {
    kind: 'gauge',
    help: 'Always 1.',
    labels: { version: 'of Alongside', commit: 'of the source, if known', node: 'version of Node.js' },
    most: 1,
  },
} as const satisfies SeriesTable;

export type Series = typeof series;
