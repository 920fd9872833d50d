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
import { signedByCard } from '../issuing-authority/card-keys.ts';
import { CertificateRecords } from '../issuing-authority/certificate-records.ts';
import { virtualCardPolicies } from '../issuing-authority/profiles.ts';
import { buildCertificate, type CertificatePlan, newSerial } from '../issuing-authority/x509-builder.ts';
import { newCardKey } from '../testing/cards.ts';
import { startTime, uids } from '../testing/cis.ts';
import { CardExaminer } from './examination.ts';

const second = 1_000;
const message = Buffer.from('what the card signs');
const { authentication, signing } = virtualCardPolicies;

// Certificates that the issuing endpoint would never make, each on record, so that only the check in question can find the fault.
describe('the examination of a card, check by check', () => {
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
      if (thrown instanceof Refusal) return thrown.entry.id;
      throw thrown;
    }
  }

  const anotherKey = async () =>
    (await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign'])).privateKey;

  test('a good one', async () => assert.equal(await examine(), 'good'));

  test("one with our authority's name and key identifier, signed by somebody else", async () => {
    assert.equal(await examine({}, await anotherKey()), 'cis.issuerUnknown');
  });

  test('one of our authority under another name', async () => {
    assert.equal(await examine({ issuer: [['CN', 'Another']] }), 'cis.issuerUnknown');
  });

  test('one that the root signed itself: only the issuing authority counts', async () => {
    const root = own.root.publicKey.export({ type: 'spki', format: 'der' });
    const issuer = own.name.map(
      ([type, value]) => [type, value.replace('Authentication', 'Root Authority')] as const,
    );
    assert.equal(await examine({ issuer, issuerKey: root }, await anotherKey()), 'cis.issuerUnknown');
  });

  test('an authority below ours', async () => {
    assert.equal(await examine({ authority: { pathLength: 0 } }), 'cis.certificateUse');
  });

  test('another policy, none, or the one of signing certificates', async () => {
    assert.equal(await examine({ policy: signing.oid }), 'cis.certificateUse');
    assert.equal(await examine({ policy: signing.oid, keyUsage: signing.keyUsage }), 'cis.certificateUse');
    assert.equal(await examine({ policy: '2.5.29.32.0' }), 'cis.certificateUse');
    assert.equal(await examine({ policy: `${authentication.oid}.1` }), 'cis.certificateUse');
    assert.equal(await examine({ policy: '' }), 'cis.certificateUse');
  });

  test('the right policy with another key usage', async () => {
    assert.equal(await examine({ keyUsage: signing.keyUsage }), 'cis.certificateUse');
    assert.equal(await examine({ keyUsage: { bits: 0x84, unused: 2 } }), 'cis.certificateUse');
  });

  test('validity includes both ends', async () => {
    assert.equal(await examine({ notAfter: startTime }), 'good');
    assert.equal(await examine({ notAfter: startTime - second }), 'cis.certificateExpired');
    assert.equal(await examine({ notBefore: startTime }), 'good');
    assert.equal(await examine({ notBefore: startTime + second }), 'cis.certificateNotYetValid');
  });

  test("a person's name that is not one uid", async () => {
    assert.equal(await examine({ subject: [['CN', 'Harriet']] }), 'cis.certificateUnreadable');
    assert.equal(await examine({ subject: [['O', uids.gp]] }), 'cis.certificateUnreadable');
    const twice = [uids.gp, uids.nurse].map((uid) => ['CN', uid] as const);
    assert.equal(await examine({ subject: twice }), 'cis.certificateUnreadable');
    assert.equal(await examine({ subject: [['CN', uids.nurse]] }), 'cis.certificateUnrecorded');
  });

  test('a key that no card may have signs nothing', async () => {
    const odd = (pair: { publicKey: KeyObject; privateKey: KeyObject }) =>
      signedByCard(pair.publicKey, message, sign('sha256', message, pair.privateKey));
    assert.equal(odd(generateKeyPairSync('ec', { namedCurve: 'P-256' })), true);
    assert.equal(odd(generateKeyPairSync('ec', { namedCurve: 'P-384' })), false);
    assert.equal(odd(generateKeyPairSync('rsa', { modulusLength: 1_024 })), false);
    assert.equal(
      await examine({}, undefined, generateKeyPairSync('rsa', { modulusLength: 1_024 })),
      'cis.signatureInvalid',
    );
  });

  test('an authority that is itself out of date', async () => {
    const later = own.certificate.validToDate.getTime() + second;
    clock.advance((later - startTime) / second);
    assert.equal(await examine({ notAfter: later + second }), 'cis.issuerUnknown');
  });
});
