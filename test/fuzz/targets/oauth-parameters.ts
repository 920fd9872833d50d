import assert from 'node:assert/strict';
import { maxParameters, parseParameters } from '../../../src/oauth/parameters.ts';
import { asText, type FuzzTarget, text } from '../target.ts';

export const target: FuzzTarget = {
  name: 'oauth-parameters',
  corpus: [
    text(
      'response_type=code&client_id=abc&redirect_uri=https%3A%2F%2Fexample.test%2Fcb&scope=openid+profile&state=x',
    ),
    text('grant_type=authorization_code&code=abc&client_id=&client_secret=%C3%A9&redirect_uri=a%26b%3Dc'),
    text('resource=https%3A%2F%2Fa&resource=https%3A%2F%2Fb&&=&a'),
  ],
  words: ['%', '%00', '%zz', '&', '=', '+', '%F0%9F%98%80', '&scope=', '%e2%28%a1', '__proto__=1'],
  run(bytes) {
    const parameters = parseParameters(asText(bytes));
    if (!parameters) return;
    const entries = parameters.entries();
    assert.ok(entries.length <= maxParameters);
    assert.ok(entries.every(([name, value]) => !`${name}${value}`.includes('\0')));
    const written = new URLSearchParams(entries).toString();
    assert.deepEqual(parseParameters(written, written.length)?.entries(), entries);
  },
};
