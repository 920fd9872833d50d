import type { Activity, RequestObserver } from '@alongside/kernel/activity';
import { everyMethod } from '@alongside/kernel/http';
import type { Metrics } from '@alongside/kernel/metrics';
import { type OutboundCall, outboundCalls } from '@alongside/kernel/outbound';
import type { AuditAction } from '../../storage/audit.ts';
import type { Database } from '../../storage/database.ts';
import type { Series } from './series.ts';

/** The methods that routes can serve. Any other text of a client is `other`. */
const methods: ReadonlySet<string> = new Set(everyMethod);

/** Acts of the audit log that sign a user in, with the authenticator where the act does not name it. */
const signInActs: ReadonlyMap<string, string> = new Map<AuditAction, string>([
  ['cis.sign-in', 'cis'],
  ['cis.legacy-sign-in', 'cis'],
  ['cis2.sign-in', 'other'],
  ['cis2.signed-in-again', 'other'],
  ['administrator.signed-in', 'administrator'],
]);

/** Refused sign-ins are counted from events, because unproven ones are not audited. */
const signInEvents: ReadonlyMap<string, string> = new Map([
  ['cis.sign-in', 'cis'],
  ['cis.legacy-sign-in', 'cis'],
  ['cis2.sign-in', 'other'],
  ['cis2.exchange', 'smartcard'],
  ['cis2.tablet-answer', 'tablet'],
]);

/** Grants that a refused request may name, in addition to those of issued tokens. */
const knownGrants = ['authorization_code', 'refresh_token', 'client_credentials', 'token_exchange'];

/** Returns a grant type without the prefix of its URN: `token_exchange`. */
const shortGrant = (type: string): string => type.slice(type.lastIndexOf(':') + 1).replaceAll('-', '_');

const tokenEndpoint = /^(.*)\/(?:access_)?token$/;
const issued = /\.tokens-(issued|refreshed)$/;
const refused = /\.tokens-refused$/;
/** The grants of services that issue tokens by one of two only. */
const grantOf: Readonly<Record<string, string>> = {
  issued: 'authorization_code',
  refreshed: 'refresh_token',
};

/** Browsers that have not returned from an agent yet; an abandoned one must not be remembered for ever. */
const maxHandOffs = 10_000;

const textOf = (value: string | number | boolean | undefined): string =>
  value === undefined ? 'none' : String(value);

/** Derives the series of requests from their activities. */
export class RequestMetrics implements RequestObserver {
  readonly #metrics: Metrics<Series>;
  /** When browsers left for an agent, by journey. */
  readonly #handOffs = new Map<string, number>();
  readonly #grants = new Set(knownGrants);
  /** Requests under way, by service. */
  readonly #active = new Map<string, number>();

  constructor(metrics: Metrics<Series>) {
    this.#metrics = metrics;
    metrics.read('http_server_active_requests', () =>
      [...this.#active].map(([service, requests]) => [{ service }, requests] as const),
    );
  }

  began({ service }: Activity): void {
    this.#active.set(service, (this.#active.get(service) ?? 0) + 1);
  }

  ended(request: Activity): void {
    const { service, route, method, status, milliseconds, caller, waits } = request;
    this.#active.set(service, (this.#active.get(service) ?? 1) - 1);
    this.#metrics.observe(
      'http_server_request_duration_seconds',
      {
        service,
        http_route: route,
        http_request_method: methods.has(method) ? method : 'other',
        http_response_status_code: String(status),
        waits: waits ? 'yes' : 'no',
      },
      milliseconds / 1000,
    );
    if (caller.api !== undefined)
      this.#metrics.add('alongside_gateway_decisions_total', { api: caller.api, rule: textOf(caller.rule) });
    this.#countRefusal(request);
    this.#countTokens(request);
    if (request.events.length === 0) return;
    this.#countSignIns(request);
    this.#countCode(request);
    this.#countSignatures(request);
    this.#measureHandOff(request);
  }

  #countSignIns({ acts, events, refusal }: Activity): void {
    const acr = acts.find(({ action }) => action === 'cis2.code-issued')?.detail?.acr;
    for (const { action, outcome, detail } of acts) {
      const own = signInActs.get(action);
      if (own === undefined || outcome !== 'ok' || refusal !== undefined) continue;
      const authenticator = textOf(detail?.authenticator ?? own);
      const labels = { authenticator, acr: textOf(acr ?? detail?.level), outcome: 'ok', error: 'none' };
      this.#metrics.add('alongside_sign_ins_total', labels);
    }
    for (const { name, outcome = 'ok', detail } of events) {
      const own = outcome === 'ok' ? undefined : signInEvents.get(name);
      if (own === undefined) continue;
      const authenticator = textOf(detail?.authenticator ?? own);
      const error = refusal?.record.error ?? 'none';
      this.#metrics.add('alongside_sign_ins_total', {
        authenticator,
        acr: 'none',
        outcome: 'refused',
        error,
      });
    }
  }

  #countTokens({ acts, route, refusal }: Activity): void {
    if (refusal === undefined && !acts.some(({ action }) => action.includes('.tokens-'))) return;
    const basePath = tokenEndpoint.exec(route)?.[1];
    if (refusal === undefined)
      for (const { action, detail } of acts) {
        const kind = issued.exec(action)?.[1];
        if (kind === undefined) continue;
        const grant = shortGrant(textOf(detail?.grant ?? grantOf[kind]));
        this.#grants.add(grant);
        this.#metrics.add('alongside_tokens_issued_total', {
          base_path: textOf(detail?.base ?? basePath),
          grant,
        });
      }
    else if (basePath !== undefined) {
      const grant = shortGrant(textOf(acts.find(({ action }) => refused.test(action))?.detail?.grant));
      const { error } = refusal.record;
      this.#metrics.add('alongside_token_refusals_total', {
        base_path: basePath,
        grant: this.#grants.has(grant) ? grant : 'other',
        error,
      });
    }
  }

  #countSignatures({ events }: Activity): void {
    for (const { name, outcome = 'ok', detail } of events)
      if (name === 'signing.signed' || name === 'signing.refused')
        this.#metrics.add('alongside_signature_requests_total', {
          algorithm: textOf(detail?.algorithm),
          mode: textOf(detail?.mode),
          outcome,
          error: textOf(detail?.reason),
        });
  }

  #countCode({ events }: Activity): void {
    for (const { name, outcome = 'ok', detail } of events) {
      if (name !== 'cis2.code') continue;
      const answered = detail?.silent === true ? 'silent' : 'asked';
      this.#metrics.add('alongside_sso_total', { outcome: outcome === 'ok' ? answered : 'refused' });
    }
  }

  #measureHandOff({ events, journey }: Activity): void {
    if (journey === undefined) return;
    for (const { name, detail } of events)
      if (name === 'cis2.hand-off') {
        if (this.#handOffs.size >= maxHandOffs)
          this.#handOffs.delete(this.#handOffs.keys().next().value ?? '');
        this.#handOffs.set(journey, performance.now());
      } else if (name === 'cis2.return') {
        const began = this.#handOffs.get(journey);
        this.#handOffs.delete(journey);
        const outcome = textOf(detail?.result);
        if (began !== undefined)
          this.#metrics.observe(
            'alongside_handoff_duration_seconds',
            { outcome },
            (performance.now() - began) / 1000,
          );
      }
  }

  #countRefusal({ refusal, unproven, status }: Activity): void {
    for (const endpoint of unproven) this.#metrics.add('alongside_unproven_refusals_total', { endpoint });
    if (refusal === undefined) return;
    const { service, error } = refusal.record;
    this.#metrics.add('alongside_refusals_total', { service, error });
    if (status === 429) this.#metrics.add('alongside_rate_limited_total', { scope: error });
  }
}

/** Measures the calls to other servers from now on. Returns a function that stops this. */
export function measureOutboundCalls(metrics: Metrics<Series>): () => void {
  const measure = (call: unknown) => {
    const { purpose, outcome, seconds } = call as OutboundCall;
    metrics.observe('http_client_request_duration_seconds', { purpose, outcome }, seconds);
  };
  outboundCalls.subscribe(measure);
  return () => void outboundCalls.unsubscribe(measure);
}

/** Messages of the acts that the log has at `info` in any case. */
export const notableActs: ReadonlyMap<string, string> = new Map(
  [...signInActs.keys()].map((name) => [name, 'signed in']),
);

/** Returns one observer that calls several. */
export const allOf = (observers: readonly RequestObserver[]): RequestObserver => ({
  began(request) {
    for (const each of observers) each.began?.(request);
  },
  ended(request) {
    for (const each of observers) each.ended(request);
  },
});

/** Returns a database that measures its operations. Reads of rows that may be cached are not among them. */
export function measuredDatabase(database: Database, metrics: Metrics<Series>): Database {
  function timed<R>(operation: string, running: Promise<R>): Promise<R> {
    const began = performance.now();
    const done = () =>
      metrics.observe('alongside_db_duration_seconds', { operation }, (performance.now() - began) / 1000);
    running.then(done, done);
    return running;
  }
  const { dialect, description } = database;
  return {
    dialect,
    description,
    all: (statement, shape) =>
      statement.caches ? database.all(statement, shape) : timed('read', database.all(statement, shape)),
    get: (statement, shape) =>
      statement.caches ? database.get(statement, shape) : timed('read', database.get(statement, shape)),
    stampOf: (tables, kind) => database.stampOf(tables, kind),
    batch: (statements, options) => timed('write', database.batch(statements, options)),
    run: (statement) => timed('write', database.run(statement)),
    durable() {
      const syncing = database.durable();
      return syncing && timed('sync', syncing);
    },
    onForeignChange: (listener) => database.onForeignChange(listener),
    healthy: () => database.healthy(),
    checkPages: () => database.checkPages(),
    ...(database.pool ? { pool: () => database.pool?.() ?? { used: 0, idle: 0, waiting: 0 } } : {}),
    close: () => database.close(),
  };
}
