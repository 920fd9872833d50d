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

describe('attack: forged tokens of a tablet', () => {
  const open = (header = {}, claims = {}) => tablet.sign(tabletTypes.open, { code, ...claims }, header);
  test('refuses a token without a signature', async () => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const header = part({ alg: 'none', typ: tabletTypes.open, kid: kidOf(tablet.jwk) });
    const token = `${header}.${part({ aud: cis2.issuer, code })}.`;
    assert.equal(await refused('/tablet/open', token), 'unknown_tablet');
  });
  test('refuses a signature of another key', async () => {
    const other = await SoftTablet.create(cis2);
    const token = other.sign(tabletTypes.open, { code }, { kid: kidOf(tablet.jwk) });
    assert.equal(await refused('/tablet/open', token), 'unknown_tablet');
  });
  test('refuses an unregistered key, also in the header', async () => {
    const other = await SoftTablet.create(cis2);
    const token = other.sign(tabletTypes.open, { code }, { jwk: other.jwk });
    assert.equal(await refused('/tablet/open', token), 'unknown_tablet');
  });
  test('refuses a kid that is not a string', async () => {
    for (const kid of [undefined, 7, '', ['x']])
      assert.equal(await refused('/tablet/open', open({ kid })), 'unknown_tablet');
  });
  test('refuses a token of another type', async () => {
    for (const typ of [tabletTypes.answer, tabletTypes.key, 'JWT', undefined])
      assert.equal(await refused('/tablet/open', open({ typ })), 'invalid_request');
    const token = tablet.sign(tabletTypes.open, answered);
    assert.equal(await refused('/tablet/answer', token), 'invalid_request');
  });
  test('refuses a token for another issuer', async () => {
    for (const aud of ['https://evil.example.test', undefined, [cis2.issuer], `${cis2.issuer}/`])
      assert.equal(await refused('/tablet/open', open({}, { aud })), 'invalid_request');
  });
  test('refuses an algorithm that does not fit the key', async () => {
    const token = await open();
    const header = { alg: 'HS256', typ: tabletTypes.open, kid: kidOf(tablet.jwk) };
    const changed = `${Buffer.from(JSON.stringify(header)).toString('base64url')}.${token.split('.').slice(1).join('.')}`;
    assert.equal(await refused('/tablet/open', changed), 'unknown_tablet');
  });
  test('refuses an answer that is not a string, or too long', async () => {
    for (const wrong of [{ number: 11 }, { nonce: null }, { request: 'x'.repeat(65) }, { number: undefined }])
      assert.equal(
        await refused('/tablet/answer', tablet.sign(tabletTypes.answer, { ...answered, ...wrong })),
        'invalid_request',
      );
  });
  test('refuses an answer to an unknown request', async () => {
    assert.equal(await refused('/tablet/answer', tablet.sign(tabletTypes.answer, answered)), 'unknown_code');
  });
  test('refuses a removed tablet', async () => {
    const other = await SoftTablet.create(cis2);
    const id = await other.of(gp.uid);
    await cis2.database.run(sql('UPDATE credential SET revoked_at = 1 WHERE id = ?', id));
    assert.equal(errorIn(await other.open(code)), 'unknown_tablet');
    assert.notEqual(id, credentialId);
  });
  test('refuses to set up a key of another type', async () => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const jwk = publicKey.export({ format: 'jwk' });
    const token = tablet.sign(tabletTypes.key, { code: 'x' }, { jwk });
    assert.equal(await refused('/tablet/join', token), 'invalid_request');
  });
  test('refuses to set up a private key, or with an unknown code', async () => {
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

describe('attack: a page of another site', () => {
  test('refuses a form, plain text and a GET', async () => {
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
  test('allows no other origin to read a response', async () => {
    const reply = await tablet.open(code);
    assert.equal(reply.headers['access-control-allow-origin'], undefined);
  });
});

describe('body of a tablet’s request', () => {
  const json = 'application/json';
  for (const [name, body] of [
    ['an empty body', ''],
    ['text that is not JSON', '{'],
    ['a list', '[]'],
    ['a missing token', '{}'],
    ['a malformed token', '{"token":"a.b.c"}'],
    ['a token that is not a string', '{"token":{}}'],
    ['a long body', `{"token":"${'a'.repeat(9_000)}"}`],
    ['a member that changes prototypes', '{"__proto__":{"token":"x"}}'],
  ] as const)
    test(`refuses ${name}`, () => assert.throws(() => tokenIn(json, body), /not well-formed/));
  test('refuses any other text', () => {
    fc.assert(
      fc.property(fc.string(), (body) => assert.throws(() => tokenIn(json, body), /not well-formed/)),
    );
    fc.assert(fc.property(fc.json(), (body) => assert.throws(() => tokenIn(json, body), /not well-formed/)));
  });
  test('refuses more than 8 KiB before parsing', async () => {
    const reply = await send(
      'POST',
      `${cis2.origin}/tablet/open`,
      { 'content-type': json },
      'x'.repeat(9_000),
    );
    assert.equal(reply.status, 413);
  });
});

describe('short code', () => {
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
    test(`reads ${JSON.stringify(given)?.slice(0, 20)} as ${read ?? 'undefined'}`, () =>
      assert.equal(shortCodeOf(given), read));
  test('reads a new code as itself, in groups or not', () => {
    for (let count = 0; count < 50; count++) {
      const made = newShortCode();
      assert.equal(shortCodeOf(made), made);
      assert.equal(shortCodeOf(grouped(made).toLowerCase()), made);
    }
  });
  test('reads nothing but codes from any text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => /^[B-DF-HJ-NP-TV-Z]{8}$/.test(shortCodeOf(text) ?? 'BBBBBBBB')),
    );
  });
});

test('an unknown address is near no other address', () => {
  assert.equal(isNear('', '', noNetworks), false);
  assert.equal(isNear('::ffff:192.0.2.1', '192.0.2.1', noNetworks), true);
  assert.equal(isNear('::1', '127.0.0.1', noNetworks), true);
});
