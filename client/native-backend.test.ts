import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createCombined } from './combined.ts';
import { platformAt } from './config.ts';
import type { OnceStore } from './native-backend.ts';
import {
  finishBackendFlow,
  redeemBackendTicket,
  signInThroughBackend,
  startBackendFlow,
} from './native-backend.ts';
import { sha256 } from './proof-key.ts';
import { testClock } from './testing/clock.ts';
import { PUBLISHED_TOKENS, startPlatform } from './testing/platform.ts';

function onceStore(clock = testClock()): OnceStore {
  const kept = new Map<string, { value: string; until: number }>();
  return {
    async put(key, value, until) {
      kept.set(key, { value, until });
    },
    async take(key) {
      const entry = kept.get(key);
      kept.delete(key);
      return entry && entry.until > clock.now() ? entry.value : undefined;
    },
  };
}

async function backend(t: { after(done: () => Promise<void>): void }) {
  const platform = await startPlatform();
  t.after(platform.close);
  const combined = createCombined({
    ...platformAt(`${platform.origin}/oauth2`),
    clientId: 'key',
    clientSecret: 'secret',
    redirectUri: 'https://app.example.test/callback',
  });
  const clock = testClock();
  return { combined, clock, platform, store: onceStore(clock) };
}

const desktop = {
  redirectUri: 'http://127.0.0.1:4711/callback',
  state: 's'.repeat(43),
  challenge: sha256('verifier'),
};
const callbackFor = (url: string) => `?code=c&state=${new URL(url).searchParams.get('state')}`;

describe('a native application with a back end', () => {
  test("keeps secret and tokens at the back end and gives the desktop the back end's result", async (t) => {
    const settings = await backend(t);
    const session = await signInThroughBackend({
      start: async (request) => (await startBackendFlow(settings, request)).url,
      redeem: async (ticket, verifier) => {
        const tokens = await redeemBackendTicket(settings, ticket, verifier);
        assert.equal(tokens.accessToken, PUBLISHED_TOKENS.access_token);
        return 'session of the back end';
      },
      browser: {
        async open(url) {
          const sent = (await fetch(url, { redirect: 'manual' })).headers.get('location') ?? '';
          const { redirectTo } = await finishBackendFlow(settings, callbackFor(sent));
          await fetch(redirectTo);
          return { closed: new Promise(() => undefined), close: async () => undefined };
        },
      },
    });
    assert.equal(session, 'session of the back end');
  });

  test('accepts a ticket once, with its proof, for a minute', async (t) => {
    const settings = await backend(t);
    const newTicket = async () => {
      const { url } = await startBackendFlow(settings, desktop);
      const { redirectTo } = await finishBackendFlow(settings, callbackFor(url));
      assert.ok(redirectTo.startsWith(`${desktop.redirectUri}?ticket=`));
      assert.ok(!redirectTo.includes(PUBLISHED_TOKENS.access_token));
      return new URL(redirectTo).searchParams.get('ticket') ?? '';
    };
    const used = await newTicket();
    assert.ok(await redeemBackendTicket(settings, used, 'verifier'));
    await assert.rejects(redeemBackendTicket(settings, used, 'verifier'), { code: 'ticket_invalid' });
    await assert.rejects(redeemBackendTicket(settings, await newTicket(), 'other'), {
      code: 'ticket_invalid',
    });
    await assert.rejects(redeemBackendTicket(settings, 'unknown', 'verifier'), { code: 'ticket_invalid' });
    const late = await newTicket();
    settings.clock.advance(61);
    await assert.rejects(redeemBackendTicket(settings, late, 'verifier'), { code: 'ticket_invalid' });
  });

  test('accepts a callback once, and only for a known flow', async (t) => {
    const settings = await backend(t);
    const { url } = await startBackendFlow(settings, desktop);
    await finishBackendFlow(settings, callbackFor(url));
    await assert.rejects(finishBackendFlow(settings, callbackFor(url)), { code: 'state_mismatch' });
    await assert.rejects(finishBackendFlow(settings, '?code=c&state=unknown'), { code: 'state_mismatch' });
  });

  test('passes a refusal to the desktop', async (t) => {
    const settings = await backend(t);
    const { url } = await startBackendFlow(settings, desktop);
    const state = new URL(url).searchParams.get('state');
    const { redirectTo } = await finishBackendFlow(settings, `?error=access_denied&state=${state}`);
    assert.equal(redirectTo, `${desktop.redirectUri}?error=access_denied&state=${desktop.state}`);
  });

  test('passes a failure of the back end to the desktop, so that it stops waiting', async (t) => {
    const settings = await backend(t);
    settings.platform.answers.splice(0, 1, { status: 200, body: 'no JSON' });
    const { url } = await startBackendFlow(settings, desktop);
    const { redirectTo, error } = await finishBackendFlow(settings, callbackFor(url));
    assert.equal(redirectTo, `${desktop.redirectUri}?error=server_error&state=${desktop.state}`);
    assert.equal(error?.code, 'response_invalid');
  });

  test('redirects the browser to this machine only', async (t) => {
    const settings = await backend(t);
    const elsewhere = [
      'http://127.0.0.1.evil.test:1/x',
      'https://evil.test/',
      'http://127.0.0.1:1@evil.test/',
      'http://localhost:1/x',
      'javascript:1',
    ];
    for (const redirectUri of elsewhere) {
      await assert.rejects(startBackendFlow(settings, { ...desktop, redirectUri }), {
        code: 'callback_invalid',
      });
    }
    await assert.rejects(startBackendFlow(settings, { ...desktop, challenge: 'short' }), {
      code: 'callback_invalid',
    });
  });
});
