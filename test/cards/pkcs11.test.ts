import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash, verify, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ManualClock } from '@alongside/kernel/clock';
import { silentLog } from '@alongside/kernel/log';
import type { CardClient } from '../../identity-agent/card/card-client.ts';
import { Pkcs11Reader } from '../../identity-agent/card/pkcs11-reader.ts';
import { poweredCard } from '../../identity-agent/card/testing/card.ts';
import type { Reader } from '../../identity-agent/card/transport.ts';
import { CardLab } from './testing/card-lab.ts';
import { needing, pathOf } from './testing/programs.ts';
import { makeSoftToken, softToken } from './testing/soft-token.ts';

const sha256 = (message: string): Uint8Array => new Uint8Array(createHash('sha256').update(message).digest());
const clock = new ManualClock(0);
const log = silentLog;

const opened = (reader: Reader): CardClient => {
  const card = reader.card();
  assert.ok(card);
  return card.open();
};

/** Polls until the card was inserted or removed. */
async function until(reader: Pkcs11Reader, present: boolean): Promise<void> {
  while ((reader.card() !== undefined) !== present) {
    await reader.look();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const kinds = [
  ['EC-P256', 'ES256'],
  ['RSA-2048', 'RS256'],
] as const;

/** By the package, and by `node:ffi`. */
const ways = [
  [false, 'pkcs11js'],
  [true, 'node:ffi'],
] as const;
const tokens = kinds.flatMap((kind) => ways.map((way) => [...kind, ...way] as const));

for (const [keyType, algorithm, direct, by] of tokens) {
  describe(`a ${keyType} token of SoftHSM2 by ${by}`, needing(['SoftHSM2', 'pkcs11js']), () => {
    let token: Awaited<ReturnType<typeof makeSoftToken>>;
    let reader: Pkcs11Reader;
    before(async () => {
      token = await makeSoftToken(keyType);
      const module = pathOf('SoftHSM2');
      reader = await Pkcs11Reader.open({ module, direct, token: softToken.label, clock, log });
    });
    after(async () => {
      await reader.close();
      await token.close();
    });

    test('has certificates that are readable without a PIN', async () => {
      const client = opened(reader);
      await client.select();
      assert.deepEqual(await client.readCertificate('authentication'), token.keys.authentication.certificate);
      assert.deepEqual(await client.readCertificate('signing'), token.keys.signing.certificate);
    });

    test('refuses a wrong PIN, and signs with the right one so that node:crypto verifies it', async () => {
      const client = opened(reader);
      await assert.rejects(client.sign('authentication', sha256('early'), algorithm), {
        code: 'pin_required',
      });
      assert.deepEqual(await client.verifyPin('111111'), { ok: false, attemptsLeft: 2 });
      await assert.rejects(client.sign('authentication', sha256('early'), algorithm), {
        code: 'pin_required',
      });
      assert.deepEqual(await client.verifyPin('123456'), { ok: true });
      assert.equal(await client.attemptsLeft(), 3);
      for (const slot of ['authentication', 'signing'] as const)
        for (let round = 0; round < 10; round += 1) {
          const { publicKey } = new X509Certificate(token.keys[slot].certificate);
          const signature = await client.sign(slot, sha256(`message ${round}`), algorithm, '123456');
          assert.ok(verify('sha256', Buffer.from(`message ${round}`), publicKey, signature));
        }
      assert.deepEqual(await client.verifyPin('222222'), { ok: false, attemptsLeft: 2 });
      await assert.rejects(client.sign('authentication', sha256('late'), algorithm, '333333'), {
        code: 'pin_required',
        attemptsLeft: 1,
      });
      await assert.rejects(client.sign('authentication', new Uint8Array(20), algorithm), RangeError);
    });

    test('never receives a malformed PIN', async () => {
      const client = opened(reader);
      await client.verifyPin('123456');
      assert.deepEqual(await client.verifyPin('12345'), { ok: false, attemptsLeft: 3, malformed: true });
      assert.deepEqual(await client.changePin('123456', 'x'), {
        ok: false,
        attemptsLeft: 3,
        malformed: true,
      });
      assert.deepEqual(await client.unblock('8765', '123456'), { ok: false, malformed: true });
    });

    test('lets the user change the PIN with the old one, and set it with the unblocking code', async () => {
      const client = opened(reader);
      assert.deepEqual(await client.changePin('111111', '654321'), { ok: false, attemptsLeft: 2 });
      assert.deepEqual(await client.changePin('123456', '654321'), { ok: true });
      assert.deepEqual(await client.verifyPin('654321'), { ok: true });
      assert.equal((await client.unblock('11111111', '123456')).ok, false);
      assert.deepEqual(await client.unblock(softToken.puk, '123456'), { ok: true });
      assert.equal((await client.verifyPin('654321')).ok, false);
      assert.deepEqual(await client.verifyPin('123456'), { ok: true });
    });
  });
}

describe('a PKCS#11 module with a problem', needing(['SoftHSM2', 'pkcs11js']), () => {
  test('is reported in one sentence', async () => {
    for (const [module, direct] of [
      ['/no/such/module.so', false],
      [process.execPath, false],
      ['/no/such/module.so', true],
      [process.execPath, true],
    ] as const)
      await assert.rejects(Pkcs11Reader.open({ module, direct, clock, log }), {
        name: 'OperatorError',
        message: /^The PKCS#11 module \/.* cannot be used: /,
      });
  });

  test('removes the card when it crashes, and is loaded again after a pause', async (t) => {
    const token = await makeSoftToken('EC-P256');
    t.after(token.close);
    const reader = await Pkcs11Reader.open({ module: pathOf('SoftHSM2'), clock, log });
    t.after(() => reader.close());
    const client = opened(reader);
    const told: boolean[] = [];
    reader.onChange((present) => void told.push(present));
    const gone = new Promise<void>((resolve) => {
      const stop = reader.onChange(() => {
        stop();
        resolve();
      });
    });
    const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim().split(' ');
    assert.equal(children.length, 1);
    process.kill(Number(children[0]), 'SIGKILL');
    await assert.rejects(client.verifyPin('123456'), { code: 'card_removed' });
    await gone;
    await reader.look();
    assert.equal(reader.card(), undefined);
    assert.match(String(reader.problem), /has stopped/);
    clock.advance(5);
    await reader.look();
    assert.deepEqual(await opened(reader).verifyPin('123456'), { ok: true });
    await assert.rejects(client.verifyPin('123456'), { code: 'card_removed' });
    assert.deepEqual(told, [false, true]);
  });

  test('is released by an agent that exits because its port is taken', async (t) => {
    const token = await makeSoftToken('EC-P256');
    t.after(token.close);
    const folder = await mkdtemp(join(tmpdir(), 'agent-'));
    t.after(() => rm(folder, { recursive: true, force: true }));
    const server = net.createServer().listen(0, '127.0.0.1');
    t.after(() => server.close());
    await once(server, 'listening');
    const { port } = server.address() as net.AddressInfo;
    const words = [
      fileURLToPath(new URL('../../identity-agent/bin.mjs', import.meta.url)),
      '--cis',
      'http://127.0.0.1:1',
      '--cis2-issuer',
      'http://127.0.0.1:1/realm',
      '--reader',
      'pkcs11',
      '--pkcs11-module',
      pathOf('SoftHSM2'),
      '--agent-port',
      String(port),
      '--agent-data',
      join(folder, 'data'),
      '--agent-socket',
      join(folder, 'socket', 'a.sock'),
    ];
    const child = spawn(process.execPath, words, { stdio: ['ignore', 'ignore', 'pipe'] });
    t.after(() => child.kill('SIGKILL'));
    let said = '';
    child.stderr.on('data', (text) => {
      said += String(text);
    });
    // No signal ends it.
    assert.deepEqual(await once(child, 'close'), [1, null]);
    assert.match(said, new RegExp(`^Port ${port} is in use`));
  });

  test('reports an empty reader while its token is absent', async (t) => {
    const token = await makeSoftToken('EC-P256');
    t.after(token.close);
    const reader = await Pkcs11Reader.open({ module: pathOf('SoftHSM2'), token: 'another', clock, log });
    t.after(() => reader.close());
    assert.equal(reader.card(), undefined);
  });
});

const needed = needing(['pcscd', 'vpcd', 'OpenSC', 'pkcs11js'], { isolated: true });

for (const [direct, by] of ways)
  describe(`the virtual card behind the PKCS#11 module of OpenSC by ${by}`, needed, () => testOpenSc(direct));

function testOpenSc(direct: boolean): void {
  const ends: (() => Promise<void>)[] = [];
  let lab: CardLab;
  let reader: Pkcs11Reader;
  before(async () => {
    lab = await CardLab.start();
    reader = await Pkcs11Reader.open({ module: pathOf('OpenSC'), direct, clock, log });
  });
  after(async () => {
    await reader.close();
    await lab.close();
    for (const end of ends) await end();
  });

  for (const [keyType, algorithm] of kinds) {
    test(`works as an ${keyType} card: inserted, certificate, wrong PIN, PIN, both keys, blocked, removed`, async () => {
      assert.equal(reader.card(), undefined);
      const { applet, card } = await poweredCard({ after: (end) => void ends.push(end) }, { keyType });
      const told: boolean[] = [];
      const stop = reader.onChange((present) => void told.push(present));
      const inserted = await lab.insert(applet);
      await until(reader, true);
      const client = opened(reader);
      await client.select();
      assert.equal(await client.attemptsLeft(), 3);
      for (const slot of ['authentication', 'signing'] as const)
        assert.deepEqual(await client.readCertificate(slot), card.certificates?.[slot]);
      assert.deepEqual(await client.verifyPin('111111'), { ok: false, attemptsLeft: 2 });
      assert.deepEqual(await client.verifyPin('123456'), { ok: true });
      for (const slot of ['authentication', 'signing'] as const) {
        const { publicKey } = new X509Certificate(card.certificates?.[slot] ?? '');
        const signature = await client.sign(slot, sha256(slot), algorithm, '123456');
        assert.ok(verify('sha256', Buffer.from(slot), publicKey, signature));
      }
      await assert.rejects(client.sign('signing', sha256('x'), algorithm), { code: 'pin_required' });
      assert.deepEqual(await client.changePin('123456', '654321'), { ok: true });
      for (const attemptsLeft of [2, 1, 0])
        assert.deepEqual(await client.verifyPin('111111'), { ok: false, attemptsLeft });
      assert.deepEqual(await client.verifyPin('654321'), { ok: false, attemptsLeft: 0 });
      assert.equal(await client.attemptsLeft(), 0);
      await inserted.remove();
      await until(reader, false);
      await assert.rejects(client.attemptsLeft(), { code: 'card_removed' });
      stop();
      // The module may mistake access by another program for another card.
      assert.deepEqual([told.at(0), told.at(-1)], [true, false]);
    });
  }
}
