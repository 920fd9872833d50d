import assert from 'node:assert/strict';
import type { Landing } from '../../../src/kit/browser.ts';
import type { Module } from '../module.ts';
import { RelyingParty, signedOut } from '../relying-party.ts';
import type { Change } from '../reply.ts';
import type { Trial } from '../trial.ts';

/** Returns a client with a signed-in user and a sign-out. */
async function signedIn(trial: Trial) {
  const rp = await RelyingParty.register(trial);
  const { tokens } = await rp.signIn();
  const usual = { id_token_hint: tokens.id_token, post_logout_redirect_uri: signedOut, state: 'bye' };
  /** Opens the sign-out without confirmation; undefined removes a parameter. */
  const open = async (change: Change): Promise<Landing> => {
    const parameters = Object.entries({ ...usual, ...change }).filter(([, value]) => value !== undefined);
    const query = new URLSearchParams(parameters as [string, string][]);
    return rp.browser.go(`${rp.endpoint('end_session_endpoint')}?${query}`);
  };
  return { rp, open, leave: async (change: Change) => rp.goOn(await open(change)) };
}

async function isSignedOut(rp: RelyingParty): Promise<void> {
  const landing = await rp.authorize({ prompt: 'none' });
  assert.equal(landing.kind, 'callback');
  const { parameters } = landing as Extract<Landing, { kind: 'callback' }>;
  assert.match(
    parameters.get('error') ?? 'no error',
    /^(login|interaction)_required$/,
    'the session has ended',
  );
}

function isBack(landing: Landing, state: string | null): void {
  assert.equal(landing.kind, 'callback', 'the browser is back at the client');
  const { url, parameters } = landing as Extract<Landing, { kind: 'callback' }>;
  assert.equal(url.origin + url.pathname, signedOut);
  assert.equal(parameters.get('state'), state, 'state');
}

function staysAway(landing: Landing): void {
  assert.equal(landing.kind, 'page', 'the browser stays at the provider');
}

/** A module: the provider asks, refuses, or signs out on its own page, and never redirects to an unverified address. */
const staysAt = (id: string, change: (rp: RelyingParty, hint: string) => Change): Module => ({
  id,
  async run(trial) {
    const { rp, leave } = await signedIn(trial);
    const hint = (await rp.signIn()).tokens.id_token;
    staysAway(await leave(change(rp, hint)));
  },
});

const prefix = 'oidcc-rp-initiated-logout';

/** OpenID Connect RP-Initiated Logout 1.0. */
export const logout: readonly Module[] = [
  {
    id: `${prefix}-discovery-endpoint-verification`,
    async run(trial) {
      const { end_session_endpoint: address } = await trial.discovery();
      assert.ok(URL.canParse(String(address)));
    },
  },
  {
    id: prefix,
    async run(trial) {
      const { rp, leave } = await signedIn(trial);
      isBack(await leave({}), 'bye');
      await isSignedOut(rp);
    },
  },
  staysAt(`${prefix}-bad-post-logout-redirect-uri`, () => ({
    post_logout_redirect_uri: 'https://rp.example/callback',
  })),
  staysAt(`${prefix}-modified-id-token-hint`, (_, hint) => {
    const [header, , signature] = hint.split('.');
    const claims = JSON.parse(Buffer.from(hint.split('.')[1] ?? '', 'base64url').toString()) as object;
    const other = Buffer.from(JSON.stringify({ ...claims, sub: 'somebody-else' })).toString('base64url');
    return { id_token_hint: `${header}.${other}.${signature}` };
  }),
  staysAt(`${prefix}-no-id-token-hint`, () => ({ id_token_hint: undefined })),
  {
    id: `${prefix}-no-params`,
    async run(trial) {
      const { rp, leave } = await signedIn(trial);
      const landing = await leave({
        id_token_hint: undefined,
        post_logout_redirect_uri: undefined,
        state: undefined,
      });
      staysAway(landing);
      await isSignedOut(rp);
    },
  },
  {
    id: `${prefix}-no-post-logout-redirect-uri`,
    async run(trial) {
      const { rp, leave } = await signedIn(trial);
      staysAway(await leave({ post_logout_redirect_uri: undefined, state: undefined }));
      await isSignedOut(rp);
    },
  },
  {
    id: `${prefix}-no-state`,
    async run(trial) {
      const { rp, leave } = await signedIn(trial);
      isBack(await leave({ state: undefined }), null);
      await isSignedOut(rp);
    },
  },
  {
    id: `${prefix}-only-state`,
    async run(trial) {
      const { rp, leave } = await signedIn(trial);
      staysAway(await leave({ id_token_hint: undefined, post_logout_redirect_uri: undefined }));
      await isSignedOut(rp);
    },
  },
  staysAt(`${prefix}-query-added-to-post-logout-redirect-uri`, () => ({
    post_logout_redirect_uri: `${signedOut}?added=1`,
  })),
  staysAt(`${prefix}-bad-id-token-hint`, () => ({ id_token_hint: 'not-an-id-token' })),
];
