import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { test } from 'node:test';
import { silentLog } from '@alongside/kernel/log';
import { startMetricsListener } from './listener.ts';

test('metrics on loopback are given only to names of this machine', async (t) => {
  const metrics = { scrape: async () => ({ type: 'text/plain', body: 'secrets_total 7' }) };
  const place = { host: '127.0.0.1', log: silentLog };
  const started = await startMetricsListener(metrics, { port: 0, isSet: true }, place);
  t.after(() => started.listener.close());
  const { port } = new URL(started.url);
  const statusFor = async (host: string) => {
    const [answer] = await once(request(started.url, { headers: { host } }).end(), 'response');
    answer.resume();
    return answer.statusCode;
  };
  for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, 'LOCALHOST', '[::1]'])
    assert.equal(await statusFor(host), 200, host);
  for (const host of ['rebound.example.test', `localhost.example.test:${port}`, '127.0.0.1.example.test'])
    assert.equal(await statusFor(host), 421, host);
});

test('metrics take a free port if the usual one is in use, but not in place of a chosen one', async (t) => {
  const metrics = { scrape: async () => ({ type: 'text/plain', body: '' }) };
  const place = { host: '127.0.0.1', log: silentLog };
  const first = await startMetricsListener(metrics, { port: 0, isSet: false }, place);
  t.after(() => first.listener.close());
  const port = Number(new URL(first.url).port);
  const second = await startMetricsListener(metrics, { port, isSet: false }, place);
  t.after(() => second.listener.close());
  assert.notEqual(second.url, first.url);
  assert.equal((await fetch(second.url)).status, 200);
  await assert.rejects(startMetricsListener(metrics, { port, isSet: true }, place), /is in use/);
});
