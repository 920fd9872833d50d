import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import { encodeFrame, FrameReader } from '../card/vpcd-connection.ts';
import { runCli } from '../cli.ts';
import { testDesk } from '../testing/desk.ts';

/** The command line with its recorded output. */
function terminal() {
  const written = { out: '', err: '' };
  const keep = (where: 'out' | 'err') => (text: string) => void (written[where] += text);
  return { written, out: keep('out'), err: keep('err'), askSecret: async () => '' };
}

/** The reader's end of a slot, which sends requests one after another. */
async function reader(t: TestContext) {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => void server.close());
  const came = once(server, 'connection') as Promise<[Socket]>;
  const port = String((server.address() as AddressInfo).port);
  async function connected() {
    const [socket] = await came;
    const frames = new FrameReader();
    const answers = (async function* () {
      for await (const chunk of socket)
        for (const frame of frames.push(chunk)) yield Buffer.from(frame).toString('hex');
    })();
    const tell = (hex: string): unknown => socket.write(encodeFrame(Buffer.from(hex, 'hex')));
    return {
      socket,
      tell,
      ask: async (hex: string): Promise<unknown> => {
        tell(hex);
        return (await answers.next()).value;
      },
    };
  }
  return { port, connected };
}

const SELECT = '00a4040009a00000030800001000';

describe('identity-agent vpcd', () => {
  test("inserts a card of the running agent into a slot, with the card's own attempts", async (t) => {
    const desk = await testDesk(t);
    const { port, connected } = await reader(t);
    const screen = terminal();
    const ended = runCli(['vpcd', '--card', 'ada', '--port', port, '--socket', desk.socketPath], screen);
    const { socket, tell, ask } = await connected();
    tell('01');
    assert.match(String(await ask('04')), /^3b8d01/);
    assert.equal(await ask(SELECT), '612b');
    assert.equal(await ask('0020008008313131313131ffff'), '63c2');
    assert.equal(await ask('0020008008313233343536ffff'), '9000');
    assert.equal(await ask('0020008008313131313131ffff'), '63c2');
    tell('00');
    tell('01');
    assert.equal(await ask('00200080'), '6d00');
    assert.equal(await ask(SELECT), '612b');
    assert.equal(await ask('00200080'), '63c2');
    await desk.call('insertCard', { card: 'ada' });
    assert.equal(desk.agent.status().attemptsLeft, 2);
    socket.destroy();
    assert.equal(await ended, 0);
    assert.match(screen.written.out, /^Card \d{12} is in the slot at port \d+; Ctrl-C takes it out\.\n$/);
  });

  test('reports wrong usage, card errors, no vpcd and no agent in one sentence', async (t) => {
    const desk = await testDesk(t);
    const { port } = await reader(t);
    const socket = ['--socket', desk.socketPath];
    const closed = createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const free = String((closed.address() as AddressInfo).port);
    await new Promise((resolve) => closed.close(resolve));
    const cases: [string[], number, RegExp][] = [
      [socket, 2, /--card is needed/],
      [['--card', 'ada', '--port', '0', ...socket], 2, /--port must be a port/],
      [['--card', 'ada', '--color', ...socket], 2, /--color/],
      [['--card', 'nobody', '--port', port, ...socket], 1, /^There is no card "nobody"\.\n$/],
      [['--card', 'ada', '--port', free, ...socket], 1, /No vpcd listens on port/],
      [['--card', 'ada', '--socket', `${desk.socketPath}x`], 1, /./],
    ];
    for (const [args, code, said] of cases) {
      const screen = terminal();
      assert.equal(await runCli(['vpcd', ...args], screen), code, args.join(' '));
      assert.match(screen.written.err, said);
    }
  });

  test('finds no such methods in an agent outside development', async (t) => {
    const desk = await testDesk(t, { development: false });
    const screen = terminal();
    assert.equal(await runCli(['vpcd', '--card', 'ada', '--socket', desk.socketPath], screen), 1);
    assert.match(screen.written.err, /^This Identity Agent has no virtual cards/);
  });
});
