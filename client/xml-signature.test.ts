import assert from 'node:assert/strict';
import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { describe, test } from 'node:test';
import { DOMParser } from '@xmldom/xmldom';
import { ExclusiveCanonicalization } from 'xml-crypto';
import { ClientError } from './errors.ts';
import { wrapSignature } from './xml-signature.ts';

const dsig = 'http://www.w3.org/2000/09/xmldsig#';
const base64 = (text: string) => Buffer.from(text).toString('base64');
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const signedInfo = `<SignedInfo xmlns="${dsig}"><CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"></CanonicalizationMethod><Reference><DigestValue>größe</DigestValue></Reference></SignedInfo>`;
const whole = {
  payload: base64(signedInfo),
  signature: sign('sha256', Buffer.from(signedInfo), privateKey).toString('base64'),
  certificate: base64('a certificate'),
};

describe('wrapSignature', () => {
  test('keeps the bytes that were signed, as an XML library canonicalises them', () => {
    const xml = Buffer.from(wrapSignature(whole), 'base64').toString();
    assert.ok(xml.startsWith(`<Signature xmlns="${dsig}"><SignedInfo><`), xml);
    const root = new DOMParser().parseFromString(xml, 'text/xml').documentElement;
    assert.equal(root.namespaceURI, dsig);
    assert.deepEqual(
      Array.from(root.childNodes, ({ nodeName }) => nodeName),
      ['SignedInfo', 'SignatureValue', 'KeyInfo'],
    );
    const textOf = (name: string) => root.getElementsByTagNameNS(dsig, name)[0]?.textContent ?? '';
    const canonical = String(new ExclusiveCanonicalization().process(root.firstChild as never, {}));
    assert.equal(canonical, signedInfo);
    const signature = Buffer.from(textOf('SignatureValue'), 'base64');
    assert.ok(verify('sha256', Buffer.from(canonical), publicKey, signature));
    assert.equal(textOf('X509Certificate'), whole.certificate);
  });

  const refused: [name: string, over: Partial<Record<keyof typeof whole, string>>, message: RegExp][] = [
    ['a payload that is not base64', { payload: signedInfo }, /payload must be base64/],
    ['another document', { payload: base64('<Bundle/>') }, /payload must be base64 of <SignedInfo/],
    [
      'a payload with more than SignedInfo',
      { payload: base64(`${signedInfo}<Object></Object></SignedInfo>`) },
      /payload must be base64 of <SignedInfo/,
    ],
    [
      'more than SignedInfo, with a space in its end tag',
      { payload: base64(signedInfo.replace('</SignedInfo>', '</SignedInfo ><SignedInfo></SignedInfo>')) },
      /payload must be base64 of <SignedInfo/,
    ],
    ['a payload that is cut', { payload: base64(signedInfo.slice(0, -1)) }, /payload must be base64 of/],
    ['an empty signature', { signature: '' }, /signature is missing/],
    ['markup in the signature', { signature: '</SignatureValue>' }, /signature must be base64/],
    ['a certificate as PEM', { certificate: '-----BEGIN CERTIFICATE-----' }, /certificate must be base64/],
    ['base64 in lines', { certificate: 'YWJj\nYWJj' }, /certificate must be base64/],
  ];
  for (const [name, over, message] of refused)
    test(`refuses ${name}`, () => {
      assert.throws(
        () => wrapSignature({ ...whole, ...over }),
        (error: ClientError) =>
          error instanceof ClientError && error.code === 'settings_invalid' && message.test(error.message),
      );
    });
});
