import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { systemClock } from '@alongside/kernel/clock';
import { CookieNames } from '@alongside/kernel/cookies';
import type { HttpRequest } from '@alongside/kernel/http';
import { silentLog } from '@alongside/kernel/log';
import { Vault } from '@alongside/kernel/secrets';
import { smartcard } from '../authenticators/smartcard/sign-in.ts';
import { BrowserMarks } from '../model/browser-marks.ts';
import { CisClient } from '../model/cis-client.ts';
import type { AuthorizationRequest } from '../model/interactions.ts';
import type { RelyingParty } from '../model/relying-party.ts';
import { startCis, type TestCis } from '../testing/test-cis.ts';

// A browser that does not appear to be on the agent's computer: its address is the hospital's.
let cis: TestCis;
before(async () => {
  cis = await startCis(systemClock);
});
after(() => cis.stop());

const marks = new BrowserMarks(
  new CookieNames('https://cis2.example.test', 'cis2'),
  new Vault(Buffer.alloc(32, 1)),
  true,
);
const cookieOf = (setCookie: string) => setCookie.split(';')[0] ?? '';
const from = (address: string, cookie = '') => ({ address, headers: { cookie } }) as unknown as HttpRequest;
const client = (firstAuthenticator: string | null) =>
  ({ registration: { firstAuthenticator } }) as unknown as RelyingParty;
const asked = (prompt: string[] = []) => ({ prompt, acr: ['AAL3_ANY'] }) as unknown as AuthorizationRequest;

test('a remote browser goes directly to an agent that it has met, or if the request requires the smartcard', async () => {
  const handOffs = undefined as never;
  const card = smartcard({
    cis: new CisClient(cis, silentLog),
    handOffs,
    marks,
    log: silentLog,
    afterSignOut: 'ask',
    agentUrl: 'http://127.0.0.1:1',
  });
  cis.agents = [
    { agentId: 'one', seenAt: '', sessionId: 's' },
    { agentId: 'two', seenAt: '', sessionId: null },
  ];
  const met = (id: string) => cookieOf(marks.meeting(from(''), id));
  const straight = (request: HttpRequest, first: string | null = null, prompt: string[] = []) =>
    card.goesStraight(request, client(first), asked(prompt));

  assert.equal(await straight(from('192.0.2.7')), false);
  assert.equal(await straight(from('192.0.2.7', met('one'))), true);
  assert.equal(await straight(from('192.0.2.7', met('two'))), false);
  assert.equal(await straight(from('192.0.2.7', met('three'))), false);
  assert.equal(await straight(from('192.0.2.7'), 'smartcard'), true);
  assert.equal(await straight(from('192.0.2.7'), 'smartcard', ['none']), false);
  assert.equal(await straight(from('192.0.2.7', met('two')), null, ['none']), true);
  for (const loopback of ['127.0.0.1', '127.0.0.9', '::1', '::ffff:127.0.0.1'])
    assert.equal(await straight(from(loopback)), true);
  // A near agent is not enough: without a question, the browser must have met the agent.
  for (const loopback of ['127.0.0.1', '::1']) {
    assert.equal(await straight(from(loopback), 'smartcard', ['none']), false);
    assert.equal(await straight(from(loopback, met('three')), null, ['none']), false);
    assert.equal(await straight(from(loopback, met('one')), null, ['none']), true);
  }
  cis.agents = [];
  assert.equal(await straight(from('192.0.2.7', met('one')), 'smartcard'), false);
});

test('the cookie of met agents is encrypted and authenticated', () => {
  const cookie = cookieOf(marks.meeting(from(''), 'agent-one'));
  assert.ok(!cookie.includes('agent-one'));
  assert.deepEqual(marks.metAgents(from('', cookie)), ['agent-one']);
  const changed = cookie.replace(/\.(.)/, (_, first) => `.${first === 'A' ? 'B' : 'A'}`);
  assert.deepEqual(marks.metAgents(from('', changed)), []);
  const more = ['b', 'c', 'd', 'e'].reduce(
    (before, id) => cookieOf(marks.meeting(from('', before), id)),
    cookie,
  );
  assert.deepEqual(marks.metAgents(from('', more)), ['e', 'd', 'c', 'b']);
});
