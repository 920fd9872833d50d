import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { main } from '../../src/cli/testing/command.ts';
import { openInstance } from '../../src/kit/instance.ts';
import { startInstanceProcess } from '../../src/kit/instance-process.ts';
import type { Alongside } from '../../src/kit/types.ts';
import { type Collector, startCollector } from '../testing/collector.ts';

const pds = '/personal-demographics/FHIR/R4';
const nhsNumber = '9733162043';
const form = { 'content-type': 'application/x-www-form-urlencoded' };

type Line = Readonly<Record<string, unknown>>;

/** Starts an instance in a process, and gathers everything that it writes to standard error. */
async function startLogged(args: readonly string[] = [], env: Record<string, string> = {}) {
  const raw: string[] = [];
  const started = await startInstanceProcess({
    program: [process.execPath, main],
    args,
    env,
    onLine: (line) => void raw.push(line),
  });
  return { raw, started, instance: await openInstance(started.state.urls.console, started) };
}

const linesOf = (raw: readonly string[]): Line[] =>
  raw.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Line);

/** Waits for the line of a request, which may follow its response. */
async function lineOf(raw: readonly string[], id: string | null): Promise<Line> {
  for (let tries = 0; tries < 2_000; tries++) {
    const found = linesOf(raw).find((line) => line.id === id && line.route !== undefined);
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`no line has the id ${id}`);
}

describe('the log at debug', () => {
  let raw: string[];
  let collector: Collector;
  let instance: Alongside;
  let stop: () => Promise<void>;
  let lines: Line[];
  const ids: (string | null)[] = [];
  const secrets = new Set<string>();
  const mark = (name: string): string => {
    const value = `Marked${name}${randomUUID().replaceAll('-', '')}`;
    secrets.add(value);
    return value;
  };

  async function call(address: string, init: RequestInit = {}): Promise<Response> {
    const response = await fetch(address, { redirect: 'manual', ...init });
    ids.push(response.headers.get('x-message-id'));
    return response;
  }

  before(async () => {
    collector = await startCollector();
    const all = await startLogged(['--log-level', 'debug', '--log-requests'], {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    });
    ({ raw, instance } = all);
    stop = () => all.started.stop();
    const { urls } = instance;
    const token = (body: Record<string, string>, base = '/oauth2') =>
      call(`${urls.api}${base}/token`, {
        method: 'POST',
        headers: form,
        body: String(new URLSearchParams(body)),
      });

    secrets.add('918273');
    await assert.rejects(instance.desk('gp', { pin: '918273' }));
    await instance.card.remove();
    await instance.desk('gp');
    for (const pattern of ['combined', 'separate']) {
      const { hops, status } = await instance.browser().goto(`${urls.sample}/sign-in/${pattern}`);
      assert.equal(status, 200);
      for (const hop of hops)
        for (const [name, value] of new URL(hop).searchParams)
          if (['code', 'state', 'nonce', 'request', 'code_challenge'].includes(name)) secrets.add(value);
    }
    const minted = await instance.tokens('gp', 'demo-combined');
    const application = await instance.applicationTokens();
    const citizen = await instance.citizenTokens('9912003071');
    for (const one of [minted, application, citizen])
      for (const name of ['access_token', 'refresh_token', 'id_token'])
        if (one[name]) secrets.add(String(one[name]));

    const authorization = `Bearer ${minted.access_token}`;
    const headers = () => ({ authorization, 'x-request-id': randomUUID() });
    const read = await call(`${urls.api}${pds}/Patient/${nhsNumber}`, { headers: headers() });
    assert.equal(read.status, 200);
    const patient = (await read.json()) as { name: { family: string; given: string[] }[]; birthDate: string };
    for (const value of [nhsNumber, patient.name[0]?.family ?? '', patient.birthDate]) secrets.add(value);
    const search = new URLSearchParams({
      family: mark('Family'),
      birthdate: 'eq1931-03-07',
      'address-postalcode': mark('Post'),
    });
    for (const value of ['1931-03-07', '9912003071']) secrets.add(value);
    await call(`${urls.api}${pds}/Patient?${search}`, { headers: headers() });
    await call(`${urls.api}${pds}/Patient?_fuzzy-match=${mark('Fuzzy')}`, { headers: headers() });
    await call(`${urls.api}${pds}/Patient/${nhsNumber}`, {
      method: 'PATCH',
      headers: { ...headers(), 'content-type': 'application/json-patch+json', 'if-match': 'W/"1"' },
      body: JSON.stringify({ patches: [{ op: 'replace', path: '/name/0/family', value: mark('Name') }] }),
    });
    await call(`${urls.api}${pds}/Patient/${mark('Path')}`, { headers: headers() });
    await call(`${urls.api}${pds}/Patient/${nhsNumber}`, {
      headers: { authorization: `Bearer ${mark('Bearer')}` },
    });
    for (const origin of [
      urls.api,
      new URL(urls.cis2Issuer).origin,
      urls.cis,
      urls.sample,
      urls.identityAgent,
    ])
      await call(`${origin}/${mark('Nowhere')}/${nhsNumber}?x=${mark('Query')}`, {
        headers: { cookie: `session=${mark('Cookie')}` },
      });
    await token({
      grant_type: 'authorization_code',
      client_id: 'x',
      client_secret: mark('Secret'),
      code: mark('Code'),
    });
    await token({ grant_type: 'refresh_token', refresh_token: mark('Refresh'), client_id: mark('Client') });
    await token({ grant_type: 'client_credentials', client_assertion: mark('Assertion') }, '/oauth2.1');
    await call(`${urls.cis2Issuer}/access_token`, {
      method: 'POST',
      headers: { ...form, authorization: `Basic ${btoa(`one:${mark('Basic')}`)}` },
      body: `grant_type=authorization_code&code=${mark('Code')}`,
    });
    await call(`${urls.cis2Issuer}/authorize?client_id=%E2%80%AEx&state=${mark('State')}`);
    await call(`${urls.cis2Issuer}/userinfo`, { headers: { authorization: `Bearer ${mark('Token')}` } });
    await call(`${urls.api}/oauth2/callback?code=${mark('Code')}&state=${mark('State')}`);
    await call(`${urls.api}${pds}/Patient/9912003071`, {
      headers: { authorization: `Bearer ${citizen.access_token}`, 'x-request-id': randomUUID() },
    });
    await instance.card.remove();
    for (const id of ids) await lineOf(raw, id);
    lines = linesOf(raw);
  });
  after(async () => {
    await stop?.();
    await collector?.close();
  });

  test('contains no secret, PIN, token, cookie, query, value of a path or patient', () => {
    const text = raw.join('\n');
    for (const secret of secrets)
      if (secret.length >= 4)
        assert.ok(
          !text.includes(secret),
          `${secret} is in the log:\n${raw.filter((line) => line.includes(secret)).join('\n')}`,
        );
    assert.ok(secrets.size > 30, 'the journeys had their secrets');
  });

  test('has one line for each request, with its id, route, status and outcome', () => {
    for (const id of ids) {
      const own = lines.filter((line) => line.id === id && line.route !== undefined);
      assert.equal(own.length, 1, `${id}`);
      const [line] = own;
      for (const name of ['service', 'method', 'route', 'status', 'ms', 'outcome', 'address'])
        assert.ok(line?.[name] !== undefined, `${name} of ${JSON.stringify(line)}`);
    }
  });

  test('names the route and never the path', () => {
    const routes = new Set(lines.flatMap(({ route }) => (route === undefined ? [] : [String(route)])));
    assert.ok(routes.has(`${pds}/Patient/:id`), [...routes].join(' '));
    assert.ok(routes.has('/oauth2/token'));
    assert.ok([...routes].every((route) => !/\d{6}/.test(route)));
  });

  test('has who called: user, application and client', () => {
    const line = lines.find(({ route, status }) => route === `${pds}/Patient/:id` && status === 200);
    assert.deepEqual(
      [line?.user, line?.application, typeof line?.client],
      ['656005750108', 'demo-combined', 'string'],
    );
  });

  test('has one journey for the requests of a sign-in', () => {
    const signedIn = lines.filter(({ msg, service }) => msg === 'signed in' && service === 'cis2');
    assert.ok(signedIn.length > 0);
    for (const { journey } of signedIn)
      assert.ok(lines.filter((line) => line.journey === journey).length >= 5, String(journey));
  });

  test('escapes control and direction characters', () => {
    assert.ok(raw.some((line) => line.includes('\\u202ex')));
    assert.ok(raw.every((line) => !/\p{C}/u.test(line)));
  });

  test('has the id by which explain finds a refusal', async () => {
    const refused = lines.filter(({ msg, service }) => msg === 'refused' && service !== 'sample');
    assert.ok(new Set(refused.map(({ service }) => service)).size >= 4);
    for (const { id, error } of refused) {
      const answer = await fetch(`${instance.urls.console}/api/v1/refusals/${id}`);
      assert.equal(((await answer.json()) as { error: string }).error, error);
    }
  });

  test('names the trace of each request, and the traces contain nothing that the log may not', async () => {
    await stop();
    const text = collector.text();
    for (const secret of secrets)
      if (secret.length >= 4) assert.ok(!text.includes(secret), `${secret} is in the traces`);
    for (const id of ids) {
      const span = collector.spans.find(({ attributes }) => attributes['alongside.request.id'] === id);
      const line = lines.find((one) => one.id === id && one.route !== undefined);
      assert.ok(span, `${id}`);
      assert.equal(line?.traceId, span.traceId);
    }
  });
});

describe('the log of alongside up by default', () => {
  let raw: string[];
  let instance: Alongside;
  let stop: () => Promise<void>;
  before(async () => {
    const all = await startLogged();
    ({ raw, instance } = all);
    stop = () => all.started.stop();
  });
  after(() => stop?.());

  test('has sign-ins and refusals, and no other requests', async () => {
    await instance.desk('gp');
    await instance.browser().goto(`${instance.urls.sample}/sign-in/combined`);
    const refused = await fetch(`${instance.urls.api}/oauth2/token`, { method: 'POST' });
    await lineOf(raw, refused.headers.get('x-message-id'));
    const messages = new Set(linesOf(raw).flatMap(({ route, msg }) => (route === undefined ? [] : [msg])));
    assert.deepEqual(messages, new Set(['signed in', 'refused']));
  });

  test('is complete when the process has ended', async () => {
    const refused = await fetch(`${instance.urls.cis}/nowhere`);
    await stop();
    const own = linesOf(raw).filter(({ id }) => id === refused.headers.get('x-message-id'));
    assert.equal(own.length, 1);
  });
});

test('a full disk of the log stops no sign-in and is reported once', {
  skip: !existsSync('/dev/full') && 'needs /dev/full',
}, async (t) => {
  const { raw, started, instance } = await startLogged(['--log-file', '/dev/full', '--log-requests']);
  t.after(() => started.stop());
  await instance.desk('gp');
  const page = await instance.browser().goto(`${instance.urls.sample}/sign-in/combined`);
  assert.equal(page.status, 200);
  await started.stop();
  assert.equal(
    raw.filter((line) => /The log file \/dev\/full cannot be written: ENOSPC/.test(line)).length,
    1,
  );
  assert.deepEqual(linesOf(raw), []);
});
