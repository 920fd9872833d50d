import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import type { Sample } from '@alongside/kernel/metrics';
import { startConsole, startTime } from '../testing/console.ts';
import { runbooksText } from '../web/pages/runbooks/text.ts';
import { alertLimits, type HealthReport } from './health.ts';

const now = startTime / 1000;
const day = 86_400;

async function reportOf(samples: readonly Sample[], measuresRequests = true): Promise<HealthReport> {
  const console_ = await startConsole({ figures: async () => ({ samples, measuresRequests }) });
  try {
    const { status, body } = await console_.send('/api/v1/health');
    assert.equal(status, 200);
    return body as unknown as HealthReport;
  } finally {
    await console_.close();
  }
}

const sample = (name: string, value: number, labels: Record<string, string> = {}): Sample => ({
  name,
  value,
  labels,
});

describe('GET /health', () => {
  test('names each condition of an alert that holds, and the parts that do not respond', async () => {
    const { ok, problems, parts } = await reportOf([
      sample('alongside_ready', 0, { check: 'disk' }),
      sample('alongside_ready', 1, { check: 'storage' }),
      sample('alongside_event_loop_delay_seconds', 0.4),
      sample('alongside_db_pool', 3, { state: 'waiting' }),
      sample('alongside_queue_oldest_seconds', 600, { queue: 'cis2.logout' }),
      sample('alongside_queue_oldest_seconds', 600, { queue: 'cis.mail' }),
      sample('alongside_signing_key_expiry_timestamp_seconds', now + 3 * day, {
        service: 'cis2',
        use: 'RS256',
      }),
      sample('alongside_signing_key_expiry_timestamp_seconds', now + 30 * day, {
        service: 'cis',
        use: 'ES256',
      }),
      sample('alongside_certificate_expiry_timestamp_seconds', now - 1, {
        service: 'alongside',
        use: 'listener',
      }),
      sample('alongside_crl_expiry_timestamp_seconds', now - 60, { service: 'alongside', use: 'clients' }),
      sample('alongside_regular_work_timestamp_seconds', now - 900, { task: 'core.audit-chains' }),
    ]);
    assert.equal(ok, false);
    for (const { alert } of problems) assert.ok(runbooksText.includes(`\n## ${alert}\n`), alert);
    assert.ok(parts.every(({ responds, problem }) => !responds && problem));
    assert.deepEqual(
      problems.filter(({ alert }) => alert !== 'AlongsideDown'),
      [
        { alert: 'AlongsideNotReady', text: 'The check "disk" of /readyz fails.' },
        { alert: 'AlongsideEventLoopSlow', text: 'The event loop is 0.40 s late.' },
        { alert: 'AlongsideDatabasePoolWaiting', text: 'Waiting for a database connection: 3 requests.' },
        {
          alert: 'AlongsideLogoutLate',
          text: 'A message of the queue cis2.logout has waited for 10 minutes.',
        },
        {
          alert: 'AlongsideSigningKeyWithoutSuccessor',
          text: 'The last RS256 key of cis2 ends in 3 days.',
        },
        { alert: 'AlongsideCertificateExpires', text: 'The certificate of listener has ended.' },
        { alert: 'AlongsideRevocationListOverdue', text: 'The revocation list of clients is overdue.' },
        { alert: 'AlongsideAuditAnchorLate', text: 'The audit log was last anchored 15 minutes ago.' },
      ],
    );
  });

  test('derives requests, failures and percentiles from the histogram, without those that wait in the percentiles', async () => {
    const name = 'http_server_request_duration_seconds';
    const labels = { service: 'api', http_response_status_code: '200' };
    const bucket = (le: string, value: number, waits = 'no') =>
      sample(`${name}_bucket`, value, { ...labels, waits, le });
    const { traffic } = await reportOf([
      bucket('0.005', 50),
      bucket('0.01', 96),
      bucket('0.025', 98),
      bucket('+Inf', 100),
      bucket('10', 0, 'yes'),
      bucket('+Inf', 40, 'yes'),
      sample(`${name}_count`, 100, { ...labels, waits: 'no' }),
      sample(`${name}_count`, 40, { ...labels, waits: 'yes' }),
      sample(`${name}_count`, 2, { service: 'api', http_response_status_code: '503' }),
      sample('http_server_active_requests', 4, { service: 'api' }),
    ]);
    assert.deepEqual(traffic, [
      {
        service: 'api',
        active: 4,
        requests: 142,
        failures: 2,
        waited: 40,
        p50: 0.005,
        p95: 0.01,
        p99: 0.025,
      },
    ]);
  });

  test('uses the limits of the alert rules', () => {
    const rules = readFileSync(
      new URL('../../../deploy/observability/alongside.rules.yml', import.meta.url),
      'utf8',
    );
    for (const [alert, limit] of Object.entries(alertLimits)) {
      const [, expression = ''] = new RegExp(`alert: ${alert}\\n\\s+expr: (.*)`).exec(rules) ?? [];
      const days = `${limit / day} * 86400`;
      assert.match(expression, new RegExp(`[<>] (${limit}|${days.replace('*', '\\*')})$`), alert);
    }
  });
});
