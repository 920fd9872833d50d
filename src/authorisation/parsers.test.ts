import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { systemClock } from '@alongside/kernel/clock';
import type { HttpRequest } from '@alongside/kernel/http';
import fc from 'fast-check';
import { Parameters, readScope } from '../oauth/parameters.ts';
import type { Product } from '../oauth/products.ts';
import { limitsOf, publishedQuota } from '../oauth/rate-limits.ts';
import { redirectFits } from '../oauth/registered-addresses.ts';
import { cis2Upstream } from '../oauth/upstream/providers.ts';
import type { Cis2Settings } from '../oauth/upstream/upstream.ts';
import { scopesAt } from './application/client.ts';
import type { Base } from './base.ts';
import { type Incoming, readIncoming } from './incoming.ts';
import { lifetimesOf } from './issue.ts';
import { applicationOf } from './testing/applications.ts';

const base = { path: '/oauth2', shortenLifetimes: true } as Base;
const requestOf = (query: string, body = ''): HttpRequest => ({
  id: 'x',
  method: 'POST',
  path: '/oauth2/token',
  query,
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
  params: {},
  rawHeaders: [],
  body,
  address: '',
  port: 0,
});

describe('parsers with any text', () => {
  test('readIncoming parses or refuses a request and removes scope', () => {
    const refused = /request is malformed/;
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (query, body) => {
        let incoming: Incoming;
        try {
          incoming = readIncoming(base, requestOf(query, body));
        } catch (error) {
          assert.match((error as Error).message, refused);
          return;
        }
        assert.ok(!incoming.query.has('scope') && !incoming.form.has('scope'));
      }),
    );
  });

  test('readIncoming keeps all parameters except scope', () => {
    const pairs = fc.array(fc.tuple(fc.stringMatching(/^[a-z]{1,5}$/), fc.stringMatching(/^\w{0,5}$/)), {
      maxLength: 8,
    });
    fc.assert(
      fc.property(pairs, fc.array(fc.nat(8), { maxLength: 5 }), (sent, places) => {
        const text = sent.filter(([name]) => name !== 'scope').map(([name, value]) => `${name}=${value}`);
        const more = [...text];
        for (const place of places) more.splice(Math.min(place, more.length), 0, 'scope=%zz');
        const read = (list: string[]) => readIncoming(base, requestOf('', list.join('&'))).form.entries();
        assert.deepEqual(read(more), read(text));
      }),
    );
  });

  test('parse a scope into distinct values or refuse it', () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[!#-[\]-~]{1,8}$/), { minLength: 1 }), (values) => {
        assert.deepEqual(readScope(values.join(' ')), [...new Set(values)]);
      }),
    );
    for (const text of ['', ' ', 'a  b', ' a', 'a ', 'a"b', 'a\\b', 'a\tb', 'é'])
      assert.equal(readScope(text), undefined, text);
  });

  test('lifetimesOf only shortens lifetimes', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.integer().map(String), fc.double().map(String)), (asked) => {
        const form = new Parameters(
          new Map(
            ['_access_token_expiry_ms', '_refresh_token_expiry_ms', '_refresh_tokens_validity_ms'].map(
              (name) => [name, [asked]],
            ),
          ),
        );
        const { access, refresh, validity } = lifetimesOf(base, form, {
          access: 600_000,
          refresh: 43_200_000,
        });
        assert.ok(access > 0 && access <= 600_000);
        assert.ok(refresh > 0 && refresh <= 43_200_000);
        assert.ok(validity >= 0 && validity <= 43_200_000);
        const usual = lifetimesOf({ ...base, shortenLifetimes: false }, form, {
          access: 600_000,
          refresh: 43_200_000,
        });
        assert.deepEqual(usual, { access: 600_000, refresh: 43_200_000, validity: 43_200_000 });
      }),
    );
  });

  test('isCallback allows at most another loopback port', () => {
    const registered = [
      'http://127.0.0.1/callback',
      'http://[::1]:80/callback',
      'http://localhost:3000/callback',
      'https://app.test/callback',
    ];
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.webUrl(),
          fc.integer().map((port) => `http://127.0.0.1:${port}/callback`),
          fc.integer().map((port) => `http://localhost:${port}/callback`),
        ),
        (uri) => {
          if (!redirectFits(registered, true, uri)) return;
          const url = new URL(uri);
          assert.ok(
            registered.includes(uri) ||
              (['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname) && url.pathname === '/callback'),
          );
          assert.equal(url.username + url.password + url.search + url.hash, '');
        },
      ),
    );
    assert.ok(redirectFits(registered, true, 'http://127.0.0.1:65535/callback'));
    assert.ok(redirectFits(registered, true, 'http://[::1]:5/callback'));
    assert.ok(redirectFits(registered, true, 'http://localhost:65535/callback'));
    for (const uri of [
      'http://localhost.example.test:1/callback',
      'http://x.localhost:1/callback',
      'https://localhost:1/callback',
      'http://localhost:65536/callback',
      'http://localhost:1/other',
      'http://127.0.0.2:1/callback',
    ])
      assert.ok(!redirectFits(registered, true, uri), uri);
    assert.ok(!redirectFits(['http://127.0.0.1/callback'], true, 'http://localhost/callback'));
    for (const uri of ['http://127.0.0.1:65535/callback', 'http://localhost:65535/callback'])
      assert.ok(!redirectFits(registered, false, uri), uri);
  });

  test('scopesAt returns scopes of exactly one level', () => {
    const products: Product[] = [
      {
        name: 'p',
        apis: [],
        limits: null,
        scopes: ['1', '2', '3'].map((level) => `urn:nhsd:apim:user-nhs-cis2:aal${level}:x`),
      },
    ];
    const { levelOf } = cis2Upstream({} as Cis2Settings, systemClock);
    fc.assert(
      fc.property(
        fc.oneof(fc.constantFrom('1', '3', 2, '4', ['3'], '.', '03', 3.5), fc.anything()),
        (claim) => {
          const level = levelOf({ authentication_assurance_level: claim });
          const granted = level ? scopesAt(products, level.marker) : [];
          assert.deepEqual(
            granted,
            ['1', '2', '3', 1, 2, 3].includes(claim as string)
              ? [`urn:nhsd:apim:user-nhs-cis2:aal${claim}:x`]
              : [],
          );
        },
      ),
    );
  });

  test('limitsOf prefers own limits, then the most generous product, then the published ones', () => {
    const product = (limits: Product['limits']): Product => ({
      name: 'p',
      apis: ['oauth2'],
      scopes: [],
      limits,
    });
    const half = (ratelimiting?: string) =>
      applicationOf('x', { attributes: ratelimiting === undefined ? {} : { ratelimiting } }).platform!;
    const quota = (limit: number) => ({ quota: { ...publishedQuota, limit } });
    assert.deepEqual(limitsOf(half(), [], 'oauth2'), { quota: publishedQuota });
    assert.deepEqual(limitsOf(half(), [product({})], 'oauth2'), { quota: publishedQuota });
    assert.deepEqual(limitsOf(half(), [product(quota(5)), product(quota(9))], 'oauth2'), quota(9));
    assert.equal(limitsOf(half(), [product(quota(5)), product(null)], 'oauth2'), null);
    assert.deepEqual(limitsOf(half(), [product(null)], 'another'), { quota: publishedQuota });
    assert.deepEqual(limitsOf(half('{"oauth2":{"quota":{"limit":3}}}'), [product(null)], 'oauth2'), quota(3));
    fc.assert(fc.property(fc.string(), (text) => limitsOf(half(text), [], 'oauth2')?.quota?.limit === 300));
  });
});
