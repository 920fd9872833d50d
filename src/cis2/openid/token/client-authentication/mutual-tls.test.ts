import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { AdjustableClock } from '@alongside/kernel/clock';
import { readAuthorities } from '../../../../oauth/mutual-tls.ts';
import { newAuthority, type TestCertificate } from '../../../../oauth/testing/certificates.ts';
import { Browser, type Reply } from '../../../testing/browser.ts';
import { codeOf, type Instance, secret, startInstance } from '../../../testing/instance.ts';
import { gp } from '../../../testing/people.ts';
import { type StrongClient, strongClient } from '../../../testing/strong-client.ts';

let cis2: Instance;
let authority: TestCertificate;
let stranger: TestCertificate;
let client: StrongClient;
let selfSigned: StrongClient;
let key: TestCertificate;
before(async () => {
  const now = new AdjustableClock().now();
  [authority, stranger, key] = await Promise.all([newAuthority(now), newAuthority(now), newAuthority(now)]);
  cis2 = await startInstance({ clientAuthorities: readAuthorities(authority.pem) });
  client = await strongClient(cis2, {
    tokenEndpointAuthMethod: 'tls_client_auth',
    certificateSubject: { tls_client_auth_subject_dn: 'CN=client,C=GB' },
  });
  selfSigned = await strongClient(cis2, {
    tokenEndpointAuthMethod: 'self_signed_tls_client_auth',
    jwks: { keys: [key.jwk as never] },
  });
  await cis2.agent.signIn(gp.uid);
});
after(() => cis2.stop());

const browser = new Browser();
const subject = [
  ['C', 'GB'],
  ['CN', 'client'],
] as const;
const redeem = async (who: StrongClient, headers: Record<string, string>, more = {}): Promise<Reply> =>
  who.redeem(codeOf(await cis2.signIn(browser, who.registration, who.ask())), headers, more);
const refused = (reply: Reply, detail: RegExp) => {
  assert.deepEqual([reply.status, JSON.parse(reply.body).error], [401, 'invalid_client']);
  assert.match(String(reply.headers['x-error-detail']), detail);
};

describe('tls_client_auth (RFC 8705 section 2.1)', () => {
  test('accepts the registered subject of a configured authority', async () => {
    const reply = await redeem(client, (await authority.issue({ subject })).header);
    assert.equal(reply.status, 200, reply.body);
  });
  test('refuses another subject', async () => {
    const other = await authority.issue({ subject: [['CN', 'other']] });
    refused(await redeem(client, other.header), /the subject is CN=other, registered is CN=client,C=GB/);
  });
  test('refuses another authority', async () => {
    refused(
      await redeem(client, (await stranger.issue({ subject })).header),
      /no configured authority issued/,
    );
  });
  test('refuses an expired certificate', async () => {
    const ended = await authority.issue({ subject, notAfter: cis2.clock.now() - 86_400_000 });
    refused(await redeem(client, ended.header), /held until/);
  });
  test('refuses a missing or a malformed certificate', async () => {
    refused(await redeem(client, {}), /no client authentication/);
    refused(await redeem(client, { 'client-cert': ':AAAA:' }), /no client certificate/);
  });
  test('refuses a secret or an assertion instead of the certificate', async () => {
    refused(await redeem(client, {}, { client_secret: secret }), /registered tls_client_auth/);
  });
  test('refuses the certificate of another client', async () => {
    const certificate = (await authority.issue({ subject })).header;
    const others = await cis2.register({ profile: 'standard' });
    refused(
      await redeem(client, certificate, { client_id: others.clientId }),
      /registered client_secret_post/,
    );
    refused(
      await redeem(client, certificate, { client_id: selfSigned.registration.clientId }),
      /registered keys/,
    );
  });
  test('ignores a certificate header of an untrusted peer', async () => {
    const plain = await startInstance({ clientAuthorities: readAuthorities(authority.pem) }, ':memory:', []);
    try {
      const who = await strongClient(plain, {
        tokenEndpointAuthMethod: 'tls_client_auth',
        certificateSubject: { tls_client_auth_subject_dn: 'CN=client,C=GB' },
      });
      const reply = await who.redeem('x', (await authority.issue({ subject })).header);
      refused(reply, /no client authentication/);
    } finally {
      await plain.stop();
    }
  });
});

describe('self_signed_tls_client_auth (RFC 8705 section 2.2)', () => {
  test('accepts the registered key', async () => {
    assert.equal((await redeem(selfSigned, key.header)).status, 200);
  });
  test('refuses another key', async () => {
    refused(await redeem(selfSigned, stranger.header), /none of the 1 registered keys/);
  });
});

test('mutual TLS is refused in the published profile', async () => {
  const nhs = await strongClient(cis2, {
    profile: 'nhs',
    tokenEndpointAuthMethod: 'self_signed_tls_client_auth',
    jwks: { keys: [key.jwk as never] },
  });
  refused(await redeem(nhs, key.header), /the profile nhs does not allow self_signed_tls_client_auth/);
});
