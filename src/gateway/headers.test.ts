import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Refusal } from '@alongside/kernel/errors';
import fc from 'fast-check';
import { readAuthorization } from './bearer.ts';
import { identity } from './gateway.fixture.ts';
import { answerable, passable, readHeaders } from './headers.ts';

describe('reading headers', () => {
  test('a repeated header of identity or routing is refused, in any spelling', () => {
    for (const name of [
      'Authorization',
      'X-Request-ID',
      'NHSD-Session-URID',
      'Content-Type',
      'If-Match',
      'Host',
    ])
      assert.throws(
        () => readHeaders([name, 'a', 'X', '1', name.toUpperCase(), 'a']),
        (thrown) =>
          thrown instanceof Refusal &&
          thrown.entry.id === 'gateway.repeatedHeader' &&
          thrown.entry.status === 400,
        name,
      );
  });

  test('other repeated headers are joined in order', () => {
    assert.equal(readHeaders(['Accept', 'a', 'accept', 'b']).get('accept'), 'a, b');
  });

  test('headers of the connection, and those that Connection names, are not passed', () => {
    const headers = readHeaders([
      'Connection',
      'keep-alive, X-Secret',
      'X-Secret',
      '1',
      'TE',
      'trailers',
      'Upgrade',
      'h2c',
      'Accept',
      '*/*',
    ]);
    assert.deepEqual([...headers], [['accept', '*/*']]);
  });

  test('no identity header of a client gets through, whatever its spelling', () => {
    for (const name of identity) assert.deepEqual([...passable(readHeaders([name, 'x']), [])], [], name);
  });

  test('a header that an API takes from its clients passes in its own spelling alone', () => {
    const taken = ['nhsd-end-user-organisation-ods'];
    const headers = readHeaders([
      'NHSD-End-User-Organisation-ODS',
      'A1',
      'NHSD_End_User_Organisation_ODS',
      'B2',
    ]);
    assert.deepEqual([...passable(headers, taken)], [['nhsd-end-user-organisation-ods', 'A1']]);
  });

  test('whatever is sent: nothing forgeable passes, and nothing throws but the refusal', () => {
    const name = fc.oneof(
      fc.constantFrom(...identity),
      fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,20}$/),
    );
    const raw = fc.array(fc.tuple(name, fc.string({ maxLength: 20 })), { maxLength: 12 });
    fc.assert(
      fc.property(raw, (pairs) => {
        try {
          for (const passed of passable(readHeaders(pairs.flat()), []).keys())
            assert.doesNotMatch(
              passed.replaceAll('_', '-'),
              /^(nhsd-|nhse-|x-forwarded-|authorization$|x-sync-wrapped$|prefer$|connection$)/,
            );
        } catch (thrown) {
          assert.ok(thrown instanceof Refusal, String(thrown));
        }
      }),
    );
  });

  test("a back end's own headers do not reach a client", () => {
    assert.deepEqual(
      answerable({
        etag: '1',
        'Nhse-Pds-Custom-Attributes': '{}',
        'NHSD-ASID': '1',
        'Transfer-Encoding': 'chunked',
      }),
      { etag: '1' },
    );
  });
});

describe('reading Authorization', () => {
  test('whatever is sent: a token of the Bearer scheme, or one of the published refusals', () => {
    const published = /^gateway\.(missingAuthorization|emptyAuthorization|missingToken|wrongTokenType)$/;
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((rest) => `Bearer ${rest}`),
        ),
        (header) => {
          try {
            const { scheme, token } = readAuthorization(header);
            assert.equal(scheme.toLowerCase(), 'bearer');
            assert.ok(token.length > 0 && !/^[ \t]/.test(token));
          } catch (thrown) {
            assert.ok(thrown instanceof Refusal && published.test(thrown.entry.id), String(thrown));
            assert.ok(!(header.trim().length > 3 && thrown.detail.includes(header.trim())));
          }
        },
      ),
    );
  });
});
