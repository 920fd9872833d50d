import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { Activity, observed } from '@alongside/kernel/activity';
import { Answer } from '@alongside/kernel/answer';
import { ManualClock } from '@alongside/kernel/clock';
import { Refusal } from '@alongside/kernel/errors';
import { EventRecorder } from '@alongside/kernel/events';
import { orderedId } from '@alongside/kernel/ids';
import { outbound } from '@alongside/kernel/outbound';
import { Vault } from '@alongside/kernel/secrets';
import { sharePostgres, type TestDatabases } from '../../test/testing/postgres.ts';
import { type Database, sql } from '../storage/database.ts';
import { connectDatabase } from '../storage/dialects.ts';
import { migrate } from '../storage/migrations.ts';
import { maxKept } from './findable.ts';
import { callerHeader } from './lanes.ts';
import { journeysIn, startJourneys, type TestJourneys, testVault } from './testing/journeys.ts';
import { hasFailed } from './text.ts';
import { everyWording } from './words.ts';

const caller = { application: 'demo-combined', client: 'key', user: '656005750108' };
const signIn = [
  {
    service: 'api',
    route: '/oauth2/authorize',
    status: 302,
    location: 'http://cis2.test/authorize?state=1',
    caller,
    event: { name: 'authorisation.to-cis2' },
  },
  {
    service: 'cis2',
    route: '/authorize',
    status: 302,
    location: 'http://api.test/oauth2/callback?code=1',
    caller: { client: 'platform' },
  },
  { service: 'api', route: '/oauth2/callback', status: 302, location: 'http://app.test/?code=2', caller },
] as const;

describe('StoredJourneys', () => {
  let desk: TestJourneys;
  before(async () => {
    desk = await startJourneys();
  });
  after(() => desk.database.close());

  test('show each redirect as one message from its sender to its receiver', async () => {
    const id = desk.record(signIn);
    const journey = await desk.journeys.find(id);
    assert.deepEqual(
      journey?.messages.map(({ number, from, to, words }) => [number, from, to, words]),
      [
        [1, 'application', 'authorisation', 'Asks for access to an API'],
        [2, 'authorisation', 'cis2', 'Sends the person to sign in'],
        [3, 'cis2', 'authorisation', 'Returns a code'],
        [4, 'authorisation', 'application', 'Returns a code'],
      ],
    );
    assert.deepEqual(
      journey?.messages.map(({ events }) => events.map(({ name }) => name)),
      [[], [], [], []],
    );
    assert.equal(journey?.outcome, 'waiting');
    assert.equal(journey?.waitingFor, 'the application');
  });

  test('show a redirect that did not arrive within ten seconds as lost', async () => {
    const id = desk.record(signIn.slice(0, 1));
    assert.equal((await desk.journeys.find(id))?.messages.length, 1);
    desk.clock.advance(11);
    const lost = (await desk.journeys.find(id))?.messages[1];
    assert.deepEqual([lost?.from, lost?.to, lost?.outcome], ['authorisation', 'cis2', 'lost']);
  });

  test('draw another provider as a lane of its own, from the sign-in page and back', async () => {
    const id = desk.record([
      {
        service: 'cis2',
        route: '/interaction/:id/:authenticator',
        status: 302,
        location: 'https://login.trust.example/authorize?state=2',
      },
      {
        service: 'cis2',
        route: '/federated/:provider/callback',
        status: 302,
        location: 'http://cis2.test/interaction/1/trust/return',
      },
    ]);
    assert.equal((await desk.journeys.find(id))?.messages.length, 3);
    desk.clock.advance(11);
    const journey = await desk.journeys.find(id);
    assert.deepEqual(
      journey?.messages.slice(1).map(({ from, to, words, outcome }) => [from, to, words, outcome]),
      [
        ['cis2', 'outside:login.trust.example', 'Sends the person to sign in', 'succeeded'],
        ['outside:login.trust.example', 'cis2', 'Returns a code', 'succeeded'],
      ],
    );
  });

  test('call a waiting journey abandoned after five minutes of the clock', async () => {
    const id = desk.record(signIn.slice(0, 1));
    assert.equal((await desk.journeys.find(id))?.outcome, 'waiting');
    desk.clock.advance(301);
    assert.equal((await desk.journeys.find(id))?.outcome, 'abandoned');
    const { journeys } = await desk.journeys.list({ outcome: 'abandoned' });
    assert.ok(journeys.some((journey) => journey.id === id));
  });

  test('end the wait for a PIN when it is accepted or refused, or the card leaves before', async () => {
    const given = 'agent.desk-pin ok';
    const wrong = 'agent.desk-pin refused wrong_pin';
    const succeeded = 'succeeded: Entered the PIN for a sign-in';
    for (const [acts, expected] of [
      [[given], succeeded],
      [[wrong, given], `${succeeded}, after one wrong PIN`],
      [[wrong], 'refused: The PIN is wrong'],
      [['agent.card-removed ok unanswered'], 'abandoned: Removed the card before the PIN'],
      [[given, 'agent.card-removed ok'], succeeded],
    ] as const) {
      const journey = orderedId();
      for (const act of ['agent.card-inserted ok', ...acts]) {
        const [name = '', outcome, what = 'ok'] = act.split(' ');
        const detail = { step: what, result: what, ...(act === wrong ? { attemptsLeft: 2 } : {}) };
        const at = new Date(desk.clock.now()).toISOString();
        const message = name === 'agent.desk-pin' ? { message: orderedId() } : {};
        const event = { journey, at, name, outcome: outcome as 'ok', detail, ...message };
        desk.recorder.outside({ ...event, from: 'browser', to: 'identity-agent' });
        desk.clock.advance(1);
      }
      const found = await desk.journeys.find(journey);
      assert.equal(`${found?.outcome}: ${found?.headline}`, expected);
      for (const outcome of ['waiting', 'abandoned'] as const) {
        const { journeys } = await desk.journeys.list({ outcome });
        const isListed = journeys.some(({ id }) => id === journey);
        assert.equal(isListed, outcome === found?.outcome, outcome);
      }
    }
  });

  test('have the person of the card before there is a session', async () => {
    const journey = orderedId();
    desk.recorder.outside({
      journey,
      at: new Date(desk.clock.now()).toISOString(),
      from: 'identity-agent',
      to: 'identity-agent',
      name: 'agent.card-inserted',
      outcome: 'ok',
      detail: { card: '1', uid: '656005750108' },
    });
    const found = await desk.journeys.find(journey);
    assert.equal(found?.person?.name, 'Dr Harriet Quillfeather');
    assert.equal(found?.messages[0]?.person?.uid, '656005750108');
    const { journeys } = await desk.journeys.list({ person: '656005750108', pattern: 'desk' });
    assert.ok(journeys.some(({ id }) => id === journey));
  });

  test('find a sign-out by the application that CIS2 notified', async () => {
    const journey = desk.record([
      { service: 'cis2', method: 'POST', route: '/agent/session-ended', caller: { user: '656005750108' } },
    ]);
    desk.recorder.outside({
      journey,
      at: new Date(desk.clock.now()).toISOString(),
      from: 'cis2',
      to: 'application',
      name: 'cis2.backchannel-logout',
      outcome: 'ok',
      detail: { client: 'Demo, separate', application: 'demo-separate' },
    });
    const { journeys } = await desk.journeys.list({ application: 'demo-separate', pattern: 'sign-out' });
    assert.deepEqual(
      journeys.filter(({ id }) => id === journey).map(({ headline, person }) => [headline, person?.uid]),
      [['Signed out', '656005750108']],
    );
  });

  test('find a sign-out by each application that it reached, once and with all their names', async () => {
    const told = { service: 'api', method: 'POST', route: '/oauth2/backchannel_logout' } as const;
    const journey = desk.record([
      { service: 'cis2', method: 'POST', route: '/agent/session-ended', caller: { user: '656005750108' } },
      { ...told, caller: { application: 'demo-combined' } },
    ]);
    await desk.recorder.keep();
    desk.record([{ ...told, caller: { application: 'demo-separate' } }], journey);
    for (const filter of [
      { application: 'demo-combined' },
      { application: 'demo-separate' },
      { application: 'demo-separate', outcome: 'succeeded' },
      { q: 'demo-separate' },
      { q: 'separate' },
    ] as const) {
      const { journeys } = await desk.journeys.list(filter);
      assert.deepEqual(
        journeys
          .filter(({ id }) => id === journey)
          .map(({ application, otherApplications }) => [
            application?.name,
            otherApplications.map(({ name }) => name),
          ]),
        [['Demo, combined', ['Demo, separate']]],
        JSON.stringify(filter),
      );
    }
    assert.deepEqual((await desk.journeys.find(journey))?.otherApplications, [
      { id: 'demo-separate', name: 'Demo, separate' },
    ]);
  });

  test('list pages of an application in order, with the sign-outs that reached it after another', async () => {
    const told = { service: 'api', method: 'POST', route: '/oauth2/backchannel_logout' } as const;
    for (let count = 0; count < 30; count++) {
      desk.clock.advance(1);
      desk.record([{ service: 'api', route: '/oauth2/userinfo', caller: { application: 'second' } }]);
      desk.clock.advance(1);
      desk.record([
        { ...told, caller: { application: 'first' } },
        { ...told, caller: { application: 'second' } },
      ]);
    }
    const page = await desk.journeys.list({ application: 'second' });
    const rest = await desk.journeys.list({ application: 'second', after: page.next ?? '' });
    const all = [...page.journeys, ...rest.journeys];
    assert.deepEqual([page.journeys.length, rest.journeys.length, rest.next], [50, 10, null]);
    assert.equal(new Set(all.map(({ id }) => id)).size, 60);
    const started = all.map(({ startedAt }) => startedAt);
    assert.deepEqual(started, started.toSorted().reverse());
  });

  test('succeed if a service has no token of an ended session', async () => {
    const record = {
      error: 'authorisation.logoutUnknown',
      description: 'SID not found',
      detail: '',
      fix: '',
    };
    const refusal = { record: { ...record, actor: 'operator', source: '' }, refusal: {} } as never;
    const told = { service: 'api', method: 'POST', route: '/oauth2/backchannel_logout' } as const;
    const ended = { service: 'cis2', method: 'POST', route: '/agent/session-ended' } as const;
    const id = desk.record([ended, { ...told, status: 501, refusal }]);
    const found = await desk.journeys.find(id);
    assert.equal(`${found?.outcome}: ${found?.headline}`, 'succeeded: Signed out');
    assert.equal(found?.messages[1]?.outcome, 'failed', 'the step shows it');
    assert.deepEqual(found?.messages.map(hasFailed), [false, false], 'it is no fault of anybody');
  });

  test('number calls before what began later outside the message during which they were made', async () => {
    const agent = { service: 'identityAgent', method: 'POST', route: '/interaction/:id/pin' } as const;
    const journey = desk.record([agent]);
    const id = (await desk.journeys.find(journey))?.messages[0]?.id ?? '';
    const claimed = JSON.stringify({ id, lane: 'identity-agent', journey, at: desk.clock.now() });
    const headers = { [callerHeader]: testVault.seal('caller', claimed) };
    const call = { service: 'cis', method: 'POST', route: '/sessions' } as const;
    desk.record(
      [
        { ...call, after: 20 },
        { ...call, after: 21, headers },
      ],
      journey,
    );
    const messages = (await desk.journeys.find(journey))?.messages ?? [];
    assert.deepEqual(
      messages.map(({ number, parent, offsetMs }) => [number, parent === id, offsetMs]),
      [
        [1, false, 0],
        [2, true, 21],
        [3, false, 20],
      ],
    );
  });

  test('say what happened before their outcome is decided', async () => {
    const challenge = { service: 'cis', method: 'POST', route: '/sessions/challenge' } as const;
    assert.equal((await desk.journeys.find(desk.record([challenge])))?.headline, 'Asks for a challenge');
    const code = { service: 'cis', method: 'POST', route: '/cards/:serial/unlock-code' } as const;
    const asked = await desk.journeys.find(desk.record([code]));
    assert.deepEqual(
      [asked?.pattern, asked?.outcome, asked?.headline],
      ['desk', 'succeeded', 'Asked for an unlocking code'],
    );
  });

  test('nest a call under the request that another service proves, and under none that an outsider names', async () => {
    const agent = { service: 'identityAgent', method: 'POST', route: '/interaction/:id/pin' } as const;
    const journey = desk.record([agent]);
    const id = (await desk.journeys.find(journey))?.messages[0]?.id ?? '';
    const claimed = JSON.stringify({ id, lane: 'identity-agent', journey, at: desk.clock.now() });
    const call = { service: 'cis', method: 'POST', route: '/sessions' } as const;
    const calls = [
      testVault.seal('caller', claimed),
      new Vault(Buffer.alloc(32, 8)).seal('caller', claimed),
      claimed,
    ].map((sealed, index) => ({ ...call, after: 20 + index, headers: { [callerHeader]: sealed } }));
    desk.record(calls, journey);
    const parents = async () =>
      (await desk.journeys.find(journey))?.messages.slice(1).map(({ parent }) => parent);
    assert.deepEqual(await parents(), [id, null, null]);
    desk.clock.advance(61);
    desk.record(calls.slice(0, 1), journey);
    assert.deepEqual(await parents(), [id, null, null, null], 'one from a log is too old');
  });

  test('leave out lookups of the console that are refused, and keep those that fail', async () => {
    const claimed = JSON.stringify({ id: 'of-the-console', lane: 'console', at: desk.clock.now() });
    const headers = { [callerHeader]: testVault.seal('caller', claimed) };
    const lookup = { service: 'cis', route: '/cards/:serial', headers } as const;
    const since = new Date(desk.clock.now()).toISOString();
    const before = await desk.journeys.errorsSince(since);
    const entry = {
      error: 'cis.cardUnknown',
      code: 'x',
      status: 404,
      description: 'No card',
      detail: '',
      fix: '',
    };
    const refusal = { record: { ...entry, actor: 'developer', source: '' }, refusal: {} } as never;
    const missing = desk.record([{ ...lookup, status: 404, refusal }]);
    assert.equal(await desk.journeys.find(missing), undefined);
    assert.equal(await desk.journeys.errorsSince(since), before);
    const failing = desk.record([{ ...lookup, status: 500 }]);
    const [message] = (await desk.journeys.find(failing))?.messages ?? [];
    assert.deepEqual([message?.from, message?.parent], ['console', null]);
    assert.equal(await desk.journeys.errorsSince(since), before + 1, 'counts failures too');
  });

  test('draw the back end of an API as a lane of its own, also when it fails or is away', async () => {
    const backEnd = http.createServer((request, response) => {
      response.statusCode = request.url === '/failing' ? 502 : 200;
      response.end();
    });
    await once(backEnd.listen(0, '127.0.0.1'), 'listening');
    const origin = `http://127.0.0.1:${(backEnd.address() as AddressInfo).port}`;
    const unfollow = desk.recorder.followCalls();
    const journey = orderedId();
    const callApi = (url: string) =>
      observed(desk.recorder, new Activity('api', 'GET'), async (activity) => {
        const request = {
          id: orderedId(),
          path: '/orders/1',
          query: '',
          headers: {},
          body: '',
          address: '::1',
        };
        activity.follow(request, '/orders/:id');
        activity.note({ api: 'orders' });
        activity.journey = journey;
        activity.status = 200;
        await outbound(url, { privateAddresses: true }, { purpose: 'upstream' }).catch(() => undefined);
        desk.clock.advance(1);
      });
    await callApi(`${origin}/item/9000000009`);
    await callApi(`${origin}/failing`);
    backEnd.closeAllConnections();
    await new Promise((resolve) => backEnd.close(resolve));
    await callApi(origin);
    unfollow();
    const found = await desk.journeys.find(journey);
    const lane = `outside:${new URL(origin).host}`;
    const outcomes = ['200 succeeded', '502 failed', 'null lost'];
    assert.deepEqual(
      found?.messages.map(({ from, to, status, outcome }) => `${from} ${to} ${status} ${outcome}`),
      outcomes.flatMap((outcome) => [
        'application api:orders 200 succeeded',
        `api:orders ${lane} ${outcome}`,
      ]),
    );
    const [call, forwarded] = found?.messages ?? [];
    assert.equal(forwarded?.parent, call?.id);
    assert.equal(forwarded?.route, '/orders/:id', 'the back end may have another path');
    assert.equal((await desk.journeys.message(forwarded?.id ?? ''))?.words, 'Forwards the call');
    assert.equal((await desk.journeys.list({ q: journey })).journeys[0]?.count, 6);
    assert.doesNotMatch(JSON.stringify(found), /9000000009/, 'the address may name a patient');
  });

  test('take the headline of a refusal from its public description, without the id for programs', async () => {
    const description = 'The API cannot be reached. (Message ID: {messageId})';
    const record = { error: 'gateway.backEndUnreachable', description, detail: '', fix: '', source: '' };
    const refusal = { record: { ...record, actor: 'operator' }, refusal: {} } as never;
    const id = desk.record([{ service: 'api', route: '/orders/*', status: 503, refusal }]);
    assert.equal((await desk.journeys.find(id))?.headline, 'The API cannot be reached');
  });

  test('number the step of the failure that the headline states, not of the first', async () => {
    const record = {
      error: 'authorisation.secretWrong',
      detail: '',
      fix: '',
      source: '',
      actor: 'developer',
    };
    const refused = (description: string) => ({ record: { ...record, description }, refusal: {} }) as never;
    const token = { service: 'api', method: 'POST', route: '/oauth2/token', status: 401 } as const;
    const id = desk.record([
      { ...token, refusal: refused('The first reason') },
      { ...token, refusal: refused('The last reason') },
    ]);
    const summary = (await desk.journeys.list({ q: id })).journeys[0];
    assert.deepEqual([summary?.headline, summary?.failedStep], ['The last reason', 2]);
    assert.equal((await desk.journeys.find(id))?.failedStep, 2);
  });

  test('give a realm of the mock a lane of its own', async () => {
    const path = '/realms/NHS-Login-mock-internal-dev/protocol/openid-connect/auth';
    const mock = { service: 'cis2', route: path.replace(/NHS[^/]+/, ':realm'), path } as const;
    const id = desk.record([
      { service: 'api', route: '/oauth2/authorize', status: 302, location: `http://cis2.test${path}` },
      mock,
      { ...mock, method: 'POST', status: 302, location: 'http://api.test/oauth2/callback?code=1' },
      { service: 'api', route: '/oauth2/callback' },
    ]);
    assert.deepEqual(
      (await desk.journeys.find(id))?.messages
        .slice(1)
        .map(({ from, to, words }) => `${from} ${to} ${words}`),
      [
        'authorisation mock:NHS login Sends the person to sign in',
        'person mock:NHS login Chooses who signs in',
        'mock:NHS login authorisation Returns a code',
      ],
    );
  });

  test('list pages of fifty, newest first', async () => {
    for (let count = 0; count < 60; count++) {
      desk.clock.advance(1);
      desk.record([{ service: 'api', route: '/oauth2/userinfo', caller: { application: 'paged' } }]);
    }
    const first = await desk.journeys.list({ application: 'paged' });
    const second = await desk.journeys.list({ application: 'paged', after: first.next ?? '' });
    assert.deepEqual([first.journeys.length, second.journeys.length, second.next], [50, 10, null]);
    const started = [...first.journeys, ...second.journeys].map(({ startedAt }) => startedAt);
    assert.deepEqual(started, started.toSorted().reverse());
  });

  test('keep a limited number of failed requests of one network in ten minutes, and those of others', async () => {
    const refuse = (address: string) =>
      desk.record([{ service: 'api', route: '/oauth2/token', status: 503, address }]);
    const kept = async (ids: readonly string[]) =>
      (await Promise.all(ids.map((id) => desk.journeys.find(id)))).filter(Boolean).length;
    desk.clock.advance(600);
    const flood = Array.from({ length: 30 }, (_, last) => refuse(`2001:db8::${last}`));
    assert.equal(await kept(flood), 20);
    assert.equal(await kept([refuse('2001:db8:0:1::1')]), 1);
    desk.clock.advance(600);
    assert.equal(await kept([refuse('2001:db8::1')]), 1);
  });

  test('find a journey by the beginning of a name and by the id of a message', async () => {
    const id = desk.record(signIn);
    const [message] = (await desk.journeys.find(id))?.messages ?? [];
    for (const q of ['quill', 'Dr Har', 'combined', message?.id ?? '', id])
      assert.ok(
        (await desk.journeys.list({ q })).journeys.some((journey) => journey.id === id),
        q,
      );
    assert.deepEqual((await desk.journeys.list({ q: 'uillf' })).journeys, []);
    assert.equal((await desk.journeys.message(message?.id ?? ''))?.words, 'Asks for access to an API');
  });

  test('find a journey by code, status, path, id and headline of a refusal in it, and not by those of another', async () => {
    const refusal = (error: string, code: string, headline: string) => {
      const entry = {
        id: error,
        code,
        status: 401,
        redirect: false,
        source: '',
        actor: 'developer',
        fix: 'Fix.',
      } as const;
      const known = { ...entry, description: 'client_id or client_secret is invalid', expected: '' };
      const record = {
        ...known,
        error,
        detail: '',
        facts: { headline },
        messageId: '',
        service: '',
        method: 'POST',
      };
      return { record: { ...record, path: '/oauth2/token' }, refusal: new Refusal(known, '') };
    };
    const secret = refusal('authorisation.clientOrSecret', 'invalid_client', 'The client secret is wrong');
    const other = refusal('authorisation.kid', 'invalid_request', '100% of keys have another kid');
    const exchange = { service: 'api', method: 'POST', route: '/oauth2/token', status: 401 } as const;
    const id = desk.record([{ ...exchange, refusal: secret }]);
    const another = desk.record([{ ...exchange, route: '/oauth2/x', status: 403, refusal: other }]);
    const found = async (q: string) =>
      (await desk.journeys.list({ q })).journeys.map((journey) => journey.id);
    for (const q of [
      'invalid_client',
      'client secret',
      'SECRET wrong',
      'oauth2/token',
      '401',
      'authorisation.clientOrSecret',
    ])
      assert.deepEqual(
        [(await found(q)).includes(id), (await found(q)).includes(another)],
        [true, q === 'oauth2/token'],
        q,
      );
    // The characters of patterns are words like others, and digits within a word are no status.
    for (const q of ['client%secret', 'client_secre_', 'no such words', '40'])
      assert.deepEqual(
        (await found(q)).filter((one) => one === id),
        [],
        q,
      );
    assert.ok((await found('100% of')).includes(another));
    const filtered = await desk.journeys.list({ q: 'invalid_client', outcome: 'refused' });
    assert.ok(filtered.journeys.some((journey) => journey.id === id));
  });

  const inBurst = { service: 'api', route: '/oauth2/userinfo', caller: { application: 'burst' } } as const;
  const refusedInBurst = (id: string) => ({ ...inBurst, status: 500, headers: { 'x-request-id': id } });
  const firstMessage = async (id: string | undefined) =>
    (await desk.journeys.find(id ?? ''))?.messages[0] ?? assert.fail();

  test('keep the requests of the newest messages of a burst and of refused ones, and count the others', async () => {
    const calls = [refusedInBurst('before-many'), ...Array.from({ length: maxKept + 2 }, () => inBurst)];
    const ids = calls.map((one) => desk.record([one]));
    const [refused, ...others] = await Promise.all([ids[0], ids[1], ids[2], ids.at(-1)].map(firstMessage));
    const last = others.pop();
    for (const dropped of others) {
      assert.equal(dropped.request, null);
      assert.match(dropped.notCaptured ?? '', /^2 messages of this burst were not kept/);
    }
    for (const kept of [refused, last])
      assert.deepEqual([kept?.request?.url, kept?.notCaptured], ['http://api.test/oauth2/userinfo', null]);
  });

  test('find each refused message of a burst, also one whose request was not kept', async () => {
    const ids = Array.from({ length: maxKept + 1 }, (_, n) =>
      desk.record([{ ...refusedInBurst(`refused-${n}`), address: `10.${n}.0.1` }]),
    );
    const [first, second] = await Promise.all([ids[0], ids[1]].map(firstMessage));
    assert.deepEqual([first?.request, second?.request?.url], [null, 'http://api.test/oauth2/userinfo']);
    const { journeys } = await desk.journeys.list({ q: 'refused-0' });
    assert.deepEqual(
      journeys.map(({ id }) => id),
      [ids[0]],
    );
  });

  test('encode a response when somebody looks, not while the client waits', async () => {
    let reads = 0;
    const answer = Object.defineProperty(new Answer(200, {}), 'body', {
      get: () => {
        reads += 1;
        return '';
      },
    });
    const id = desk.record([{ service: 'api', route: '/oauth2/userinfo', answer }]);
    assert.equal(reads, 0);
    assert.ok(await desk.journeys.find(id));
    assert.ok(reads > 0);
  });

  test('find a person whom the directory knows among the journeys of a thousand others', async () => {
    const call = { service: 'api', route: '/oauth2/userinfo' } as const;
    for (let n = 0; n < 1_000; n++)
      desk.record([{ ...call, caller: { user: String(100_000_000_000 + n), client: 'key' } }]);
    const harbottle = desk.record([{ ...call, caller: { user: '656005750109', client: 'key' } }]);
    const { journeys } = await desk.journeys.list({ q: 'Harbottle' });
    assert.deepEqual(
      journeys.map(({ id }) => id),
      [harbottle],
    );
  });
});

let server: TestDatabases;
before(async () => {
  server = await sharePostgres();
});
after(() => server.stop());

for (const [dialect, create] of [
  ['SQLite', async () => ':memory:'],
  ['PostgreSQL', () => server.create('journeys')],
] as const)
  describe(`JourneyRecorder and StoredJourneys in ${dialect}`, () => {
    const start = Date.parse('2026-03-02T09:00:00Z');
    let database: Database;
    before(async () => {
      database = await connectDatabase(await create(), '');
      await migrate(database);
    });
    after(() => database?.close());

    test('store a message in the block of the event of its request', async () => {
      const clock = new ManualClock(start);
      const { events, recorder: observer, journeys } = journeysIn(database, clock);
      const recorder = new EventRecorder(clock, events, { gather: 60_000 });
      const [journey, id] = [orderedId(), orderedId()];
      const route = '/hello-world/hello/user';
      await observed(observer, new Activity('api', 'GET'), async (activity) => {
        activity.follow({ id, path: route, query: '', headers: {}, body: '', address: '127.0.0.1' }, route);
        activity.status = 200;
        recorder.record({ from: 'application', to: 'gateway', journey, name: 'call' });
      });
      await recorder.keep();
      assert.equal((await database.all(sql('SELECT block FROM journey_block'))).length, 1);
      const [message] = (await journeys.find(journey))?.messages ?? [];
      assert.deepEqual(
        [message?.kind, message?.from, message?.words, message?.events.map(({ name }) => name)],
        ['call', 'application', 'Calls the API', ['call']],
      );
      assert.equal((await database.all(sql('SELECT block FROM journey_block'))).length, 1);
    });

    test('forget the applications of a sign-out with its journey', async () => {
      const { record, journeys, events } = journeysIn(database, new ManualClock(start));
      const told = { service: 'api', method: 'POST', route: '/oauth2/backchannel_logout' } as const;
      const id = record([
        { ...told, caller: { application: 'one' } },
        { ...told, caller: { application: 'two' } },
      ]);
      assert.equal((await journeys.list({ application: 'two' })).journeys[0]?.id, id);
      const reached = async () =>
        (await database.all<{ application: string }>(sql('SELECT application FROM journey_reached'))).map(
          ({ application }) => application,
        );
      assert.deepEqual(await reached(), ['two']);
      await events.sweep(start + 3_600_000, 0);
      assert.deepEqual(await reached(), []);
      assert.deepEqual((await journeys.list({ application: 'two' })).journeys, []);
    });

    test('add the messages of a journey up, whatever characters a refusal has', async () => {
      const { record, journeys } = journeysIn(database, new ManualClock(start));
      const headline = 'half a \ud83d, a \0 and \\u0000';
      const entry = { error: 'gateway.unexpected', description: '', detail: '', fix: '', actor: 'developer' };
      const refusal = { record: { ...entry, source: '', facts: { headline } }, refusal: {} } as never;
      const exchange = { service: 'api', route: '/oauth2/userinfo' } as const;
      const other = record([exchange]);
      const refused = record([exchange, { ...exchange, status: 401, refusal }]);
      assert.equal((await journeys.find(other))?.headline, 'Read the person and roles');
      record([exchange], other);
      assert.equal((await journeys.list({ q: other })).journeys[0]?.count, 2);
      const found = await journeys.find(refused);
      assert.deepEqual([found?.outcome, found?.count], ['refused', 2]);
      assert.match(found?.headline ?? '', /^half a .+ and \\u0000$/s);
      for (const filter of [
        { outcome: 'refused' },
        { outcome: 'succeeded' },
        { pattern: 'application' },
      ] as const)
        assert.ok((await journeys.list(filter)).journeys.length > 0);
    });
  });

test('words of messages begin with a verb in the third person and have at most 32 characters', () => {
  for (const { words, name } of everyWording()) {
    assert.ok(words.length <= 32, `${name}: ${words}`);
    assert.match(words, /^[A-Z][a-z]+s\b/, name);
  }
});
