import assert from 'node:assert/strict';
import { createHash, verify, X509Certificate } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { assertSigned } from '../../identity-agent/testing/signing-desk.ts';
import { SigningPage, toSign } from '../../identity-agent/testing/signing-page.ts';
import { launchBrowser } from '../testing/browser.ts';
import { startInstance, type TestInstance } from '../testing/instance.ts';
import { OpenSsl, pem } from '../testing/openssl.ts';

// Documents are signed by the desktop wire of a whole instance, and verified as EPS does: with the authority and the revocation list of
// this installation.

const origin = 'http://localhost:3000';
const ports = [43_487, 44_213, 45_031, 46_478, 48_853];

/** Returns a port of this instance: another one on this machine may have taken some. */
async function findPort(instance: TestInstance): Promise<number> {
  for (const port of ports) {
    const page = await new SigningPage(port, origin).open().catch(() => undefined);
    if (!page?.token) continue;
    // Without a card, the answer does not wait; the listener of this instance has the desk's card.
    await instance.api('DELETE', '/readers/0/card');
    const { body } = await page.sign(toSign(['probe']));
    if (body.R?.status_code === 1_397_311_237) return port;
  }
  throw new Error('This instance has none of the published ports.');
}

describe('documents signed by the desktop wire of an instance', () => {
  const openssl = new OpenSsl();
  let instance: TestInstance;
  let page: SigningPage;
  before(async () => {
    instance = await startInstance({ credentialManagement: true });
    page = await new SigningPage(await findPort(instance), origin).open();
  });
  after(async () => {
    await instance.stop();
    openssl.remove();
  });

  const asked = async () => {
    for (let tries = 0; tries < 500; tries += 1) {
      const status = await instance.api<{ question: string; documents: number; from: string }>(
        'GET',
        '/agent',
      );
      if (status.question === 'signature') return status;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error('The agent does not ask.');
  };

  test('have a certificate that OpenSSL accepts with its chain and revocation list, until the card is revoked', async () => {
    await instance.signInAtDesk('gp');
    const documents = ['first document', 'second document'];
    const signing = page.sign(toSign(documents));
    const { documents: number, from } = await asked();
    assert.deepEqual([number, from], [2, origin]);
    const { digests, id } = await instance.api<{ digests: string[]; id: string }>('GET', '/agent/question');
    assert.deepEqual(
      digests,
      documents.map((text) => createHash('sha256').update(text).digest('hex')),
    );
    const { status } = await instance.call('POST', '/agent/pin', { pin: '123456', question: 'pin' });
    assert.equal(status, 409, 'a PIN for a sign-in');
    await instance.api('POST', '/agent/pin', { pin: '123456', question: id });
    const { body } = await signing;
    const certificate = assertSigned(body, documents);
    assert.equal(certificate.subject, 'C=GB\nO=Alongside TEST\nOU=people\nCN=656005750108');
    assert.ok(certificate.validFromDate.getTime() < Date.now() - 86_400_000, 'it began before $prepare');

    const authority = await fetch(`${instance.urls.console}/api/v1/certificates/signing/authority.pem`);
    const [issuing = '', root = ''] = (await authority.text()).split(/(?<=-----END CERTIFICATE-----\n)/);
    openssl.write('issuing.pem', issuing);
    openssl.write('root.pem', root);
    openssl.write('signer.pem', pem(certificate.raw));
    openssl.write('document', documents[0] ?? '');
    openssl.write('signature', Buffer.from(body.R?.signatures?.[0]?.signature ?? '', 'base64'));
    await openssl.run('x509 -in signer.pem -noout -pubkey -out public.pem');
    const signature = await openssl.run('dgst -sha256 -verify public.pem -signature signature document');
    assert.match(signature.stdout, /Verified OK/);
    assert.ok(certificate.checkIssued(new X509Certificate(issuing)));

    const chain = async () => {
      const crl = await fetch(`${instance.urls.cis}/signing/crl`);
      openssl.write('list.der', Buffer.from(await crl.arrayBuffer()));
      await openssl.run('crl -inform DER -in list.der -out crl.pem');
      return openssl.run(
        'verify -crl_check -CRLfile crl.pem -CAfile root.pem -untrusted issuing.pem signer.pem',
      );
    };
    assert.match((await chain()).stdout, /OK/);
    const { stdout } = await openssl.run('x509 -in signer.pem -noout -text');
    assert.match(stdout, /X509v3 Key Usage: critical\s+Non Repudiation\n/);
    assert.match(stdout, new RegExp(`URI:${instance.urls.cis}/cards/crl`));
    const { card } = await instance.api<{ card: { serial: string } }>('GET', '/readers/0');
    const revocation = { actor: '656005750104', reason: 'keyCompromise' };
    await instance.api('POST', `/registration-authority/cards/${card.serial}/revoke`, revocation);
    await assert.rejects(chain(), /certificate revoked/);
    assert.ok(
      !verify(
        'sha256',
        Buffer.from('other'),
        certificate.publicKey,
        Buffer.from(body.R?.signatures?.[0]?.signature ?? '', 'base64'),
      ),
    );
  });

  test('are declined by the console, and found by explain', async () => {
    await instance.signInAtDesk('nurse');
    assert.equal((await instance.call('GET', '/agent/question')).status, 409);
    assert.equal((await instance.call('DELETE', '/agent/question')).status, 409);
    const signing = page.sign(toSign(['a document']));
    await asked();
    const desk = await (await fetch(`${instance.urls.console}/desk`)).text();
    assert.match(desk, /data-question="signature"/);
    assert.match(desk, /http:\/\/localhost:3000/);
    const { question } = await instance.api<{ question: string | null }>('DELETE', '/agent/question');
    assert.notEqual(question, 'signature');
    const { body, headers } = await signing;
    assert.equal(body.R?.status_code, 0x53494780);
    const refusal = await instance.api('GET', `/refusals/${headers['x-message-id']}`);
    assert.match(JSON.stringify(refusal), /identity-agent.notSigned/);
  });

  test('are signed and declined by a person at the desk of the console', async () => {
    const browser = await launchBrowser();
    try {
      const desk = await browser.newPage();
      desk.on('dialog', (dialog) => dialog.accept());
      await desk.goto(`${instance.urls.console}/desk`);
      // The page is open when the question comes.
      const signing = page.sign(toSign(['a document']));
      await desk.getByText(`${origin} asks to sign 1 document`).waitFor();
      await desk.getByText('SHA-256 of each document').click();
      await desk.getByText(createHash('sha256').update('a document').digest('hex')).waitFor();
      await desk.getByLabel('PIN', { exact: true }).fill('111111');
      await desk.keyboard.press('Enter');
      await desk.getByText('The PIN is wrong. 2 attempts left.').waitFor();
      await desk.getByLabel('PIN', { exact: true }).fill('123456');
      await desk.keyboard.press('Enter');
      assertSigned((await signing).body, ['a document']);
      await desk.locator('[data-question="signature"]').waitFor({ state: 'detached' });

      const declined = page.sign(toSign(['another document']));
      await desk.getByRole('button', { name: 'Decline' }).click();
      await desk.getByText('Nothing was signed.').waitFor();
      assert.equal((await declined).body.R?.status_code, 0x53494780);
    } finally {
      await browser.close();
    }
  });
});
