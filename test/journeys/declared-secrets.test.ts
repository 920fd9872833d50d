import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Route } from '@alongside/kernel/http';
import { formatLog } from '@alongside/kernel/log';
import type { Journey, JourneySummary } from '../../src/journeys/model.ts';
import { startInstance, type TestInstance } from '../testing/instance.ts';

/** What the routes of an instance declare as secret, each sent once in every place, with the value that was sent. */
describe('a secret that a route declares', () => {
  const folder = mkdtempSync(join(tmpdir(), 'alongside-declared-'));
  const lines: string[] = [];
  /** The declaration by the value that was sent. */
  const sent = new Map<string, string>();
  let instance: TestInstance;

  const marked = /Qx7_\d+_declared_secret_value/g;
  const mark = (what: string): string => {
    const value = `Qx7_${sent.size}_declared_secret_value`;
    sent.set(value, what);
    return value;
  };

  /** Calls a route with its declared secrets in the query, a header, a cookie, a form and a JSON text. */
  async function call(origin: string, { path, methods, secrets = [] }: Route): Promise<void> {
    const method = methods.includes('POST') ? 'POST' : (methods[0] ?? 'GET');
    const address = `${origin}${path.replaceAll(/:\w+|\*/g, 'one')}`;
    const names = secrets === 'bodies' ? ['a_field'] : secrets;
    const fields = (place: string) => names.map((name) => [name, mark(`${path} ${place} ${name}`)]);
    const hasBody = method !== 'GET' && method !== 'HEAD' && method !== 'OPTIONS';
    const headers = {
      authorization: `Bearer ${mark(`${path} authorization`)}`,
      cookie: `one=${mark(`${path} cookie`)}`,
      ...(secrets === 'bodies' ? {} : Object.fromEntries(fields('header'))),
    };
    const query = secrets === 'bodies' ? '' : `?${new URLSearchParams(fields('query'))}`;
    const bodies = hasBody
      ? [
          { type: 'application/x-www-form-urlencoded', body: String(new URLSearchParams(fields('form'))) },
          { type: 'application/json', body: JSON.stringify(Object.fromEntries(fields('JSON'))) },
        ]
      : [{ type: undefined, body: undefined }];
    for (const { type, body } of bodies)
      await fetch(`${address}${query}`, {
        method,
        redirect: 'manual',
        headers: { ...headers, ...(type ? { 'content-type': type } : {}) },
        ...(body === undefined ? {} : { body }),
      });
  }

  before(async () => {
    formatLog((line) => {
      lines.push(line);
      return '';
    });
    instance = await startInstance({ ephemeral: false, data: folder, logLevel: 'debug', logRequests: true });
  });
  after(async () => {
    await instance?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test('is in no line of the log, captured message, answer of the console, audit record, event or file', async () => {
    const origins: string[] = [];
    for (const { server, routes } of instance.listeners) {
      const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const declaring = routes.filter(
        ({ secrets, isMethodError }) => secrets !== undefined && !isMethodError,
      );
      if (declaring.length > 0) origins.push(origin);
      for (const route of declaring) await call(origin, route);
    }
    assert.ok(origins.length >= 4, 'CIS2, the platform, CIS and the agent declare secrets');
    assert.ok(sent.size > 300, `${sent.size} values were sent`);
    const { journeys } = await instance.api<{ journeys: JourneySummary[] }>('GET', '/journeys');
    const found = [
      await instance.api('GET', '/audit'),
      await instance.events(),
      ...(await Promise.all(journeys.map(({ id }) => instance.api<Journey>('GET', `/journeys/${id}`)))),
    ];
    const texts: Record<string, string> = { console: JSON.stringify(found), log: lines.join('') };
    assert.match(texts.log ?? '', /connect\/token|access_token/);
    assert.match(texts.console ?? '', /declared|characters\)/);
    for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      const path = join(folder, name);
      if (statSync(path).isFile()) texts[name] = readFileSync(path, 'latin1');
    }
    assert.equal([...sent.keys()].join().match(marked)?.length, sent.size);
    const leaked = Object.entries(texts).flatMap(([where, text]) =>
      [...new Set(text.match(marked))].map((value) => `${sent.get(value)}: ${where}`),
    );
    assert.deepEqual(leaked, []);
  });
});
