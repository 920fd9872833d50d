import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { z } from 'zod';
import { Answer, json, page } from './answer.ts';
import { ManualClock } from './clock.ts';
import { carriesSecret, exposedFlags, isSecret, loadConfig, readFlags } from './config.ts';
import { CookieNames, readCookies } from './cookies.ts';
import { catalogue, Refusal } from './errors.ts';
import { escapeHtml, html, safeHref, trusted } from './html.ts';
import { orderedToken, randomToken } from './ids.ts';
import { type KeyStore, type SigningKeyRecord, SigningKeys } from './keys.ts';
import { OperatorError, UsageError } from './operator.ts';
import { equalHashes, equalSecrets, orderedHash, sha256, Vault } from './secrets.ts';
import { type Steps, steps } from './steps.ts';

test('the stored form of a token has its time in front of its hash', () => {
  for (const token of [orderedToken(24), orderedToken()])
    assert.equal(orderedHash(token), `${token.slice(0, 12)}${sha256(token)}`);
});

test('the stored form of any other value is its hash', () => {
  const others = [randomToken(), `${orderedToken()}.`, orderedToken().toUpperCase(), ''];
  for (const value of others) assert.equal(orderedHash(value), sha256(value));
});

test('steps run in order, see earlier results, and end with the first response', async () => {
  const seen: string[] = [];
  const list = steps<{ value: number }>()
    .step(function first({ value }) {
      seen.push('first');
      return { doubled: value * 2 };
    })
    .step(function second({ value, doubled }) {
      seen.push('second');
      if (value === 1) return json(200, { doubled });
      return undefined;
    })
    .step(async function third({ doubled }) {
      seen.push('third');
      return json(201, { doubled });
    });
  assert.deepEqual(list.names, ['first', 'second', 'third']);
  assert.equal((await list.run({ value: 1 })).status, 200);
  assert.equal((await list.run({ value: 2 })).body, '{"doubled":4}');
  assert.deepEqual(seen, ['first', 'second', 'first', 'second', 'third']);
  await assert.rejects(
    steps<object>()
      .step(function nothing() {})
      .run({}),
    /nothing did not answer/,
  );
});

test('steps.use adds the steps of a shared part in its place', async () => {
  const part = <Start, Known extends { value: number }>(list: Steps<Start, Known>) =>
    list
      .step(async function double({ value }: { value: number }) {
        return { doubled: value * 2 };
      })
      .step(async function check() {});
  const list = steps<{ value: number }>('test.shared')
    .step(function first() {})
    .use(part)
    .step(async function answer({ doubled }) {
      return json(200, { doubled });
    });
  assert.deepEqual(list.names, ['first', 'double', 'check', 'answer']);
  assert.equal((await list.run({ value: 2 })).body, '{"doubled":4}');
});

test('a stack trace names the step and the list of steps', async () => {
  const list = steps<object>('test.broken').step(async function breakDown() {
    await Promise.resolve();
    throw new Error('broken');
  });
  await assert.rejects(list.run({}), ({ stack }: Error) => /breakDown.*test\.broken/s.test(stack ?? ''));
});

test('html escapes every text from outside', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const made = String(html`<p title="${text}">${text}</p>`);
      assert.equal(made, `<p title="${escapeHtml(text)}">${escapeHtml(text)}</p>`);
      assert.doesNotMatch(made.slice(3, -4).replace(/^title="|">/g, ''), /<|[^=]"[^>]/);
    }),
  );
  assert.equal(
    String(html`${[html`<b>${'<'}</b>`, trusted('<i></i>'), null, false, 3]}`),
    '<b>&lt;</b><i></i>3',
  );
  assert.equal(safeHref('javascript:alert(1)'), '#');
  assert.equal(safeHref('data:text/html,x'), '#');
  assert.equal(safeHref('https://example.test/a?b=c'), 'https://example.test/a?b=c');
});

test('page sets a strict policy without framing and referrer', () => {
  const answer = page(200, html`x`, { formAction: ['https://a.test'] });
  const policy = String(answer.headers['content-security-policy']);
  assert.match(policy, /default-src 'none'/);
  assert.match(policy, /form-action 'self' https:\/\/a\.test/);
  assert.match(policy, /frame-ancestors 'none'/);
  assert.match(policy, /script-src 'none'/);
  assert.equal(answer.headers['referrer-policy'], 'no-referrer');
  const twice = answer.with({ 'set-cookie': 'a=1' }).with({ 'set-cookie': 'b=2' });
  assert.deepEqual(twice.headers['set-cookie'], ['a=1', 'b=2']);
  assert.ok(twice instanceof Answer);
});

test('catalogue keeps the public and the private part of an error apart', () => {
  const errors = catalogue('test', {
    wrong: {
      code: 'invalid_request',
      status: 400,
      description: 'public',
      actor: 'developer',
      source: 'RFC 6749 section 5.2',
      expected: 'another value',
      fix: 'Try again.',
    },
  });
  const thrown = errors.wrong('private detail');
  assert.ok(thrown instanceof Refusal);
  assert.equal(thrown.entry.id, 'test.wrong');
  assert.equal(thrown.entry.redirect, false);
  assert.equal(thrown.message, 'public');
  assert.equal(thrown.detail, 'private detail');
});

test('Vault derives one key for each purpose and opens nothing that was changed', () => {
  const vault = new Vault(Buffer.alloc(32, 1));
  const sealed = vault.seal('a', 'secret text');
  assert.equal(vault.open('a', sealed), 'secret text');
  assert.throws(() => vault.open('b', sealed));
  assert.throws(() => new Vault(Buffer.alloc(32, 2)).open('a', sealed));
  assert.throws(() => vault.open('a', `${sealed.slice(0, -8)}AAAAAAAA`));
  assert.throws(() => vault.open('a', 'x'));
  assert.notEqual(vault.serviceSecret('cis', 'cis2'), vault.serviceSecret('cis2', 'cis'));
  assert.throws(() => new Vault(Buffer.alloc(31)));
  for (const equal of [equalSecrets, equalHashes])
    fc.assert(fc.property(fc.string(), fc.string(), (a, b) => equal(a, b) === (a === b) && equal(a, a)));
});

test('cookies: names distinguish services and instances, and a repeated cookie is ignored', () => {
  const plain = new CookieNames('http://localhost:8402', 'cis2');
  const secure = new CookieNames('https://cis2.example.test', 'cis2');
  assert.equal(plain.name('session'), 'cis2-8402-session');
  assert.equal(secure.name('session'), '__Host-cis2-session');
  assert.equal(secure.set('session', 'v'), '__Host-cis2-session=v; Path=/; HttpOnly; SameSite=Lax; Secure');
  assert.match(plain.clear('session'), /Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT$/);
  assert.deepEqual([...readCookies('a=1; b=2; a=3; =x; c')], [['b', '2']]);
  fc.assert(fc.property(fc.string(), (header) => readCookies(header) instanceof Map));
});

const shape = {
  portBase: z.coerce.number('must be a port number').int().min(0).max(65_000).default(8400),
  ephemeral: z.boolean().default(false),
  data: z.string().default('.alongside'),
};

test('loadConfig prefers flag, file and default in this order, and refuses wrong and unknown values with their location', () => {
  assert.deepEqual(loadConfig(shape, readFlags(shape, ['--port-base', '9000', '--ephemeral']).flags), {
    portBase: 9000,
    ephemeral: true,
    data: '.alongside',
  });
  assert.throws(
    () => readFlags(shape, ['--port-bas', '1']),
    (error: Error) => {
      assert.ok(error instanceof UsageError);
      assert.match(error.message, /--port-bas.*Did you mean --port-base\?/);
      return true;
    },
  );
  assert.throws(() => loadConfig(shape, { portBase: 'many' }), /--port-base: must be a port number/);
  const folder = mkdtempSync(join(tmpdir(), 'alongside-config-'));
  const file = join(folder, 'c.json');
  writeFileSync(file, '{"portBase": 7000}');
  assert.equal(loadConfig(shape, {}, file).portBase, 7000);
  assert.equal(loadConfig(shape, { portBase: '7100' }, file).portBase, 7100);
  writeFileSync(file, '{"portbase": 7000}');
  assert.throws(() => loadConfig(shape, {}, file), /unknown key "portbase"\. Did you mean portBase\?/);
  writeFileSync(file, '{"portBase": "x"}');
  assert.throws(
    () => loadConfig(shape, {}, file),
    (error: Error) => error instanceof OperatorError && /portBase/.test(error.message),
  );
  writeFileSync(file, '[');
  assert.throws(() => loadConfig(shape, {}, file), OperatorError);
  rmSync(folder, { recursive: true });
});

test('loadConfig accepts @FILE for a secret setting, and exposedFlags reports a secret in a flag', () => {
  const folder = mkdtempSync(join(tmpdir(), 'alongside-config-'));
  const file = join(folder, 'address');
  writeFileSync(file, 'smtp://mail.test:25\n');
  const secret = {
    mail: z.string().startsWith('smtp://', 'must be smtp://').optional().meta(carriesSecret),
    key: z.string().optional().meta(isSecret),
    name: z.string().default('@nobody'),
  };
  assert.deepEqual(loadConfig(secret, { mail: `@${file}`, name: `@${file}` }), {
    mail: 'smtp://mail.test:25',
    name: `@${file}`,
  });
  writeFileSync(join(folder, 'c.json'), JSON.stringify({ mail: `@${file}` }));
  assert.equal(loadConfig(secret, {}, join(folder, 'c.json')).mail, 'smtp://mail.test:25');
  assert.throws(() => loadConfig(secret, { mail: '@' }), /--mail: the file {2}cannot be read/);
  assert.throws(() => loadConfig(secret, { mail: `@${file}x` }), OperatorError);
  writeFileSync(file, 'http://mail.test/very-secret');
  assert.throws(
    () => loadConfig(secret, { mail: `@${file}` }),
    (error: Error) => /--mail: must be smtp/.test(error.message) && !error.message.includes('very-secret'),
  );
  for (const [mail, exposed] of [
    ['postgres://user:pass@h1:5432,h2:5433/db', ['--mail']],
    ['postgres://user@h1:5432,h2:5433/db', []],
    ['smtp://a:b@mail.test', ['--mail']],
    ['postgres://db.test/x?password=b', ['--mail']],
    ['smtp://a@mail.test', []],
    [`@${file}`, []],
    ['smtp://mail.test', []],
  ] as const)
    assert.deepEqual(exposedFlags(secret, { mail, name: 'http://a:b@c' }), exposed);
  assert.deepEqual(exposedFlags(secret, { key: 'x' }), ['--key']);
  assert.deepEqual(exposedFlags(secret, { key: `@${file}` }), []);
  assert.equal(loadConfig(secret, { key: `@${file}` }).key, 'http://mail.test/very-secret');
  rmSync(folder, { recursive: true });
});

test('SigningKeys fails one signature, not later ones, when storage fails once', async () => {
  const kept: SigningKeyRecord[] = [];
  let isDown = false;
  const store: KeyStore = {
    async list() {
      if (isDown) throw new Error('the storage does not answer');
      return kept;
    },
    async addFirst(record) {
      kept.push(record);
      return true;
    },
    async save() {},
    succeed: async () => true,
  };
  const keys = new SigningKeys('any', store, new ManualClock(0));
  await keys.ensure('ES256');
  isDown = true;
  await assert.rejects(keys.sign({}, { algorithm: 'ES256' }), /does not answer/);
  isDown = false;
  assert.match(await keys.sign({}, { algorithm: 'ES256' }), /^[\w-]+\.[\w-]+\.[\w-]+$/);
});
