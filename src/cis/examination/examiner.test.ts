import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { ManualClock } from '@alongside/kernel/clock';
import { Refusal } from '@alongside/kernel/errors';
import { Vault } from '@alongside/kernel/secrets';
import type { Database } from '../../storage/database.ts';
import { openDatabase } from '../../storage/dialects.ts';
import { Settings } from '../../storage/settings.ts';
import { Authorities, type Authority } from '../issuing-authority/authority.ts';
import { CertificateRecords } from '../issuing-authority/certificate-records.ts';
import { signedByCard, virtualCardPolicies } from '../issuing-authority/profiles.ts';
import { buildCertificate, type CertificatePlan, newSerial } from '../issuing-authority/x509-builder.ts';
import { newCardKey } from '../testing/cards.ts';
import { startTime, uids } from '../testing/cis.ts';
import { CardExaminer } from './examiner.ts';

const second = 1_000;
const message = Buffer.from('what the card signs');
const { authentication, signing } = virtualCardPolicies;

// Certificates that the issuing endpoint never makes. Each has a record, so that only the tested check can reject it.
describe('CardExaminer', () => {
  let database: Database;
  let clock: ManualClock;
  let own: Authority;
  let records: CertificateRecords;
  let examiner: CardExaminer;
  before(async () => {
    database = await openDatabase(':memory:', '');
    clock = new ManualClock(startTime);
    const authorities = new Authorities(new Settings(database), new Vault(Buffer.alloc(32, 1)), clock);
    own = await authorities.ensure('own');
    records = new CertificateRecords(database);
    examiner = new CardExaminer({ clock, authorities, records, virtualCards: true });
  });
  after(() => database.close());

  let refusal: Refusal | undefined;
  async function examine(
    changes: Partial<CertificatePlan> = {},
    signWith?: CryptoKey,
    key = newCardKey(),
  ): Promise<string> {
    const plan: CertificatePlan = {
      serial: newSerial(),
      issuer: own.name,
      issuerKey: own.publicKey,
      subject: [['CN', uids.gp]],
      subjectKey: key.publicKey.export({ type: 'spki', format: 'der' }),
      notBefore: startTime - 10 * second,
      notAfter: startTime + 10 * second,
      keyUsage: authentication.keyUsage,
      policy: authentication.oid,
      ...changes,
    };
    const certificate = await buildCertificate(plan, signWith ?? own.signWith);
    const { serial, notBefore, notAfter } = plan;
    const record = {
      serial,
      uid: uids.gp,
      cardSerial: '1',
      purpose: 'authentication' as const,
      notBefore,
      notAfter,
    };
    await records.add([{ ...record, revokedAt: null, revocationReason: null, issuedAt: null }]);
    const signature = sign('sha256', message, key.privateKey);
    try {
      const card = await examiner.examine({ certificate, signature, message });
      assert.deepEqual(card, { uid: uids.gp, cardSerial: '1', certificateSerial: plan.serial });
      return 'good';
    } catch (thrown) {
      if (!(thrown instanceof Refusal)) throw thrown;
      refusal = thrown;
      return thrown.entry.id;
    }
  }

  const anotherKey = async () =>
    (await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign'])).privateKey;

  const twoNames = [uids.gp, uids.nurse].map((uid) => ['CN', uid] as const);
  const cases: [string, Partial<CertificatePlan>, string][] = [
    ['another issuer name', { issuer: [['CN', 'Another']] }, 'cis.issuerUnknown'],
    ['the certificate of an authority', { authority: { pathLength: 0 } }, 'cis.certificateUse'],
    ['the signing policy', { policy: signing.oid }, 'cis.certificateUse'],
    [
      'the signing policy and key usage',
      { policy: signing.oid, keyUsage: signing.keyUsage },
      'cis.certificateUse',
    ],
    ['the policy anyPolicy', { policy: '2.5.29.32.0' }, 'cis.certificateUse'],
    ['a policy below its own', { policy: `${authentication.oid}.1` }, 'cis.certificateUse'],
    ['no policy', { policy: '' }, 'cis.certificateUse'],
    ['the key usage for signing', { keyUsage: signing.keyUsage }, 'cis.certificateUse'],
    ['an additional key usage', { keyUsage: { bits: 0x84, unused: 2 } }, 'cis.certificateUse'],
    ['an expiry in the past', { notAfter: startTime - second }, 'cis.certificateExpired'],
    ['a start in the future', { notBefore: startTime + second }, 'cis.certificateNotYetValid'],
    ['a common name that is not a uid', { subject: [['CN', 'Harriet']] }, 'cis.certificateUnreadable'],
    ['no common name', { subject: [['O', uids.gp]] }, 'cis.certificateUnreadable'],
    ['two common names', { subject: twoNames }, 'cis.certificateUnreadable'],
    ['the uid of another person', { subject: [['CN', uids.nurse]] }, 'cis.certificateUnrecorded'],
  ];
  for (const [name, changes, error] of cases)
    test(`rejects ${name}`, async () => assert.equal(await examine(changes), error));

  test('reports the end of an expired card and the start of a card that is not yet valid', async () => {
    await examine({ notAfter: startTime - 90 * second });
    assert.equal(refusal?.facts?.headline, 'The card has expired');
    assert.match(
      refusal?.facts?.received ?? '',
      /^a certificate that expired at [\d: -]+ UTC, 90 s before the request$/,
    );
    await examine({ notBefore: startTime + 3_600 * second });
    assert.equal(refusal?.facts?.headline, 'The card is not valid yet');
    assert.match(
      refusal?.facts?.received ?? '',
      /^a certificate that is valid from [\d: -]+UTC, 60 min after the request$/,
    );
  });

  test('accepts a valid card, at both ends of its validity too', async () => {
    for (const changes of [{}, { notAfter: startTime }, { notBefore: startTime }])
      assert.equal(await examine(changes), 'good');
  });

  test('rejects the name and key identifier of the authority with another signature', async () => {
    assert.equal(await examine({}, await anotherKey()), 'cis.issuerUnknown');
  });

  test('rejects a certificate of the root', async () => {
    const root = own.root.publicKey.export({ type: 'spki', format: 'der' });
    const issuer = own.name.map(
      ([type, value]) => [type, value.replace('Authentication', 'Root Authority')] as const,
    );
    assert.equal(await examine({ issuer, issuerKey: root }, await anotherKey()), 'cis.issuerUnknown');
  });

  test('rejects the signature of a key that no card may have', async () => {
    const verifies = (pair: { publicKey: KeyObject; privateKey: KeyObject }) =>
      signedByCard(pair.publicKey, message, sign('sha256', message, pair.privateKey));
    const shortKey = generateKeyPairSync('rsa', { modulusLength: 1_024 });
    assert.equal(verifies(generateKeyPairSync('ec', { namedCurve: 'P-256' })), true);
    assert.equal(verifies(generateKeyPairSync('ec', { namedCurve: 'P-384' })), false);
    assert.equal(verifies(shortKey), false);
    assert.equal(await examine({}, undefined, shortKey), 'cis.signatureInvalid');
  });

  test('rejects a card of an expired authority', async () => {
    const later = own.certificate.validToDate.getTime() + second;
    clock.advance((later - startTime) / second);
    assert.equal(await examine({ notAfter: later + second }), 'cis.issuerUnknown');
  });
});
