import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { Auth, skipCSRFCheck } from '@auth/core';
import express from 'express';

// Auth.js (npm install express @auth/core): a server that signs users in at CIS2. Frameworks such as Next.js take the same settings.
// It listens at the origin of CALLBACK_URL, which is {origin}/auth/callback/cis2, and ends with its input. Settings: examples/README.md.

const { ALONGSIDE_CIS2_ISSUER_URL, CIS2_CLIENT_ID, CIS2_CLIENT_SECRET, CALLBACK_URL } = process.env;

const cis2 = {
  id: 'cis2',
  name: 'CIS2',
  type: 'oidc',
  issuer: ALONGSIDE_CIS2_ISSUER_URL,
  clientId: CIS2_CLIENT_ID,
  clientSecret: CIS2_CLIENT_SECRET,
  authorization: { params: { scope: 'openid profile nationalrbacaccess', max_age: 300 } },
  checks: ['pkce', 'state', 'nonce'],
};

const { hostname, port, origin } = new URL(CALLBACK_URL);
const settings = {
  providers: [cis2],
  basePath: '/auth',
  secret: randomUUID(),
  trustHost: true,
  skipCSRFCheck, // a framework has a sign-in button with this check
  events: { signIn: ({ profile }) => console.log(`Signed in: ${profile.sub} ${profile.name}`) },
};

const app = express();
app.get(['/sign-in', '/auth/*path'], async (request, response) => {
  const begins = request.path === '/sign-in';
  const url = begins ? `${origin}/auth/signin/cis2` : origin + request.url;
  const headers = new Headers({ cookie: request.headers.cookie ?? '' });
  const form = new URLSearchParams({ callbackUrl: `${origin}/` });
  const answer = await Auth(
    new Request(url, begins ? { method: 'POST', headers, body: form } : { headers }),
    settings,
  );
  response.status(answer.status).set('location', answer.headers.get('location') ?? '');
  for (const cookie of answer.headers.getSetCookie()) response.append('set-cookie', cookie);
  response.send(await answer.text());
});
app.get('/', (_request, response) => response.send('You can close this page.'));

const server = app.listen(Number(port), hostname);
await once(server, 'listening');
console.log(`Open this address in a browser:\n${origin}/sign-in`);
await once(process.stdin.resume(), 'data');
process.exit();
