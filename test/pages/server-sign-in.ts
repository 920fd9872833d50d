// What people do on docs/server.md in a browser: the administrator and the first user set up passkeys, and the user signs in.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { browserFlags, browserPath } from '../testing/browser.ts';

const command = (...words: string[]): string =>
  execFileSync(
    'runuser',
    ['-u', 'alongside', '--', 'env', 'ALONGSIDE_CONFIG=/etc/alongside/config.json', 'alongside', ...words],
    { encoding: 'utf8' },
  ).trim();
const read = <T>(file: string): T => JSON.parse(readFileSync(file, 'utf8')) as T;

// The service has no rights: another user, no capabilities, and nothing to write but its data.
const pid = readFileSync('/run/alongside.pid', 'utf8').trim();
const status = readFileSync(`/proc/${pid}/status`, 'utf8');
assert.equal(/^Uid:\s+(\d+)/m.exec(status)?.[1], String(statSync('/var/lib/alongside').uid));
assert.notEqual(/^Uid:\s+(\d+)/m.exec(status)?.[1], '0');
assert.equal(/^CapEff:\s+(\w+)/m.exec(status)?.[1], '0000000000000000');
assert.match(readFileSync(`/proc/${pid}/mounts`, 'utf8'), /^\S+ \/ \S+ ro\b/m);

// The browser trusts the key of the certificate: WebAuthn does not work on pages with certificate errors.
const key = spawnSync('bash', [
  '-c',
  'openssl x509 -in /etc/alongside/server.pem -pubkey -noout | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64',
]);
const browser = await chromium.launch({
  executablePath: browserPath(),
  args: [
    ...browserFlags,
    '--no-sandbox',
    `--ignore-certificate-errors-spki-list=${String(key.stdout).trim()}`,
  ],
});

async function desk() {
  const page = await (await browser.newContext()).newPage();
  page.setDefaultTimeout(60_000);
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      ...{ protocol: 'ctap2', transport: 'internal', hasResidentKey: true },
      ...{ hasUserVerification: true, isUserVerified: true },
    },
  });
  return page;
}

const administrator = await desk();
await administrator.goto(command('admin', 'invite', '--name', 'Sam Example'));
await administrator.getByRole('button', { name: 'Set up a passkey' }).click();
await administrator.getByText('Signed in as Sam Example').waitFor();

const user = await desk();
const [, , uid = '', officer = ''] = process.argv;
await user.goto(
  (
    JSON.parse(command('authenticator', 'enrol', uid, 'passkey', '--officer', officer, '--json')) as {
      url: string;
    }
  ).url,
);
await user.getByRole('button', { name: 'Begin' }).click();
await user.getByRole('button', { name: 'Set it up' }).click();
await user.getByText(/It signs you in/).waitFor();

const { platform } = read<{ platform: { clientId: string; clientSecret: string } }>(
  join(homedir(), 'first-application.json'),
);
const api = 'https://api.alongside.example:8401';
const callback = 'https://app.alongside.example/callback';
// The application is not there: the request to it is enough.
const arriving = user.waitForRequest((request) => request.url().startsWith(callback));
const asked = {
  response_type: 'code',
  client_id: platform.clientId,
  redirect_uri: callback,
  state: 's1',
  acr_values: 'AAL2_OR_AAL3_ANY',
};
await user.goto(`${api}/oauth2/authorize?${new URLSearchParams(asked)}`);
await user.getByRole('radio', { name: /passkey/i }).check();
await user.getByRole('button', { name: 'Continue' }).click();
const arrived = (await arriving).url();
const code = new URL(arrived).searchParams.get('code');
assert.ok(code, arrived);
const answer = await user.request.post(`${api}/oauth2/token`, {
  ignoreHTTPSErrors: true,
  form: {
    ...{ grant_type: 'authorization_code', code, redirect_uri: callback },
    ...{ client_id: platform.clientId, client_secret: platform.clientSecret },
  },
});
assert.equal(answer.status(), 200, await answer.text());
const { access_token: token } = (await answer.json()) as { access_token: string };
const hello = await user.request.get(`${api}/hello-world/hello/user`, {
  ignoreHTTPSErrors: true,
  headers: { authorization: `Bearer ${token}` },
});
assert.equal(hello.status(), 200, await hello.text());
await browser.close();
