import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ManualClock } from '@alongside/kernel/clock';
import { silentLog } from '@alongside/kernel/log';
import type { PlatformRegistration } from '../../oauth/applications.ts';
import { ClientRevocations } from '../../oauth/client-revocations.ts';
import { readAuthorities, readCertificate } from '../../oauth/mutual-tls.ts';
import { newAuthority, type TestCertificate } from '../../oauth/testing/certificates.ts';
import { applicationOf, secretOf } from '../testing/applications.ts';
import { assertError } from '../testing/journeys.ts';
import { noon, type Platform, type Reply } from '../testing/platform.ts';
import { newProver } from '../testing/proofs.ts';
import { type StandardClient, standardIssuer, startStandardClient } from '../testing/standard.ts';

const mutualTlsUrl = 'https://mtls.api.test';
let client: StandardClient;
let platform: Platform;
let authority: TestCertificate;
let issued: TestCertificate;
let own: TestCertificate;
let other: TestCertificate;

before(async () => {
  authority = await newAuthority(noon);
  [issued, own, other] = await Promise.all([
    authority.issue({
      subject: [
        ['O', 'Example'],
        ['CN', 'client'],
      ],
    }),
    newAuthority(noon),
    newAuthority(noon),
  ]);
  client = await startStandardClient({
    more: { clientAuthorities: readAuthorities(authority.pem), mutualTlsUrl },
  });
  platform = client.platform;
  const byTls: Partial<PlatformRegistration> = { profile: 'standard', secrets: [] };
  const certificateBound = { 'tls-client-certificate-bound-access-tokens': 'true' };
  for (const application of [
    applicationOf('issued', {
      ...byTls,
      tokenEndpointAuthMethod: 'tls_client_auth',
      attributes: { tls_client_auth_subject_dn: 'CN=client,O=Example', ...certificateBound },
    }),
    applicationOf('self-signed', {
      ...byTls,
      tokenEndpointAuthMethod: 'self_signed_tls_client_auth',
      jwks: { keys: [own.jwk] },
    }),
    applicationOf('strict-tls', {
      ...byTls,
      profile: 'fapi2',
      tokenEndpointAuthMethod: 'tls_client_auth',
      attributes: { tls_client_auth_subject_dn: 'CN=client,O=Example' },
    }),
    applicationOf('bound', { profile: 'standard', attributes: certificateBound }),
    applicationOf('native-bound', {
      profile: 'standard',
      applicationType: 'native',
      tokenEndpointAuthMethod: 'none',
      secrets: [],
      callbackUrls: ['https://native-bound.test/callback'],
      attributes: certificateBound,
    }),
    applicationOf('server', { profile: 'standard', attributes: { 'resource-server': 'true' } }),
  ])
    await platform.applications.add(application);
});
after(() => platform.close());

const named = (id: string, more: Record<string, string> = {}) => ({ client_id: `key-of-${id}`, ...more });
const credentials = (id: string, headers: Record<string, string> = {}, more: Record<string, string> = {}) =>
  platform.post('/oauth2.1/token', { grant_type: 'client_credentials', ...named(id, more) }, headers);
const cnfOf = async (token: string): Promise<unknown> =>
  JSON.parse((await platform.tokens.find(token))?.attributes.cnf ?? 'null');
const boundTo = ({ der }: TestCertificate) => ({ 'x5t#S256': readCertificate(der)?.thumbprint });
const refused = (reply: Reply) =>
  assertError(platform, reply, 401, 'invalid_client', 'Client authentication failed.');

describe('client authentication by mutual TLS (RFC 8705 section 2)', () => {
  test('is in the metadata if an authority is configured', async () => {
    const { body } = await platform.get('/.well-known/oauth-authorization-server/oauth2.1');
    for (const name of ['token', 'introspection', 'revocation'])
      for (const method of ['tls_client_auth', 'self_signed_tls_client_auth'])
        assert.ok(body[`${name}_endpoint_auth_methods_supported`].includes(method), `${name} ${method}`);
    assert.equal(body.tls_client_certificate_bound_access_tokens, true);
    assert.deepEqual(body.mtls_endpoint_aliases, {
      token_endpoint: `${mutualTlsUrl}/oauth2.1/token`,
      userinfo_endpoint: `${mutualTlsUrl}/oauth2.1/userinfo`,
      pushed_authorization_request_endpoint: `${mutualTlsUrl}/oauth2.1/par`,
      revocation_endpoint: `${mutualTlsUrl}/oauth2.1/revoke`,
      introspection_endpoint: `${mutualTlsUrl}/oauth2.1/introspect`,
    });
  });
  test('accepts a certificate of the authority for tls_client_auth', async () => {
    const { status, body } = await credentials('issued', issued.header);
    assert.deepEqual([status, body.token_type], [200, 'Bearer']);
  });
  test('accepts a certificate of the key set for self_signed_tls_client_auth', async () => {
    const { status, body } = await credentials('self-signed', own.header);
    assert.deepEqual([status, body.token_type], [200, 'Bearer']);
    assert.equal(await cnfOf(body.access_token), null);
  });
  // biome-ignore format: a table, one row a line
  const rows: [string, string, () => TestCertificate | undefined, Record<string, string>?][] = [
    ['tls_client_auth without a certificate', 'issued', () => undefined],
    ['tls_client_auth with a certificate of its own making', 'issued', () => own],
    ['self_signed_tls_client_auth without a certificate', 'self-signed', () => undefined],
    ['self_signed_tls_client_auth with the certificate of another', 'self-signed', () => other],
    ['self_signed_tls_client_auth with one of the authority', 'self-signed', () => issued],
    ['a certificate in the place of a secret', 'web', () => issued],
    ['a secret in the place of a certificate', 'issued', () => issued, { client_secret: secretOf('issued') }],
  ];
  for (const [name, id, certificate, more] of rows)
    test(`refuses ${name}`, async () => refused(await credentials(id, certificate()?.header, more)));

  test('ignores a certificate header of an untrusted peer (kernel/peer.ts)', async () => {
    await refused(await credentials('issued', { 'client-cert': issued.der.toString('base64') }));
  });
});

describe('tokens bound to a certificate (RFC 8705 section 3)', () => {
  test('are issued by each grant to a client that registered so, with the type Bearer', async () => {
    const secret = { client_secret: secretOf('bound') };
    const { body } = await client.redeem('bound', await client.codeOf('bound'), {}, own.header);
    const refreshed = await client.refresh('bound', body.refresh_token, {}, own.header);
    const alone = await credentials('bound', own.header, secret);
    for (const answer of [body, refreshed.body, alone.body]) {
      assert.equal(answer.token_type, 'Bearer', JSON.stringify(answer));
      assert.deepEqual(await cnfOf(answer.access_token), boundTo(own));
    }
    await assertError(
      platform,
      await credentials('bound', {}, secret),
      400,
      'invalid_request',
      'The connection must be made with a client certificate.',
    );
  });
  test('are not issued to a client that did not register so', async () => {
    const { body } = await credentials('web', own.header, { client_secret: secretOf('web') });
    assert.equal(await cnfOf(body.access_token), null);
  });
  test('include the refresh token of a public client', async () => {
    const redeemed = await client.redeem(
      'native-bound',
      await client.codeOf('native-bound'),
      { client_secret: undefined },
      own.header,
    );
    assert.equal(redeemed.status, 200, redeemed.text);
    const token = redeemed.body.refresh_token;
    const again = (headers: Record<string, string>) =>
      client.refresh('native-bound', token, { client_secret: undefined }, headers);
    assert.equal((await again(other.header)).body.error, 'invalid_dpop_proof');
    assert.equal((await again(own.header)).status, 200);
  });
  test('have cnf in introspection', async () => {
    const { body } = await credentials('issued', issued.header);
    const answer = await platform.post('/oauth2.1/introspect', {
      token: body.access_token,
      ...named('server', { client_secret: secretOf('server') }),
    });
    assert.deepEqual(answer.body.cnf, boundTo(issued));
    assert.equal(answer.body.token_type, 'Bearer');
  });
  test('need no proof of a fapi2 client that authenticates by its certificate', async () => {
    const { body } = await credentials('strict-tls', issued.header);
    assert.deepEqual(await cnfOf(body.access_token), boundTo(issued));
    const prover = await newProver(platform.clock);
    for (const htu of [`${mutualTlsUrl}/oauth2.1/token`, `${standardIssuer}/token`]) {
      const proven = await credentials(
        'bound',
        { ...own.header, ...(await prover.header({ htu })) },
        {
          client_secret: secretOf('bound'),
        },
      );
      assert.equal(proven.status, 200, proven.text);
    }
    const proven = await credentials('strict-tls', { ...issued.header, ...(await prover.header()) });
    assert.deepEqual(await cnfOf(proven.body.access_token), { jkt: prover.jkt });
  });
});

test('a revoked certificate does not authenticate its client (RFC 5280 section 6.3)', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'alongside-lists-'));
  const file = join(folder, 'lists.pem');
  writeFileSync(file, await authority.list());
  const clock = new ManualClock(noon);
  const { platform: checking } = await startStandardClient({
    more: {
      clientAuthorities: readAuthorities(authority.pem),
      clientRevocations: await ClientRevocations.open(file, clock, silentLog),
    },
  });
  const registration: Partial<PlatformRegistration> = {
    profile: 'standard',
    secrets: [],
    tokenEndpointAuthMethod: 'tls_client_auth',
    attributes: { tls_client_auth_subject_dn: 'CN=client,O=Example' },
  };
  await checking.applications.add(applicationOf('issued', registration));
  const form = { grant_type: 'client_credentials', ...named('issued') };
  const ask = () => checking.post('/oauth2.1/token', form, issued.header);
  assert.equal((await ask()).status, 200);
  writeFileSync(file, await authority.list([issued]));
  clock.advance(5);
  const answer = await ask();
  await assertError(checking, answer, 401, 'invalid_client', 'Client authentication failed.');
  const kept = await checking.refusals.find(answer.body.message_id);
  assert.match(kept?.detail ?? '', /was revoked/);
  await checking.close();
  rmSync(folder, { recursive: true });
});
