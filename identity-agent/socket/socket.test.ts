import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { silentLog } from '@alongside/kernel/log';
import fc from 'fast-check';
import { assertMode, localSocket, onWindows } from '../../test/testing/platform.ts';
import { createIdentityAgent } from '../index.ts';
import { maxLineLength, methods, type SocketCard } from '../protocol.ts';
import { rightPin, type TestDesk, testDesk } from '../testing/desk.ts';
import { AgentCallError, AgentConnection } from './client.ts';
import { Lines, LineTooLong, readCall } from './json-rpc.ts';
import { SocketServer } from './server.ts';

interface Raw {
  id?: unknown;
  method?: string;
  error?: { code: number; message: string; data?: unknown };
  result?: unknown;
}

/** Sends bytes and collects lines until their number is reached or the connection ends. */
function exchange(
  path: string,
  bytes: string | Buffer,
  count: number,
): Promise<{ lines: Raw[]; closed: boolean }> {
  return new Promise((resolve, reject) => {
    const lines: Raw[] = [];
    const splitter = new Lines(1_000_000);
    const socket = net.connect(path, () => socket.write(bytes));
    const done = (closed: boolean) => {
      socket.destroy();
      resolve({ lines, closed });
    };
    socket.on('data', (piece) => {
      lines.push(...splitter.push(piece as Buffer).map((line) => JSON.parse(line) as Raw));
      if (lines.length >= count && count > 0) done(false);
    });
    socket.on('end', () => done(true));
    socket.on('error', reject);
  });
}

const failure = (code: number, error: string) => (thrown: unknown) => {
  assert.ok(thrown instanceof AgentCallError, String(thrown));
  assert.equal(thrown.code, code);
  const data = thrown.data as { error: string; name?: string };
  assert.equal(data.name ?? data.error, error);
  return true;
};

describe('the Ticket API on the local socket', () => {
  test('returns the ticket of the session, and never prompts with getTicketNoAuth', async (t) => {
    const desk = await testDesk(t);
    await assert.rejects(
      desk.call('getTicketNoAuth'),
      failure(0x80100009, 'TCK_API_ERR_TICKET_NOT_AVAILABLE'),
    );
    await desk.signIn();
    const { ticket } = await desk.call<{ ticket: string }>('getTicketNoAuth');
    assert.match(ticket, /^[A-Za-z0-9_-]{43}$/);
    assert.deepEqual(await desk.call('getTicket'), { ticket });
  });

  test('waits for card and PIN in getTicket', async (t) => {
    const desk = await testDesk(t, { generation: 'internet' });
    const asked = desk.call<{ ticket: string }>('getTicket');
    await desk.call('insertCard', { card: 'ada' });
    assert.equal((await desk.call('answerPin', { pin: rightPin })).state, 'signedIn');
    assert.ok((await asked).ticket);
  });

  test('asks for the PIN in the same session and invalidates the old ticket in getNewTicket', async (t) => {
    const desk = await testDesk(t);
    await desk.signIn();
    const { ticket } = await desk.call<{ ticket: string }>('getTicketNoAuth');
    const asked = desk.call<{ ticket: string }>('getNewTicket');
    while ((await desk.call('status')).question !== 'pin');
    await desk.call('answerPin', { pin: rightPin });
    const renewed = (await asked).ticket;
    assert.notEqual(renewed, ticket);
    assert.deepEqual(await desk.call('getTicket'), { ticket: renewed });
    assert.deepEqual(
      desk.cis.live.map(({ pins }) => pins),
      [2],
    );
  });

  test('reports the published numbers when it cannot return a ticket', async (t) => {
    const desk = await testDesk(t);
    await assert.rejects(
      desk.call('getTicket', { timeout: 0 }),
      failure(0x80400003, 'TCK_API_ERR_AUTHENTICATION_NOT_POSSIBLE'),
    );
    await desk.call('insertCard', { card: 'locked' });
    await assert.rejects(desk.call('getTicket'), failure(0x80200004, 'TCK_API_ERR_PIN_BLOCKED'));
    await desk.call('insertCard', { card: 'ada' });
    await assert.rejects(
      desk.call('getTicket', { timeout: 0 }),
      failure(0x80400001, 'TCK_API_ERR_USER_ABORT'),
    );
    const waiting = assert.rejects(
      desk.call('getTicket'),
      failure(0x80400005, 'TCK_API_ERR_AUTHSERVER_NOT_AVAILABLE'),
    );
    desk.cis.down = true;
    await desk.call('answerPin', { pin: rightPin }).catch(() => undefined);
    await waiting;
    desk.cis.down = false;
    desk.cis.refused.set('656005750201', { code: 'certificate_revoked', sentence: 'Revoked.' });
    await desk.call('answerPin', { pin: rightPin });
    await assert.rejects(desk.call('getTicket'), failure(0x80200003, 'TCK_API_ERR_SMARTCARD_NOT_VALID'));
    await assert.rejects(desk.call('getTicket', { timeout: -1 }), failureCode(-32602));
    await assert.rejects(desk.call('getTicket', { wait: 1 }), failureCode(-32602));
  });

  test('signs out with destroyTicket, and asks for the PIN again', async (t) => {
    const desk = await testDesk(t);
    await desk.signIn();
    await desk.call('destroyTicket');
    assert.equal((await desk.call('status')).state, 'pinRequested');
    assert.deepEqual(
      [...desk.cis.sessions.values()].map(({ ended }) => ended),
      ['signedOut'],
    );
    await assert.rejects(desk.call('destroyTicket'), failure(0x80100009, 'TCK_API_ERR_TICKET_NOT_AVAILABLE'));
  });

  test('closes the prompt of a client that disconnects', async (t) => {
    const desk = await testDesk(t);
    await desk.signIn();
    const other = await AgentConnection.open(desk.socketPath);
    other.call(methods.getNewTicket).catch(() => undefined);
    while ((await desk.call('status')).question !== 'pin');
    other.close();
    while ((await desk.call('status')).question !== null);
  });
});

const failureCode = (code: number) => (thrown: unknown) =>
  thrown instanceof AgentCallError && thrown.code === code;

describe('SocketServer', () => {
  test('creates a file for this user only', { skip: onWindows && 'a pipe is no file' }, async (t) => {
    const desk = await testDesk(t);
    assertMode(desk.socketPath, 0o600);
    assertMode(dirname(desk.socketPath), 0o700);
  });

  test('refuses a socket in use', async (t) => {
    const desk = await testDesk(t);
    const second = new SocketServer({ path: desk.socketPath, methods: {}, log: silentLog });
    await assert.rejects(second.listen(), /Another Identity Agent already listens/);
  });

  test('replaces the socket of an ended agent, but no other file', {
    skip: onWindows && 'a pipe ends with its process',
  }, async (t) => {
    const desk = await testDesk(t);
    const left = `${desk.socketPath}-left`;
    const child = net.createServer().listen(left);
    await new Promise((resolve) => child.once('listening', resolve));
    // As after a crash: the file stays, but no process listens.
    (child as unknown as { _handle: { unref(): void } })._handle.unref();
    child.close();
    const heir = new SocketServer({ path: left, methods: {}, log: silentLog });
    await heir.listen();
    await heir.close();
    const note = `${desk.socketPath}-note`;
    await writeFile(note, 'not yours');
    await assert.rejects(
      new SocketServer({ path: note, methods: {}, log: silentLog }).listen(),
      /is not a socket/,
    );
    assert.equal(await readFile(note, 'utf8'), 'not yours');
    await assert.rejects(
      new SocketServer({ path: `/${'x'.repeat(120)}`, methods: {}, log: silentLog }).listen(),
      /too long/,
    );
  });

  test('requires a folder that only this user can write, which it creates or leaves unchanged', {
    skip: onWindows && 'a pipe has no folder',
  }, async (t) => {
    const root = await mkdtemp(join(tmpdir(), 'agent-folders-'));
    t.after(() => rm(root, { recursive: true, force: true }));
    const listenIn = async (folder: string) => {
      const server = new SocketServer({ path: join(folder, 'a.sock'), methods: {}, log: silentLog });
      await server.listen();
      await server.close();
    };
    const modeOf = async (folder: string) => (await stat(folder)).mode & 0o7777;
    await listenIn(join(root, 'new', 'below'));
    assert.equal(await modeOf(join(root, 'new', 'below')), 0o700);
    const there = join(root, 'there');
    await mkdir(there);
    for (const mode of [0o755, 0o750, 0o700]) {
      await chmod(there, mode);
      await listenIn(there);
      assert.equal(await modeOf(there), mode, 'somebody may need it as it is');
    }
    for (const mode of [0o1777, 0o777, 0o770]) {
      await chmod(there, mode);
      await assert.rejects(listenIn(there), /shared/);
      assert.equal(await modeOf(there), mode);
    }
    await chmod(there, 0o700);
    await symlink(there, join(root, 'link'));
    await assert.rejects(listenIn(join(root, 'link')), /a link/);
  });

  test('sends notifications of cards and sessions', async (t) => {
    const desk = await testDesk(t);
    const heard: string[] = [];
    const other = await AgentConnection.open(desk.socketPath, (method) => void heard.push(method));
    t.after(() => other.close());
    // Windows has notifications only for clients that have written.
    await other.call(methods.status);
    await desk.signIn();
    await desk.call('takeCard');
    await other.call(methods.status);
    assert.deepEqual(heard, ['cardInserted', 'questionOpened', 'signedIn', 'signedOut', 'cardRemoved']);
  });

  test('sends them only to clients that have written if everyone may open it for reading, as on Windows', async (t) => {
    const { folder } = await testDesk(t);
    const path = localSocket(folder, 'pipe', 'a.sock');
    const server = new SocketServer({
      path,
      methods: { status: async () => ({}) },
      log: silentLog,
      readableByAll: true,
    });
    await server.listen();
    t.after(() => server.close());
    const heard: unknown[] = [];
    const other = await AgentConnection.open(path, (_name, params) => {
      heard.push(params);
    });
    t.after(() => other.close());
    // Both ends are in this process, so the server sees a connection after a turn of the loop.
    await new Promise(setImmediate);
    server.notify('signedIn', { uid: 'first' });
    await other.call('status');
    server.notify('signedIn', { uid: 'second' });
    await other.call('status');
    assert.deepEqual(heard, [{ uid: 'second' }]);
  });

  test('does not offer methods for user actions outside development', async (t) => {
    const desk = await testDesk(t, { development: false });
    for (const name of Object.values(methods).filter((method) => method.startsWith('development.')))
      await assert.rejects(desk.call(nameOf(name), {}), failureCode(-32601), name);
    assert.equal((await desk.call('status')).state, 'noCard');
  });
});

const nameOf = (method: string) =>
  Object.entries(methods).find(([, value]) => value === method)?.[0] as keyof typeof methods;

describe('cards over the socket', () => {
  test('are listed, created, changed and destroyed', async (t) => {
    const desk = await testDesk(t);
    const made = await desk.call<SocketCard>('addCard', {
      uid: '656005750250',
      name: 'Ms New',
      persona: 'new',
      pin: '654321',
    });
    assert.equal(made.inserted, false);
    assert.equal((await desk.call('insertCard', { card: 'new' })).card?.serial, made.serial);
    assert.equal((await desk.call('answerPin', { pin: '654321' })).state, 'signedIn');
    await assert.rejects(desk.call('insertCard', { card: 'nobody' }), failure(-32000, 'unknown_card'));
    await assert.rejects(desk.call('addCard', { uid: '1', name: 'x' }), failure(-32000, 'invalid_card'));
    await desk.call('removeCard', { card: 'new' });
    assert.equal((await desk.call('status')).state, 'noCard');
    assert.equal(desk.cis.live.length, 0);
    await desk.call('insertCard', { card: 'locked' });
    const unlocked = await desk.call<SocketCard>('editCard', { card: 'locked', locked: false });
    assert.deepEqual([unlocked.locked, unlocked.inserted], [false, true]);
    assert.equal((await desk.call('status')).question, 'pin');
  });

  test('survive export and import, and a reset restores the seed', async (t) => {
    const desk = await testDesk(t);
    await desk.signIn();
    const exported = await desk.call<{ version: number; cards: { persona: string }[] }>('exportCards');
    await desk.call('addCard', { uid: '656005750250', name: 'Ms New' });
    const [first, ...others] = exported.cards;
    await desk.call('importCards', { version: 1, cards: [first] });
    await desk.call('importCards', { version: 1, cards: others, add: true });
    assert.deepEqual(await desk.call('exportCards'), exported);
    assert.equal((await desk.signIn()).state, 'signedIn', 'the keys came along');
    assert.equal((await desk.call('reset')).state, 'noCard');
    assert.equal(desk.cis.live.length, 0);
    const { cards } = await desk.call<{ cards: SocketCard[] }>('listCards');
    assert.deepEqual(
      cards.map(({ persona }) => persona),
      ['ada', 'ben', 'locked'],
    );
  });
});

describe('invalid messages', () => {
  test('get the error codes of JSON-RPC', async (t) => {
    const { socketPath } = await testDesk(t);
    const call = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));
    const cases: [unknown, number, unknown][] = [
      ['{', -32700, null],
      ['[]', -32600, null],
      [[{ jsonrpc: '2.0', id: 1, method: 'status' }], -32600, null],
      [{ id: 1, method: 'status' }, -32600, 1],
      [{ jsonrpc: '2.0', id: {}, method: 'status' }, -32600, null],
      [{ jsonrpc: '2.0', id: 1, method: 'status', params: [] }, -32602, 1],
      [{ jsonrpc: '2.0', id: 1, method: 'status', params: { more: 1 } }, -32602, 1],
      [{ jsonrpc: '2.0', id: 'a', method: 'toString' }, -32601, 'a'],
      [{ jsonrpc: '2.0', id: 'a', method: '__proto__' }, -32601, 'a'],
      ['{"jsonrpc":"2.0","id":1,"method":"status","params":{"__proto__":{"x":1}}}', -32600, 1],
      ['{"jsonrpc":"2.0","id":"b","method":"status","params":{"x":[{"__proto__":1}]}}', -32600, 'b'],
      ['{"jsonrpc":"2.0","id":{"__proto__":1},"method":"status"}', -32600, null],
      [
        `{"jsonrpc":"2.0","id":1,"method":"status","params":${'{"a":'.repeat(40)}1${'}'.repeat(40)}}`,
        -32600,
        1,
      ],
    ];
    for (const [value, code, id] of cases) {
      const { lines } = await exchange(socketPath, `${call(value)}\n`, 1);
      assert.deepEqual([lines[0]?.error?.code, lines[0]?.id], [code, id], call(value).slice(0, 80));
    }
  });

  test('end the connection if a line is too long, and others continue', async (t) => {
    const { socketPath, call } = await testDesk(t);
    const { lines, closed } = await exchange(socketPath, 'x'.repeat(maxLineLength + 1), 0);
    assert.deepEqual([lines[0]?.error?.code, closed], [-32600, true]);
    assert.equal((await call('status')).state, 'noCard');
  });

  test('are refused above the limits of connections and concurrent calls', async (t) => {
    const desk = await testDesk(t);
    const asking = `${JSON.stringify({ jsonrpc: '2.0', id: 7, method: 'getTicket' })}\n`;
    const { lines } = await exchange(desk.socketPath, asking.repeat(17), 1);
    assert.equal(lines[0]?.error?.code, 0x80100006);
    const open = await Promise.all(Array.from({ length: 63 }, () => AgentConnection.open(desk.socketPath)));
    t.after(() => open.map((connection) => connection.close()));
    const over = await AgentConnection.open(desk.socketPath)
      .then((connection) => connection.call(methods.status))
      .catch((error: Error) => error);
    assert.ok(over instanceof Error);
    assert.equal((await desk.call('status')).state, 'noCard');
  });

  test('never crash or block the agent, for random bytes and random JSON', async (t) => {
    const desk: TestDesk = await testDesk(t);
    const junk = fc.oneof(
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
      fc.json().map((text) => Buffer.from(text)),
    );
    const probe = Buffer.from(`\n${JSON.stringify({ jsonrpc: '2.0', id: 'probe', method: 'status' })}\n`);
    await fc.assert(
      fc.asyncProperty(fc.array(junk, { maxLength: 4 }), async (pieces) => {
        const bytes = Buffer.concat([...pieces.flatMap((piece) => [piece, Buffer.from('\n')]), probe]);
        const found = await answered(desk.socketPath, bytes);
        assert.ok(found, 'the call after the junk is answered');
      }),
      { numRuns: 60 },
    );
  });

  test('get a result from readCall for any text', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.object().map((value) => JSON.stringify(value)),
        ),
        (text) => {
          const read = readCall(text);
          assert.ok('error' in read || typeof read.method === 'string');
        },
      ),
    );
  });

  test('are split into the same lines however the bytes are cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.stringMatching(/^[ -~]{1,20}$/)),
        fc.array(fc.nat({ max: 12 })),
        (texts, cuts) => {
          const bytes = Buffer.from(texts.map((text) => `${text}\n`).join(''));
          const lines = new Lines(100);
          const out: string[] = [];
          let from = 0;
          for (const cut of [...cuts, bytes.length]) {
            out.push(...lines.push(bytes.subarray(from, from + cut)));
            from += cut;
          }
          assert.deepEqual(
            out,
            texts.filter((text) => text.trim() !== ''),
          );
        },
      ),
    );
    assert.throws(() => new Lines(3).push(Buffer.from('abcd')), LineTooLong);
  });
});

/** Returns whether the call with the id `probe` gets a response after these bytes. */
function answered(path: string, bytes: Buffer): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const splitter = new Lines(1_000_000);
    const socket = net.connect(path, () => socket.write(bytes));
    socket.on('data', (piece) => {
      const lines = splitter.push(piece as Buffer).map((line) => JSON.parse(line) as Raw);
      if (!lines.some(({ id, result }) => id === 'probe' && result !== undefined)) return;
      socket.destroy();
      resolve(true);
    });
    socket.on('end', () => resolve(false));
    socket.on('error', reject);
  });
}

test('an agent with a damaged key reports this', async (t) => {
  const desk = await testDesk(t);
  const dataFolder = `${desk.folder}/broken`;
  await mkdir(dataFolder);
  await writeFile(`${dataFolder}/agent.key`, 'nonsense');
  const options = {
    clock: desk.clock,
    recorder: { record: () => undefined },
    log: silentLog,
    dataFolder,
    socketPath: `${desk.folder}/socket/b.sock`,
    url: desk.origin,
    cisUrl: desk.cis.origin,
    cis2: { issuer: desk.cis2.issuer, jwksUrl: '', exchangeUrl: '' },
    development: true,
    generation: 'hscn' as const,
    mode: 'normal' as const,
    requireRole: false,
    checkPeerUser: true,
  };
  await assert.rejects(createIdentityAgent(options), /agent's key .* is damaged/);
});
