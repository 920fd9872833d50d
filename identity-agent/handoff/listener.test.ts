import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import { serveAsAnotherUser } from '../../test/testing/another-user.ts';
import { ada, rightPin, testDesk } from '../testing/desk.ts';

const isLinux = process.platform === 'linux';

async function listen(t: TestContext): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

describe('the listener of an application without a secret', {
  skip: !isLinux && 'the tables are Linux',
}, () => {
  test('is proved to be a program of the same user', async (t) => {
    const desk = await testDesk(t);
    await desk.signIn();
    const { jws } = await desk.cis2.request({ listener_port: await listen(t) });
    assert.equal((await desk.handOff(jws)).status, 302);
    assert.deepEqual(
      desk.cis2.proofs.map(({ sub, own_listener }) => [sub, own_listener]),
      [[ada, true]],
    );
  });

  test('is not proved without a listener, or with other users of the machine allowed', async (t) => {
    for (const [checkPeerUser, port] of [
      [true, 1],
      [false, await listen(t)],
    ] as const) {
      const desk = await testDesk(t, { checkPeerUser });
      await desk.signIn();
      const { jws } = await desk.cis2.request({ listener_port: port });
      assert.equal((await desk.handOff(jws)).status, 302);
      assert.equal(desk.cis2.proofs[0]?.own_listener, undefined);
    }
  });

  test('must be a port', async (t) => {
    const desk = await testDesk(t);
    await desk.signIn();
    for (const listener_port of [0, -1, 65_536, 1.5, '8400', null]) {
      const { jws } = await desk.cis2.request({ listener_port } as never);
      assert.equal((await desk.handOff(jws)).status, 400, String(listener_port));
    }
  });

  if (process.getuid?.() === 0)
    test('is refused if it is a program of another user, before a page asks for the PIN and after it', async (t) => {
      const desk = await testDesk(t);
      const { port: listener_port } = await serveAsAnotherUser(t);
      const request = async () => (await desk.cis2.request({ listener_port })).jws;
      await desk.call('insertCard', { card: 'ada' });
      const asked = await desk.handOff(await request());
      assert.equal(asked.status, 403);
      assert.match(asked.body, /Another user of this computer waits for this sign-in/);
      await desk.call('answerPin', { pin: rightPin });
      assert.equal((await desk.handOff(await request())).status, 403);
      assert.deepEqual([desk.cis2.proofs, desk.cis2.reasons], [[], []]);
    });
});
