import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { sql } from '../../../storage/database.ts';
import { send } from '../../testing/browser.ts';
import { type Instance, startInstance } from '../../testing/instance.ts';
import { gp } from '../../testing/people.ts';
import { errorIn, SoftTablet } from '../../testing/soft-tablet.ts';
import { grouped, kidOf, newShortCode, shortCodeOf, tabletTypes, tokenIn } from './protocol.ts';
import { isNear, noNetworks } from './requests.ts';

let cis2: Instance;
let tablet: SoftTablet;
let credentialId: string;
before(async () => {
  cis2 = await startInstance();
  tablet = await SoftTablet.create(cis2);
  credentialId = await tablet.of(gp.uid);
});
after(() => cis2.stop());

const code = 'BCDF-GHJK';
const answered = { request: 'r', nonce: 'n', number: '11' };
const refused = async (path: string, token: string | Promise<string>) =>
  errorIn(await tablet.send(path, await token));

describe('attack: what no tablet signed', () => {
  const open = (header = {}, claims = {}) => tablet.sign(tabletTypes.open, { code, ...claims }, header);
  test('a token without a signature', async () => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const header = part({ alg: 'none', typ: tabletTypes.open, kid: kidOf(tablet.jwk) });
    const token = `${header}.${part({ aud: cis2.issuer, code })}.`;
    assert.equal(await refused('/tablet/open', token), 'unknown_tablet');
  });
  test('a signature of another key under the name of this one', async () => {
    const other = await SoftTablet.create(cis2);
    const token = other.sign(tabletTypes.open, { code }, { kid: kidOf(tablet.jwk) });
    assert.equal(await refused('/tablet/open', token), 'unknown_tablet');
  });
  test('a key that is nobody’s, also when it is in the header', async () => {
    const other = await SoftTablet.create(cis2);
    const token = other.sign(tabletTypes.open, { code }, { jwk: other.jwk });
    assert.equal(await refused('/tablet/open', token), 'unknown_tablet');
  });
  test('a kid that is no text', async () => {
    for (const kid of [undefined, 7, '', ['x']])
      assert.equal(await refused('/tablet/open', open({ kid })), 'unknown_tablet');
  });
  test('one kind of token in the place of another', async () => {
    for (const typ of [tabletTypes.answer, tabletTypes.key, 'JWT', undefined])
      assert.equal(await refused('/tablet/open', open({ typ })), 'invalid_request');
    const token = tablet.sign(tabletTypes.open, answered);
    assert.equal(await refused('/tablet/answer', token), 'invalid_request');
  });
  test('a token for another issuer', async () => {
    for (const aud of ['https://evil.example.test', undefined, [cis2.issuer], `${cis2.issuer}/`])
      assert.equal(await refused('/tablet/open', open({}, { aud })), 'invalid_request');
  });
  test('another algorithm in the header than the key has', async () => {
    const token = await open();
    const header = { alg: 'HS256', typ: tabletTypes.open, kid: kidOf(tablet.jwk) };
    const changed = `${Buffer.from(JSON.stringify(header)).toString('base64url')}.${token.split('.').slice(1).join('.')}`;
    assert.equal(await refused('/tablet/open', changed), 'unknown_tablet');
  });
  test('an answer that is no text, or too long', async () => {
    for (const wrong of [{ number: 11 }, { nonce: null }, { request: 'x'.repeat(65) }, { number: undefined }])
      assert.equal(
        await refused('/tablet/answer', tablet.sign(tabletTypes.answer, { ...answered, ...wrong })),
        'invalid_request',
      );
  });
  test('an answer to nothing', async () => {
    assert.equal(await refused('/tablet/answer', tablet.sign(tabletTypes.answer, answered)), 'unknown_code');
  });
  test('a tablet that was taken away', async () => {
    const other = await SoftTablet.create(cis2);
    const id = await other.of(gp.uid);
    await cis2.database.run(sql('UPDATE credential SET revoked_at = 1 WHERE id = ?', id));
    assert.equal(errorIn(await other.open(code)), 'unknown_tablet');
    assert.notEqual(id, credentialId);
  });
  test('a key of another kind to be set up with', async () => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const jwk = publicKey.export({ format: 'jwk' });
    const token = tablet.sign(tabletTypes.key, { code: 'x' }, { jwk });
    assert.equal(await refused('/tablet/join', token), 'invalid_request');
  });
  test('a private key to be set up with, or a code that nobody gave', async () => {
    const jwk = { ...tablet.jwk, d: 'AAAA' };
    assert.equal(
      await refused('/tablet/join', tablet.sign(tabletTypes.key, { code: 'x' }, { jwk })),
      'invalid_request',
    );
    for (const wrong of ['x', undefined, 'x'.repeat(65)])
      assert.equal(
        await refused('/tablet/join', tablet.sign(tabletTypes.key, { code: wrong })),
        'unknown_code',
      );
  });
});

describe('attack: another page', () => {
  test('a form, plain text and a GET are no requests of a tablet', async () => {
    const token = await tablet.sign(tabletTypes.open, { code });
    for (const type of ['application/x-www-form-urlencoded', 'text/plain', 'multipart/form-data']) {
      const reply = await send(
        'POST',
        `${cis2.origin}/tablet/open`,
        { 'content-type': type },
        JSON.stringify({ token }),
      );
      assert.equal(reply.status, 400);
    }
    assert.equal((await send('GET', `${cis2.origin}/tablet/open`)).status, 405);
  });
  test('nothing allows another origin to read', async () => {
    const reply = await tablet.open(code);
    assert.equal(reply.headers['access-control-allow-origin'], undefined);
  });
});

describe('what a tablet sends', () => {
  const json = 'application/json';
  for (const [name, body] of [
    ['nothing', ''],
    ['no JSON', '{'],
    ['a list', '[]'],
    ['no token', '{}'],
    ['a token that is none', '{"token":"a.b.c"}'],
    ['a token that is no text', '{"token":{}}'],
    ['too much', `{"token":"${'a'.repeat(9_000)}"}`],
    ['a member that changes prototypes', '{"__proto__":{"token":"x"}}'],
  ] as const)
    test(`${name} is refused`, () => assert.throws(() => tokenIn(json, body), /not well-formed/));
  test('anything else never does more than be refused', () => {
    fc.assert(
      fc.property(fc.string(), (body) => assert.throws(() => tokenIn(json, body), /not well-formed/)),
    );
    fc.assert(fc.property(fc.json(), (body) => assert.throws(() => tokenIn(json, body), /not well-formed/)));
  });
  test('more than 8 KiB does not reach it', async () => {
    const reply = await send(
      'POST',
      `${cis2.origin}/tablet/open`,
      { 'content-type': json },
      'x'.repeat(9_000),
    );
    assert.equal(reply.status, 413);
  });
});

describe('codes', () => {
  const cases: [unknown, string | undefined][] = [
    ['BCDF-GHJK', 'BCDFGHJK'],
    [' bcdf ghjk ', 'BCDFGHJK'],
    ['BCDFGHJ', undefined],
    ['BCDFGHJKL', undefined],
    ['ABCDEFGH', undefined],
    ['BCDF0HJK', undefined],
    ['', undefined],
    [12345678, undefined],
    [null, undefined],
    ['B'.repeat(1_000), undefined],
  ];
  for (const [given, read] of cases)
    test(`${JSON.stringify(given)?.slice(0, 20)}: ${read ?? 'none'}`, () =>
      assert.equal(shortCodeOf(given), read));
  test('what is made is read as itself, in groups or not', () => {
    for (let count = 0; count < 50; count++) {
      const made = newShortCode();
      assert.equal(shortCodeOf(made), made);
      assert.equal(shortCodeOf(grouped(made).toLowerCase()), made);
    }
  });
  test('whatever is read is a code', () => {
    fc.assert(
      fc.property(fc.string(), (text) => /^[B-DF-HJ-NP-TV-Z]{8}$/.test(shortCodeOf(text) ?? 'BBBBBBBB')),
    );
  });
});

test('an address that is not known is near nothing', () => {
  assert.equal(isNear('', '', noNetworks), false);
  assert.equal(isNear('::ffff:192.0.2.1', '192.0.2.1', noNetworks), true);
  assert.equal(isNear('::1', '127.0.0.1', noNetworks), true);
});
