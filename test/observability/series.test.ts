import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { maxLines } from '@alongside/kernel/metrics';
import { series } from '../../src/boot/metrics/series.ts';
import type { HealthReport } from '../../src/console/model/health.ts';
import { Browser } from '../../src/kit/browser.ts';
import { documents, Prescriber } from '../../src/signing/testing/prescriber.ts';
import { startInstance, type TestInstance } from '../testing/instance.ts';
import { Navigator } from '../testing/navigate.ts';
import { startProduction } from '../testing/production.ts';
import { until } from '../testing/several-processes.ts';

const pds = '/personal-demographics/FHIR/R4';

/** Sends a request with any method and target. */
const send = (origin: string, method: string, target: string): Promise<void> =>
  new Promise((resolve) => {
    const { hostname, port } = new URL(origin);
    const socket = connect(Number(port), hostname === 'localhost' ? '127.0.0.1' : hostname);
    socket.on('error', () => resolve()).on('close', () => resolve());
    socket.end(`${method} ${target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
    socket.resume();
  });

describe('the metrics of an instance', () => {
  let instance: TestInstance;
  const scrape = async (accept = '*/*') => {
    const response = await fetch(instance.state.metrics ?? '', { headers: { accept } });
    return { type: response.headers.get('content-type') ?? '', body: await response.text() };
  };
  const sampleOf = (body: string, start: string): number =>
    Number(
      body
        .split('\n')
        .find((line) => line.startsWith(start))
        ?.split(' ')
        .at(-1) ?? 0,
    );

  before(async () => {
    instance = await startInstance();
    await instance.signInAtDesk('gp');
    const browser = new Navigator();
    for (const pattern of ['combined', 'separate'])
      await browser.go(`${instance.urls.sample}/sign-in/${pattern}`);
    await browser.submit(`${instance.urls.sample}/patient`, { 'nhs-number': '9000000009' });
  });
  after(() => instance?.stop());

  test('count sign-ins by authenticator, single sign-on and tokens by grant', async () => {
    const { body } = await scrape();
    const of = (start: string) => sampleOf(body, start);
    assert.equal(of('alongside_sign_ins_total{authenticator="cis",acr="none",outcome="ok",error="none"}'), 1);
    assert.equal(of('alongside_sign_ins_total{authenticator="smartcard",acr="AAL3_ANY",outcome="ok"'), 1);
    assert.equal(of('alongside_sso_total{outcome="silent"}'), 2);
    assert.equal(of('alongside_tokens_issued_total{base_path="/oauth2",grant="authorization_code"}'), 1);
    assert.equal(of('alongside_tokens_issued_total{base_path="/oauth2",grant="token_exchange"}'), 1);
    assert.equal(of('alongside_gateway_decisions_total{api="personal-demographics",rule="passed"}'), 1);
    assert.equal(of('alongside_handoff_duration_seconds_count{outcome="proof"}'), 1);
    assert.ok(of('alongside_db_duration_seconds_count{operation="write"}') > 5);
    assert.ok(of('alongside_ready{service="alongside",check="storage"}') === 1);
    assert.ok(of('alongside_signing_key_expiry_timestamp_seconds{service="cis2"') > Date.now() / 1000);
  });

  test('count requests for signatures', async () => {
    const app = await new Prescriber(instance).signIn();
    const payloads = documents(2);
    const { body } = await app.request(await app.jws({ payloads }));
    await new Browser([`${instance.urls.sample}/prescriber/callback`]).go(`${body.redirectUri}&mock=true`);
    assert.equal((await app.response(body.token ?? '')).status, 200);
    const labels = 'algorithm="RS256",mode="mock",outcome="ok",error="none"';
    assert.equal(sampleOf((await scrape()).body, `alongside_signature_requests_total{${labels}}`), 1);
  });

  test('count refusals by their error, also of tokens and of sign-ins', async () => {
    const token = {
      method: 'POST',
      body: new URLSearchParams({ grant_type: 'authorization_code', client_id: 'x' }),
    };
    await fetch(`${instance.urls.api}/oauth2/token`, token);
    await instance.api('PUT', '/readers/0/card', { card: 'clinician' });
    await instance.call('POST', '/agent/pin', { pin: '000000' });
    await fetch(`${new URL(instance.urls.cis2Issuer).origin}/agent/exchange`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ proof: 'x', sessionCertificate: 'y' }),
    });
    const { body } = await scrape();
    assert.match(
      body,
      /^alongside_token_refusals_total\{base_path="\/oauth2",grant="other",error="authorisation\.\w+"\} 1$/m,
    );
    assert.match(
      body,
      /^alongside_sign_ins_total\{authenticator="smartcard",acr="none",outcome="refused",error="cis2\.\w+"\} 1$/m,
    );
    assert.match(body, /^alongside_unproven_refusals_total\{endpoint="sign-in smartcard"\} 1$/m);
    assert.match(
      body,
      /^alongside_refusals_total\{service="authorisation",error="authorisation\.\w+"\} \d+$/m,
    );
  });

  test('are those of the console', async () => {
    const health = await instance.api<HealthReport>('GET', '/health');
    const { body } = await scrape();
    const console_ = 'alongside_signing_key_expiry_timestamp_seconds{service="cis2",use="RS256"}';
    assert.equal(
      health.expiries.find(({ of }) => of === 'cis2, RS256')?.at,
      new Date(sampleOf(body, console_) * 1000).toISOString(),
    );
    const cis2 = health.traffic.find(({ service }) => service === 'cis2');
    const counts = body.matchAll(/^http_server_request_duration_seconds_count\{service="cis2".*\} (\d+)$/gm);
    assert.equal(
      cis2?.requests,
      [...counts].reduce((sum, [, count]) => sum + Number(count), -1),
      'the scrape counts the ping of the console too',
    );
    // A loaded machine delays the event loop.
    const others = health.problems.filter(({ alert }) => alert !== 'AlongsideEventLoopSlow');
    assert.deepEqual(others, []);
    assert.equal(health.ok, health.problems.length === 0);
    assert.ok(health.parts.every(({ responds }) => responds));
    assert.ok(health.measuresRequests);
    assert.ok((health.memoryBytes ?? 0) > 1e7);
    const again = await instance.api<HealthReport>('GET', '/health');
    assert.notEqual(again.eventLoop.p99Seconds, 0, 'nothing was measured since the reading before');
  });

  test('mark the requests that wait on purpose, of which the console shows no latency', async () => {
    const waited = (health: HealthReport) =>
      health.traffic.find(({ service }) => service === 'console')?.waited ?? 0;
    const stop = new AbortController();
    const stream = await fetch(`${instance.urls.console}/api/v1/changes`, { signal: stop.signal });
    await stream.body?.getReader().read();
    stop.abort();
    const series =
      'http_server_request_duration_seconds_count{service="console",http_route="/api/v1/changes",';
    const count = () => scrape().then(({ body }) => sampleOf(body, series));
    await until('the ended stream is counted', async () => (await count()) === 1);
    const line = (await scrape()).body.split('\n').find((one) => one.startsWith(series));
    assert.match(line ?? '', /waits="yes"/);
    // The console shows figures of up to two seconds ago.
    await until(
      'the console counts it too',
      async () => waited(await instance.api<HealthReport>('GET', '/health')) === 1,
    );
  });

  test('have every named series with HELP and TYPE, in both formats', async () => {
    const plain = await scrape();
    assert.match(plain.type, /^text\/plain; version=0\.0\.4/);
    for (const [name, { kind, help }] of Object.entries(series)) {
      assert.ok(plain.body.includes(`# HELP ${name} ${help}\n# TYPE ${name} ${kind}\n`), name);
    }
    const open = await scrape('application/openmetrics-text; version=1.0.0');
    assert.match(open.type, /^application\/openmetrics-text/);
    assert.match(open.body, /^# TYPE alongside_tokens_issued counter$/m);
    assert.match(open.body, /# EOF\n$/);
  });

  test('do not grow by random paths, methods, clients, errors and headers', async () => {
    const { api, cis2Issuer, cis } = instance.urls;
    const origins = [api, new URL(cis2Issuer).origin, cis];
    const attack = async () => {
      const word = randomBytes(9).toString('base64url');
      const form = new URLSearchParams({
        grant_type: word,
        client_id: word,
        client_secret: word,
        code: word,
      });
      const post = { method: 'POST', body: form };
      await Promise.all([
        ...origins.map((origin) => send(origin, 'GET', `/${word}/${word}?${word}`)),
        send(api, 'GET', `${pds}/${word}`),
        send(api, 'DELETE', `${pds}/Patient/${word}`),
        send(api, word.replaceAll(/[^A-Za-z]/g, 'x').toUpperCase(), `${pds}/Patient/${word}`),
        send(api, 'PROPFIND', `/oauth2/${word}`),
        send(api, 'GET', `/oauth2/%zz${word}`),
        send(origins[1] ?? '', 'GET', `/interaction/${word}/${word}`),
        fetch(`${api}/oauth2/token`, post),
        fetch(`${api}/oauth2.1/token`, post),
        fetch(`${cis2Issuer}/access_token`, post),
        fetch(`${api}${pds}/Patient/${word}`, {
          headers: { authorization: `Bearer ${word}`, 'user-agent': word },
        }),
        fetch(
          `${cis2Issuer}/authorize?${new URLSearchParams({ client_id: word, scope: word, state: word })}`,
        ),
      ]);
      return word;
    };
    for (let round = 0; round < 3; round++) await attack();
    const before = (await scrape()).body.split('\n');
    const words: string[] = [];
    for (let round = 0; round < 25; round++) words.push(await attack());
    const { body } = await scrape();
    const own = (lines: readonly string[]) => lines.filter((line) => /^(http|alongside)_/.test(line)).length;
    // The instance's own regular calls may add a route or two. 300 attacked ones would add thousands of lines.
    assert.ok(own(body.split('\n')) - own(before) < 300);
    assert.ok(words.every((word) => !body.includes(word)));
    assert.ok(body.split('\n').length <= maxLines);
    assert.match(body, /http_route="other",http_request_method="GET",http_response_status_code="404"/);
  });

  test('are served on loopback and nowhere else', async () => {
    assert.equal(new URL(instance.state.metrics ?? '').hostname, '127.0.0.1');
    for (const origin of [instance.urls.api, new URL(instance.urls.cis2Issuer).origin])
      assert.equal((await fetch(`${origin}/metrics`)).status, 404);
    assert.equal((await fetch(String(instance.state.metrics).replace('/metrics', '/'))).status, 404);
  });
});

describe('the port of the metrics', () => {
  test('can be chosen, and is refused with a sentence if it is in use', async (t) => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    t.after(() => other.close());
    const { port } = other.address() as AddressInfo;
    await assert.rejects(
      startInstance({ metricsPort: port }),
      new RegExp(
        `^OperatorError: Port ${port} is in use, so metrics cannot start\\. Stop what uses it or choose another --metrics-port\\.$`,
      ),
    );
  });

  test('is off with off, and in production unless it is set', async (t) => {
    const instance = await startInstance({ metricsPort: 'off', only: 'cis' });
    t.after(() => instance.stop());
    assert.equal(instance.state.metrics, null);
    const production = await startProduction();
    t.after(() => production.stop());
    assert.equal(production.stateFile().metrics, null);
  });

  test('is refused with a sentence at an address that the machine does not have', async () => {
    await assert.rejects(
      startInstance({ metricsHost: '203.0.113.9', only: 'cis' }),
      /^OperatorError: 203\.0\.113\.9 is not an address of this machine, so metrics cannot start\. Choose another --metrics-host\.$/,
    );
  });

  test('refuses text other than a port', async () => {
    for (const metricsPort of ['many', '99999', '1.5'])
      await assert.rejects(startInstance({ metricsPort }), /--metrics-port: must be /);
  });
});
