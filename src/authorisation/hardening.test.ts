import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type HardeningOptions, hardeningOf, optionsByBase } from './hardening.ts';
import { refreshRequest, tokensOf } from './testing/journeys.ts';
import { startPlatform } from './testing/platform.ts';

// The table of differences from the published behaviour: what each base path does unless it is configured.
// biome-ignore format: a table, one row a line
const rows: [keyof HardeningOptions, unknown, unknown, unknown][] = [
  // option                  /oauth2  /oauth2-mock  /oauth2.1
  ['upstreamErrors',         true,    true,         true],
  ['bindSubjectAudience',    true,    false,        true],
  ['refuseForeignIdTokens',  false,   false,        true],
  ['verifyActor',            true,    false,        true],
  ['pkce',                   true,    true,         true],
  ['severalCallbacks',       true,    true,         true],
  ['refreshRetry',           false,   false,        true],
  ['codeReuseRevokes',       false,   false,        true],
  ['browserBoundCallback',   false,   false,        true],
  ['refuseEndedSessions',    true,    false,        true],
  ['refreshEndsAccess',      false,   false,        false],
  ['proofNonces',            false,   false,        false],
  ['idTokenOnce',            false,   false,        false],
  ['strictLogoutTokens',     false,   false,        true],
  ['logoutSources',          null,    null,         null],
  ['jtiMemory',              null,    null,         null],
];

describe('hardeningOf', () => {
  const defaults = [hardeningOf('nhs', 'real'), hardeningOf('nhs', 'mock'), hardeningOf('standard', 'real')];
  for (const [option, ...expected] of rows)
    test(`${option} is an option with a default for each base path`, () => {
      assert.deepEqual(
        defaults.map((hardening) => hardening[option]),
        expected,
      );
    });
  test('has every option in the table', () => {
    assert.deepEqual(rows.map(([option]) => option).sort(), Object.keys(defaults[0] ?? {}).sort());
  });

  test('reads options by base path', () => {
    const options = {
      '/oauth2': { refreshRetry: true, logoutSources: ['192.0.2.0/24'], jtiMemory: 2_592_000_000 },
    };
    assert.deepEqual(optionsByBase.parse(options), options);
    assert.equal(hardeningOf('nhs', 'real', options['/oauth2']).refreshRetry, true);
    assert.equal(hardeningOf('nhs', 'real', { refreshRetry: undefined }).refreshRetry, false);
  });
  for (const wrong of [
    { '/oauth3': {} },
    { '/oauth2': { odd: true } },
    { '/oauth2': { pkce: 'yes' } },
    { '/oauth2': { jtiMemory: -1 } },
    { '/oauth2': { jtiMemory: 7_776_000_001 } },
    { '/oauth2': { logoutSources: [7] } },
    [],
  ])
    test(`configuration refuses ${JSON.stringify(wrong)}`, () => {
      assert.equal(optionsByBase.safeParse(wrong).success, false);
    });
});

describe('refreshEndsAccess', () => {
  for (const refreshEndsAccess of [false, true])
    test(`${refreshEndsAccess}: the access token before a refresh ${refreshEndsAccess ? 'ends' : 'lives on'}`, async () => {
      const platform = await startPlatform({ base: { options: { refreshEndsAccess } } });
      const first = await tokensOf(platform);
      const { body } = await platform.post('/oauth2/token', refreshRequest(first.refresh_token ?? ''));
      const isLive = async (token = '') => {
        const record = await platform.tokens.find(token);
        return record !== undefined && platform.tokens.isLive(record);
      };
      assert.equal(await isLive(first.access_token), !refreshEndsAccess);
      assert.equal(await isLive(body.access_token), true);
      assert.equal(await isLive(body.refresh_token), true);
      await platform.close();
    });
});
