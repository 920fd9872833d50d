import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { judge, type Plan } from './module.ts';
import { fapi2 } from './modules/fapi2/name.ts';
import { basicPlan, configurationPlan, fapi2Plan, logoutPlan } from './plans.ts';
import type { Provider } from './provider.ts';
import { startOwnOracle } from './providers/oracle.ts';
import { type Front, startFront, type Tampering } from './tampering.ts';
import { passTime } from './time.ts';
import { Trial } from './trial.ts';

// Validates the modules: a provider without the profile's strictness must fail them.
describe('the harness with a lax provider', () => {
  let provider: Provider;
  before(async () => {
    provider = await startOwnOracle({ lax: true });
  });
  after(async () => {
    await provider.stop();
  });

  test('fails exactly the modules for the missing rules', async () => {
    const failed: string[] = [];
    for (const module of fapi2Plan.modules) {
      const verdict = await judge(module, new Trial(provider, passTime));
      if (verdict.outcome !== 'passed') failed.push(module.id);
    }
    assert.deepEqual(failed, [
      fapi2('happy-flow'),
      fapi2('refresh-token'),
      fapi2('ensure-unsigned-authorization-request-without-using-par-fails'),
      fapi2('par-ensure-pkce-required'),
      fapi2('par-test-array-as-audience-fails'),
      fapi2('par-test-par-endpoint-url-as-audience-fails'),
      fapi2('par-test-token-endpoint-url-as-audience-fails'),
      fapi2('ensure-holder-of-key-required'),
    ]);
  });
});

describe('the harness with a faulty provider', () => {
  let front: Front;
  let provider: Provider;
  before(async () => {
    front = await startFront();
    provider = await startOwnOracle({ front });
  });
  after(async () => {
    await provider.stop();
    front.stop();
  });

  const failedOf = async (plan: Plan, tampering: Tampering): Promise<string[]> => {
    front.tamper(tampering);
    const failed: string[] = [];
    for (const module of plan.modules) {
      const { outcome } = await judge(module, new Trial(provider, passTime));
      if (outcome === 'failed') failed.push(module.id);
    }
    return failed;
  };

  const atCallback = (change: (location: URL) => void): Tampering => ({
    redirect: (location) => {
      if (location.origin === 'https://rp.example') change(location);
    },
  });

  const userinfo = (change: (body: Record<string, unknown>) => void): Tampering => ({
    body: (body, path) => {
      if (path === '/me' && body.sub !== undefined) change(body);
    },
  });

  // Each fault with all modules that it fails; with a dash at the end, at least these.
  const faults: [string, Plan, Tampering, readonly string[]][] = [
    ['nothing', basicPlan, {}, []],
    ['nothing at all', logoutPlan, {}, []],
    [
      'state is lost',
      basicPlan,
      atCallback(({ searchParams }) => searchParams.delete('state')),
      ['oidcc-server', '-'],
    ],
    [
      'iss is of another provider',
      basicPlan,
      atCallback(({ searchParams }) => searchParams.set('iss', 'https://other.example')),
      ['oidcc-server', 'oidcc-alternate-happy-flow', '-'],
    ],
    [
      'an unknown address is sent to',
      basicPlan,
      {
        answer(told, { pathname, searchParams }) {
          const to = searchParams.get('redirect_uri');
          if (pathname !== '/auth' || told.status !== 400 || to === null) return;
          told.status = 302;
          told.headers.location = `${to}${to.includes('?') ? '&' : '?'}error=invalid_request`;
        },
      },
      ['oidcc-ensure-registered-redirect-uri'],
    ],
    [
      'userinfo is of somebody else',
      basicPlan,
      userinfo((body) => {
        body.sub = 'another';
      }),
      [
        'oidcc-refresh-token',
        'oidcc-userinfo-get',
        'oidcc-userinfo-post-header',
        'oidcc-userinfo-post-body',
        'oidcc-scope-profile',
        'oidcc-scope-email',
        'oidcc-scope-address',
        'oidcc-scope-phone',
        'oidcc-scope-all',
      ],
    ],
    [
      'a claim has a wrong type',
      basicPlan,
      userinfo((body) => {
        if (body.email_verified !== undefined) body.email_verified = 'true';
      }),
      ['oidcc-scope-email', 'oidcc-scope-all'],
    ],
    [
      'an essential claim is left out',
      basicPlan,
      userinfo((body) => {
        delete body.name;
      }),
      ['oidcc-claims-essential'],
    ],
    [
      'a wrong token is refused without a challenge',
      basicPlan,
      {
        answer({ headers }) {
          delete headers['www-authenticate'];
        },
      },
      ['oidcc-userinfo-get'],
    ],
    [
      'an error of another name',
      basicPlan,
      atCallback(({ searchParams }) => {
        if (searchParams.get('error') === 'login_required') searchParams.set('error', 'server_error');
      }),
      ['oidcc-prompt-none-not-logged-in'],
    ],
    [
      'the signature of ID tokens is damaged',
      basicPlan,
      {
        body(body) {
          if (typeof body.id_token === 'string') body.id_token = `${body.id_token.slice(0, -8)}AAAAAAAA`;
        },
      },
      ['oidcc-server', 'oidcc-idtoken-signature', '-'],
    ],
    [
      'tokens may be cached',
      basicPlan,
      {
        answer({ headers }) {
          delete headers['cache-control'];
        },
      },
      ['oidcc-server', 'oidcc-codereuse', '-'],
    ],
    [
      'the issuer of the document has a slash more',
      configurationPlan,
      {
        body(body) {
          if (body.issuer !== undefined) body.issuer = `${body.issuer}/`;
        },
      },
      ['oidcc-discovery-endpoint-verification'],
    ],
    [
      'state is lost at sign-out',
      logoutPlan,
      {
        redirect(location) {
          if (location.pathname === '/signed-out') location.searchParams.delete('state');
        },
      },
      ['oidcc-rp-initiated-logout'],
    ],
    [
      'a sign-out leads to any address',
      logoutPlan,
      {
        answer(told, { pathname, searchParams }) {
          const to = searchParams.get('post_logout_redirect_uri');
          if (pathname !== '/session/end' || told.status !== 400 || to === null) return;
          told.status = 302;
          told.headers.location = to;
        },
      },
      [
        'oidcc-rp-initiated-logout-bad-post-logout-redirect-uri',
        'oidcc-rp-initiated-logout-modified-id-token-hint',
        'oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri',
        'oidcc-rp-initiated-logout-bad-id-token-hint',
      ],
    ],
  ];
  for (const [name, plan, tampering, expected] of faults)
    test(`detects ${name}: ${plan.id}`, async () => {
      const failed = await failedOf(plan, tampering);
      const named = expected.filter((id) => id !== '-');
      const counted = expected.includes('-') ? failed.filter((id) => named.includes(id)) : failed;
      assert.deepEqual(counted, named);
    });
});
