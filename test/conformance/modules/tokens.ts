import assert from 'node:assert/strict';
import { type Module, notOffered } from '../module.ts';
import { RelyingParty, type Tokens } from '../relying-party.ts';

const refused = async (rp: RelyingParty, code: string): Promise<void> => {
  const { status, body } = await rp.redeem(code);
  assert.deepEqual([status, body.error], [400, 'invalid_grant'], 'the second use');
};

async function redeemTwice(rp: RelyingParty, between: () => void): Promise<Tokens> {
  const code = rp.codeOf(await rp.authorize());
  const tokens = rp.tokensOf(await rp.redeem(code));
  between();
  await refused(rp, code);
  return tokens;
}

/** Client authentication with an assertion for the issuer, not the token endpoint (RFC 7523 section 3). */
export const assertionForIssuer: Module = {
  id: 'oidcc-ensure-client-assertion-with-iss-aud-succeeds',
  async run(trial) {
    const rp = await RelyingParty.register(trial);
    const code = rp.codeOf(await rp.authorize());
    const reply = await rp.redeem(code, { client_assertion: await rp.assertion({ aud: rp.issuer }) });
    // The issuer is only recommended.
    if (reply.status === 401 && reply.body.error === 'invalid_client')
      trial.warnings.push('the token endpoint answers 401 invalid_client');
    else rp.tokensOf(reply);
  },
};

/** ID tokens, codes and refresh tokens (OpenID Connect Core sections 2, 3.1.3 and 12). */
export const tokens: readonly Module[] = [
  {
    id: 'oidcc-idtoken-signature',
    async run(trial) {
      const rp = await RelyingParty.register(trial);
      const { idToken } = await rp.signIn();
      const { alg, kid } = idToken.header;
      const offered = rp.discovery.id_token_signing_alg_values_supported as string[];
      assert.ok(offered.includes(String(alg)), `alg ${alg} is offered`);
      assert.ok(offered.includes('RS256'), 'RS256 is offered');
      const { keys } = (await (await fetch(rp.endpoint('jwks_uri'))).json()) as { keys: { kid?: string }[] };
      if (keys.length > 1)
        assert.ok(
          keys.some((key) => key.kid === kid),
          'kid names the key',
        );
      assert.equal(new Set(keys.map((key) => key.kid)).size, keys.length, 'each kid once');
      for (const key of keys) assert.ok(!('d' in key) && !('k' in key), 'public keys only');
    },
  },
  {
    id: 'oidcc-idtoken-unsigned',
    async run(trial) {
      const offered = (await trial.discovery()).id_token_signing_alg_values_supported as string[];
      if (!offered.includes('none')) notOffered('unsigned ID tokens');
    },
  },
  {
    id: 'oidcc-codereuse',
    async run(trial) {
      await redeemTwice(await RelyingParty.register(trial), () => undefined);
    },
  },
  {
    id: 'oidcc-codereuse-30seconds',
    async run(trial) {
      const rp = await RelyingParty.register(trial);
      const made = await redeemTwice(rp, () => trial.passTime(30));
      const { status } = await rp.userinfo(made.access_token);
      assert.equal(
        status,
        401,
        'the access token of a code that was used twice is dead (RFC 6749 section 4.1.2)',
      );
    },
  },
  {
    id: 'oidcc-refresh-token',
    async run(trial) {
      const rp = await RelyingParty.register(trial);
      // As in the plan, the scope is sent only to a provider that lists it, and the module is skipped without a refresh token.
      const { scopes_supported: listed = [] } = rp.discovery;
      const isListed = (listed as string[]).includes('offline_access');
      const asked = { scope: 'openid offline_access', prompt: 'consent' };
      const { tokens: first, idToken } = await rp.signIn(isListed ? asked : {});
      if (first.refresh_token === undefined) notOffered('refresh tokens');
      const stranger = await RelyingParty.register(trial);
      const stolen = await stranger.refresh(first.refresh_token);
      assert.deepEqual([stolen.status, stolen.body.error], [400, 'invalid_grant'], 'another client');
      const second = rp.tokensOf(await rp.refresh(first.refresh_token));
      assert.notEqual(second.access_token, first.access_token);
      assert.equal((await rp.userinfo(second.access_token)).body.sub, idToken.claims.sub);
      if (second.id_token === undefined) return;
      // Core section 12.2
      const { claims } = await rp.verify(second.id_token);
      for (const name of ['iss', 'sub', 'aud', 'auth_time'] as const)
        assert.deepEqual(claims[name], idToken.claims[name], name);
    },
  },
];
