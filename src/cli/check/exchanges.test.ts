import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Exchange } from '../../kit/browser.ts';
import { shownExchanges } from './exchanges.ts';

const exchange = (url: string, headers: Exchange['headers'] = {}, form?: URLSearchParams): Exchange => ({
  method: form ? 'POST' : 'GET',
  url: new URL(url),
  form,
  status: 302,
  headers,
});
const shown = (...exchanges: readonly Exchange[]) =>
  shownExchanges([exchanges], new Set(['http://cis2.test']))[0];

test('evidence of an exchange has no secret, and nothing of the instance itself', () => {
  const location =
    'https://user:pw@app.test/s/0a1b2c3d4e5f6a7b8c9d?code=C0DE&scope=openid&id_token_hint=eyJ#fragment';
  const text = JSON.stringify(
    shown(
      exchange('http://cis2.test/authorize?state=SECRET'),
      exchange('https://app.test/callback?code=C0DE&state=ST4TE&error=access_denied', {
        location,
        'set-cookie': ['sid=C00KIE; Path=/; HttpOnly; Expires=Wed, 02 Dec 2026 00:00:00 GMT', 'no-value'],
      }),
      exchange('https://app.test/logout', {}, new URLSearchParams({ logout_token: 'eyJ', client_id: 'a' })),
    ),
  );
  assert.doesNotMatch(text, /C0DE|ST4TE|SECRET|C00KIE|eyJ|pw@|fragment|0a1b2c3d|2026/);
  assert.match(text, /error=access_denied/);
  assert.match(text, /"https:\/\/app\.test\/s\/…\?code=…&scope=openid&id_token_hint=…"/);
  assert.match(text, /"sid=…; Path=\/; HttpOnly; Expires=…"/);
  assert.match(text, /"form":"logout_token=…&client_id=a"/);
});

test('evidence of an exchange is short, whatever an application sends', () => {
  const long = 'x'.repeat(50_000);
  const text = JSON.stringify(
    shown(
      exchange(`https://app.test/${long}?scope=${long}&${long}=1`, {
        location: `https://app.test/${long}?error_description=${long}`,
        'set-cookie': [`${long}=1; Path=/${long}`],
      }),
      exchange('https://app.test/', { location: 'http://[' }),
    ),
  );
  assert.ok(text.length < 4_000, String(text.length));
});
