import assert from 'node:assert/strict';
import { verify, X509Certificate } from 'node:crypto';
import { after, before, beforeEach, describe, test } from 'node:test';
import { startInstance, type TestInstance } from '../../../test/testing/instance.ts';
import { OpenSsl, pem } from '../../../test/testing/openssl.ts';
import { dialects, sharePostgres, type TestDatabases } from '../../../test/testing/postgres.ts';
import { Browser, type Landing } from '../../kit/browser.ts';
import { type Answered, documents, gp, Prescriber } from '../testing/prescriber.ts';

interface AuditRecord {
  action: string;
  actor: string;
  application: string;
  detail: Record<string, string | number>;
}

/** A signature request and the browser of its person. */
interface Signing {
  token: string;
  redirectUri: string;
  browser: Browser;
}

for (const dialect of dialects('SQLite', 'PostgreSQL'))
  describe(`presence check on ${dialect}`, () => {
    let postgres: TestDatabases | undefined;
    let instance: TestInstance;
    let app: Prescriber;
    let callback: string;
    before(async () => {
      if (dialect === 'PostgreSQL') postgres = await sharePostgres();
      const database = await postgres?.create('signing');
      instance = await startInstance(database === undefined ? {} : { database });
      callback = `${instance.urls.sample}/prescriber/callback`;
    });
    after(async () => {
      await instance?.stop();
      await postgres?.stop();
    });
    beforeEach(async () => {
      await instance.call('DELETE', '/readers/0/card');
      await instance.signInAtDesk('gp');
      app = await new Prescriber(instance).signIn();
    });

    async function ask(claims: Record<string, unknown> = {}, state?: string): Promise<Signing> {
      const query = state === undefined ? '' : `?state=${state}`;
      const { body } = await app.request(await app.jws(claims), { query });
      assert.ok(body.token && body.redirectUri, JSON.stringify(body));
      return { token: body.token, redirectUri: body.redirectUri, browser: new Browser([callback]) };
    }

    const decide = ({ browser, token, redirectUri }: Signing, decision: 'sign' | 'decline') => {
      const page = new URL(redirectUri);
      return browser.post(page.origin + page.pathname, new URLSearchParams({ token, decision }), page);
    };

    /** Presses Sign and enters the PIN. Returns where the browser lands. */
    async function sign(signing: Signing, pin = '123456'): Promise<Landing> {
      await signing.browser.go(signing.redirectUri);
      const asked = await decide(signing, 'sign');
      assert.equal(
        asked.url.origin,
        new URL(instance.urls.identityAgent).origin,
        'the agent asks for the PIN',
      );
      await instance.api('POST', '/agent/pin', { pin });
      return signing.browser.go(asked.url.href);
    }

    /** Presses Sign without following to CIS2, and returns the authorization request. */
    async function authorizeOf({ browser, token, redirectUri }: Signing): Promise<{ authorize: URL }> {
      const page = new URL(redirectUri);
      browser.stopAt(`${instance.urls.cis2Issuer}/authorize`);
      const form = new URLSearchParams({ token, decision: 'sign' });
      const landing = await browser.post(page.origin + page.pathname, form, page);
      browser.stopAt(callback);
      assert.equal(landing.kind, 'callback');
      return { authorize: landing.url };
    }

    const recordsOf = async (action: string) =>
      (await instance.api<{ records: AuditRecord[] }>('GET', `/audit?action=${action}`)).records;

    /** Lets OpenSSL verify the chain of a certificate with the revocation list. */
    async function verifyChain(openssl: OpenSsl, certificate = ''): Promise<void> {
      const authority = await fetch(`${instance.urls.console}/api/v1/certificates/signing/authority.pem`);
      const [issuing, root] = (await authority.text()).split(/(?<=-----END CERTIFICATE-----\n)/);
      openssl.write('issuing.pem', issuing ?? '');
      openssl.write('root.pem', root ?? '');
      openssl.write('signer.pem', pem(Buffer.from(certificate, 'base64')));
      const list = await fetch(`${instance.urls.cis}/signing/crl`);
      openssl.write('list.der', Buffer.from(await list.arrayBuffer()));
      await openssl.run('crl -inform DER -in list.der -out crl.pem');
      const chain = 'verify -crl_check -CRLfile crl.pem -CAfile root.pem -untrusted issuing.pem signer.pem';
      assert.match((await openssl.run(chain)).stdout, /OK/);
    }

    const verified = ({ body }: Answered, payloads: { id: string; payload: string }[], digest = 'sha256') => {
      const certificate = new X509Certificate(Buffer.from(body.certificate ?? '', 'base64'));
      const ids = body.signatures?.map(({ id }) => id);
      assert.deepEqual(
        ids,
        payloads.map(({ id }) => id),
      );
      return (body.signatures ?? []).every(({ signature }, index) =>
        verify(
          digest,
          Buffer.from(payloads[index]?.payload ?? '', 'base64'),
          certificate.publicKey,
          Buffer.from(signature, 'base64'),
        ),
      );
    };

    test('signs with a new PIN, although the user has a session at the workstation and at CIS2', async () => {
      const payloads = documents(3);
      const signing = await ask({ payloads }, 'eyJhIjoiYiJ9');
      assert.equal((await app.response(signing.token)).body.error, 'authorization_pending');
      const landing = await sign(signing);
      assert.equal(landing.kind, 'callback');
      assert.equal(landing.url.href, `${callback}?token=${signing.token}&state=eyJhIjoiYiJ9`);
      const answer = await app.response(signing.token);
      assert.equal(answer.status, 200);
      assert.deepEqual(Object.keys(answer.body), ['signatures', 'certificate']);
      assert.ok(verified(answer, payloads));

      // The same browser has sessions everywhere now, and still gets the question.
      const again = await ask();
      assert.equal((await sign({ ...again, browser: signing.browser })).kind, 'callback');
    });

    for (const [name, change] of [
      ['without prompt', (query: URLSearchParams) => query.delete('prompt')],
      [
        'with max_age=0 in place of prompt',
        (query: URLSearchParams) => {
          query.delete('prompt');
          query.set('max_age', '0');
        },
      ],
    ] as const)
      test(`refuses a proof that a browser made from a session, ${name}`, async (t) => {
        t.after(() => instance.api('DELETE', '/clock'));
        const before = await ask();
        await sign(before);
        await instance.api('PUT', '/clock', { advance: 30 });
        const signing = {
          ...(await ask({ exp: Math.floor(Date.now() / 1_000) + 600 })),
          browser: before.browser,
        };
        await signing.browser.go(signing.redirectUri);
        const { authorize } = await authorizeOf(signing);
        change(authorize.searchParams);
        const landing = await signing.browser.go(authorize.href);
        if (landing.kind === 'callback') assert.equal(landing.url.searchParams.get('error'), 'access_denied');
        else assert.match(landing.body, /name="pin"/, 'or the agent asks for the PIN');
        assert.notEqual((await app.response(signing.token)).status, 200);
      });

    test('gives signatures that OpenSSL verifies, with a chain and a CRL', async (t) => {
      const openssl = new OpenSsl();
      t.after(() => openssl.remove());
      const payloads = documents(1);
      const signing = await ask({ payloads });
      await sign(signing);
      const { body } = await app.response(signing.token);
      await verifyChain(openssl, body.certificate);
      openssl.write('document', Buffer.from(payloads[0]?.payload ?? '', 'base64'));
      openssl.write('signature', Buffer.from(body.signatures?.[0]?.signature ?? '', 'base64'));
      await openssl.run('x509 -in signer.pem -noout -pubkey -out public.pem');
      const result = await openssl.run('dgst -sha256 -verify public.pem -signature signature document');
      assert.match(result.stdout, /Verified OK/);
    });

    test('signs with SHA-1 where the registration allows it', async () => {
      const path = '/applications/demo-prescriber';
      await instance.api('PATCH', path, { platform: { signingAlgorithms: ['RS256', 'RS1'] } });
      const payloads = documents(2);
      const signing = await ask({ payloads, algorithm: 'RS1' });
      await sign(signing);
      assert.ok(verified(await app.response(signing.token), payloads, 'sha1'));
      await instance.api('PATCH', path, { platform: { signingAlgorithms: ['RS256'] } });
    });

    test('gives the same answer to every call of the application and the user, with one record', async () => {
      const payloads = documents(250);
      const signing = await ask({ payloads });
      await sign(signing);
      const answers = await Promise.all(Array.from({ length: 20 }, () => app.response(signing.token)));
      for (const { status, body } of answers) {
        assert.equal(status, 200);
        assert.deepEqual(body, answers[0]?.body);
      }
      assert.ok(verified(answers[0] as Answered, payloads));
      const records = (await recordsOf('signing.signed')).filter(({ detail }) => detail.documents === 250);
      assert.equal(records.length, 1);
      const [record] = records;
      assert.equal(record?.actor, gp);
      assert.equal(record?.application, 'demo-prescriber');
      assert.equal(String(record?.detail.digests).split(' ').length, 250, 'a SHA-256 of each document');
      assert.equal(record?.detail.algorithm, 'RS256');
      assert.match(String(record?.detail.authenticator), /SMARTCARD/);
      assert.ok((await recordsOf('signing.presence-checked')).some(({ detail }) => detail.documents === 250));
    });

    test('gives nothing to another user, another application, or another token', async () => {
      const signing = await ask();
      await sign(signing);
      const nurse = await new Prescriber(instance).signIn('nurse');
      const { platform } = await instance.api<{ platform: { clientId: string } }>('POST', '/applications', {
        name: 'another-prescriber',
        platform: { callbackUrls: [callback], products: ['signing-service'] },
      });
      assert.ok(platform.clientId);
      const { applications } = await instance.api<{ applications: { id: string; name: string }[] }>(
        'GET',
        '/applications',
      );
      const id = applications.find(({ name }) => name === 'another-prescriber')?.id ?? '';
      const other = await new Prescriber(instance).signIn('gp', id);
      const unknown = await app.response('A'.repeat(43));
      for (const answer of [
        await nurse.response(signing.token),
        await other.response(signing.token),
        unknown,
      ]) {
        assert.deepEqual([answer.status, answer.body.error], [404, 'not_found']);
        assert.equal(answer.body.error_description, unknown.body.error_description);
      }
      assert.equal((await app.response(signing.token)).status, 200);
    });

    test('signs nothing when another card answers', async () => {
      const signing = await ask();
      await signing.browser.go(signing.redirectUri);
      const asked = await decide(signing, 'sign');
      await instance.api('PUT', '/readers/0/card', { card: 'nurse' });
      await instance.call('POST', '/agent/pin', { pin: '123456' });
      const status = await instance.api<{ question: string | null; roles: { roleId: string }[] }>(
        'GET',
        '/agent',
      );
      if (status.question === 'role')
        await instance.api('POST', '/agent/role', { roleId: status.roles[0]?.roleId });
      const landing = await signing.browser.go(asked.url.href);
      assert.equal(landing.kind, 'callback', landing.kind === 'page' ? landing.body : '');
      assert.equal(landing.url.searchParams.get('error'), 'access_denied');
      assert.match(landing.url.searchParams.get('error_description') ?? '', /^Another person/);
      const { status: code, body } = await app.response(signing.token);
      assert.deepEqual([code, body.error], [403, 'access_denied']);
      assert.equal(body.signatures, undefined);
      const { detail: reason } = await instance.api<{ detail: string }>(
        'GET',
        `/refusals/${body.message_id}`,
      );
      assert.match(reason, /^\d{12} answered, the request is for 656005750108$/);
      const errors = (await recordsOf('signing.refused')).map(({ detail }) => detail.error);
      assert.equal(errors.filter((error) => error === 'signing.wrongPerson').length, 1);
    });

    test('signs nothing when the user declines, or cancels at the PIN', async () => {
      const declined = await ask({}, 'abc');
      await declined.browser.go(declined.redirectUri);
      const landing = await decide(declined, 'decline');
      assert.equal(landing.kind, 'callback');
      assert.deepEqual(
        ['token', 'state', 'error'].map((name) => landing.url.searchParams.get(name)),
        [declined.token, 'abc', 'access_denied'],
      );
      assert.equal((await app.response(declined.token)).body.error_description, 'The user declined to sign');

      const cancelled = await ask();
      await cancelled.browser.go(cancelled.redirectUri);
      const asked = await decide(cancelled, 'sign');
      const after = await cancelled.browser.post(
        `${asked.url.href}/leave`,
        new URLSearchParams({ how: 'cancel' }),
        asked.url,
      );
      assert.equal(after.kind, 'callback', after.kind === 'page' ? after.body : '');
      assert.equal((await app.response(cancelled.token)).body.error_description, 'The presence check failed');
    });

    test('has faults: the presence check fails, signatures do not verify, the certificate is revoked, the service is away', async (t) => {
      const names = [
        'signing-presence-refused',
        'signing-wrong-certificate',
        'signing-certificate-revoked',
        'signing-unavailable',
      ];
      const set = (method: string, name: string) =>
        instance.api(method, `/faults/${name}`, method === 'PUT' ? {} : undefined);
      t.after(() => Promise.all(names.map((name) => set('DELETE', name))));
      await set('PUT', 'signing-presence-refused');
      const refused = await ask();
      assert.equal((await sign(refused)).url.searchParams.get('error'), 'access_denied');
      await set('DELETE', 'signing-presence-refused');

      await set('PUT', 'signing-wrong-certificate');
      const payloads = documents(1);
      const wrong = await ask({ payloads });
      await sign(wrong);
      assert.equal(verified(await app.response(wrong.token), payloads), false);
      await set('DELETE', 'signing-wrong-certificate');
      await set('PUT', 'signing-certificate-revoked');
      const others = documents(2);
      const revoked = await ask({ payloads: others });
      await sign(revoked);
      const answer = await app.response(revoked.token);
      assert.equal(verified(answer, others), true);
      const openssl = new OpenSsl();
      t.after(() => openssl.remove());
      await assert.rejects(verifyChain(openssl, answer.body.certificate), /certificate revoked/);
      await set('DELETE', 'signing-certificate-revoked');
      const right = await ask({ payloads: documents(1) });
      await sign(right);

      await set('PUT', 'signing-unavailable');
      const away = await fetch(`${instance.urls.api}/signing-service/signatureresponse/x`);
      assert.equal(away.status, 503);
      await set('DELETE', 'signing-unavailable');
      assert.equal((await app.response(right.token)).status, 200);
    });

    test('leads back to the application after Back, a reload or in a second tab, and signs once', async () => {
      const signing = await ask();
      await signing.browser.go(signing.redirectUri);
      // Two tabs, each with its own check; the first that is completed counts.
      const tab = await decide(signing, 'sign');
      assert.equal((await sign(signing)).kind, 'callback');
      const signed = await app.response(signing.token);
      for (const landing of [
        await signing.browser.go(signing.redirectUri),
        await decide(signing, 'sign'),
        await decide(signing, 'decline'),
      ]) {
        assert.equal(landing.kind, 'callback');
        assert.equal(landing.url.href, `${callback}?token=${signing.token}`);
      }
      assert.ok(tab.url.href);
      assert.deepEqual((await app.response(signing.token)).body, signed.body);
    });

    test('counts a response of CIS2 once, in the browser that began', async () => {
      const signing = await ask();
      await signing.browser.go(signing.redirectUri);
      const asked = await decide(signing, 'sign');
      await instance.api('POST', '/agent/pin', { pin: '123456' });
      const stop = `${instance.urls.api}/signing-service/callback`;
      signing.browser.stopAt(stop);
      const response = await signing.browser.go(asked.url.href);
      assert.ok(response.kind === 'callback' && response.url.href.startsWith(stop));
      const stranger = await new Browser([callback]).go(response.url.href);
      assert.equal(stranger.kind === 'page' && stranger.status, 400);
      signing.browser.stopAt(callback);
      const all = await Promise.all(
        Array.from({ length: 20 }, () => signing.browser.fork().go(response.url.href)),
      );
      assert.equal(all.filter(({ kind }) => kind === 'callback').length, 1);
      assert.equal((await app.response(signing.token)).status, 200);
    });

    test('expires 10 minutes after the request, and the signatures 10 minutes after the proof', async (t) => {
      t.after(() => instance.api('DELETE', '/clock'));
      const late = await ask();
      const signing = await ask();
      await sign(signing);
      await instance.api('PUT', '/clock', { advance: 590 });
      assert.equal((await app.response(signing.token)).status, 200);
      await instance.api('PUT', '/clock', { advance: 11 });
      await app.signIn();
      const expired = await app.response(late.token);
      assert.deepEqual([expired.status, expired.body.error], [410, 'expired_token']);
      const page = await late.browser.go(late.redirectUri);
      assert.ok(page.kind === 'page' && page.status === 410);
      assert.match(page.body, /The signature request has expired/);
      assert.equal((await app.response(signing.token)).status, 410);
    });

    test('shows the application, the number of documents and their SHA-256, and escapes their ids', async () => {
      const signing = await ask({
        payloads: [
          { id: '<b>1</b>', payload: 'YQ==' },
          { id: '2', payload: 'YQ==' },
        ],
      });
      const page = await signing.browser.go(signing.redirectUri);
      assert.ok(page.kind === 'page');
      assert.match(page.body, /<strong>demo-prescriber<\/strong> asks you to sign 2 documents/);
      assert.match(page.body, /&lt;b&gt;1/);
      assert.match(page.body, /ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb/);
      assert.match(String(page.headers['content-security-policy']), /form-action 'self'/);
    });

    test('takes the decision from its own page alone', async () => {
      const signing = await ask();
      const { origin, pathname } = new URL(signing.redirectUri);
      const form = new URLSearchParams({ token: signing.token, decision: 'decline' });
      const foreign = await signing.browser.post(origin + pathname, form);
      assert.equal(foreign.kind === 'page' && foreign.status, 403);
      assert.equal((await app.response(signing.token)).body.error, 'authorization_pending');
    });

    test('gives signatures that do not verify for mock=true, without a person', async () => {
      const payloads = documents(2);
      const signing = await ask({ payloads }, 'abc');
      const landing = await signing.browser.go(`${signing.redirectUri}&mock=true`);
      assert.equal(landing.url.href, `${callback}?token=${signing.token}&state=abc`);
      const answer = await app.response(signing.token);
      assert.equal(answer.status, 200);
      assert.equal(verified(answer, payloads), false);
      assert.ok((await recordsOf('signing.signed')).some(({ detail }) => detail.mode === 'mock'));
    });

    test('makes a new key and certificate after a revocation, and keeps both before', async () => {
      const certificateOf = async () => {
        const signing = await ask();
        const landing = await sign(signing);
        const { status, body } = await app.response(signing.token);
        assert.equal(status, 200, `${landing.url.href} ${JSON.stringify(body)}`);
        return body.certificate;
      };
      const first = await certificateOf();
      assert.equal(await certificateOf(), first);
      const { state } = await instance.api('POST', '/people/gp/signing/revoke', { reason: 'keyCompromise' });
      assert.equal(state, 'revoked');
      const next = await certificateOf();
      assert.notEqual(next, first);
      const keys = [first, next].map(
        (der) => new X509Certificate(Buffer.from(der ?? '', 'base64')).publicKey,
      );
      assert.equal(keys[0]?.equals(keys[1] as never), false);
      const { state: now, certificate } = await instance.api('GET', '/people/gp/signing');
      assert.equal(now, 'valid');
      assert.equal(certificate, pem(Buffer.from(next ?? '', 'base64')));
    });

    test('renews the certificate in its last month', async (t) => {
      t.after(() => instance.api('DELETE', '/clock'));
      const certificateOf = async () => {
        const now = await instance.api<{ clock: { now: string } }>('GET', '/state');
        const signing = await ask({ iat: 1, exp: Date.parse(now.clock.now) / 1_000 + 500 });
        await sign(signing);
        const { certificate = '' } = (await app.response(signing.token)).body;
        return new X509Certificate(Buffer.from(certificate, 'base64'));
      };
      const first = await certificateOf();
      await instance.api('PUT', '/clock', {
        set: new Date(first.validToDate.getTime() - 29 * 86_400_000).toISOString(),
      });
      await instance.call('DELETE', '/readers/0/card');
      await instance.signInAtDesk('gp');
      await app.signIn();
      const next = await certificateOf();
      assert.notEqual(next.serialNumber, first.serialNumber);
      assert.ok(next.validToDate > first.validToDate);
    });

    test('keeps one key of a person after concurrent first signatures', async () => {
      await instance.api('POST', '/people/gp/signing/revoke', { reason: 'superseded' });
      const all = await Promise.all(
        Array.from({ length: 5 }, async () => {
          const signing = await ask();
          await signing.browser.go(`${signing.redirectUri}&mock=true`);
          return (await app.response(signing.token)).body.certificate;
        }),
      );
      assert.equal(new Set(all).size, 1);
    });

    // Last, because CIS2 may end sessions of the person a moment later than the person is enabled again.
    test('signs nothing for a person who was disabled after the request, or while CIS2 does not respond', async (t) => {
      const outage = await ask();
      await instance.api('PUT', '/faults/cis2-token-unavailable', {});
      t.after(() => instance.api('PATCH', '/people/gp', { disabled: false }));
      assert.equal((await sign(outage)).url.searchParams.get('error'), 'access_denied');
      await instance.api('DELETE', '/faults/cis2-token-unavailable');
      assert.equal((await app.response(outage.token)).body.error_description, 'The presence check failed');

      const disabled = await ask();
      await disabled.browser.go(disabled.redirectUri);
      const asked = await decide(disabled, 'sign');
      await instance.api('PATCH', '/people/gp', { disabled: true });
      await instance.call('POST', '/agent/pin', { pin: '123456' });
      await disabled.browser.go(asked.url.href);
      await instance.api('PATCH', '/people/gp', { disabled: false });
      assert.notEqual((await app.response(disabled.token)).status, 200);
    });
  });
