import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { maxLineLength, methods, notifications } from '../protocol.ts';
import { type TestDesk, testDesk } from '../testing/desk.ts';
import { ticketErrors } from '../ticket-errors.ts';
import { AgentCallError, AgentConnection } from './client.ts';

const failed = (name: keyof typeof ticketErrors) => (thrown: unknown) => {
  assert.ok(thrown instanceof AgentCallError, String(thrown));
  assert.equal(thrown.code, ticketErrors[name].code);
  return true;
};
const invalidParams = (thrown: unknown) => thrown instanceof AgentCallError && thrown.code === -32_602;

describe("the Ticket API's calls about itself", () => {
  test('issue handles, check them if given, and release them', async (t) => {
    const desk = await testDesk(t);
    await desk.signIn();
    const { instance } = await desk.call<{ instance: number }>('initialize', { application: 'Old' });
    const { ticket } = await desk.call<{ ticket: string }>('getTicket', { instance });
    assert.ok(ticket);
    assert.deepEqual(await desk.call('getTicketNoAuth'), { ticket }, 'and nobody needs one');
    await assert.rejects(
      desk.call('getTicket', { instance: instance + 1 }),
      failed('INVALID_INSTANCE_HANDLE'),
    );
    const other = await AgentConnection.open(desk.socketPath);
    t.after(() => other.close());
    await assert.rejects(
      other.call(methods.getTicketNoAuth, { instance }),
      failed('INVALID_INSTANCE_HANDLE'),
    );
    assert.deepEqual(await desk.call('finalize', { instance }), {});
    await assert.rejects(desk.call('finalize', { instance }), failed('INVALID_INSTANCE_HANDLE'));
    await assert.rejects(desk.call('getTicket', { instance }), failed('INVALID_INSTANCE_HANDLE'));
  });

  test('return the versions by their published numbers', async (t) => {
    const desk = await testDesk(t);
    assert.deepEqual(await desk.call('getGAVersion', { which: 1 }), { version: '1.0' });
    assert.deepEqual(await desk.call('getGAVersion', { which: 2 }), { version: '0.1.0' });
    assert.deepEqual(await desk.call('getDllVersion'), { version: '1.0' });
    await assert.rejects(desk.call('getGAVersion', { which: 3 }), failed('INVALID_PARAMETER'));
    const { terminalServiceSession } = await desk.call<{ terminalServiceSession: boolean }>(
      'isTerminalServiceSession',
    );
    assert.equal(typeof terminalServiceSession, 'boolean');
  });

  test('return the last error of this connection, and 0 after a success', async (t) => {
    const desk = await testDesk(t);
    const last = async () => (await desk.call<{ code: number }>('getLastError')).code;
    assert.equal(await last(), 0);
    await assert.rejects(desk.call('getTicketNoAuth'));
    assert.equal(await last(), 0x80100009);
    await assert.rejects(desk.call('getTicket', { wait: 1 }), invalidParams);
    assert.equal(await last(), 0x80100003);
    const other = await AgentConnection.open(desk.socketPath);
    t.after(() => other.close());
    assert.deepEqual(await other.call(methods.getLastError), { code: 0 });
    await desk.signIn();
    await desk.call('getTicket');
    assert.equal(await last(), 0);
  });

  test('return a number and a sentence for every published error, also for a signed number', async (t) => {
    const desk = await testDesk(t);
    for (const error of Object.values(ticketErrors)) {
      for (const code of [error.code, error.code | 0]) {
        const described = await desk.call<{ name: string; description: string }>('getErrorDescription', {
          code,
        });
        assert.equal(described.name, error.name);
        assert.match(described.description, /^[A-Z].*\.$/);
      }
    }
    assert.equal(Object.keys(ticketErrors).length, 33);
    assert.equal(ticketErrors.PIN_BLOCKED.code, 0x80200004);
    assert.equal(ticketErrors.RESOURCE_NOT_AVAILABLE.code, 0x80800007);
    assert.equal(ticketErrors.AUTHMETHOD_NOT_SUPPORTED.code, 0x80400008);
    assert.equal(
      (await desk.call<{ name: string }>('getErrorDescription', { code: 0 })).name,
      'TCK_API_SUCCESS',
    );
    await assert.rejects(desk.call('getErrorDescription', { code: 42 }), failed('INVALID_PARAMETER'));
  });

  test("return the matching number for a card's errors", async (t) => {
    for (const [code, name] of [
      ['certificate_expired', 'SMARTCARD_NOT_VALID'],
      ['certificate_revoked', 'SMARTCARD_NOT_VALID'],
      ['signature_invalid', 'AUTHENTICATION_FAILED'],
      ['person_disabled', 'USER_NOT_VALID'],
    ] as const) {
      const desk = await testDesk(t);
      desk.cis.refused.set('656005750201', { code, sentence: 'No.' });
      await desk.signIn();
      await assert.rejects(desk.call('getTicket'), failed(name));
    }
  });
});

describe('events', () => {
  const listener = async (t: Parameters<typeof testDesk>[0], desk: TestDesk) => {
    const heard: string[] = [];
    const agent = await AgentConnection.open(desk.socketPath, (name) => void heard.push(name));
    t.after(async () => agent.close());
    return { heard, agent };
  };

  test('are sent as subscribed: all, some, none', async (t) => {
    const desk = await testDesk(t, { mode: 'sessionLockPersistence' });
    const all = await listener(t, desk);
    const some = await listener(t, desk);
    const none = await listener(t, desk);
    const events = ['sessionLocked', 'sessionUnlocked'];
    assert.deepEqual(await some.agent.call(methods.subscribe, { events }), { events });
    await none.agent.call(methods.subscribe, { events: [] });
    // Windows has events only for clients that have written.
    await all.agent.call(methods.status);
    await desk.signIn();
    await desk.call('takeCard');
    await desk.signIn();
    for (const { agent } of [all, some, none]) await agent.call(methods.status);
    assert.deepEqual(some.heard, events);
    assert.deepEqual(none.heard, []);
    assert.deepEqual(all.heard, [
      'cardInserted',
      'questionOpened',
      'signedIn',
      'sessionLocked',
      'cardRemoved',
      'cardInserted',
      'questionOpened',
      'sessionUnlocked',
    ]);
  });

  test('cannot be subscribed to if unknown', async (t) => {
    const desk = await testDesk(t);
    for (const events of [['signedOut', 'nothing'], 'signedIn', undefined, [1], Array(20).fill('signedIn')])
      await assert.rejects(desk.call('subscribe', { events }), invalidParams);
    assert.deepEqual(await desk.call('subscribe', { events: [...notifications] }), { events: notifications });
  });
});

describe('the local socket', () => {
  test("returns the agent's settings without secrets", async (t) => {
    const desk = await testDesk(t, { mode: 'mobility' });
    const configuration = await desk.call<Record<string, unknown>>('configuration');
    assert.equal(configuration.mode, 'mobility');
    assert.equal(configuration.reader, 'Virtual reader');
    assert.ok(!JSON.stringify(configuration).includes('issuer-secret'));
  });

  test('fails all pending calls of a connection for an error without id', async (t) => {
    const desk = await testDesk(t);
    const line = await AgentConnection.open(desk.socketPath);
    t.after(() => line.close());
    const waiting = line.call(methods.getTicket);
    await assert.rejects(line.call('x'.repeat(maxLineLength)), (thrown) => thrown instanceof AgentCallError);
    await assert.rejects(waiting, (thrown) => thrown instanceof AgentCallError && thrown.code === -32_600);
  });

  test('responds to any parameters of any method, and a malformed PIN uses no attempt', async (t) => {
    const desk = await testDesk(t);
    await desk.call('insertCard', { card: 'ada' });
    const names = Object.values(methods).filter((name) => !name.startsWith('development.'));
    const line = await AgentConnection.open(desk.socketPath);
    t.after(() => line.close());
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...names),
        fc.dictionary(
          fc.constantFrom('pin', 'newPin', 'code', 'unblockingCode', 'instance', 'which', 'events', 'x'),
          fc.oneof(
            fc.jsonValue(),
            fc.string(),
            fc.constant('12'),
            fc.constant(JSON.parse('{"__proto__":1}')),
          ),
        ),
        async (method, params) => {
          await line
            .call(method, { ...params, ...(/Ticket$/.test(method) ? { timeout: 0 } : {}) })
            .catch((error: unknown) => assert.ok(error instanceof AgentCallError, String(error)));
        },
      ),
      { numRuns: 150 },
    );
    assert.equal((await desk.call('status')).attemptsLeft, 3);
  });
});

describe('tickets of the legacy interface', () => {
  test('are requested from CIS once for each session, if enabled', async (t) => {
    const desk = await testDesk(t, { legacyTickets: true });
    await desk.signIn();
    const { ticket } = await desk.call<{ ticket: string }>('getTicket');
    assert.match(ticket, /^AQIC5/);
    assert.deepEqual(await desk.call('getTicketNoAuth'), { ticket });
    assert.equal(desk.cis.cards.legacyTickets, 1);
    const asked = desk.call<{ ticket: string }>('getNewTicket');
    while ((await desk.call('status')).question !== 'pin');
    await desk.call('answerPin', { pin: '123456' });
    assert.notEqual((await asked).ticket, ticket);
  });

  test('report a CIS without that interface or response, and are requested again later', async (t) => {
    const desk = await testDesk(t, { legacyTickets: true });
    await desk.signIn();
    desk.cis.cards.legacyOff = true;
    await assert.rejects(desk.call('getTicket'), failed('TICKET_NOT_AVAILABLE'));
    desk.cis.cards.legacyOff = false;
    assert.ok((await desk.call<{ ticket: string }>('getTicket')).ticket);
  });
});
