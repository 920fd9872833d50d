import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { Vault } from '@alongside/kernel/secrets';
import { Certificate } from 'pkijs';
import { openDatabase } from '../../storage/dialects.ts';
import { Settings } from '../../storage/settings.ts';
import { Authorities } from '../issuing-authority/authority.ts';
import { paths } from '../protocol.ts';
import { issueCard, manager, newCardKey, spkiOf } from '../testing/cards.ts';
import { startCis, startTime, type TestCis, uids } from '../testing/cis.ts';

const day = 86_400_000;
const vault = new Vault(Buffer.alloc(32, 7));

describe('POST /cards/certificates', () => {
  let cis: TestCis;
  let authorities: Authorities;
  before(async () => {
    cis = await startCis();
    authorities = new Authorities(new Settings(cis.database), vault, cis.clock);
  });
  after(() => cis.close());

  const parse = (base64: string) => new X509Certificate(Buffer.from(base64, 'base64'));
  const extensionsOf = (x509: X509Certificate) =>
    new Map((Certificate.fromBER(new Uint8Array(x509.raw)).extensions ?? []).map((one) => [one.extnID, one]));
  const usageOf = (x509: X509Certificate): number => {
    const usage = extensionsOf(x509).get('2.5.29.15');
    assert.ok(usage?.critical);
    return (
      (usage.parsedValue as { valueBlock: { valueHexView: Uint8Array } }).valueBlock.valueHexView[0] ?? 0
    );
  };

  test('issues two per card, valid for two years, named by uid, with one use each and marked as test', async () => {
    const card = await issueCard(cis, uids.gp);
    const [authentication, signing] = [parse(card.certificate), parse(card.signingCertificate)];
    for (const x509 of [authentication, signing]) {
      assert.equal(x509.subject, `C=GB\nO=Alongside TEST\nOU=people\nCN=${uids.gp}`);
      assert.equal(x509.issuer, 'C=GB\nO=Alongside TEST\nOU=CA\nCN=Alongside TEST Authentication');
      assert.equal(x509.validFromDate.toISOString(), '2026-01-31T09:00:00.000Z');
      assert.equal(x509.validToDate.toISOString(), '2028-01-31T09:00:00.000Z');
      assert.equal(x509.ca, false);
      assert.match(x509.serialNumber, /^[4-7][0-9A-F]{31}$/);
    }
    assert.deepEqual([usageOf(authentication), usageOf(signing)], [0x80, 0x40]);
    assert.notEqual(authentication.serialNumber, signing.serialNumber);
    // In DER, 2.25 is the octet 69 in hexadecimal.
    const policyOf = (x509: X509Certificate) =>
      Buffer.from(extensionsOf(x509).get('2.5.29.32')?.extnValue.valueBlock.valueHexView ?? []);
    assert.notDeepEqual(policyOf(authentication), policyOf(signing));
    assert.ok(policyOf(authentication).includes(Buffer.from([0x06, 0x15, 0x69])));
  });

  test('issues certificates that chain to the root of this installation', async () => {
    const card = await issueCard(cis, uids.gp);
    const own = await authorities.find('own');
    assert.ok(own);
    assert.ok(parse(card.certificate).verify(own.certificate.publicKey));
    assert.ok(parse(card.certificate).checkIssued(own.certificate));
    assert.ok(own.certificate.verify(own.root.publicKey) && own.certificate.checkIssued(own.root));
    assert.ok(own.root.verify(own.root.publicKey));
    assert.deepEqual([own.root.ca, own.certificate.ca], [true, true]);
    assert.equal(usageOf(own.certificate), 0x06);
  });

  test('varies expiry, revocation and issuer by profile', async () => {
    const ends = async (profile: 'expired' | 'renew' | 'revoked' | 'foreign') => {
      const card = await issueCard(cis, uids.gp, { profile });
      const x509 = parse(card.certificate);
      const serial = x509.serialNumber.toLowerCase();
      const row = await cis.database.get<{
        revocation_reason: string | null;
        card_serial: string;
        purpose: string;
      }>({ text: 'SELECT * FROM certificate WHERE serial = ?', values: [serial] });
      assert.deepEqual([row?.card_serial, row?.purpose], [card.serial, 'authentication']);
      const foreign = await authorities.find('foreign');
      const byForeign = foreign ? x509.verify(foreign.certificate.publicKey) : false;
      return [(x509.validToDate.getTime() - startTime) / day, row?.revocation_reason ?? null, byForeign];
    };
    assert.deepEqual(await ends('expired'), [-1, null, false]);
    assert.deepEqual(await ends('renew'), [30, null, false]);
    assert.deepEqual(await ends('revoked'), [700, 'keyCompromise', false]);
    assert.deepEqual(await ends('foreign'), [700, null, true]);
  });

  test('audits the issue', async () => {
    const card = await issueCard(cis, uids.nurse);
    const record = (await cis.audit.list()).findLast(({ action }) => action === 'cis.certificates-issued');
    const serial = parse(card.certificate).serialNumber.toLowerCase();
    assert.deepEqual([record?.actor, record?.target], ['cardIssuer', uids.nurse]);
    assert.deepEqual(record?.detail, { card: card.serial, profile: 'standard', serial });
  });

  test('rejects invalid orders', async () => {
    const [one, two] = [spkiOf(newCardKey().publicKey), spkiOf(newCardKey().publicKey)];
    const good = {
      uid: uids.gp,
      cardSerial: '999999999999',
      profile: 'standard',
      authenticationKey: one,
      signingKey: two,
    };
    const order = async (changes: Record<string, unknown>, as: 'cardIssuer' | 'console' = 'cardIssuer') => {
      const { status, body } = await cis.call(paths.certificates, { body: { ...good, ...changes }, as });
      return [status, body.error ?? null];
    };
    assert.deepEqual(await order({}), [201, null]);
    assert.deepEqual(await order({}, 'console'), [403, 'insufficient_scope']);
    assert.deepEqual(await order({ uid: uids.nurse }), [409, 'card_taken']);
    assert.deepEqual(await order({ uid: '000000000000' }), [404, 'not_found']);
    assert.deepEqual(await order({ profile: 'golden' }), [400, 'invalid_request']);
    assert.deepEqual(await order({ cardSerial: '../x' }), [400, 'invalid_request']);
    assert.deepEqual(await order({ signingKey: one }), [422, 'invalid_key']);
    assert.deepEqual(await order({ signingKey: Buffer.from('no key').toString('base64') }), [
      422,
      'invalid_key',
    ]);
    const { generateKeyPairSync } = await import('node:crypto');
    const unfit = [
      generateKeyPairSync('ec', { namedCurve: 'P-384' }),
      generateKeyPairSync('ed25519'),
      generateKeyPairSync('rsa', { modulusLength: 1_024 }),
    ];
    for (const { publicKey } of unfit)
      assert.deepEqual(await order({ authenticationKey: spkiOf(publicKey) }), [422, 'invalid_key']);
    const production = await startCis({ database: cis.database, development: false });
    const { status, body } = await production.call(paths.certificates, { body: good, as: 'cardIssuer' });
    assert.deepEqual([status, body.error], [403, 'virtual_cards_not_allowed']);
    await production.close();
  });

  test('creates an authority on first use, once for all processes', async () => {
    const database = await openDatabase(':memory:', '');
    const settings = new Settings(database);
    const processes = Array.from({ length: 4 }, () => new Authorities(settings, vault, cis.clock));
    assert.equal(await processes[0]?.find('own'), undefined);
    const made = await Promise.all(processes.map((one) => one.ensure('own')));
    assert.equal(new Set(made.map(({ certificate }) => certificate.fingerprint256)).size, 1);
    const foreign = await processes[0]?.ensure('foreign');
    assert.notEqual(foreign?.certificate.fingerprint256, made[0]?.certificate.fingerprint256);
    const kept = await settings.get('cis.authority.own');
    assert.ok(kept && !kept.includes('PRIVATE') && !kept.includes('{'), 'sealed');
    await database.close();
  });
});

describe('POST /cards/signing-certificate', () => {
  let cis: TestCis;
  before(async () => {
    cis = await startCis();
  });
  after(() => cis.close());

  const order = (body: object, as: 'cardIssuer' | 'console' = 'cardIssuer') =>
    cis.call<{ signing: string; error?: string }>(paths.cardSigningKey, { body, as });
  const rsa = () => spkiOf(newCardKey('rsa').publicKey);

  test('certifies another signing key of a card, and leaves its certificates and its unblocking code', async () => {
    const card = await issueCard(cis, uids.gp);
    const codeBefore = (
      await cis.database.get<{ unblocking_sealed: string }>({
        text: 'SELECT unblocking_sealed FROM card WHERE serial = ?',
        values: [card.serial],
      })
    )?.unblocking_sealed;
    const signingKey = rsa();
    const { status, body } = await order({
      uid: uids.gp,
      cardSerial: card.serial,
      profile: 'standard',
      signingKey,
    });
    assert.equal(status, 201);
    const x509 = new X509Certificate(Buffer.from(body.signing, 'base64'));
    assert.equal(spkiOf(x509.publicKey), signingKey);
    assert.equal(x509.subject, new X509Certificate(Buffer.from(card.signingCertificate, 'base64')).subject);
    const rows = await cis.database.all<{ purpose: string; revoked_at: number | null; sealed: string }>({
      text: 'SELECT purpose, revoked_at, unblocking_sealed AS sealed FROM certificate JOIN card ON card.serial = card_serial WHERE card_serial = ? ORDER BY purpose',
      values: [card.serial],
    });
    assert.deepEqual(
      rows.map(({ purpose }) => purpose),
      ['authentication', 'signing', 'signing'],
    );
    for (const row of rows) assert.deepEqual([row.revoked_at, row.sealed], [null, codeBefore]);
  });

  test('refuses callers, people, cards and keys that it must not certify', async () => {
    const { serial: cardSerial } = await issueCard(cis, uids.gp);
    const good = { uid: uids.gp, cardSerial, profile: 'standard', signingKey: rsa() };
    assert.equal((await order(good, 'console')).status, 403);
    for (const [change, status] of [
      [{ uid: uids.nurse }, 404],
      [{ cardSerial: '999999999999' }, 404],
      [{ signingKey: 'QUJDRA==' }, 422],
      [{ authenticationKey: rsa() }, 400],
    ] as const)
      assert.equal((await order({ ...good, ...change })).status, status, JSON.stringify(Object.keys(change)));
    const revocation = { actor: manager, reason: 'keyCompromise' };
    const revoked = await cis.call(`/cards/${cardSerial}/revoke`, { body: revocation, as: 'console' });
    assert.ok(revoked.status < 300);
    assert.equal((await order(good)).status, 409);
  });
});
