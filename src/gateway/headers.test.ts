import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Refusal } from '@alongside/kernel/errors';
import fc from 'fast-check';
import { answerable, passable, readAuthorization, readHeaders } from './headers.ts';
import { identity } from './testing/gateway.ts';

describe('readHeaders and passable', () => {
  test('refuse a repeated header of identity or routing, with any spelling', () => {
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

  test('join other repeated headers in order', () => {
    assert.equal(readHeaders(['Accept', 'a', 'accept', 'b']).get('accept'), 'a, b');
  });

  test('remove headers of the connection and those that Connection names', () => {
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

  test('remove every identity header of a client, with any spelling', () => {
    for (const name of identity)
      assert.deepEqual([...passable(readHeaders([name, 'x']), { takes: [] })], [], name);
  });

  test('pass a header that an API accepts only with its exact spelling', () => {
    const takes = ['nhsd-end-user-organisation-ods'];
    const headers = readHeaders([
      'NHSD-End-User-Organisation-ODS',
      'A1',
      'NHSD_End_User_Organisation_ODS',
      'B2',
    ]);
    assert.deepEqual([...passable(headers, { takes })], [['nhsd-end-user-organisation-ods', 'A1']]);
  });

  test('pass no name with characters that back ends read as others (RFC 9110 section 5.6.2)', () => {
    for (const character of "!#$%&'*+.^_`|~")
      for (const name of ['X-Organisation', 'X-Other', 'NHSD-Session-UUID', 'Accept']) {
        const spelling = name.replace('-', character).concat(name.includes('-') ? '' : character);
        const passed = passable(readHeaders([spelling, 'forged']), { takes: ['x-organisation'] });
        assert.deepEqual([...passed], [], spelling);
      }
    const plain = readHeaders(['X-Organisation', 'A1', 'X-Other2', 'C3']);
    assert.deepEqual(
      [...passable(plain, { takes: ['x-organisation'] })],
      [
        ['x-organisation', 'A1'],
        ['x-other2', 'C3'],
      ],
    );
  });

  test('pass no spelling of a header that the gateway sets, whatever its own spelling is', () => {
    const owns = ['x_tenant', 'attribute-developer.id'];
    const headers = readHeaders([
      'X-Tenant',
      '1',
      'x_tenant',
      '2',
      'Attribute-Developer-Id',
      '3',
      'Accept',
      '*/*',
    ]);
    assert.deepEqual([...passable(headers, { takes: [], owns })], [['accept', '*/*']]);
  });

  test('add what a back end always gets, so that an absent user is an empty header', () => {
    const always = ['nhsd-session-uuid'];
    const headers = readHeaders(['NHSD-Session-UUID', 'forged', 'NHSD.Session.UUID', 'forged']);
    assert.deepEqual(
      [...passable(headers, { takes: [], owns: always, always })],
      [['nhsd-session-uuid', '']],
    );
  });

  test('pass what clients send: preferences, conditions, fetch metadata, traces, their own headers', () => {
    const names = [
      ...['accept', 'accept-language', 'if-none-match', 'range', 'user-agent', 'referer', 'sec-fetch-site'],
      ...[
        'traceparent',
        'x-request-id',
        'x-correlation-id',
        'x-api-version',
        'x-user-agent',
        'x-client-version',
      ],
      ...[
        'idempotency-key',
        'x-csrf-token',
        'x-tenant',
        'x-auth-token',
        'x-ms-version',
        'x-amz-date',
        'link',
      ],
    ];
    const raw = names.flatMap((name) => [name, 'x']);
    assert.deepEqual([...passable(readHeaders(raw), { takes: [] }).keys()], names);
  });

  test('pass no forged header and throw only the refusal, for any input', () => {
    const name = fc.oneof(
      fc.constantFrom(...identity),
      fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,20}$/),
    );
    const raw = fc.array(fc.tuple(name, fc.string({ maxLength: 20 })), { maxLength: 12 });
    fc.assert(
      fc.property(raw, (pairs) => {
        try {
          for (const passed of passable(readHeaders(pairs.flat()), { takes: [] }).keys())
            assert.match(
              passed,
              /^(?!nhsd-|nhse-|x-forwarded-|remote-|authorization$|x-sync-wrapped$|prefer$|connection$)[a-z0-9-]+$/,
            );
        } catch (thrown) {
          assert.ok(thrown instanceof Refusal, String(thrown));
        }
      }),
    );
  });

  test("remove the back end's own headers from the response", () => {
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

describe('readAuthorization', () => {
  test('returns a Bearer token or throws a published refusal, for any input', () => {
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
