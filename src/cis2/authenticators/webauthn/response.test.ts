import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { clientDataOf, readAssertion, readAttestation } from './response.ts';

const b64 = (value: string | Uint8Array) => Buffer.from(value).toString('base64url');
const clientData = (more: object = {}) =>
  b64(JSON.stringify({ type: 'webauthn.get', challenge: 'AAAA', origin: 'https://a.test', ...more }));
const assertion = (response: object = {}, more: object = {}) => ({
  id: 'AAAA',
  type: 'public-key',
  response: { clientDataJSON: clientData(), authenticatorData: 'AAAA', signature: 'AAAA', ...response },
  ...more,
});
const attestation = (response: object = {}) => ({
  id: 'AAAA',
  type: 'public-key',
  response: { clientDataJSON: clientData(), attestationObject: 'AAAA', ...response },
});

describe('response of the browser', () => {
  test('is read without its other members', () => {
    assert.deepEqual(readAssertion(JSON.stringify(assertion({}, { rawId: 'AAAA', more: 1 }))), assertion());
    const transports = { transports: ['usb', 'smart-card'] };
    assert.deepEqual(readAttestation(JSON.stringify(attestation(transports))), attestation(transports));
  });
  const bad: [string, unknown][] = [
    ['a string', 'AAAA'],
    ['another type', assertion({}, { type: 'password' })],
    ['an empty id', assertion({}, { id: '' })],
    ['an id that is not base64url', assertion({}, { id: 'a/b' })],
    ['an id of more than 1,023 bytes', assertion({}, { id: 'A'.repeat(1_365) })],
    ['a signature that is a number', assertion({ signature: 1 })],
    ['a signature that is too long', assertion({ signature: 'A'.repeat(8_193) })],
    ['missing client data', assertion({ clientDataJSON: undefined })],
    ['a user handle of more than 64 bytes', assertion({ userHandle: 'A'.repeat(87) })],
    ['a prototype', JSON.parse('{"__proto__":{},"id":"AAAA"}')],
  ];
  for (const [name, value] of bad)
    test(`refuses ${name}`, () => assert.equal(readAssertion(JSON.stringify(value)), undefined));
  test('refuses invalid transports', () => {
    for (const transports of [['USB'], 'usb', Array(11).fill('usb'), [1]])
      assert.equal(readAttestation(JSON.stringify(attestation({ transports }))), undefined);
  });
});

describe('client data', () => {
  const read = (text: string) => clientDataOf(assertion({ clientDataJSON: b64(text) }) as never);
  test('report whether another site framed the page', () => {
    const of = (more: object) => clientDataOf(assertion({ clientDataJSON: clientData(more) }) as never);
    assert.deepEqual(of({}), { challenge: 'AAAA', framed: false });
    assert.deepEqual(of({ crossOrigin: false }), { challenge: 'AAAA', framed: false });
    assert.deepEqual(of({ crossOrigin: true }), { challenge: 'AAAA', framed: true });
    assert.deepEqual(of({ topOrigin: 'https://b.test' }), { challenge: 'AAAA', framed: true });
  });
  test('are undefined for other text', () => {
    for (const text of [
      '',
      '{',
      '[]',
      'null',
      '{}',
      '{"challenge":1}',
      '{"type":"x","challenge":"a b","origin":""}',
    ])
      assert.equal(read(text), undefined);
  });
});

test('parsers never throw, and return the sent values', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json(), fc.constant(JSON.stringify(assertion()))), (text) => {
      for (const read of [readAssertion, readAttestation]) {
        const result = read(text);
        if (!result) continue;
        assert.deepEqual(result.id, JSON.parse(text).id);
        clientDataOf(result);
      }
    }),
  );
  const value = fc.oneof(
    fc.string(),
    fc.integer(),
    fc.constant(null),
    fc.array(fc.string()),
    fc.base64String(),
  );
  const shape = fc.record({
    clientDataJSON: value,
    authenticatorData: value,
    signature: value,
    userHandle: value,
  });
  fc.assert(
    fc.property(shape, (response) => {
      const result = readAssertion(JSON.stringify(assertion(response)));
      if (result)
        for (const part of Object.values(result.response)) assert.match(String(part ?? 'A'), /^[\w-]+$/);
    }),
  );
  fc.assert(
    fc.property(fc.uint8Array(), (noise) => {
      clientDataOf(assertion({ clientDataJSON: b64(noise) }) as never);
    }),
  );
});
