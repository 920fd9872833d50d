import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { withOwnAddresses, withServiceNames } from './applications.ts';
import { findRepeated } from './preview.ts';

const urls = {
  console: 'http://localhost:8400',
  api: 'http://localhost:8401',
  apis: 'http://localhost:8408',
  cis2: 'http://localhost:8402',
  identityAgent: 'http://127.0.0.1:8403',
  cis: 'http://localhost:8404',
  sample: 'http://localhost:840',
};
const elsewhere = Object.fromEntries(
  Object.keys(urls).map((name, index) => [name, `https://${name}.test:${index + 1}`]),
) as typeof urls;

test('withServiceNames replaces only origins of the installation', () => {
  const half = {
    callbackUrls: [
      'http://localhost:8401',
      'http://localhost:8401/x?y#',
      'http://localhost:8401?x',
      'http://localhost:84011/x',
      'http://localhost:8401.evil.test/',
      'https://localhost:8401/x',
    ],
    jwksUrl: 'http://localhost:840/keys',
    backchannelLogoutUri: '',
    attributes: { note: 'http://localhost:8401' },
    name: 'http://localhost:8401',
  };
  assert.deepEqual(withServiceNames(half, urls), {
    ...half,
    callbackUrls: ['{api}', '{api}/x?y#', '{api}?x', ...half.callbackUrls.slice(3)],
    jwksUrl: '{sample}/keys',
  });
});

test('withOwnAddresses restores addresses, for another installation too', () => {
  const origin = fc.constantFrom(
    ...Object.values(urls),
    'https://example.org',
    'http://localhost:84',
    '{',
    '{x}',
  );
  const address = fc.tuple(origin, fc.webPath()).map((parts) => parts.join(''));
  fc.assert(
    fc.property(fc.array(address), fc.option(address), (redirectUris, jwksUrl) => {
      const half = { redirectUris, jwksUrl };
      const written = withServiceNames(half, urls);
      assert.deepEqual(withOwnAddresses(written, urls), half);
      assert.deepEqual(withServiceNames(withOwnAddresses(written, elsewhere), elsewhere), written);
    }),
  );
});

test('withOwnAddresses keeps unknown names', () => {
  for (const jwksUrl of ['{nobody}/x', '{constructor}/x', '{api', 'x{api}', null])
    assert.deepEqual(withOwnAddresses({ jwksUrl }, urls), { jwksUrl });
});

test('findRepeated returns the second of two equal values', () => {
  const placed = ['a', 'b', 'a', 'b'].map((text, index) => ({ at: [index], value: text }));
  assert.deepEqual(findRepeated(placed), { at: [2], value: 'a' });
  assert.equal(findRepeated(placed.slice(0, 2)), undefined);
});
