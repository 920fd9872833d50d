import assert from 'node:assert/strict';
import { generateKeyPairSync, sign, X509Certificate } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { systemClock } from '@alongside/kernel/clock';
import { createListener } from '@alongside/kernel/http';
import { silentLog } from '@alongside/kernel/log';
import { OpenSsl, pem } from '../../../test/testing/openssl.ts';
import { type PersonSigning, paths, type SigningCertificate } from '../protocol.ts';
import { auditOf, issueCard, manager } from '../testing/cards.ts';
import { startCis, type TestCis, uids } from '../testing/cis.ts';

const newKey = (bits = 2_048) => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: bits });
  return { key: publicKey.export({ type: 'spki', format: 'der' }).toString('base64'), privateKey };
};

const order = (cis: TestCis, uid: string, { key } = newKey()) =>
  cis.call<SigningCertificate & { error?: string }>(paths.signingCertificates, {
    body: { uid, key },
    as: 'signing',
  });
const show = (cis: TestCis, uid: string) =>
  cis.call<PersonSigning & { error?: string }>(paths.signingPerson(uid), { as: 'console' });
const revoke = (cis: TestCis, uid: string, reason: string) =>
  cis.call<PersonSigning & { error?: string }>(paths.signingRevocation(uid), {
    body: { reason },
    as: 'console',
  });
const stateOf = async (cis: TestCis, serial: string) =>
  (await cis.call(paths.signingCertificate(serial), { as: 'signing' })).body.state;

// OpenSSL verifies with the system clock, so this CIS uses it too.
describe('certificates of the signing service', () => {
  const openssl = new OpenSsl();
  let cis: TestCis;
  let url: string;
  let stop: () => Promise<void>;
  before(async () => {
    cis = await startCis({ clock: systemClock });
    const listener = createListener(cis.service.routes, { name: 'cis', log: silentLog });
    url = `http://127.0.0.1:${await listener.listen(0)}`;
    stop = () => listener.close();
  });
  after(async () => {
    await stop();
    await cis.close();
    openssl.remove();
  });

  async function fetchCrl() {
    const response = await fetch(url + paths.signingCrl);
    openssl.write('list.der', Buffer.from(await response.arrayBuffer()));
    await openssl.run('crl -inform DER -in list.der -out crl.pem');
  }
  const verify = async (certificate: string) => {
    openssl.write('signer.pem', pem(Buffer.from(certificate, 'base64')));
    await fetchCrl();
    return openssl.run(
      'verify -crl_check -CRLfile crl.pem -CAfile root.pem -untrusted issuing.pem signer.pem',
    );
  };

  test('issues a certificate that OpenSSL accepts with its chain, usage, CRL and responder, until it is revoked', async () => {
    const response = await fetch(url + paths.signingAuthority);
    assert.equal(response.headers.get('content-type'), 'application/x-pem-file');
    const [issuing, root] = (await response.text()).split(/(?<=-----END CERTIFICATE-----\n)/);
    openssl.write('issuing.pem', issuing ?? '');
    openssl.write('root.pem', root ?? '');
    const key = newKey();
    const { status, body } = await order(cis, uids.gp, key);
    assert.equal(status, 201);
    assert.match((await verify(body.certificate)).stdout, /OK/);
    const { stdout } = await openssl.run('x509 -in signer.pem -noout -text -nameopt RFC2253');
    assert.match(stdout, /X509v3 Key Usage: critical\s+Non Repudiation\n/);
    assert.match(stdout, /X509v3 Authority Key Identifier:/);
    assert.match(stdout, /http:\/\/cis\.test\/signing\/crl/);
    assert.match(stdout, /OCSP - URI:http:\/\/cis\.test\/cards\/ocsp/);
    assert.match(stdout, new RegExp(`Subject: CN=${uids.gp},GN=[^,]+,SN=[^,]+,OU=people`));
    assert.match(stdout, /Public-Key: \(2048 bit\)/);

    openssl.write('document', 'a document');
    openssl.write('signature', sign('sha256', Buffer.from('a document'), key.privateKey));
    await openssl.run('x509 -in signer.pem -noout -pubkey -out public.pem');
    const verified = await openssl.run('dgst -sha256 -verify public.pem -signature signature document');
    assert.match(verified.stdout, /Verified OK/);

    assert.equal(await stateOf(cis, body.serial), 'valid');
    assert.equal((await revoke(cis, uids.gp, 'keyCompromise')).body.state, 'revoked');
    assert.equal(await stateOf(cis, body.serial), 'revoked');
    await assert.rejects(verify(body.certificate), /certificate revoked/);
    const ocsp = await openssl.run(
      `ocsp -issuer issuing.pem -cert signer.pem -CAfile root.pem -url ${url}${paths.ocsp}`,
    );
    assert.match(ocsp.stdout, /revoked[\s\S]*Reason: keyCompromise/);
  });

  test('backdates every certificate by more than a day, also the one after a revocation', async () => {
    for (const reason of ['superseded', 'keyCompromise']) {
      const { body } = await order(cis, uids.nurse);
      const certificate = new X509Certificate(Buffer.from(body.certificate, 'base64'));
      assert.ok(certificate.validFromDate.getTime() < Date.now() - 86_400_000);
      assert.equal((await revoke(cis, uids.nurse, reason)).status, 200);
    }
  });

  test('describes the certificate of a person, and none before the first signature', async () => {
    assert.equal((await show(cis, uids.locum)).body.state, 'none');
    assert.equal((await revoke(cis, uids.locum, 'superseded')).body.error, 'no_signing_certificate');
    const { body } = await order(cis, uids.locum);
    const { body: shown } = await show(cis, uids.locum);
    assert.equal(shown.state, 'valid');
    assert.equal(shown.algorithm, 'RSA-2048');
    assert.equal(shown.serial, body.serial);
    assert.match(
      shown.subject ?? '',
      new RegExp(`^CN=${uids.locum}, GN=.+, SN=.+, OU=people, O=Alongside TEST, C=GB$`),
    );
    assert.equal(shown.certificate, pem(Buffer.from(body.certificate, 'base64')));
    assert.equal((await show(cis, '999999999999')).status, 404);
  });

  test('certifies only an RSA-2048 key, of an enabled person, for the signing service', async () => {
    const small = newKey(1_024);
    assert.deepEqual((await order(cis, uids.gp, small)).body.error, 'invalid_key');
    assert.deepEqual((await order(cis, uids.gp, newKey(3_072))).body.error, 'invalid_key');
    assert.deepEqual((await order(cis, '999999999999')).body.error, 'not_found');
    const body = { uid: uids.gp, key: newKey().key };
    assert.equal((await cis.call(paths.signingCertificates, { body, as: 'console' })).status, 403);
    assert.equal((await cis.call(paths.signingCertificates, { body })).status, 401);
  });

  test('revokes the certificate of a person who is disabled, and issues no other', async () => {
    const { body } = await order(cis, uids.clinician);
    await cis.call(paths.person(uids.clinician), {
      method: 'PATCH',
      headers: { 'content-type': 'application/merge-patch+json' },
      body: { disabled: true },
      as: 'console',
    });
    assert.equal(await stateOf(cis, body.serial), 'revoked');
    assert.equal((await order(cis, uids.clinician)).body.error, 'person_disabled');
  });

  test('ends the certificate of a person whose card was lost, and keeps what was signed before', async () => {
    const { body } = await order(cis, uids.starter);
    const act = async (name: 'revoke' | 'replace', reason: string) => {
      const { serial } = await issueCard(cis, uids.starter);
      const done = await cis.call(paths.cardAct(serial, name), {
        body: { actor: manager, reason },
        as: 'console',
      });
      assert.ok(done.status < 300, JSON.stringify(done.body));
    };
    await act('revoke', 'cessationOfOperation');
    await act('replace', 'superseded');
    assert.equal(await stateOf(cis, body.serial), 'valid');
    await act('revoke', 'keyCompromise');
    assert.equal((await show(cis, uids.starter)).body.revocationReason, 'superseded');
    const next = (await order(cis, uids.starter)).body;
    await act('replace', 'keyCompromise');
    assert.equal(await stateOf(cis, next.serial), 'revoked');
    await act('revoke', 'keyCompromise');
    const records = await auditOf(cis, 'cis.signing-certificate-revoked');
    assert.deepEqual(
      records.filter(({ target }) => target === uids.starter).map(({ actor, detail }) => [actor, detail]),
      [body.serial, next.serial].map((serial) => [manager, { reason: 'superseded', serial }]),
      'the last card was lost when no certificate was valid',
    );
  });

  test('revokes the one certificate that the signing service withdraws', async () => {
    const [kept, withdrawn] = [(await order(cis, uids.gp)).body, (await order(cis, uids.gp)).body];
    const withdraw = (serial: string, as?: 'signing' | 'console') =>
      cis.call(paths.signingCertificate(serial), { method: 'DELETE', ...(as && { as }) });
    assert.equal((await withdraw(withdrawn.serial)).status, 401);
    assert.equal((await withdraw(withdrawn.serial, 'console')).status, 403);
    assert.equal(await stateOf(cis, withdrawn.serial), 'valid');
    assert.deepEqual((await withdraw(withdrawn.serial, 'signing')).body, { state: 'revoked' });
    assert.equal(await stateOf(cis, kept.serial), 'valid');
    await assert.rejects(verify(withdrawn.certificate), /certificate revoked/);
    await verify(kept.certificate);
    assert.equal((await withdraw('00', 'signing')).status, 409);
  });

  test('knows no certificate of a card as one of a service key', async () => {
    const { certificate } = await issueCard(cis, uids.gp);
    const { serialNumber } = new X509Certificate(Buffer.from(certificate, 'base64'));
    const serial = serialNumber.toLowerCase();
    assert.equal(await stateOf(cis, serial), 'none');
    const withdrawn = await cis.call(paths.signingCertificate(serial), { method: 'DELETE', as: 'signing' });
    assert.equal(withdrawn.status, 409);
  });
});
