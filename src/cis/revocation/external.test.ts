import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { Enumerated, OctetString } from 'asn1js';
import fc from 'fast-check';
import { BasicOCSPResponse, Certificate, OCSPResponse, ResponseBytes } from 'pkijs';
import { startCis, startTime, type TestCis, uids } from '../testing/cis.ts';
import { Desk } from '../testing/desk.ts';
import { issuerOf, newAuthority, startPublisher, type TestAuthority } from '../testing/external-authority.ts';
import { parseCrl } from './crl-check.ts';
import type { ExternalIssuer } from './external-issuers.ts';
import { parseOcspResponse } from './ocsp-check.ts';
import { buildOcspRequest } from './ocsp-messages.ts';
import { StatusUnknown } from './status.ts';

const day = 86_400_000;
const hour = 3_600_000;
/** Milliseconds: longer than the time-out of a test. */
const never = 600_000;

describe('revocation of cards of another authority', () => {
  let authority: TestAuthority;
  let publisher: Awaited<ReturnType<typeof startPublisher>>;
  let cis: TestCis | undefined;
  beforeEach(async () => {
    authority = await newAuthority();
    publisher = await startPublisher();
  });
  afterEach(async () => {
    await cis?.close();
    publisher.close();
  });

  async function start(more: Partial<ExternalIssuer>, changes: object = {}) {
    cis = await startCis({
      externalIssuers: [issuerOf(authority, more)],
      revocation: { timeouts: { answer: never, list: never } },
      ...changes,
    });
    return cis;
  }
  type Card = Awaited<ReturnType<TestAuthority['card']>>;

  /** Signs in. Returns `good` or the error code. */
  async function outcome(card: Card): Promise<string> {
    const { status, body } = await new Desk(cis ?? assert.fail()).trySignIn(card);
    return status === 201 ? 'good' : String(body.error);
  }

  describe('CRL', () => {
    const byList = (more: Partial<ExternalIssuer> = {}) => start({ crlUrl: publisher.crlUrl, ...more });

    test('accepts a good card and rejects a revoked one, and caches the CRL for five minutes', async () => {
      const { clock } = await byList();
      const [fine, bad] = [await authority.card(uids.gp), await authority.card(uids.nurse)];
      publisher.crl = () => authority.crl([bad.x509]);
      assert.equal(await outcome(fine), 'good');
      assert.equal(await outcome(bad), 'certificate_revoked');
      assert.equal(await outcome(fine), 'good');
      assert.equal(publisher.asked.length, 1);
      clock.advance(300);
      publisher.crl = () => authority.crl([fine.x509, bad.x509]);
      assert.equal(await outcome(fine), 'certificate_revoked');
      assert.equal(publisher.asked.length, 2);
    });

    test('rejects a CRL that is overdue, too old or from the future', async () => {
      const { clock } = await byList({ freshness: 7_200 });
      const card = await authority.card(uids.gp);
      const outcomeWith = async (thisUpdate: number, nextUpdate: number) => {
        publisher.crl = () => authority.crl([], { thisUpdate, nextUpdate });
        clock.advance(301);
        return outcome(card);
      };
      assert.equal(await outcomeWith(startTime, startTime + hour), 'good');
      assert.equal(await outcomeWith(startTime - hour, startTime + 60_000), 'certificate_untrusted');
      assert.equal(await outcomeWith(startTime - 3 * hour, startTime + day), 'certificate_untrusted');
      assert.equal(await outcomeWith(startTime + 2 * hour, startTime + day), 'certificate_untrusted');
      assert.equal(await outcomeWith(startTime, startTime + hour), 'good');
    });

    test('rejects a cached CRL that has become stale', async () => {
      const { clock } = await byList();
      const card = await authority.card(uids.gp);
      publisher.crl = () => authority.crl([], { nextUpdate: startTime + 60_000 });
      assert.equal(await outcome(card), 'good');
      clock.advance(180);
      assert.equal(await outcome(card), 'certificate_untrusted');
      assert.equal(publisher.asked.length, 1);
    });

    test('rejects a CRL with a wrong signer, another issuer or malformed bytes', async () => {
      const { clock } = await byList();
      const card = await authority.card(uids.gp);
      const stranger = await newAuthority('A Stranger');
      const replies: [string, () => Promise<Buffer | number>][] = [
        ['signed by another key', () => authority.crl([], {}, stranger.signWith)],
        ['of another name', () => stranger.crl([])],
        ['text', async () => Buffer.from('<html>proxy error</html>')],
        ['nothing', async () => Buffer.alloc(0)],
        ['too large', async () => Buffer.alloc(1_100_000, 0x30)],
        ['a redirect', async () => 302],
        ['an error', async () => 500],
      ];
      for (const [name, reply] of replies) {
        publisher.crl = reply;
        assert.equal(await outcome(card), 'certificate_untrusted', name);
      }
      publisher.crl = () => authority.crl([]);
      clock.advance(1);
      assert.equal(await outcome(card), 'good', 'failures are not cached');
    });

    test('rejects the card in hard mode and accepts it in soft mode after a time-out', async () => {
      publisher.crl = async () => 'nothing';
      const card = await authority.card(uids.gp);
      const quick = { revocation: { timeouts: { list: 50 } } };
      await start({ crlUrl: publisher.crlUrl }, quick);
      assert.equal(await outcome(card), 'certificate_untrusted');
      await cis?.close();
      await start({ crlUrl: publisher.crlUrl, failMode: 'soft' }, quick);
      assert.equal(await outcome(card), 'good');
    });

    test('rejects a revoked card in soft mode too', async () => {
      await byList({ failMode: 'soft' });
      const card = await authority.card(uids.gp);
      publisher.crl = () => authority.crl([card.x509]);
      assert.equal(await outcome(card), 'certificate_revoked');
    });

    test('fetches no CRL from a private address outside development', async () => {
      publisher.crl = () => authority.crl([]);
      await start({ crlUrl: publisher.crlUrl }, { development: false });
      assert.equal(await outcome(await authority.card(uids.gp)), 'certificate_untrusted');
      assert.deepEqual(publisher.asked, []);
    });
  });

  describe('OCSP', () => {
    const byResponder = (more: Partial<ExternalIssuer> = {}) =>
      start({ ocspUrl: publisher.ocspUrl, ...more });

    test('accepts a good card and rejects a revoked one, and caches the response for a minute', async () => {
      const { clock } = await byResponder();
      const card = await authority.card(uids.gp);
      publisher.ocsp = (question) => authority.ocsp(question);
      assert.equal(await outcome(card), 'good');
      publisher.ocsp = (question) =>
        authority.ocsp(question, { status: { is: 'revoked', at: startTime, reason: 1 } });
      assert.equal(await outcome(card), 'good');
      assert.equal(publisher.asked.length, 1);
      clock.advance(60);
      assert.equal(await outcome(card), 'certificate_revoked');
    });

    test('rejects an unknown card, even in soft mode and with a CRL', async () => {
      await byResponder({ failMode: 'soft', crlUrl: publisher.crlUrl });
      publisher.crl = () => authority.crl([]);
      publisher.ocsp = (question) => authority.ocsp(question, { status: { is: 'unknown' } });
      assert.equal(await outcome(await authority.card(uids.gp)), 'certificate_untrusted');
      assert.deepEqual(publisher.asked, ['/ocsp']);
    });

    test('uses the CRL after a time-out, then rejects the card in hard mode and accepts it in soft mode', async () => {
      publisher.ocsp = async () => 'nothing';
      publisher.crl = () => authority.crl([]);
      const card = await authority.card(uids.gp);
      const quick = { revocation: { timeouts: { answer: 50, list: never } } };
      const { ocspUrl, crlUrl } = publisher;
      for (const [more, expected] of [
        [{ ocspUrl }, 'certificate_untrusted'],
        [{ ocspUrl, crlUrl }, 'good'],
        [{ ocspUrl, failMode: 'soft' }, 'good'],
      ] as const) {
        await start(more, quick);
        assert.equal(await outcome(card), expected);
        await cis?.close();
      }
      cis = undefined;
    });

    test('rejects an untrusted response and uses the CRL', async () => {
      await byResponder();
      const card = await authority.card(uids.gp);
      const other = await authority.card(uids.nurse);
      const stranger = await newAuthority('A Stranger');
      const about = await buildOcspRequest(other.x509, authority.certificate, Buffer.alloc(16, 1));
      const replies: [string, typeof publisher.ocsp][] = [
        ['a wrong signer', (question) => authority.ocsp(question, { by: stranger.signWith })],
        [
          'stale',
          (question) => authority.ocsp(question, { nextUpdate: startTime - hour, at: startTime - 2 * hour }),
        ],
        ['too old', (question) => authority.ocsp(question, { at: startTime - 2 * day })],
        ['from the future', (question) => authority.ocsp(question, { at: startTime + hour })],
        [
          'another nonce',
          (question) => authority.ocsp(question, { nonce: Buffer.from(`0410${'00'.repeat(16)}`, 'hex') }),
        ],
        ['another certificate', (question) => authority.ocsp(question, { insteadOf: about })],
        ['no answer', async () => Buffer.from([0x30, 3, 0x0a, 1, 3])],
        ['an error', async () => 503],
      ];
      for (const [name, reply] of replies) {
        publisher.ocsp = reply;
        assert.equal(await outcome(card), 'certificate_untrusted', name);
      }
      await cis?.close();
      await byResponder({ crlUrl: publisher.crlUrl });
      publisher.crl = () => authority.crl([other.x509]);
      assert.equal(await outcome(card), 'good');
      assert.equal(await outcome(other), 'certificate_revoked');
    });

    /** Signs a response again as a delegated responder, and adds the responder's certificate. */
    async function delegated(der: Buffer, certificate: Buffer, signWith: CryptoKey): Promise<Buffer> {
      const given = OCSPResponse.fromBER(new Uint8Array(der)).responseBytes ?? assert.fail();
      const basic = BasicOCSPResponse.fromBER(
        given.response.valueBlock.valueHexView as Uint8Array<ArrayBuffer>,
      );
      basic.certs = [Certificate.fromBER(new Uint8Array(certificate))];
      await basic.sign(signWith, 'SHA-256');
      const response = new OctetString({ valueHex: basic.toSchema().toBER(false) });
      return Buffer.from(
        new OCSPResponse({
          responseStatus: new Enumerated({ value: 0 }),
          responseBytes: new ResponseBytes({ responseType: given.responseType, response }),
        })
          .toSchema()
          .toBER(false),
      );
    }

    test('accepts a responder that the issuer delegated, and no other', async () => {
      const { clock } = await byResponder();
      const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign']);
      const subjectKey = Buffer.from(await crypto.subtle.exportKey('spki', pair.publicKey));
      const plan = { subject: [['CN', 'Responder']] as const, subjectKey };
      const stranger = await newAuthority('A Stranger');
      const usage = { extendedUsages: ['1.3.6.1.5.5.7.3.9'] };
      const certificates = {
        right: await authority.issue({ ...plan, ...usage }),
        'without the usage': await authority.issue(plan),
        'out of date': await authority.issue({ ...plan, ...usage, notAfter: startTime - day / 2 }),
        'made by another': await stranger.issue({ ...plan, ...usage, issuer: authority.name }),
      };
      const card = await authority.card(uids.gp);
      for (const [name, certificate] of Object.entries(certificates)) {
        clock.advance(60);
        publisher.ocsp = async (question) =>
          delegated(await authority.ocsp(question), certificate.raw, pair.privateKey);
        assert.equal(await outcome(card), name === 'right' ? 'good' : 'certificate_untrusted', name);
      }
    });
  });

  test('examines the certificate of the card as well', async () => {
    await start({ crlUrl: publisher.crlUrl, policies: ['1.2.3.4'] });
    publisher.crl = () => authority.crl([]);
    const outcomeWith = async (changes: object) =>
      outcome(await authority.card(uids.gp, { policy: '1.2.3.4', ...changes }));
    assert.equal(await outcomeWith({}), 'good');
    assert.equal(await outcomeWith({ policy: '1.2.3.5' }), 'certificate_untrusted');
    assert.equal(await outcomeWith({ keyUsage: { bits: 0x40, unused: 6 } }), 'certificate_untrusted');
    assert.equal(await outcomeWith({ notAfter: startTime - 1_000 }), 'certificate_expired');
    assert.equal(await outcomeWith({ authority: { pathLength: 0 } }), 'certificate_untrusted');
    const stranger = await newAuthority('Another Authority');
    assert.equal(await outcome(await stranger.card(uids.gp, { policy: '1.2.3.4' })), 'certificate_untrusted');
    assert.equal(
      await outcome(await authority.card('999999999999', { policy: '1.2.3.4' })),
      'person_unknown',
    );
  });

  test('rejects cards of an issuer without a CRL and a responder', async () => {
    await start({});
    assert.equal(await outcome(await authority.card(uids.gp)), 'certificate_untrusted');
  });
});

for (const parse of [parseCrl, parseOcspResponse])
  test(`${parse.name} parses any bytes or throws StatusUnknown`, () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        try {
          parse(bytes);
        } catch (error) {
          assert.ok(error instanceof StatusUnknown);
        }
      }),
    );
  });
