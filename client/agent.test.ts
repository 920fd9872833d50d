import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { describe, test } from 'node:test';
import type { IdentityAgentSettings } from './agent.ts';
import { IdentityAgentClient } from './agent.ts';
import { JsonLines } from './agent-socket.ts';
import { localSocket, onWindows } from './testing/windows.ts';
import { TICKET_ERRORS } from './ticket-errors.ts';

type Reply = (message: Record<string, unknown>, socket: Socket) => void;

/** A server with the agent's protocol and the replies of the test. */
async function agent(t: TestContext, reply: Reply, over: Partial<IdentityAgentSettings> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'agent-test-'));
  const socketPath = localSocket(folder, 'identity-agent.sock');
  const received: Record<string, unknown>[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    const lines = new JsonLines(10_000);
    socket.on('error', () => socket.destroy());
    socket.on('data', (piece: Buffer) => {
      // On Windows, the client first connects only to see whose pipe it is.
      sockets.add(socket);
      for (const message of lines.push(piece)) {
        received.push(message);
        reply(message, socket);
      }
    });
  });
  server.listen(socketPath);
  await once(server, 'listening');
  const client = new IdentityAgentClient({ application: 'Test system', socketPath, ...over });
  t.after(async () => {
    await client.close();
    for (const socket of sockets) socket.destroy();
    server.close();
    await rm(folder, { recursive: true, force: true });
  });
  return { client, received, sockets, folder, socketPath };
}

const say = (socket: Socket, message: object) =>
  socket.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
const answer =
  (result: unknown): Reply =>
  ({ id }, socket) =>
    say(socket, { id, result });

describe('IdentityAgentClient', () => {
  test('sends JSON-RPC, one call a line, and returns the ticket', async (t) => {
    const { client, received } = await agent(t, answer({ ticket: 'AQIC5wM2LY4Sfc+x=@AAJTSQACMDE=#' }));
    assert.equal(await client.getTicket(), 'AQIC5wM2LY4Sfc+x=@AAJTSQACMDE=#');
    await client.getTicketNoAuth();
    await client.getNewTicket();
    await client.destroyTicket();
    const params = { application: 'Test system' };
    const methods = ['getTicket', 'getTicketNoAuth', 'getNewTicket', 'destroyTicket'];
    assert.deepEqual(
      received,
      methods.map((method, index) => ({ jsonrpc: '2.0', id: index + 1, method, params })),
    );
  });

  test('matches responses to calls by id in any order', async (t) => {
    const waiting: number[] = [];
    const { client } = await agent(t, ({ id }, socket) => {
      waiting.push(id as number);
      if (waiting.length < 3) return;
      for (const each of waiting.reverse()) say(socket, { id: each, result: { ticket: `t${each}` } });
    });
    const tickets = await Promise.all([client.getTicket(), client.getTicket(), client.getTicket()]);
    assert.deepEqual(tickets, ['t1', 't2', 't3']);
  });

  test('throws an error with number, name and group for a refusal', async (t) => {
    const error = {
      code: 0x80200004,
      message: 'The card is blocked.',
      data: { name: 'TCK_API_ERR_PIN_BLOCKED' },
    };
    const { client } = await agent(t, ({ id }, socket) => say(socket, { id, error }));
    const expected = {
      code: 'agent',
      ticketError: 'TCK_API_ERR_PIN_BLOCKED',
      group: 'CARD_DEVICE',
      number: 0x80200004,
    };
    await assert.rejects(client.getTicket(), { ...expected, message: 'The card is blocked.' });
  });

  test('recognises a signed number, a number of the system and one of JSON-RPC', async (t) => {
    const codes = [0x80100009 | 0, 0x81000005, -32601];
    const { client } = await agent(t, ({ id }, socket) =>
      say(socket, { id, error: { code: codes.shift(), message: 'x' } }),
    );
    const signed = { number: 0x80100009, ticketError: 'TCK_API_ERR_TICKET_NOT_AVAILABLE', group: 'GENERIC' };
    await assert.rejects(client.getTicketNoAuth(), signed);
    await assert.rejects(client.getTicketNoAuth(), {
      number: 0x81000005,
      ticketError: undefined,
      group: 'WINDOWS',
    });
    await assert.rejects(client.getTicketNoAuth(), {
      number: -32601,
      ticketError: undefined,
      group: undefined,
    });
  });

  test('stops sending its name to an agent that does not accept it', async (t) => {
    const error = { code: -32602, message: 'There is no parameter "application".' };
    const { client, received } = await agent(t, ({ id, params }, socket) => {
      const named = Object.keys(params as object).length > 0;
      say(socket, named ? { id, error } : { id, result: { ticket: 'x' } });
    });
    assert.equal(await client.getTicket(), 'x');
    assert.equal(await client.getTicket(), 'x');
    assert.deepEqual(
      received.map(({ params }) => params),
      [{ application: 'Test system' }, {}, {}],
    );
  });

  test('passes events to listeners until they unsubscribe', async (t) => {
    const { client, sockets } = await agent(t, answer({ state: 'noCard' }));
    assert.equal((await client.status()).state, 'noCard');
    const seen: unknown[] = [];
    const stop = client.on('cardInserted', (params) => seen.push(params));
    const [socket] = sockets;
    assert.ok(socket);
    say(socket, { method: 'cardInserted', params: { serial: 'x' } });
    say(socket, { method: 'toString', params: {} });
    await client.status();
    stop();
    say(socket, { method: 'cardInserted', params: { serial: 'y' } });
    await client.status();
    assert.deepEqual(seen, [{ serial: 'x' }]);
  });

  test('reports a lost connection, which the agent cannot fake, and connects again', async (t) => {
    const { client, sockets } = await agent(t, answer({ state: 'noCard' }));
    await client.status();
    const seen: string[] = [];
    const lost = new Promise<void>((resolve) => {
      client.on('disconnected', () => {
        seen.push('disconnected');
        resolve();
      });
    });
    client.on('sessionLocked', ({ reason }) => seen.push(reason));
    const [socket] = sockets;
    assert.ok(socket);
    say(socket, { method: 'disconnected', params: {} });
    say(socket, { method: 'sessionLocked', params: { reason: 'screen' } });
    await client.status();
    assert.deepEqual(seen, ['screen']);
    socket.destroy();
    await lost;
    assert.equal((await client.status()).state, 'noCard');
    await client.close();
    // The old connection ends after the new one has begun.
    assert.equal((await client.status()).state, 'noCard');
    assert.equal((await client.status()).state, 'noCard');
    assert.deepEqual([seen, sockets.size], [['screen', 'disconnected'], 3]);
  });

  test('survives a listener that throws', async (t) => {
    const { client, sockets } = await agent(t, answer({ state: 'noCard' }));
    await client.status();
    const thrown = new Promise((resolve) => process.setUncaughtExceptionCaptureCallback(resolve));
    t.after(() => process.setUncaughtExceptionCaptureCallback(null));
    const seen: string[] = [];
    client.on('signedOut', () => {
      throw new Error('of the application');
    });
    client.on('signedOut', ({ cause }) => seen.push(cause));
    const [socket] = sockets;
    assert.ok(socket);
    say(socket, { method: 'signedOut', params: { cause: 'cardRemoved' } });
    assert.equal(((await thrown) as Error).message, 'of the application');
    await client.status();
    assert.deepEqual([seen, sockets.size], [['cardRemoved'], 1]);
  });

  test('times out on an agent that does not respond, and on one that sends malformed responses', async (t) => {
    const silent = await agent(t, () => undefined, { replyTimeoutMs: 20, userTimeoutMs: 20 });
    await assert.rejects(silent.client.status(), { code: 'timeout' });
    await assert.rejects(silent.client.getTicket(), { code: 'timeout' });
    const odd = await agent(t, answer({ ticket: 7 }));
    await assert.rejects(odd.client.getTicket(), { code: 'response_invalid' });
    const noise = await agent(t, (_message, socket) => socket.write('nonsense\n'));
    await assert.rejects(noise.client.getTicket(), { code: 'agent_closed' });
    const endless = await agent(t, (_message, socket) => socket.write('x'.repeat(300_000)));
    await assert.rejects(endless.client.getTicket(), { code: 'agent_closed' });
  });

  test('fails pending calls when the agent exits, and reconnects at the next call', async (t) => {
    let calls = 0;
    const { client } = await agent(t, (message, socket) => {
      calls += 1;
      if (calls === 1) socket.destroy();
      else answer({ ticket: 'second' })(message, socket);
    });
    await assert.rejects(client.getTicket(), { code: 'agent_closed' });
    assert.equal(await client.getTicket(), 'second');
  });

  test('fails pending calls when it is closed', async (t) => {
    const { client } = await agent(t, () => undefined);
    await client.connect();
    const waiting = assert.rejects(client.getTicket(), { code: 'agent_closed' });
    await new Promise(setImmediate);
    await client.close();
    await waiting;
  });

  test('reports that no agent runs', async () => {
    const client = new IdentityAgentClient({
      application: 'x',
      socketPath: localSocket('/nonexistent', 'identity-agent.sock'),
    });
    await assert.rejects(client.getTicket(), { code: 'agent_unreachable' });
  });

  test('refuses a socket that another user may have created', {
    skip: onWindows && 'a pipe has no folder',
  }, async (t) => {
    const { socketPath, folder } = await agent(t, answer({ ticket: 'x' }));
    await chmod(folder, 0o777);
    const client = new IdentityAgentClient({ application: 'x', socketPath });
    await assert.rejects(client.getTicket(), { code: 'agent_untrusted' });
    const own = join(folder, 'own');
    await mkdir(own, { mode: 0o700 });
    await writeFile(join(own, 'file'), '');
    const file = new IdentityAgentClient({ application: 'x', socketPath: join(own, 'file') });
    await assert.rejects(file.getTicket(), { code: 'agent_untrusted' });
  });
});

test('TICKET_ERRORS has every number once, in its group', () => {
  assert.equal(TICKET_ERRORS.length, 11 + 7 + 8 + 7);
  assert.equal(new Set(TICKET_ERRORS.map(({ code }) => code)).size, TICKET_ERRORS.length);
  const named = Object.fromEntries(TICKET_ERRORS.map(({ name, code }) => [name, code]));
  assert.equal(named.TCK_API_ERR_INTERNAL, 0x80100001);
  assert.equal(named.TCK_API_ERR_NOT_IMPLEMENTED, 0x8010000b);
  assert.equal(named.TCK_API_ERR_NO_KEY_FOUND, 0x80200007);
  assert.equal(named.TCK_API_ERR_USER_ABORT, 0x80400001);
  assert.equal(named.TCK_API_ERR_RESOURCE_NOT_AVAILABLE, 0x80800007);
});
