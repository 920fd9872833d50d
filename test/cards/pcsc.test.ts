import assert from 'node:assert/strict';
import { createHash, verify, X509Certificate } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ManualClock } from '@alongside/kernel/clock';
import { silentLog } from '@alongside/kernel/log';
import type { CardClient } from '../../identity-agent/card/card-client.ts';
import type { SignatureAlgorithmId } from '../../identity-agent/card/key-types.ts';
import { PcscCard } from '../../identity-agent/card/pcsc-card.ts';
import { PcscReader } from '../../identity-agent/card/pcsc-reader.ts';
import { PivClient } from '../../identity-agent/card/piv-client.ts';
import { poweredCard } from '../../identity-agent/card/testing/card.ts';
import type { SlotCard } from '../../identity-agent/card/vpcd-connection.ts';
import { CardLab, slotName } from './testing/card-lab.ts';
import { needing, type ProgramName, pathOf } from './testing/programs.ts';

const sha256 = (message: string): Uint8Array => new Uint8Array(createHash('sha256').update(message).digest());

/** Resolves when the condition is true; checks it after each change at the reader. */
async function until(reader: PcscReader, holds: () => boolean): Promise<void> {
  while (!holds()) {
    await new Promise<void>((resolve) => {
      const stop = reader.onChange(() => {
        stop();
        resolve();
      });
    });
  }
}

/** A card that does not respond to the next command after `hold`. */
function holdable(card: SlotCard) {
  let held = (): void => undefined;
  let holding = false;
  const asked = (): Promise<void> => {
    holding = true;
    return new Promise((resolve) => {
      held = resolve;
    });
  };
  const slotCard: SlotCard = {
    atr: card.atr,
    powerOff: () => card.powerOff(),
    async transmit(command) {
      if (!holding) return card.transmit(command);
      held();
      return new Promise(() => undefined);
    },
  };
  return { slotCard, asked };
}

const opened = (reader: PcscReader): CardClient => {
  const card = reader.card();
  assert.ok(card);
  return card.open();
};

const libraries = [
  ['pcsc-mini', 'pcsc-mini', () => pathOf('pcsc-mini')],
  ["the system's library", undefined, () => undefined],
] as const;

for (const [by, needed, moduleOf] of libraries) {
  const names: ProgramName[] = ['pcscd', 'vpcd', 'OpenSC', ...(needed === undefined ? [] : [needed])];
  describe(`a card behind PC/SC by ${by}`, needing(names, { isolated: true }), () => testReader(moduleOf));
}

function testReader(moduleOf: () => string | undefined): void {
  const open = (options: { reader?: string; limit?: number } = {}) =>
    PcscReader.open({ ...options, module: moduleOf(), clock, log });
  const clock = new ManualClock(0);
  const warnings: string[] = [];
  const log = { ...silentLog, warn: (_: unknown, message: string) => void warnings.push(message) };
  const ends: (() => Promise<void>)[] = [];
  const owner = { after: (end: () => Promise<void>) => void ends.push(end) };
  let lab: CardLab;
  let reader: PcscReader;
  before(async () => {
    lab = await CardLab.make();
    reader = await open();
  });
  after(async () => {
    await reader.close();
    await lab.close();
    for (const end of ends) await end();
  });

  test('waits for a service that is not running yet', async () => {
    assert.deepEqual(reader.state, { service: false, readers: [] });
    assert.match(String(reader.problem), /start pcscd/);
    assert.equal(reader.card(), undefined);
    await lab.start();
    clock.advance(4);
    await reader.look();
    assert.equal(reader.state.service, false);
    clock.advance(1);
    await reader.look();
    assert.equal(reader.state.service, true);
    assert.deepEqual(warnings, ['the card reader service does not answer']);
  });

  for (const [keyType, algorithm] of [
    ['EC-P256', 'ES256'],
    ['RSA-2048', 'RS256'],
  ] as const) {
    test(`signs in with an ${keyType} card: wrong PIN, PIN, certificate, signature`, async () => {
      const { applet, card } = await poweredCard(owner, { keyType });
      const came = until(reader, () => reader.card() !== undefined);
      const inserted = await lab.insert(applet);
      await came;
      const client = opened(reader);
      await client.select();
      assert.equal(await client.attemptsLeft(), 3);
      const certificate = await client.readCertificate('authentication');
      assert.deepEqual(certificate, card.certificates?.authentication);
      await assert.rejects(client.sign('authentication', sha256('early'), algorithm), {
        code: 'pin_required',
      });
      assert.deepEqual(await client.verifyPin('111111'), { ok: false, attemptsLeft: 2 });
      assert.deepEqual(await client.verifyPin('123456'), { ok: true });
      const { publicKey } = new X509Certificate(certificate);
      const signature = await client.sign('authentication', sha256('challenge'), algorithm);
      assert.ok(verify('sha256', Buffer.from('challenge'), publicKey, signature));
      const consent = await client.sign('signing', sha256('order'), algorithm, '123456');
      const signing = new X509Certificate(await client.readCertificate('signing'));
      assert.ok(verify('sha256', Buffer.from('order'), signing.publicKey, consent));
      await longCommands(algorithm, publicKey);
      const left = until(reader, () => reader.card() === undefined);
      await inserted.remove();
      await left;
      await assert.rejects(client.attemptsLeft(), { code: 'card_removed' });
    });
  }

  /** The same with extended APDUs instead of chains. */
  async function longCommands(algorithm: SignatureAlgorithmId, publicKey: X509Certificate['publicKey']) {
    const card = reader.card();
    assert.ok(card instanceof PcscCard);
    const client = new PivClient(card, { extendedLength: true });
    const signature = await client.sign('authentication', sha256('long'), algorithm);
    assert.ok(verify('sha256', Buffer.from('long'), publicKey, signature));
  }

  test('lets another program use the card in between; a reset by it clears the PIN', async () => {
    const { applet } = await poweredCard(owner);
    const came = until(reader, () => reader.card() !== undefined);
    const inserted = await lab.insert(applet);
    await came;
    const client = opened(reader);
    await client.select();
    await client.verifyPin('123456');
    assert.equal((await lab.run('pkcs15-tool', '--list-certificates')).code, 0);
    assert.equal((await client.sign('authentication', sha256('a'), 'ES256')).length > 60, true);
    assert.equal((await lab.run('opensc-tool', '--reset', '--reader', slotName(0))).code, 0);
    await assert.rejects(client.sign('authentication', sha256('b'), 'ES256'), { code: 'pin_required' });
    assert.deepEqual(await client.verifyPin('123456'), { ok: true });
    const [signed, read] = await Promise.all([
      client.sign('signing', sha256('c'), 'ES256', '123456'),
      lab.run('pkcs15-tool', '--read-certificate', '01'),
    ]);
    assert.deepEqual([signed.length > 60, read.code], [true, 0]);
    const left = until(reader, () => reader.card() === undefined);
    await inserted.remove();
    await left;
  });

  test('fails with card_removed if the card is removed during a command', async () => {
    const { applet } = await poweredCard(owner);
    const { slotCard, asked } = holdable(applet);
    const came = until(reader, () => reader.card() !== undefined);
    const inserted = await lab.insert(slotCard);
    await came;
    const client = opened(reader);
    await client.select();
    const reached = asked();
    const signing = assert.rejects(client.verifyPin('123456'), { code: 'card_removed' });
    await reached;
    const left = until(reader, () => reader.card() === undefined);
    await Promise.all([signing, left, inserted.remove()]);
  });

  test('times out on a card that never responds', async () => {
    const { applet } = await poweredCard(owner);
    const { slotCard, asked } = holdable(applet);
    const hasty = await open({ limit: 1_000 });
    const came = until(hasty, () => hasty.card() !== undefined);
    const inserted = await lab.insert(slotCard);
    await came;
    const client = opened(hasty);
    await client.select();
    void asked();
    await assert.rejects(client.verifyPin('123456'), { code: 'transaction_failed' });
    const left = until(reader, () => reader.card() === undefined);
    await Promise.all([left, inserted.remove(), hasty.close()]);
  });

  test('uses the first of two cards, and the second after its removal', async () => {
    const [one, two] = [await poweredCard(owner), await poweredCard(owner)];
    const came = until(reader, () => reader.card() !== undefined);
    const first = await lab.insert(one.applet, 1);
    await came;
    const card = reader.card();
    const second = await lab.insert(two.applet, 0);
    assert.equal(reader.card(), card);
    const told: boolean[] = [];
    const stop = reader.onChange((present) => void told.push(present));
    const changed = until(reader, () => reader.card() !== card);
    await first.remove();
    await changed;
    const client = opened(reader);
    await client.select();
    assert.deepEqual(await client.readCertificate('signing'), two.card.certificates?.signing);
    const left = until(reader, () => reader.card() === undefined);
    await second.remove();
    await left;
    stop();
    assert.deepEqual(told, [false, true, false]);
  });

  test('uses only readers with the given name', async () => {
    const other = await open({ reader: 'PCD 00 01' });
    const { applet } = await poweredCard(owner);
    const came = Promise.all([
      until(other, () => other.card() !== undefined),
      until(reader, () => reader.card() !== undefined),
    ]);
    const [left, right] = [
      await lab.insert(applet, 0),
      await lab.insert((await poweredCard(owner)).applet, 1),
    ];
    await came;
    assert.deepEqual(other.state.readers, [slotName(1)]);
    const none = await open({ reader: 'no such reader' });
    assert.equal(none.problem, 'No card reader is plugged in.');
    await none.close();
    assert.deepEqual([other.problem, reader.problem], [undefined, undefined]);
    await other.close();
    const empty = until(reader, () => reader.card() === undefined);
    await Promise.all([left.remove(), right.remove()]);
    await empty;
  });

  test('loses its cards with the process, and finds them with a new one', async () => {
    const { applet } = await poweredCard(owner);
    const came = until(reader, () => reader.card() !== undefined);
    const inserted = await lab.insert(applet);
    await came;
    const client = opened(reader);
    await client.select();
    const left = until(reader, () => reader.card() === undefined);
    const { said: own } = await lab.run('pgrep', '-f', '-P', String(process.pid), 'pcsc-process');
    process.kill(Number(own), 'SIGKILL');
    await left;
    await assert.rejects(client.attemptsLeft(), { code: 'card_removed' });
    const again = until(reader, () => reader.card() !== undefined);
    clock.advance(5);
    await reader.look();
    await again;
    const next = opened(reader);
    await next.select();
    assert.equal(await next.attemptsLeft(), 3);
    const empty = until(reader, () => reader.card() === undefined);
    await inserted.remove();
    await empty;
  });

  test('loses its cards with the service, and finds a new service', async () => {
    const { applet } = await poweredCard(owner);
    const came = until(reader, () => reader.card() !== undefined);
    await lab.insert(applet);
    await came;
    const client = opened(reader);
    const left = until(reader, () => reader.card() === undefined);
    await lab.stop();
    await left;
    await assert.rejects(client.attemptsLeft(), { code: 'card_removed' });
    assert.match(String(reader.problem), /start pcscd/);
    assert.deepEqual(reader.state, { service: false, readers: [] });
    await lab.start();
    clock.advance(5);
    await reader.look();
    const again = until(reader, () => reader.card() !== undefined);
    await lab.insert(applet);
    await again;
    const next = opened(reader);
    await next.select();
    assert.deepEqual(await next.verifyPin('123456'), { ok: true });
  });
}

describe('the package pcsc-mini', () => {
  test('is reported in one sentence if it is missing or another package', async (t) => {
    const clock = new ManualClock(0);
    const folder = await mkdtemp(join(tmpdir(), 'pcsc-'));
    t.after(() => rm(folder, { recursive: true, force: true }));
    const withoutAddon = join(folder, 'index.cjs');
    await writeFile(withoutAddon, "require('@pcsc-mini/windows-x86_64-node');");
    for (const [module, why] of [
      ['no-such-package-here', /^PC\/SC cannot be used: .*no-such-package-here/],
      ['node:path', /another package/],
      [withoutAddon, /: the package @pcsc-mini\/windows-x86_64-node is missing/],
    ] as const)
      await assert.rejects(PcscReader.open({ module, clock, log: silentLog }), {
        name: 'OperatorError',
        message: why,
      });
  });
});
