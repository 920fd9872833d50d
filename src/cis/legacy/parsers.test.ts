import assert from 'node:assert/strict';
import { generateKeyPairSync, sign, type X509Certificate } from 'node:crypto';
import { before, describe, test } from 'node:test';
import fc from 'fast-check';
import { newAuthority } from '../testing/external-authority.ts';
import { readRoleAssertion } from './assertion-reader.ts';
import { buildSignedChallenge, parseSignedChallenge, parseSmime } from './cms.ts';
import { parseGpObject, writeGpObject } from './gp-object.ts';
import { isTicket, newTicket } from './tickets.ts';
import { escapeXml, parseXml } from './xml.ts';

const doctype = '<!DOCTYPE USER SYSTEM "gpOBJECT.DTD">';
const param = (value: string) => `<gpOBJECT><gpPARAM name="uid">${value}</gpPARAM></gpOBJECT>`;

describe('parseGpObject', () => {
  test('parses messages of published clients, with their declaration', () => {
    const text = `<?xml version="1.0" encoding="UTF-8"?>\n        ${doctype}\n  <gpOBJECT>\n <gpPARAM name="a">1</gpPARAM><gpPARAM name="b" encoding="base64"> x&amp;y </gpPARAM></gpOBJECT>`;
    assert.deepEqual(
      [...parseGpObject(text)],
      [
        ['a', '1'],
        ['b', 'x&y'],
      ],
    );
    assert.deepEqual([...parseGpObject(param('656005750108'))], [['uid', '656005750108']]);
  });

  const laughs = `<!DOCTYPE lolz [<!ENTITY lol "lol">${'<!ENTITY lol1 "&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;">'}]>`;
  const attacks: Record<string, string> = {
    'an external entity': `<!DOCTYPE USER [<!ENTITY x SYSTEM "file:///etc/passwd">]>${param('&x;')}`,
    'an external entity behind the published declaration': `${doctype}<!DOCTYPE USER [<!ENTITY x SYSTEM "file:///etc/passwd">]>${param('&x;')}`,
    'a parameter entity': `<!DOCTYPE USER [<!ENTITY % x SYSTEM "http://127.0.0.1:1/"> %x;]>${param('1')}`,
    'another external declaration': `<!DOCTYPE USER SYSTEM "http://127.0.0.1:1/x.dtd">${param('1')}`,
    'the published declaration with a part of its own': `<!DOCTYPE USER SYSTEM "gpOBJECT.DTD" [<!ENTITY x "y">]>${param('&x;')}`,
    'the published declaration twice': `${doctype}${doctype}${param('1')}`,
    'the published declaration inside': `<gpOBJECT>${doctype}<gpPARAM name="uid">1</gpPARAM></gpOBJECT>`,
    'a billion laughs': `${laughs}${param('&lol1;')}`,
    'an entity that nobody declared': param('&lol;'),
    'a comment in a value': param('656005<!-- -->750108'),
    'a comment elsewhere': `<!-- -->${param('1')}`,
    CDATA: param('<![CDATA[1]]>'),
    'an instruction': param('<?php 1 ?>'),
    'an element in a value': param('1<b>2</b>'),
    'text between': '<gpOBJECT>x<gpPARAM name="uid">1</gpPARAM></gpOBJECT>',
    'a parameter twice': '<gpOBJECT><gpPARAM name="a">1</gpPARAM><gpPARAM name="a">2</gpPARAM></gpOBJECT>',
    'another element': '<gpOBJECT><other name="a">1</other></gpOBJECT>',
    'another root': '<gpobject/>',
    'a namespace': '<x:gpOBJECT xmlns:x="urn:x"/>',
    'an attribute on the root': '<gpOBJECT a="1"/>',
    'an attribute too many': '<gpOBJECT><gpPARAM name="a" id="1">1</gpPARAM></gpOBJECT>',
    'an attribute twice': '<gpOBJECT><gpPARAM name="a" name="b">1</gpPARAM></gpOBJECT>',
    'no name': '<gpOBJECT><gpPARAM>1</gpPARAM></gpOBJECT>',
    'two roots': `${param('1')}${param('2')}`,
    'not closed': '<gpOBJECT><gpPARAM name="a">1',
    'closed by another': '<gpOBJECT><gpPARAM name="a">1</gpOBJECT></gpPARAM>',
    'too deep': `${'<a>'.repeat(2_000)}${'</a>'.repeat(2_000)}`,
    'too long': param('1'.repeat(70_000)),
    'too many': `<gpOBJECT>${Array.from({ length: 65 }, (_, n) => `<gpPARAM name="a${n}">1</gpPARAM>`).join('')}</gpOBJECT>`,
    'another encoding': `<?xml version="1.0" encoding="UTF-7"?>${param('1')}`,
    'a null character': param('1\0'),
    nothing: '',
  };
  for (const [name, text] of Object.entries(attacks))
    test(`rejects ${name}`, () => assert.throws(() => parseGpObject(text), Error));

  test('parses any text or throws an Error', () => {
    const piece = fc.oneof(
      fc.constantFrom('<', '>', '</', '/>', '&', ';', '"', "'", '<!', '<?', '?>', '=', ' ', doctype),
      fc.constantFrom('gpOBJECT', 'gpPARAM', ' name="a"', '&amp;', '&#65;', '<gpOBJECT>', '</gpOBJECT>'),
      fc.string({ maxLength: 8 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        try {
          return parseGpObject(pieces.join('')) instanceof Map;
        } catch (error) {
          return error instanceof Error;
        }
      }),
      { numRuns: 500 },
    );
  });

  test('parses written messages back, with any text', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 60 }),
        fc.string({ maxLength: 20 }),
        (value, id) => {
          const text = writeGpObject([{ name: 'a', value, attributes: { id } }], 'http://cis.test/dtd');
          const root = parseXml(text, /^<!DOCTYPE USER SYSTEM "[^"]+">/).documentElement;
          const [parameter] = Array.from(root.childNodes).filter(({ nodeType }) => nodeType === 1);
          const kept = (given: string) =>
            given.replace(/[^\t\n\r\u0020-\u007e\u00a0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '?');
          assert.equal(parameter?.textContent ?? '', kept(value));
        },
      ),
    );
    assert.equal(escapeXml(`<&>"'`), '&lt;&amp;&gt;&quot;&apos;');
  });
});

describe('parseSignedChallenge', () => {
  let der: Buffer;
  let x509: X509Certificate;
  const content = Buffer.alloc(48, 7);
  before(async () => {
    const authority = await newAuthority();
    const key = generateKeyPairSync('rsa', { modulusLength: 2_048 });
    x509 = await authority.issue({
      subject: [['CN', '656005750108']],
      subjectKey: key.publicKey.export({ type: 'spki', format: 'der' }),
    });
    der = buildSignedChallenge(content, {
      certificate: x509.raw,
      digest: 'sha256',
      algorithm: '1.2.840.113549.1.1.1',
      sign: (bytes) => sign('sha256', bytes, key.privateKey),
    });
  });

  test('parses a built message', () => {
    const read = parseSignedChallenge(der);
    assert.ok(read.content.equals(content));
    assert.ok(read.certificate.equals(x509.raw));
    assert.deepEqual([read.digest, read.signature.length], ['sha256', 256]);
  });

  test('parses any bytes, and any changed byte, or throws an Error', () => {
    const reads = (bytes: Uint8Array): boolean => {
      try {
        return parseSignedChallenge(bytes).signature.length >= 0;
      } catch (error) {
        return error instanceof Error;
      }
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), reads));
    fc.assert(
      fc.property(fc.nat(der.length - 1), fc.integer({ min: 1, max: 255 }), (at, by) => {
        const changed = new Uint8Array(der);
        changed[at] = (changed[at] ?? 0) ^ by;
        return reads(changed);
      }),
      { numRuns: 400 },
    );
    assert.throws(() => parseSignedChallenge(Buffer.alloc(20_000, 0x30)));
    for (let length = 0; length < der.length; length += 50)
      assert.throws(() => parseSignedChallenge(der.subarray(0, length)));
  });

  test('parseSmime accepts the published header and base64 only', () => {
    const wrap = (text: string) => Buffer.from(text).toString('base64');
    const type = 'Content-Type: application/x-pkcs7-mime; name="smime.p7m"';
    const encoding = 'Content-Transfer-Encoding: base64';
    assert.ok(parseSmime(wrap(`${type}\n${encoding}\n\n${der.toString('base64')}`)).equals(der));
    assert.ok(
      parseSmime(
        wrap(
          `MIME-Version: 1.0\r\n\t${type}\r\n\t${encoding}\r\n\r\n${der.toString('base64').replace(/(.{76})/g, '$1\r\n')}`,
        ),
      ).equals(der),
    );
    for (const odd of [
      '',
      'hello',
      wrap(''),
      wrap(der.toString('base64')),
      wrap(`${type}\n\n${der.toString('base64')}`),
      wrap(`${encoding}\n\n${der.toString('base64')}`),
      wrap(`${type}\n${type}\n${encoding}\n\nAAAA`),
      wrap(`Content-Type: text/html\n${encoding}\n\nAAAA`),
      wrap(`${type}\nContent-Transfer-Encoding: quoted-printable\n\nAAAA`),
      wrap(`${type}\n${encoding}\n\n****`),
      wrap(`${type}\n${encoding}\n\n`),
      'A'.repeat(30_000),
    ])
      assert.throws(() => parseSmime(odd), Error, odd.slice(0, 40));
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), (text) => {
        try {
          return parseSmime(wrap(text)).length > 0;
        } catch (error) {
          return error instanceof Error;
        }
      }),
    );
  });

  test('readRoleAssertion rejects any text without a signature', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), (text) => {
        assert.throws(() => readRoleAssertion(`<a>${escapeXml(text)}</a>`, x509));
        assert.throws(() => readRoleAssertion(text, x509));
      }),
    );
  });
});

test('isTicket accepts new tickets and no other text', () => {
  const tickets = Array.from({ length: 200 }, newTicket);
  assert.ok(tickets.every(isTicket));
  assert.equal(new Set(tickets).size, 200);
  assert.ok(
    tickets.some((ticket) => ticket.includes('+')) && tickets.every((ticket) => ticket.endsWith('#')),
  );
  const [one = ''] = tickets;
  for (const odd of ['', one.slice(0, -1), `${one}#`, one.replace('AQIC', 'aqic'), ` ${one}`, `${one}\n`])
    assert.equal(isTicket(odd), false, odd);
});
