import assert from 'node:assert/strict';
import { verify, X509Certificate } from 'node:crypto';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { onlyTlv, parseTlv, valueWith } from './apdu.ts';
import type { PivApplet } from './piv-applet.ts';
import { poweredCard } from './testing/card.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const send = async (card: PivApplet, command: string): Promise<string> =>
  hex(await card.transmit(Buffer.from(command.replaceAll(' ', ''), 'hex')));
/** Sends each command and compares the status word or the whole response. */
async function script(card: PivApplet, lines: readonly [command: string, answer: string][]): Promise<void> {
  for (const [index, [command, answer]] of lines.entries()) {
    const got = await send(card, command);
    assert.equal(answer.length === 4 ? got.slice(-4) : got, answer, `line ${index + 1}: ${command}`);
  }
}

const SELECT = '00a4040009a00000030800001000';
const PIN = '0020008008313233343536ffff';
const WRONG = '0020008008363534333231ffff';
const PADDED = {
  right: '313233343536ffff',
  next: '3837363534333231',
  puk: '3837363534333231',
  wrongPuk: '3131313131313131',
};
const digest = 'ab'.repeat(32);
const sign = (slot: string, challenge = digest): string => `008711${slot}26 7c24 8200 8120${challenge} 00`;

describe('PivApplet', () => {
  test('accepts only SELECT before SELECT', async (t) => {
    const { applet } = await poweredCard(t);
    await script(applet, [
      [PIN, '6d00'],
      ['00cb3fff055c035fc10500', '6d00'],
      ['00a4040005a00000000100', '6a82'],
      ['00a4040000', '6a82'],
      ['00a4000009a00000030800001000', '6a86'],
      ['00a404000ba000000308000010000101', '6a82'],
      ['00a404000ba00000030800001000010000', '9000'],
      [SELECT, '612b'],
      ['00c000002b', '9000'],
    ]);
    const answer = Buffer.from(await send(applet, `${SELECT}00`), 'hex').subarray(0, -2);
    assert.equal(hex(valueWith(parseTlv(onlyTlv(answer, 0x61)), 0x4f) ?? answer), '000010000100');
    assert.equal(hex(applet.atr), '3b8d0180fba000000397425446590301c8');
  });

  test('counts wrong PINs in VERIFY, reports the attempts and blocks after three', async (t) => {
    const { applet } = await poweredCard(t);
    await script(applet, [
      [SELECT, '612b'],
      ['00200080', '63c3'],
      [WRONG, '63c2'],
      ['00200080', '63c2'],
      [PIN, '9000'],
      ['00200080', '9000'],
      ['0020ff80', '9000'],
      ['00200080', '63c3'],
      ['0020ff8001ff', '6a80'],
      ['00200180', '6a86'],
      ['00200000', '6a88'],
      ['0020008108 3837363534333231', '6a88'],
      ['0020008006 313233343536', '6a80'],
      ['0020008008 3132333435ffffff', '6a80'],
      ['0020008008 31323334353641ff', '6a80'],
      ['0020008009 313233343536ffffff', '6a80'],
      ['00200080', '63c3'],
      [PIN, '9000'],
      [WRONG, '63c2'],
      ['00200080', '63c2'],
      [WRONG, '63c1'],
      [WRONG, '63c0'],
      [WRONG, '6983'],
      [PIN, '6983'],
      ['00200080', '63c0'],
    ]);
  });

  test('restores the PIN with the PUK, which three wrong ones block', async (t) => {
    const { applet } = await poweredCard(t, { locked: true });
    const { right, next, puk, wrongPuk } = PADDED;
    await script(applet, [
      [SELECT, '612b'],
      [PIN, '6983'],
      [`002c008010 ${wrongPuk}${next}`, '63c2'],
      [`002c008010 ${puk}3131ffffffffffff`, '6a80'],
      [`002c008008 ${puk}`, '6a80'],
      [`002c008110 ${puk}${next}`, '6a88'],
      [`002c010010 ${puk}${next}`, '6a86'],
      [`002c008010 ${puk}${next}`, '9000'],
      ['00200080', '63c3'],
      [PIN, '63c2'],
      [`0020008008 ${next}`, '9000'],
      [`0024008010 ${next}${right}`, '9000'],
      [PIN, '9000'],
      [`002c008010 ${wrongPuk}${next}`, '63c2'],
      ['00200080', '63c3'],
      [`002c008010 ${wrongPuk}${next}`, '63c1'],
      [`002c008010 ${wrongPuk}${next}`, '63c0'],
      [`002c008010 ${puk}${next}`, '6983'],
      [PIN, '9000'],
    ]);
  });

  test('changes PIN and PUK with CHANGE REFERENCE DATA and the old value', async (t) => {
    const { applet } = await poweredCard(t);
    const { right, next, puk, wrongPuk } = PADDED;
    await script(applet, [
      [SELECT, '612b'],
      [`0024008010 ${next}${right}`, '63c2'],
      [`0024008010 ${right}3131ffffffffffff`, '6a80'],
      [`0024008010 ${right}`.replace('10', '08'), '6a80'],
      [`0024008210 ${right}${next}`, '6a88'],
      ['00200080', '63c2'],
      [`0024008010 ${right}${next}`, '9000'],
      [PIN, '63c2'],
      [`0020008008 ${next}`, '9000'],
      [`0024008110 ${wrongPuk}${puk}`, '63c2'],
      [`0024008110 ${puk}${wrongPuk}`, '9000'],
      [`002c008010 ${wrongPuk}${right}`, '9000'],
      [PIN, '9000'],
    ]);
  });

  test('returns the objects of the card with GET DATA', async (t) => {
    const { applet, card } = await poweredCard(t);
    await send(applet, SELECT);
    const get = (tag: string): string =>
      `00cb3fff 0000${(tag.length / 2 + 2).toString(16).padStart(2, '0')}
      5c${(tag.length / 2).toString(16).padStart(2, '0')}${tag} 0000`.replace(/\s/g, '');
    assert.equal(await send(applet, get('7e')), '7e124f0ba0000003080000100001005f2f0240009000');
    for (const [tag, certificate] of [
      ['5fc105', card.certificates?.authentication],
      ['5fc10a', card.certificates?.signing],
    ] as const) {
      const object = onlyTlv(Buffer.from(await send(applet, get(tag)), 'hex').subarray(0, -2), 0x53);
      assert.deepEqual(valueWith(parseTlv(object), 0x70), certificate);
    }
    const chuid = parseTlv(
      onlyTlv(Buffer.from(await send(applet, get('5fc102')), 'hex').subarray(0, -2), 0x53),
    );
    assert.deepEqual(
      chuid.map(({ tag, value }) => [tag, value.length]),
      [
        [0x30, 25],
        [0x34, 16],
        [0x35, 8],
        [0x3e, 0],
        [0xfe, 0],
      ],
    );
    assert.equal(Buffer.from(valueWith(chuid, 0x35) ?? []).toString(), '20280101');
    assert.match(
      await send(applet, get('5fc107')),
      /^5333f015a000000116ff02.*f300f40100f50110f600.*fe009000$/,
    );
    await script(applet, [
      [get('5fc10c'), '5308c10100c20100fe009000'],
      [get('5fc10b'), '6a82'],
    ]);
    const whole = (await send(applet, get('5fc105'))).slice(0, -4);
    const first = await send(applet, '00cb3fff055c035fc10500');
    assert.equal(first, `${whole.slice(0, 512)}61${(whole.length / 2 - 256).toString(16)}`);
    assert.equal(await send(applet, '00c0000000'), `${whole.slice(512)}9000`);
    await script(applet, [
      ['00cb0000055c035fc10500', '6a86'],
      ['00cb3fff045c035fc1', '6a80'],
      ['00cb3fff055c045fc105', '6a80'],
      ['00cb3fff035c017e0000', '6700'],
      ['00cb3fff065c045fc1055f', '6a80'],
      ['00cb3fff', '6a80'],
    ]);
  });

  test('returns unique challenges for the management key, which opens nothing', async (t) => {
    const { applet } = await poweredCard(t);
    const ask = '04 7c02 8100 00';
    await send(applet, SELECT);
    const challenges = await Promise.all(
      ['00', '03', '08'].map((cipher) => send(applet, `0087${cipher}9b${ask}`)),
    );
    assert.match(challenges.join(' '), /^7c0a8108.{16}9000 7c0a8108.{16}9000 7c128110.{32}9000$/);
    assert.equal(new Set([...challenges, await send(applet, `0087009b${ask}`)]).size, 4);
    await script(applet, [
      [`0087119b${ask}`, '6a86'],
      [`0087079b${ask}`, '6a86'],
      ['0087039b 0c 7c0a 8208 0000000000000000 00', '6982'],
      ['0087039b 06 7c04 8000 8100 00', '6982'],
      ['0087039b 02 8100 00', '6a80'],
      [sign('9a'), '6982'],
    ]);
  });

  test('returns waiting data with GET RESPONSE, the right length, and nothing afterwards', async (t) => {
    const { applet } = await poweredCard(t);
    await script(applet, [
      [SELECT, '612b'],
      ['00cb3fff035c017e05', '7e124f0ba0610f'],
      ['00c0000010', '6c0f'],
      ['00c0010000', '6a86'],
      ['00c00000', '6700'],
      ['00c0000004', '00000308610b'],
      ['00c0000000', '0000100001005f2f0240009000'],
      ['00c0000000', '6985'],
      ['00cb3fff035c017e05', '610f'],
      ['00200080', '63c3'],
      ['00c0000000', '6985'],
    ]);
  });

  test('requires a verified PIN for the authentication key, and one immediately before for the signing key', async (t) => {
    const { applet, card } = await poweredCard(t);
    const part = `108711 9c0a 7c24 8200 8120 abababab`;
    const rest = `008711 9c1c ${'ab'.repeat(28)} 00`;
    await script(applet, [
      [SELECT, '612b'],
      [sign('9a'), '6982'],
      [sign('9c'), '6982'],
      [PIN, '9000'],
      [sign('9a'), '9000'],
      [sign('9a'), '9000'],
      [sign('9c'), '6982'],
      [PIN, '9000'],
      [sign('9c'), '9000'],
      [sign('9c'), '6982'],
      [PIN, '9000'],
      ['00200080', '9000'],
      [sign('9c'), '6982'],
      [PIN, '9000'],
      [part, '9000'],
      [rest, '9000'],
      [PIN, '9000'],
      [part, '9000'],
      [sign('9a'), '9000'],
      [sign('9c'), '6982'],
      [PIN, '9000'],
      [part, '9000'],
      ['00c0000000', '6985'],
      [sign('9c'), '6982'],
      [PIN, '9000'],
      ['1087079c027c00', '9000'],
      [sign('9c'), '6982'],
      [PIN, '9000'],
      [WRONG, '63c2'],
      [sign('9a'), '6982'],
      [PIN, '9000'],
      ['00a4040005a00000000100', '6a82'],
      [SELECT, '612b'],
      [sign('9a'), '9000'],
    ]);
    const answer = Buffer.from(await send(applet, sign('9a')), 'hex').subarray(0, -2);
    const signature = onlyTlv(onlyTlv(answer, 0x7c), 0x82);
    assert.ok(signature.length > 60 && card.certificates);
  });

  test('accepts in GENERAL AUTHENTICATE only its own algorithm and a well-formed template', async (t) => {
    const { applet } = await poweredCard(t);
    await script(applet, [
      [SELECT, '612b'],
      [PIN, '9000'],
      [sign('9a').replace('008711', '008707'), '6a86'],
      [sign('9a').replace('008711', '008714'), '6a86'],
      [sign('9b'), '6a86'],
      [sign('9d'), '6a86'],
      [`0087119a06 7c04 8200 8100 00`, '6a80'],
      [`0087119a25 7c23 8200 811f${'ab'.repeat(31)} 00`, '6a80'],
      [`0087119a27 7c25 8200 8121${'ab'.repeat(33)} 00`, '6a80'],
      [`0087119a24 7c22 8120${digest} 00`, '6a80'],
      [`0087119a27 7c25 820101 8120${digest} 00`, '6a80'],
      [`0087119a28 7c26 8200 8120${digest} 8500 00`, '6a80'],
      [`0087119a26 7d24 8200 8120${digest} 00`, '6a80'],
      ['0087119a', '6a80'],
      [sign('9a'), '9000'],
    ]);
  });

  test('forgets PIN, selection, chain and waiting data at power off, but not the counter', async (t) => {
    const { applet } = await poweredCard(t);
    await script(applet, [
      [SELECT, '612b'],
      [WRONG, '63c2'],
      [WRONG, '63c1'],
    ]);
    applet.powerOff();
    await script(applet, [
      ['00c0000000', '6985'],
      ['00200080', '6d00'],
      [SELECT, '612b'],
      ['00200080', '63c1'],
      [PIN, '9000'],
    ]);
    applet.powerOff();
    await send(applet, SELECT);
    // Power off while a VERIFY runs: its success must not persist.
    const running = applet.transmit(Buffer.from(PIN, 'hex'));
    await Promise.resolve();
    await Promise.resolve();
    applet.powerOff();
    assert.equal(hex(await running), '9000');
    await script(applet, [
      [SELECT, '612b'],
      ['00200080', '63c3'],
      [sign('9a'), '6982'],
    ]);
  });

  test('returns the right status words for unknown classes, instructions and lengths', async (t) => {
    const { applet } = await poweredCard(t);
    await script(applet, [
      [SELECT, '612b'],
      ['80cb3fff035c017e00', '6e00'],
      ['0ccb3fff035c017e00', '6e00'],
      ['01cb3fff035c017e00', '6e00'],
      ['00ff0000', '6d00'],
      ['00db3fff00', '6d00'],
      ['', '6700'],
      ['00a404', '6700'],
      ['00a4040009a0', '6700'],
    ]);
    const long = 'aa'.repeat(255);
    for (let part = 0; part < 16; part += 1) assert.equal(await send(applet, `1087119aff${long}`), '9000');
    assert.equal(await send(applet, `1087119aff${long}`), '6700');
  });

  test('returns a status word for any bytes and never throws', async (t) => {
    const { applet } = await poweredCard(t);
    const byte = (...values: number[]) =>
      fc.oneof(fc.constantFrom(...values), fc.integer({ min: 0, max: 255 }));
    const likely = fc
      .tuple(
        byte(0x00, 0x10),
        byte(0x20, 0x24, 0x2c, 0x87, 0xa4, 0xc0, 0xcb),
        byte(0x00, 0x04, 0x3f, 0x11, 0xff),
        byte(0x00, 0x80, 0x81, 0x9a, 0x9c, 0xff),
        fc.oneof(
          fc.uint8Array({ maxLength: 40 }),
          fc
            .constantFrom(SELECT.slice(10), PADDED.right, `7c2482008120${digest}`, '5c035fc105', '5c017e')
            .map((value) => Buffer.from(value, 'hex')),
        ),
      )
      .map(([cla, ins, p1, p2, data]) => Uint8Array.from([cla, ins, p1, p2, data.length, ...data]));
    const commands = fc.array(fc.oneof(likely, fc.uint8Array({ maxLength: 300 })), {
      minLength: 1,
      maxLength: 20,
    });
    await fc.assert(
      fc.asyncProperty(commands, async (bytes) => {
        applet.powerOff();
        await send(applet, SELECT);
        await send(applet, PIN);
        for (const command of bytes) {
          const answer = hex(await applet.transmit(command));
          assert.match(answer, /(9000|6[1-9a-e][0-9a-f]{2})$/);
        }
      }),
    );
  });

  test('signs one block of the modulus length with an RSA card, chained or extended', async (t) => {
    const { applet, card } = await poweredCard(t, { keyType: 'RSA-2048' });
    const info = `3031300d060960864801650304020105000420${digest}`;
    const block = `0001${'ff'.repeat(256 - 3 - info.length / 2)}00${info}`;
    const template = `7c820106 8200 81820100 ${block}`.replaceAll(' ', '');
    await script(applet, [
      [SELECT, '612b'],
      [PIN, '9000'],
      [`1087079aff ${template.slice(0, 510)}`, '9000'],
      [`0087079a0b ${template.slice(510)} 00`, '6108'],
      ['00c0000008', '9000'],
      [`0087079a 00010a ${template} 0000`, '9000'],
      [`0087079a 00010a 7c820106 8200 81820100 ${'ff'.repeat(256)} 0000`, '6a80'],
      [sign('9a').replace('008711', '008707'), '6a80'],
    ]);
    const answer = Buffer.from(await send(applet, `0087079a00010a${template}0000`), 'hex').subarray(0, -2);
    const signature = onlyTlv(onlyTlv(answer, 0x7c), 0x82);
    const { publicKey } = new X509Certificate(card.certificates?.authentication ?? '');
    assert.equal(signature.length, 256);
    assert.ok(!verify('sha256', Buffer.from('something else'), publicKey, signature));
  });
});
