import assert from 'node:assert/strict';
import { createHash, randomBytes, verify, X509Certificate } from 'node:crypto';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { decodeCommand, encodeTlv } from './apdu.ts';
import { algorithmOf, type CardKeyTypeId, type SignatureAlgorithmId } from './key-types.ts';
import { PivClient } from './piv-client.ts';
import { poweredCard } from './testing/card.ts';
import type { CardTransport } from './transport.ts';

const digestOf = (message: string): Uint8Array =>
  new Uint8Array(createHash('sha256').update(message).digest());

/** Forwards to a card and records the instructions. */
function listening(card: CardTransport) {
  const asked: string[] = [];
  const transmit = (command: Uint8Array): Promise<Uint8Array> => {
    const { cla, ins } = decodeCommand(command);
    asked.push(`${cla.toString(16).padStart(2, '0')}${ins.toString(16)}`);
    return card.transmit(command);
  };
  return { asked, transmit };
}

/** A card with the same response to everything. */
const answering = (hex: string): PivClient =>
  new PivClient({ transmit: async () => new Uint8Array(Buffer.from(hex, 'hex')) });

const lives: [CardKeyTypeId, SignatureAlgorithmId, number][] = [
  ['EC-P256', 'ES256', 1],
  ['RSA-2048', 'RS256', 2],
];

describe('PivClient', () => {
  test('ends an operation when its time is over, sends nothing more for it, and works on', async (t) => {
    const { applet } = await poweredCard(t);
    const late: (() => void)[] = [];
    let isHanging = true;
    let sent = 0;
    const transmit = async (command: Uint8Array): Promise<Uint8Array> => {
      sent += 1;
      if (isHanging) await new Promise<void>((resolve) => late.push(resolve));
      return applet.transmit(command);
    };
    const client = new PivClient({ transmit }, { limit: 20 });
    const signing = client.sign('authentication', digestOf('challenge'), 'ES256', '123456');
    const [first, second] = [signing, client.readCertificate('authentication')];
    const error = { code: 'transaction_failed', message: 'The card took too long.' };
    await assert.rejects(first, error);
    await assert.rejects(second, error);
    assert.equal(sent, 2);
    isHanging = false;
    const patient = new PivClient({ transmit });
    await patient.select();
    assert.equal(await patient.attemptsLeft(), 3);
    const before = sent;
    for (const answer of late) answer();
    // The late answers belong to operations that are over.
    assert.equal(await patient.attemptsLeft(), 3);
    assert.equal(sent, before + 1);
  });

  test('ends an operation of a card whose response never ends, with exclusive access', async () => {
    let held = 0;
    const drop = new Uint8Array([0, 0x61, 1]);
    const transport: CardTransport = {
      transmit: () => new Promise((resolve) => setImmediate(resolve, drop)),
      async alone(work) {
        held += 1;
        return work().finally(() => {
          held -= 1;
        });
      },
    };
    const client = new PivClient(transport, { limit: 5 });
    await assert.rejects(client.attemptsLeft(), /took too long|does not end/);
    assert.equal(held, 0);
  });

  for (const [keyType, algorithm, parts] of lives) {
    for (const extendedLength of [false, true]) {
      test(`works with a ${keyType} card throughout its life, ${extendedLength ? 'extended' : 'short'} length`, async (t) => {
        const { applet, card } = await poweredCard(t, { keyType });
        const { asked, transmit } = listening(applet);
        const client = new PivClient({ transmit }, { extendedLength });
        await client.select();
        assert.equal(await client.attemptsLeft(), 3);
        await assert.rejects(client.sign('authentication', digestOf('too early'), algorithm), {
          code: 'pin_required',
        });
        assert.deepEqual(await client.verifyPin('654321'), { ok: false, attemptsLeft: 2 });
        assert.deepEqual(await client.verifyPin('6543210'), { ok: false, attemptsLeft: 1 });
        assert.equal(await client.attemptsLeft(), 1);
        assert.deepEqual(await client.verifyPin('123456'), { ok: true });
        assert.equal(await client.attemptsLeft(), 3);

        const der = await client.readCertificate('authentication');
        assert.deepEqual(der, card.certificates?.authentication);
        const certificate = new X509Certificate(der);
        assert.match(certificate.subject, /656005750199/);
        assert.equal(algorithmOf(der), algorithm);
        asked.length = 0;
        const signature = await client.sign('authentication', digestOf('challenge'), algorithm);
        assert.equal(asked.filter((ins) => ins.endsWith('87')).length, extendedLength ? 1 : parts);
        assert.ok(verify('sha256', Buffer.from('challenge'), certificate.publicKey, signature));
        assert.ok(!verify('sha256', Buffer.from('another'), certificate.publicKey, signature));

        const second = new X509Certificate(await client.readCertificate('signing'));
        assert.notDeepEqual(second.publicKey, certificate.publicKey);
        await assert.rejects(client.sign('signing', digestOf('order'), algorithm), { code: 'pin_required' });
        const consent = await client.sign('signing', digestOf('order'), algorithm, '123456');
        assert.ok(verify('sha256', Buffer.from('order'), second.publicKey, consent));
        await assert.rejects(client.sign('signing', digestOf('order'), algorithm), { code: 'pin_required' });
      });
    }
  }

  test('signs any digest so that node:crypto verifies it', async (t) => {
    const { applet } = await poweredCard(t);
    const client = new PivClient(applet);
    await client.select();
    await client.verifyPin('123456');
    const { publicKey } = new X509Certificate(await client.readCertificate('authentication'));
    for (let round = 0; round < 20; round += 1) {
      const message = randomBytes(48);
      const digest = new Uint8Array(createHash('sha256').update(message).digest());
      assert.ok(verify('sha256', message, publicKey, await client.sign('authentication', digest, 'ES256')));
    }
  });

  test('is blocked by three wrong PINs, also for the right one, until the PUK unblocks it', async (t) => {
    const { applet, reopen, card } = await poweredCard(t);
    const client = new PivClient(applet);
    await client.select();
    for (const attemptsLeft of [2, 1, 0, 0])
      assert.deepEqual(await client.verifyPin('111111'), { ok: false, attemptsLeft });
    assert.deepEqual(await client.verifyPin('123456'), { ok: false, attemptsLeft: 0 });
    assert.equal(await client.attemptsLeft(), 0);
    const signing = client.sign('signing', digestOf('order'), 'ES256', '123456');
    await assert.rejects(signing, { code: 'pin_blocked', attemptsLeft: 0 });
    assert.equal((await reopen()).get(card.serial)?.locked, true);
    assert.deepEqual(await client.unblock('11111111', '765432'), { ok: false, attemptsLeft: 2 });
    assert.deepEqual(await client.unblock('87654321', '765432'), { ok: true });
    assert.deepEqual(await client.verifyPin('123456'), { ok: false, attemptsLeft: 2 });
    assert.deepEqual(await client.verifyPin('765432'), { ok: true });
    assert.equal((await reopen()).get(card.serial)?.locked, false);
  });

  test('does not send a malformed PIN or PUK to the card', async (t) => {
    const { applet } = await poweredCard(t);
    const client = new PivClient(applet);
    await client.select();
    await client.verifyPin('111111');
    const digits = /^[0-9]{6,8}$/;
    const malformed = fc.oneof(
      fc.string(),
      fc.constantFrom('12345', '123456789', '12345a', '１２３４５６', '123456\n', ''),
    );
    await fc.assert(
      fc.asyncProperty(
        malformed.filter((pin) => !digits.test(pin)),
        async (pin) => {
          const refused = { ok: false, attemptsLeft: 2, malformed: true };
          assert.deepEqual(await client.verifyPin(pin), refused);
          assert.deepEqual(await client.changePin(pin, '123456'), refused);
          assert.deepEqual(await client.changePin('123456', pin), refused);
          assert.deepEqual(await client.unblock('87654321', pin), { ok: false, malformed: true });
          assert.deepEqual(await client.unblock(pin, '123456'), { ok: false, malformed: true });
        },
      ),
      { numRuns: 30 },
    );
    assert.equal(await client.attemptsLeft(), 2);
    await assert.rejects(client.sign('signing', digestOf('order'), 'ES256', 'x'), {
      code: 'pin_required',
      attemptsLeft: 2,
    });
  });

  test('needs the old PIN in changePin and uses an attempt for a wrong one', async (t) => {
    const { applet } = await poweredCard(t);
    const client = new PivClient(applet);
    await client.select();
    assert.deepEqual(await client.changePin('111111', '222222'), { ok: false, attemptsLeft: 2 });
    assert.deepEqual(await client.changePin('123456', '22222222'), { ok: true });
    assert.deepEqual(await client.verifyPin('123456'), { ok: false, attemptsLeft: 2 });
    assert.deepEqual(await client.verifyPin('22222222'), { ok: true });
  });

  test('keeps concurrent calls from separating a PIN and its signature', async (t) => {
    const { applet } = await poweredCard(t);
    const { asked, transmit } = listening(applet);
    const client = new PivClient({ transmit });
    await client.select();
    asked.length = 0;
    const signatures = [1, 2, 3].map((n) =>
      client.sign('signing', digestOf(`order ${n}`), 'ES256', '123456'),
    );
    const certificate = client.readCertificate('signing');
    const { publicKey } = new X509Certificate(await certificate);
    for (const [index, signature] of (await Promise.all(signatures)).entries())
      assert.ok(verify('sha256', Buffer.from(`order ${index + 1}`), publicKey, signature));
    assert.deepEqual(asked.slice(0, 6), ['0020', '0087', '0020', '0087', '0020', '0087']);
  });

  test('refuses a wrong algorithm or digest length', async (t) => {
    const { applet } = await poweredCard(t);
    const client = new PivClient(applet);
    await client.select();
    await client.verifyPin('123456');
    await assert.rejects(client.sign('authentication', digestOf('x'), 'RS256'), {
      code: 'transaction_failed',
      message: /6a86/,
    });
    await assert.rejects(client.sign('authentication', new Uint8Array(20), 'ES256'), RangeError);
  });

  test('distinguishes a card without PIV, one without objects and one with malformed data', async (t) => {
    await assert.rejects(answering('6a82').select(), { code: 'not_a_piv_card' });
    await assert.rejects(answering('6d00').select(), { code: 'not_a_piv_card' });
    await assert.rejects(answering('12349000').select(), { code: 'malformed_response' });
    await assert.rejects(answering('9000').select(), { code: 'malformed_response' });
    await assert.rejects(answering('6a82').readCertificate('authentication'), { code: 'object_missing' });
    await assert.rejects(answering('6a88').sign('authentication', digestOf('x'), 'ES256'), {
      code: 'object_missing',
    });
    await assert.rejects(answering('6f00').verifyPin('123456'), { code: 'transaction_failed' });
    await assert.rejects(answering('6f00').attemptsLeft(), { code: 'transaction_failed' });
    assert.deepEqual(await answering('6983').verifyPin('123456'), { ok: false, attemptsLeft: 0 });
    const { applet } = await poweredCard(t);
    await assert.rejects(new PivClient(applet).readCertificate('authentication'), {
      code: 'transaction_failed',
    });
  });

  test('requires a certificate object that is complete, DER and not compressed', async () => {
    const hex = (tag: number, digits: string) => encodeTlv(tag, Buffer.from(digits, 'hex'));
    const object = (...parts: Uint8Array[]): PivClient =>
      answering(`${Buffer.from(encodeTlv(0x53, ...parts)).toString('hex')}9000`);
    const [der, plain, end] = [hex(0x70, '30020500'), hex(0x71, '00'), hex(0xfe, '')];
    assert.equal(
      Buffer.from(await object(der, plain, end).readCertificate('signing')).toString('hex'),
      '30020500',
    );
    assert.equal((await object(der, plain).readCertificate('signing')).length, 4);
    const cases: [PivClient, string][] = [
      [object(der, hex(0x71, '01'), end), 'malformed_response'],
      [object(der, hex(0x71, '80'), end), 'malformed_response'],
      [object(der, end), 'malformed_response'],
      [object(hex(0x70, '300205'), plain, end), 'malformed_response'],
      [object(hex(0x70, '300205000000'), plain, end), 'malformed_response'],
      [object(hex(0x70, 'ffff'), plain, end), 'malformed_response'],
      [object(der, der, plain), 'object_missing'],
      [object(), 'object_missing'],
      [answering('700230009000'), 'malformed_response'],
    ];
    for (const [index, [client, code]] of cases.entries())
      await assert.rejects(client.readCertificate('signing'), { code }, `case ${index}`);
  });

  test('requires the form of the algorithm in a signature', async () => {
    const digest = digestOf('x');
    for (const answer of [
      '9000',
      '7c028200 9000',
      '7c04 8202 3000 9000',
      '7c0a 8208 3006020101040101 9000',
      '7c00 9000',
    ])
      await assert.rejects(
        answering(answer.replaceAll(' ', '')).sign('authentication', digest, 'ES256'),
        { code: 'malformed_response' },
        answer,
      );
    await assert.rejects(answering('7c0a820830060201010201019000').sign('authentication', digest, 'RS256'), {
      code: 'malformed_response',
    });
  });

  test('settles with a result or a CardError for any response of a card', async () => {
    const answers = fc.array(
      fc.oneof(
        fc.uint8Array({ maxLength: 20 }),
        fc
          .constantFrom('9000', '6105', '6c05', '53009000')
          .map((hex) => Uint8Array.from(Buffer.from(hex, 'hex'))),
      ),
      { minLength: 1, maxLength: 6 },
    );
    await fc.assert(
      fc.asyncProperty(answers, async (script) => {
        let at = 0;
        const client = new PivClient({
          transmit: async () => script[at++ % script.length] ?? new Uint8Array(0),
        });
        const calls = [
          client.select(),
          client.verifyPin('123456'),
          client.attemptsLeft(),
          client.readCertificate('signing'),
          client.sign('authentication', digestOf('x'), 'RS256', '123456'),
          client.changePin('123456', '654321'),
          client.unblock('87654321', '123456'),
        ];
        for (const result of await Promise.allSettled<unknown>(calls))
          if (result.status === 'rejected') assert.equal(result.reason.name, 'CardError');
      }),
    );
  });
});
