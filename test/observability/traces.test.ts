import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { createPds, traced } from '@alongside/client';
import { main } from '../../src/cli/testing/command.ts';
import type { Journey, JourneySummary } from '../../src/journeys/model.ts';
import { openInstance } from '../../src/kit/instance.ts';
import { type InstanceProcess, startInstanceProcess } from '../../src/kit/instance-process.ts';
import { type Collector, type ReceivedSpan, startCollector } from '../testing/collector.ts';
import { freePorts } from '../testing/free-port.ts';

const messageCount = 14;
const waiting = { timeout: 60_000 };

describe('a sign-in and an API call through services in two processes', () => {
  const data = mkdtempSync(join(tmpdir(), 'alongside-traces-'));
  let collector: Collector;
  let started: InstanceProcess;
  let second: InstanceProcess | undefined;
  let journey: Journey | undefined;
  const own = { traceId: randomBytes(16).toString('hex'), spanId: randomBytes(8).toString('hex') };

  const spanOf = (service: string, name: RegExp): Promise<ReceivedSpan> =>
    collector.span(
      `${service} ${name}`,
      (span) => span.service === `alongside-${service}` && name.test(span.name),
    );
  const journeyOf = ({ attributes }: ReceivedSpan) => attributes['alongside.journey.id'];

  before(async () => {
    collector = await startCollector();
    const base = String(await freePorts(8, 30_000, 32_700));
    const start = (only: string) =>
      startInstanceProcess({
        program: [process.execPath, main],
        args: [
          '--no-ephemeral',
          '--data',
          data,
          '--port-base',
          base,
          '--metrics-port',
          'off',
          '--only',
          only,
          '--state',
          join(data, `${only}.json`),
        ],
        env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_BSP_SCHEDULE_DELAY: '50' },
      });
    started = await start('cis,cis2,console');
    second = await start('authorisation,gateway,identity-agent,sample');
    const instance = await openInstance(started.state.urls.console, started);
    await instance.desk('gp');
    const { status } = await instance.browser().goto(`${instance.urls.sample}/sign-in/combined`);
    assert.equal(status, 200);
    const { access_token: token } = await instance.tokens('gp', 'demo-combined');
    const pds = createPds({
      baseUrl: `${instance.urls.api}/personal-demographics/FHIR/R4`,
      token: async () => String(token),
      fetch: traced(() => `00-${own.traceId}-${own.spanId}-01`),
    });
    await pds.patient('9733162043');
    const path = `${started.state.urls.console}/api/v1/journeys`;
    const read = async <T>(query: string) => (await (await fetch(path + query)).json()) as T;
    // Each process writes its messages some time after it answered.
    do {
      const { journeys } = await read<{ journeys: JourneySummary[] }>(
        '?pattern=combined&person=656005750108',
      );
      const signIn = journeys.find(({ count }) => count >= messageCount);
      if (signIn) journey = await read<Journey>(`/${signIn.id}`);
    } while (journey === undefined);
  }, waiting);
  after(async () => {
    await second?.stop();
    await started?.stop();
    await collector?.close();
    rmSync(data, { recursive: true, force: true });
  });

  test('are one journey, in which the calls of a process are inside the request that made them', () => {
    const messages = journey?.messages ?? [];
    const around = (id: string | null) => messages.find((message) => message.id === id)?.name;
    assert.deepEqual(
      messages.filter(({ parent }) => parent !== null).map(({ name, parent }) => [name, around(parent)]),
      [
        ['cis2.exchange', 'agent.hand-off'],
        ['cis.proof', 'cis2.exchange'],
        ['cis2.token.code', 'authorisation.callback'],
        ['cis2.userinfo', 'authorisation.callback'],
        ['cis2.userinfo', 'authorisation.userinfo'],
      ],
    );
    assert.equal(messages.length, messageCount);
  });

  test('have the journey in the spans of authorisation, CIS2, agent and CIS', async () => {
    const authorize = await spanOf('api', /^GET \/oauth2\/authorize$/);
    assert.match(String(journeyOf(authorize)), /^[\da-f-]{36}$/);
    for (const [service, name] of [
      ['cis2', /^GET .*\/Healthcare\/authorize$/],
      ['identityAgent', /^GET \/v1\/cis2$/],
      ['cis2', /^POST \/agent\/exchange$/],
      ['cis', /^POST \/sessions\/:id\/proof$/],
      ['cis2', /^GET \/agent\/return$/],
      ['cis2', /^POST .*\/access_token$/],
      ['api', /^GET \/oauth2\/callback$/],
      ['api', /^POST \/oauth2\/token$/],
    ] as const)
      assert.equal(journeyOf(await spanOf(service, name)), journeyOf(authorize), `${service} ${name}`);
  });

  test('have a span that redeems a code or answers a hand-off with a link to the span that began it', async () => {
    for (const [redeemed, issued] of [
      [await spanOf('cis2', /\/access_token$/), await spanOf('cis2', /\/agent\/return$/)],
      [await spanOf('api', /\/oauth2\/token$/), await spanOf('api', /\/oauth2\/callback$/)],
      // The browser carries a hand-off to the agent without a trace.
      [await spanOf('cis2', /\/agent\/exchange$/), await spanOf('cis2', /^GET .*\/authorize$/)],
    ] as const)
      assert.deepEqual(redeemed.links, [{ traceId: issued.traceId, spanId: issued.spanId }]);
  });

  test('have spans of the calls between services, with and without a socket, and of the client library', async () => {
    const callback = await spanOf('sample', /\/combined\/callback$/);
    const token = await spanOf('api', /\/oauth2\/token$/);
    assert.deepEqual([token.traceId, token.parentId], [callback.traceId, callback.spanId]);
    const agent = await spanOf('identityAgent', /^GET \/v1\/cis2$/);
    const exchange = await spanOf('cis2', /\/agent\/exchange$/);
    const asked = await collector.span("the agent's call", ({ spanId }) => spanId === exchange.parentId);
    assert.deepEqual([asked.kind, asked.service, asked.parentId], ['client', agent.service, agent.spanId]);
    assert.deepEqual([exchange.traceId, asked.traceId], [agent.traceId, agent.traceId]);
    assert.equal((await spanOf('cis', /\/proof$/)).parentId, exchange.spanId);
    const keys = await collector.span(
      'the keys of CIS',
      ({ kind, attributes }) => kind === 'client' && attributes['alongside.purpose'] === 'jwks',
    );
    const served = await collector.span('its server', ({ parentId }) => parentId === keys.spanId);
    assert.deepEqual([served.kind, served.traceId], ['server', keys.traceId]);
  });

  test('continue the trace of a caller at the gateway', async () => {
    const call = await spanOf('api', /^GET .*\/Patient\/:id$/);
    assert.deepEqual([call.traceId, call.parentId], [own.traceId, own.spanId]);
    assert.equal(call.attributes['alongside.api'], 'personal-demographics');
    assert.ok(journeyOf(call));
  });
});
