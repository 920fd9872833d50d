import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ManualClock } from '@alongside/kernel/clock';
import { loadConfig } from '@alongside/kernel/config';
import { silentLog } from '@alongside/kernel/log';
import { OperatorError } from '@alongside/kernel/operator';
import { configShape } from '../config.ts';
import { newAuthority } from '../oauth/testing/certificates.ts';
import { clientAuthoritiesOf, clientRevocationsOf, upstreamsOf } from './upstreams.ts';

const folder = mkdtempSync(join(tmpdir(), 'alongside-upstreams-'));
after(() => rmSync(folder, { recursive: true }));

const file = (name: string, content: unknown): string => {
  const path = join(folder, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
};
const configOf = (settings: Record<string, unknown>) => loadConfig(configShape, settings);

test('upstreamsOf has no other provider by default', () => {
  assert.deepEqual(upstreamsOf(configOf({})), {});
});

test('upstreamsOf reads another CIS2 in the format of the published one, its issuer byte for byte', () => {
  const issuer =
    'https://cis2.example.org:443/openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare';
  const text = JSON.stringify({ issuer, clientId: 'x', clientSecret: 'y' });
  // With the mark of an editor of Windows.
  const upstreamCis2 = file('cis2.json', `\uFEFF${text}`);
  assert.deepEqual(upstreamsOf(configOf({ upstreamCis2 })).cis2, {
    issuer,
    authorizeUrl: `${issuer}/authorize`,
    tokenUrl: `${issuer}/access_token`,
    userinfoUrl: `${issuer}/userinfo`,
    jwksUrl: `${issuer}/connect/jwk_uri`,
    clientId: 'x',
    clientSecret: 'y',
    providerName: 'nhs-cis2',
  });
});

test('upstreamsOf reads addresses below an issuer that ends in a slash', () => {
  const issuer = 'https://cis2.example.org/realm/';
  const upstreamCis2 = file('slash.json', { issuer, clientId: 'x', clientSecret: 'y' });
  const { cis2 } = upstreamsOf(configOf({ upstreamCis2 }));
  assert.deepEqual(
    [cis2?.issuer, cis2?.authorizeUrl, cis2?.tokenUrl, cis2?.userinfoUrl, cis2?.jwksUrl],
    [
      issuer,
      ...['authorize', 'access_token', 'userinfo', 'connect/jwk_uri'].map((path) => `${issuer}${path}`),
    ],
  );
});

test('upstreamsOf reads a provider for citizens; without a secret its client signs assertions', () => {
  const upstreamNhsLogin = file('login.json', { issuer: 'https://login.example.org', clientId: 'x' });
  assert.deepEqual(upstreamsOf(configOf({ upstreamNhsLogin })).nhsLogin, {
    issuer: 'https://login.example.org',
    authorizeUrl: 'https://login.example.org/authorize',
    tokenUrl: 'https://login.example.org/token',
    jwksUrl: 'https://login.example.org/.well-known/jwks.json',
    clientId: 'x',
    providerName: 'nhs-login',
  });
  const plain = file('plain.json', {
    issuer: 'https://login.example.org',
    clientId: 'x',
    sendNonceAndPkce: false,
  });
  const { nhsLogin } = upstreamsOf(configOf({ upstreamNhsLogin: plain }));
  assert.equal(nhsLogin?.sendNonceAndPkce, false);
});

test('clientAuthoritiesOf reads authorities of client certificates from one file', async () => {
  assert.deepEqual(clientAuthoritiesOf(configOf({})), []);
  const now = Date.UTC(2026, 6, 1);
  const [one, two] = await Promise.all([newAuthority(now), newAuthority(now)]);
  const tlsClientAuthorities = file('authorities.pem', `${one.pem}\n${two.pem}`);
  const found = clientAuthoritiesOf(configOf({ tlsClientAuthorities }));
  assert.deepEqual(
    found.map(({ raw }) => raw),
    [one.der, two.der],
  );
  for (const content of ['nothing', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'])
    assert.throws(
      () => clientAuthoritiesOf(configOf({ tlsClientAuthorities: file('bad.pem', content) })),
      OperatorError,
    );
});

test('clientRevocationsOf reads revocation lists for client authorities from a file', async () => {
  const now = Date.UTC(2026, 6, 1);
  const authority = await newAuthority(now);
  const tlsClientAuthorities = file('one.pem', authority.pem);
  const tlsClientRevocations = file('lists.pem', await authority.list());
  const opened = (settings: Record<string, unknown>) =>
    clientRevocationsOf(configOf(settings), new ManualClock(now), silentLog);
  assert.equal(await opened({ tlsClientAuthorities }), undefined);
  assert.ok(await opened({ tlsClientAuthorities, tlsClientRevocations }));
  await assert.rejects(opened({ tlsClientRevocations }), /set --tls-client-authorities/);
  for (const bad of [file('no-list.pem', authority.pem), join(folder, 'missing.pem')])
    await assert.rejects(opened({ tlsClientAuthorities, tlsClientRevocations: bad }), OperatorError);
});

const rows: [string, unknown, RegExp][] = [
  ['no JSON', '{', /cannot be read/],
  ['no issuer', { clientId: 'x', clientSecret: 'y' }, /issuer must be an address/],
  [
    'another scheme',
    { issuer: 'ftp://x', clientId: 'x', clientSecret: 'y' },
    /issuer must be an http or https/,
  ],
  ['an unknown member', { issuer: 'https://x.test', clientId: 'x', clientSecret: 'y', odd: 1 }, /odd/],
];
for (const [name, content, message] of rows)
  test(`upstreams report an error to the operator in one sentence: ${name}`, () => {
    const upstreamCis2 = file(`${name.replaceAll(' ', '-')}.json`, content);
    assert.throws(
      () => upstreamsOf(configOf({ upstreamCis2 })),
      (error) =>
        error instanceof OperatorError && message.test(error.message) && !error.message.includes('\n'),
    );
  });
