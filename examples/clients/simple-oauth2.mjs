import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline/promises';
import { AuthorizationCode } from 'simple-oauth2';

// simple-oauth2 5 (npm install simple-oauth2): the combined pattern at /oauth2, a refresh, and a call of Hello World.
//
// It prints an address to open in a browser, and reads the address at which the browser ends. Settings: examples/README.md.

const { ALONGSIDE_API_URL: api, API_KEY, API_SECRET, CALLBACK_URL: redirect_uri } = process.env;

const client = new AuthorizationCode({
  client: { id: API_KEY, secret: API_SECRET },
  auth: { tokenHost: api, tokenPath: '/oauth2/token', authorizePath: '/oauth2/authorize' },
  options: { authorizationMethod: 'body' },
});

const state = randomUUID();
console.log(`Open this address in a browser:\n${client.authorizeURL({ redirect_uri, state })}`);
const terminal = createInterface({ input: process.stdin });
const answer = new URL(await terminal.question(''));
terminal.close();
if (answer.searchParams.get('state') !== state) throw new Error('The answer belongs to another sign-in.');

const first = await client.getToken({ code: answer.searchParams.get('code'), redirect_uri });
const { token } = await first.refresh();
const headers = { authorization: `Bearer ${token.access_token}` };
console.log(await (await fetch(`${api}/hello-world/hello/user`, { headers })).text());
