import assert from 'node:assert/strict';
import { type Module, notOffered } from '../module.ts';
import { RelyingParty } from '../relying-party.ts';
import { readReply } from '../reply.ts';
import type { Trial } from '../trial.ts';

/** Claims of each standard scope (Core section 5.4) and their types (section 5.1). */
const claimsOf: Readonly<Record<string, Record<string, string>>> = {
  profile: {
    name: 'string',
    family_name: 'string',
    given_name: 'string',
    middle_name: 'string',
    nickname: 'string',
    preferred_username: 'string',
    profile: 'string',
    picture: 'string',
    website: 'string',
    gender: 'string',
    birthdate: 'string',
    zoneinfo: 'string',
    locale: 'string',
    updated_at: 'number',
  },
  email: { email: 'string', email_verified: 'boolean' },
  address: { address: 'object' },
  phone: { phone_number: 'string', phone_number_verified: 'boolean' },
};

/** Requests scopes, if all are supported, and checks that each brings at least one of its claims, with the right type. */
async function tryScopes(trial: Trial, scopes: readonly string[]): Promise<void> {
  const { scopes_supported: offered = scopes } = await trial.discovery();
  const missing = scopes.filter((scope) => !(offered as readonly string[]).includes(scope));
  if (missing.length > 0) notOffered(`scope ${missing.join(' ')}`);
  const rp = await RelyingParty.register(trial);
  const { tokens, idToken } = await rp.signIn({ scope: ['openid', ...scopes].join(' ') });
  const { status, body } = await rp.userinfo(tokens.access_token);
  assert.equal(status, 200);
  assert.equal(body.sub, idToken.claims.sub);
  for (const scope of scopes) {
    const types = claimsOf[scope] ?? {};
    const received = Object.entries(types).filter(([name]) => body[name] !== undefined);
    for (const [name, type] of received) assert.equal(typeof body[name], type, name);
    assert.ok(received.length > 0, `scope ${scope} brings a claim`);
    // Few providers have every claim of `profile`.
    const missing = scope === 'profile' ? [] : Object.keys(types).filter((name) => body[name] === undefined);
    if (missing.length > 0) trial.warnings.push(`userinfo has no ${missing.join(', ')}`);
  }
}

/** UserInfo (Core section 5.3) and the claims of scopes. */
export const userinfo: readonly Module[] = [
  {
    id: 'oidcc-userinfo-get',
    async run(trial) {
      const rp = await RelyingParty.register(trial);
      const { tokens, idToken } = await rp.signIn();
      const { status, body, headers } = await rp.userinfo(tokens.access_token);
      assert.equal(status, 200);
      assert.match(headers.get('content-type') ?? '', /^application\/json/);
      assert.equal(body.sub, idToken.claims.sub);
      const refused = await rp.userinfo(`${tokens.access_token}x`);
      assert.equal(refused.status, 401, 'an unknown token');
      assert.match(refused.headers.get('www-authenticate') ?? '', /^Bearer/i, 'RFC 6750 section 3');
    },
  },
  {
    id: 'oidcc-userinfo-post-header',
    async run(trial) {
      const rp = await RelyingParty.register(trial);
      const { tokens, idToken } = await rp.signIn();
      const { status, body } = await rp.userinfo(tokens.access_token, { method: 'POST' });
      assert.equal(status, 200);
      assert.equal(body.sub, idToken.claims.sub);
    },
  },
  {
    id: 'oidcc-userinfo-post-body',
    async run(trial) {
      const rp = await RelyingParty.register(trial);
      const { tokens, idToken } = await rp.signIn();
      const answer = await fetch(rp.endpoint('userinfo_endpoint'), {
        method: 'POST',
        body: new URLSearchParams({ access_token: tokens.access_token }),
      });
      const { status, body } = await readReply(answer);
      assert.equal(status, 200);
      assert.equal(body.sub, idToken.claims.sub);
    },
  },
  ...['profile', 'email', 'address', 'phone'].map((scope) => ({
    id: `oidcc-scope-${scope}`,
    run: (trial: Trial) => tryScopes(trial, [scope]),
  })),
  { id: 'oidcc-scope-all', run: (trial) => tryScopes(trial, ['profile', 'email', 'address', 'phone']) },
  {
    id: 'oidcc-claims-essential',
    async run(trial) {
      const rp = await RelyingParty.register(trial);
      if (rp.discovery.claims_parameter_supported !== true) notOffered('the claims parameter');
      const claims = JSON.stringify({ userinfo: { name: { essential: true } } });
      const { tokens } = await rp.signIn({ claims });
      assert.equal(typeof (await rp.userinfo(tokens.access_token)).body.name, 'string');
    },
  },
];
