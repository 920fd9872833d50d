import assert from 'node:assert/strict';
import { parseClaims } from '../../../src/cis2/openid/authorize/parameters.ts';
import { readScope } from '../../../src/oauth/parameters.ts';
import { readBasic } from '../../../src/oauth/server/client-authentication/client-secret.ts';
import { asText, type FuzzTarget, json, text } from '../target.ts';

/** Parameters and headers with their own formats. */
export const target: FuzzTarget = {
  name: 'oauth-authorize',
  corpus: [
    json({
      id_token: { acr: { essential: true, values: ['AAL3_ANY'] }, sub: { value: '656005750108' } },
      userinfo: null,
    }),
    text('openid profile nationalrbacaccess'),
    text(`Basic ${Buffer.from('client%3Aone:secret+two').toString('base64')}`),
  ],
  words: ['"essential":', '"values":[', 'null', 'Basic ', '==', ' ', '"__proto__":', '"sub":{"value":'],
  run(bytes) {
    const given = asText(bytes);
    const claims = parseClaims(given);
    if (claims) assert.ok(claims.acr.values.every((value) => typeof value === 'string'));
    const scopes = readScope(given);
    if (scopes) assert.equal(new Set(scopes).size, scopes.length);
    const basic = readBasic(given);
    if (basic) assert.ok(basic.clientId.length > 0);
  },
};
