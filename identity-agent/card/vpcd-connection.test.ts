import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { VIRTUAL_CARD_ATR } from './piv.ts';
import { poweredCard } from './testing/card.ts';
import { encodeFrame, FrameReader, VpcdConnection, VpcdError } from './vpcd-connection.ts';

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

describe('FrameReader and encodeFrame', () => {
  test('write the length in two bytes before the payload', () => {
    assert.deepEqual(encodeFrame(bytes(4)), bytes(0, 1, 4));
    assert.deepEqual(encodeFrame(new Uint8Array(0x1234)).subarray(0, 2), bytes(0x12, 0x34));
    assert.throws(() => encodeFrame(bytes()), VpcdError);
    assert.throws(() => encodeFrame(new Uint8Array(0x10000)), VpcdError);
  });

  test('refuse a frame without payload, after returning those before it', () => {
    const frames = new FrameReader().push(bytes(0, 1, 4, 0, 0));
    assert.deepEqual(frames.next().value, bytes(4));
    assert.throws(() => frames.next(), VpcdError);
  });

  test('return the same payloads however the stream is split', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { maxLength: 6 }),
        fc.array(fc.nat({ max: 400 })),
        (payloads, cuts) => {
          const stream = Buffer.concat(payloads.map(encodeFrame));
          const places = [...cuts.filter((cut) => cut < stream.length), stream.length].sort((a, b) => a - b);
          const reader = new FrameReader();
          const found = places.flatMap((end, index) => [
            ...reader.push(stream.subarray(places[index - 1] ?? 0, end)),
          ]);
          assert.deepEqual(found, payloads);
        },
      ),
    );
  });
});

/** The reader's end of a slot, with a card in it. */
async function slot(t: TestContext) {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const came = once(server, 'connection') as Promise<[Socket]>;
  const { applet } = await poweredCard(t);
  const card = await VpcdConnection.insert(applet, { port: (server.address() as AddressInfo).port });
  const [socket] = await came;
  server.close();
  t.after(() => card.remove());
  const frames = new FrameReader();
  const answers = (async function* () {
    for await (const chunk of socket)
      for (const frame of frames.push(chunk)) yield Buffer.from(frame).toString('hex');
  })();
  const tell = (hex: string): unknown =>
    socket.write(encodeFrame(Buffer.from(hex.replaceAll(' ', ''), 'hex')));
  const ask = async (hex: string): Promise<string | undefined> => {
    tell(hex);
    return (await answers.next()).value ?? undefined;
  };
  return { card, socket, tell, ask };
}

const SELECT = '00a4040009a00000030800001000';
const PIN = '00200080 08 313233343536ffff';

describe('VpcdConnection', () => {
  test('returns the ATR and responses, and forgets the PIN at reset and without power', async (t) => {
    const { tell, ask } = await slot(t);
    tell('01');
    assert.equal(await ask('04'), Buffer.from(VIRTUAL_CARD_ATR).toString('hex'));
    assert.equal(await ask(SELECT), '612b');
    assert.equal(await ask(PIN), '9000');
    assert.equal(await ask('00200080'), '9000');
    for (const power of ['02', '00']) {
      tell(power);
      assert.equal(await ask('00200080'), '6d00');
      assert.equal(await ask(SELECT), '612b');
      assert.equal(await ask('00200080'), '63c3');
      assert.equal(await ask(PIN), '9000');
    }
    assert.equal(await ask('07'), '6700');
    assert.equal(await ask('ff'.repeat(3000)), '6700');
  });

  test('responds to concurrent commands in order', async (t) => {
    const { tell, ask } = await slot(t);
    tell(SELECT);
    tell(PIN);
    tell('00200080');
    assert.deepEqual([await ask('00200081'), await ask('04'), await ask('02')], ['612b', '9000', '9000']);
  });

  test('closes when either end closes it', async (t) => {
    const { card, socket } = await slot(t);
    const closed = once(socket, 'close');
    await card.remove();
    await closed;
    assert.equal(await card.closed, undefined);
    const other = await slot(t);
    other.socket.end();
    assert.equal(await other.card.closed, undefined);
  });

  test('closes the connection to a peer that breaks the protocol', async (t) => {
    const { card, socket } = await slot(t);
    const closed = once(socket, 'close');
    socket.write(Uint8Array.of(0, 0, 0, 1, 4));
    assert.equal((await card.closed)?.name, 'VpcdError');
    await closed;
  });

  test('rejects without vpcd', async (t) => {
    const { applet } = await poweredCard(t);
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    await assert.rejects(VpcdConnection.insert(applet, { port }), { code: 'ECONNREFUSED' });
  });
});
