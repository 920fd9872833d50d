// A browser with a passkey, on copies of a machine: people enrol and sign in as on the pages.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { type Browser, chromium, type Page } from 'playwright-core';
import { browserFlags, browserPath } from '../testing/browser.ts';

/** Starts a browser that trusts the key of a certificate: WebAuthn does not work on pages with certificate errors. */
export function trustingBrowser(certificate: string): Promise<Browser> {
  const { stdout } = spawnSync('bash', [
    '-c',
    'openssl x509 -in "$0" -pubkey -noout | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64',
    certificate,
  ]);
  return chromium.launch({
    executablePath: browserPath(),
    args: [...browserFlags, '--no-sandbox', `--ignore-certificate-errors-spki-list=${String(stdout).trim()}`],
  });
}

/** Opens a page of a new workstation, which has an authenticator for passkeys. */
export async function workstation(browser: Browser): Promise<Page> {
  const page = await (await browser.newContext()).newPage();
  page.setDefaultTimeout(60_000);
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
    },
  });
  return page;
}

/** Sets up a passkey by the link of an enrolment. */
export async function enrolPasskey(page: Page, link: string): Promise<void> {
  await page.goto(link);
  await page.getByRole('button', { name: 'Begin' }).click();
  await page.getByRole('button', { name: 'Set it up' }).click();
  await page.getByText(/It signs you in/).waitFor();
}

interface Application {
  clientId: string;
  clientSecret: string;
}

/** Signs in at an application with the passkey, and calls an API with the token. */
export async function signIn(
  page: Page,
  api: string,
  { clientId, clientSecret }: Application,
): Promise<void> {
  const callback = 'https://app.alongside.example/callback';
  // The application is not there: the request to it is enough.
  const arriving = page.waitForRequest((request) => request.url().startsWith(callback));
  const asked = {
    response_type: 'code',
    client_id: clientId,
    redirect_uri: callback,
    state: 's1',
    acr_values: 'AAL2_OR_AAL3_ANY',
  };
  await page.goto(`${api}/oauth2/authorize?${new URLSearchParams(asked)}`);
  await page.getByRole('radio', { name: /passkey/i }).check();
  await page.getByRole('button', { name: 'Continue' }).click();
  const arrived = (await arriving).url();
  const code = new URL(arrived).searchParams.get('code');
  assert.ok(code, arrived);
  const answer = await page.request.post(`${api}/oauth2/token`, {
    ignoreHTTPSErrors: true,
    form: {
      grant_type: 'authorization_code',
      code,
      redirect_uri: callback,
      client_id: clientId,
      client_secret: clientSecret,
    },
  });
  assert.equal(answer.status(), 200, await answer.text());
  const { access_token: token } = (await answer.json()) as { access_token: string };
  const hello = await page.request.get(`${api}/hello-world/hello/user`, {
    ignoreHTTPSErrors: true,
    headers: { authorization: `Bearer ${token}` },
  });
  assert.equal(hello.status(), 200, await hello.text());
}
