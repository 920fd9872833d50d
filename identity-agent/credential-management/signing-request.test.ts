import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Refusal } from '@alongside/kernel/errors';
import { base64, toSign } from '../testing/signing-page.ts';
import { readSigningRequest } from './signing-request.ts';

const read = (request: unknown) => readSigningRequest(base64(JSON.stringify(request)));
const oneDocument = { id: 'a', payload: base64('a document') };

describe('the argument of requestToSign', () => {
  for (const algorithm of ['RS256', 'RS1'])
    test(`is read with ${algorithm} and 1 to 250 documents of at most 64 KB`, () => {
      for (const documents of [['a'], Array.from({ length: 250 }, (_, n) => `${n}`), ['x'.repeat(65_536)]]) {
        const { algorithm: read256, documents: found } = read(toSign(documents, { algorithm }));
        assert.equal(read256, algorithm);
        assert.deepEqual(
          found.map(({ id, bytes }) => [id, Buffer.from(bytes).toString()]),
          documents.map((document, index) => [`id-${index}`, document]),
        );
      }
    });

  test('may have members that this version does not know', () => {
    assert.equal(read({ ...toSign(['a']), comment: 'x' }).documents.length, 1);
  });

  const refused: readonly (readonly [what: string, argument: unknown, detail: RegExp])[] = [
    ['no text', 1, /not text/],
    ['no base64', '{"algorithm":"RS256"}', /not base64/],
    ['base64 with a line end', `${base64('{}')}\n`, /not base64/],
    ['base64url', base64(Uint8Array.of(0xfb, 0xff)).replace('+', '-').replace('/', '_'), /not base64/],
    ['no JSON', base64('{'), /not JSON/],
    ['no UTF-8', base64(Uint8Array.of(0xff, 0xfe)), /not UTF-8/],
    ['a list', base64('[]'), /object/],
    ['deep JSON', base64(`${'{"a":'.repeat(50)}1${'}'.repeat(50)}`), /deeply/],
    ['a forbidden member', base64('{"__proto__":{"algorithm":"RS256"}}'), /forbidden/],
    ...(
      [
        ['another algorithm', { algorithm: 'ES256' }, /algorithm/],
        ['no algorithm', { algorithm: undefined }, /algorithm/],
        ['another type', { requestType: 2 }, /requestType/],
        ['another version', { version: '1' }, /version/],
        ['other flags', { flags: 1 }, /flags/],
        ['no list of payloads', { payloads: { length: 1 } }, /payloads/],
        ['no payloads', { payloads: [] }, /1 to 250/],
        ['251 payloads', { payloads: Array.from({ length: 251 }, () => oneDocument) }, /1 to 250/],
        ['a payload that is text', { payloads: ['a'] }, /payload 1/],
        ['a payload without an id', { payloads: [{ payload: 'YQ==' }] }, /id of payload 1/],
        ['a long id', { payloads: [{ ...oneDocument, id: 'a'.repeat(201) }] }, /id of payload 1/],
        ['one id twice', { payloads: [oneDocument, oneDocument] }, /one id/],
        [
          'a payload that is not base64',
          { payloads: [oneDocument, { id: 'b', payload: 'Some Payload' }] },
          /payload 2 is not base64/,
        ],
        ['an empty payload', { payloads: [{ id: 'a', payload: '' }] }, /0 bytes/],
        ['a payload over 64 KB', toSign(['x'.repeat(65_537)]), /65537 bytes/],
      ] as const
    ).map(
      ([what, change, detail]) =>
        [what, base64(JSON.stringify({ ...toSign(['a']), ...change })), detail] as const,
    ),
  ];
  for (const [what, argument, detail] of refused)
    test(`is refused with ${what}`, () => {
      assert.throws(
        () => readSigningRequest(argument),
        (thrown) =>
          thrown instanceof Refusal &&
          thrown.entry.code === 'signing_request_invalid' &&
          detail.test(thrown.detail),
      );
    });
});
