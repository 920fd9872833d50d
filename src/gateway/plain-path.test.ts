import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { isPlainPath } from './plain-path.ts';

/** Encodes each character once more. */
const encoded = (text: string): string =>
  [...text].map((one) => `%${one.charCodeAt(0).toString(16).padStart(2, '0')}`).join('');

describe('isPlainPath', () => {
  test('accepts what clients send', () => {
    for (const path of [
      ...[
        '',
        '/',
        '/item/1',
        '/item/1/',
        '/item//1',
        '/a.b/c.json',
        '/..a',
        '/a..',
        '/...',
        '/.well-known/x',
      ],
      ...[
        '/a%2Fb',
        '/a;b=1/c',
        '/a%20b',
        '/100%25',
        '/100%25%20of',
        '/%E2%82%AC',
        '/a%252Fb',
        '/$process-it',
      ],
      ...['/Patient/9000000009', "/it's", '/a:b@c', '/a+b', '/%7Bid%7D', '/~me', '/v1.0/x', '/x/1.2.3'],
    ])
      assert.equal(isPlainPath(path), true, path);
  });

  test('refuses what another server may read as another path', () => {
    for (const path of [
      ...['/..', '/.', '/a/../b', '/a/./b', '/..;/b', '/..;x=1', '/.;', '/.. ', '/..%20/b', '/..%3Bx/b'],
      ...['/%2e%2e', '/%2E.', '/%252e%252e%252f', '/%25252e%25252e', '/%2525252e%2525252e/', '/..%2fadmin'],
      ...['/..%252fadmin', '/a%2f..%2fb', '/a%2F.', '/a.%2Fb', '/a%2e%2fb', '/a%2f%2eb', '/a%252f%252eb'],
      ...[
        '/..\\b',
        '/a\\b',
        '/a%5cb',
        '/a%5Cb',
        '/a%255cb',
        '/..%09%2f',
        '/..%09/b',
        '/a%00',
        '/a%2500',
        '/a%0d%0ab',
      ],
      ...[
        '/a%7f',
        '/%c0%ae%c0%ae/',
        '/%25c0%25ae',
        '/%u002e%u002e/',
        '/%25u002e',
        '/%2e%2e/%zz',
        '/%zz/../a',
      ],
    ])
      assert.equal(isPlainPath(path), false, path);
  });

  test('refuses more layers of encoding than it reads', () => {
    let path = '/%2f';
    for (let layer = 0; layer < 3; layer++) path = path.replaceAll('%', '%25');
    assert.equal(isPlainPath(path), true);
    assert.equal(isPlainPath(path.replaceAll('%', '%25')), false);
  });

  test('refuses a dot segment in any layers, wherever it is', () => {
    const part = fc.stringMatching(/^[a-z0-9]{0,8}$/);
    const dots = fc.constantFrom('..', '.', '..;a', '..\\', '..\t');
    fc.assert(
      fc.property(part, dots, part, fc.integer({ min: 0, max: 6 }), (before, segment, after, layers) => {
        let middle = `/${segment}/`;
        for (let layer = 0; layer < layers; layer++) middle = encoded(middle);
        assert.equal(isPlainPath(`/${before}${middle}${after}`), false);
      }),
    );
  });
});
