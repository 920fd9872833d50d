import assert from 'node:assert/strict';
import type { Module } from '../module.ts';

const strings = (value: unknown, name: string): string[] => {
  assert.ok(Array.isArray(value) && value.length > 0, `${name} is a list`);
  for (const entry of value) assert.equal(typeof entry, 'string', name);
  return value as string[];
};

/** OpenID Connect Discovery section 3; `https` is not required for tests on one machine. */
export const configuration: readonly Module[] = [
  {
    id: 'oidcc-discovery-endpoint-verification',
    async run(trial) {
      const issuer = trial.provider.issuer('basic');
      const answer = await fetch(`${issuer}/.well-known/openid-configuration`);
      assert.equal(answer.status, 200);
      assert.match(answer.headers.get('content-type') ?? '', /^application\/json/);
      const document = (await answer.json()) as Record<string, unknown>;
      assert.equal(document.issuer, issuer, 'the issuer is the one that was asked, to the byte');
      for (const name of [
        'authorization_endpoint',
        'token_endpoint',
        'userinfo_endpoint',
        'jwks_uri',
        'end_session_endpoint',
      ]) {
        const url = new URL(String(document[name]));
        assert.match(url.protocol, /^https?:$/, name);
        assert.equal(url.hash, '', name);
      }
      assert.ok(strings(document.response_types_supported, 'response_types_supported').includes('code'));
      const subjects = strings(document.subject_types_supported, 'subject_types_supported');
      for (const type of subjects) assert.match(type, /^(public|pairwise)$/);
      const algorithms = 'id_token_signing_alg_values_supported';
      assert.ok(strings(document[algorithms], algorithms).includes('RS256'), 'RS256 is required');
      assert.ok(strings(document.scopes_supported, 'scopes_supported').includes('openid'));
      strings(document.claims_supported, 'claims_supported');
      for (const [name, value] of Object.entries(document))
        if (/_(supported|required)$/.test(name) || name.startsWith('require_'))
          assert.ok(Array.isArray(value) || typeof value === 'boolean', `${name} is a list or a truth value`);
        else if (/_(endpoint|uri)$/.test(name)) assert.ok(URL.canParse(String(value)), name);
      const jwks = (await (await fetch(String(document.jwks_uri))).json()) as { keys: unknown[] };
      assert.ok(jwks.keys.length > 0);
    },
  },
];
