import assert from 'node:assert/strict';
import { createHash, createPrivateKey, sign } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Vault } from '@alongside/kernel/secrets';
import type { Browser, CDPSession, Page } from 'playwright-core';
import { consolePages } from '../../src/console/web/pages/registry.ts';
import { platformClient } from '../../src/seed/registrations.ts';
import { isAccessible } from '../testing/accessible.ts';
import { launchBrowser } from '../testing/browser.ts';
import { type ProductionInstance, startProduction } from '../testing/production.ts';

interface Desk {
  page: Page;
  cdp: CDPSession;
  authenticatorId: string;
}

/** Parts of an assertion that a test can change. */
interface Signing {
  origin?: string;
  host?: string;
  flags?: number;
  userHandle?: string;
  challenge?: string;
}

describe('production', () => {
  let instance: ProductionInstance;
  let browser: Browser;
  let origin: string;
  before(async () => {
    [instance, browser] = await Promise.all([startProduction(), launchBrowser()]);
    origin = instance.urls.console;
  });
  after(async () => {
    await browser?.close();
    await instance?.stop();
  });

  /** Opens a browser with its own authenticator. */
  async function desk(verifies = true): Promise<Desk> {
    const page = await (await browser.newContext()).newPage();
    const cdp = await page.context().newCDPSession(page);
    await cdp.send('WebAuthn.enable');
    const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: verifies,
      },
    });
    return { page, cdp, authenticatorId };
  }

  const signedInAs = (page: Page, name: string) => page.getByText(`Signed in as ${name}`).waitFor();

  async function join_(name: string, ...flags: string[]): Promise<Desk> {
    const at = await desk();
    await at.page.goto(await instance.invite(name, ...flags));
    await at.page.getByRole('button', { name: 'Set up a passkey' }).click();
    await signedInAs(at.page, name);
    return at;
  }

  const administratorId = async (name: string): Promise<string> => {
    const { administrators } = JSON.parse(await instance.command('admin', 'list', '--json')) as {
      administrators: { id: string; name: string }[];
    };
    return administrators.find((one) => one.name === name)?.id ?? '';
  };

  test('reports for load balancers that each service runs and that its storage works', async () => {
    const { console: console_, api, cis, cis2Issuer } = instance.urls;
    for (const part of [console_, api, new URL(cis2Issuer).origin, cis])
      for (const path of ['/healthz', '/readyz']) {
        const answer = await fetch(part + path);
        assert.deepEqual([path, answer.status, await answer.json()], [path, 200, { status: 'ok' }], part);
        assert.equal((await fetch(part + path, { method: 'HEAD' })).status, 200, part);
      }
  });

  test('supports an invitation, a passkey, the console, sign-out and sign-in', async () => {
    const { page } = await desk();
    const link = await instance.invite('Jo Example');
    await page.goto(link);
    await isAccessible(page);
    await page.getByRole('button', { name: 'Set up a passkey' }).click();
    await signedInAs(page, 'Jo Example');
    assert.equal(page.url(), `${origin}/`);
    assert.match(await page.content(), /No application is registered\./);
    assert.doesNotMatch(
      await page.content(),
      /Test system|Restore the seed data|demo-combined|development-secret|alongside-platform/,
    );
    await isAccessible(page);

    await page.goto(link);
    await page.getByText('already used').waitFor();
    await isAccessible(page);
    await page.goto(origin);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in to the console' }).waitFor();
    await isAccessible(page);
    assert.equal((await page.goto(origin))?.status(), 401);
    await isAccessible(page);
    await page.getByRole('link', { name: 'Sign in' }).click();
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await signedInAs(page, 'Jo Example');

    const actors = (await instance.api<{ records: { actor: string; action: string }[] }>('GET', '/audit'))
      .records;
    const jo = `Jo Example (administrator ${await administratorId('Jo Example')})`;
    assert.deepEqual(
      actors
        .filter(({ action }) => action.startsWith('administrator.'))
        .map(({ actor, action }) => [actor, action]),
      [
        ['local operator', 'administrator.invited'],
        [jo, 'administrator.joined'],
        [jo, 'administrator.signed-out'],
        [jo, 'administrator.signed-in'],
      ],
    );
    await page.context().close();
  });

  test('accepts one administrator for two browsers with one link', async () => {
    const link = await instance.invite('Only One');
    const desks = await Promise.all([desk(), desk()]);
    for (const { page } of desks) await page.goto(link);
    const [first, second] = desks;
    await first?.page.getByRole('button', { name: 'Set up a passkey' }).click();
    if (first) await signedInAs(first.page, 'Only One');
    await second?.page.getByRole('button', { name: 'Set up a passkey' }).click();
    await second?.page.getByText('already used').waitFor();
    assert.equal((await instance.command('admin', 'list')).match(/Only One/g)?.length, 1);
    for (const { page } of desks) await page.context().close();
  });

  test('refuses an authenticator without user verification', async () => {
    const { page } = await desk(false);
    await page.goto(await instance.invite('Unverified'));
    await page.getByRole('button', { name: 'Set up a passkey' }).click();
    await page.getByRole('alert').filter({ hasText: /\w/ }).waitFor();
    assert.doesNotMatch(await instance.command('admin', 'list'), /Unverified/);
    await page.context().close();
  });

  test('signs a removed administrator out at once and for good, but no other', async () => {
    const gone = await join_('Gone Soon');
    const stays = await join_('Stays');
    await instance.command('admin', 'remove', await administratorId('Gone Soon'));
    // Not by a navigation: the page notices too, and loads itself again.
    assert.equal((await gone.page.request.get(origin)).status(), 401);
    await gone.page.goto(`${origin}/sign-in`);
    await gone.page.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await gone.page.getByText('No administrator has this passkey').waitFor();
    assert.equal((await stays.page.goto(origin))?.status(), 200);
    for (const { page } of [gone, stays]) await page.context().close();
  });

  test('signs in only with the right key, a new challenge and this origin', async () => {
    const { page, cdp, authenticatorId } = await join_('Signer');
    const { credentials } = await cdp.send('WebAuthn.getCredentials', { authenticatorId });
    const [made] = credentials;
    assert.ok(made);
    const key = createPrivateKey({
      key: Buffer.from(made.privateKey, 'base64'),
      format: 'der',
      type: 'pkcs8',
    });
    const id = Buffer.from(made.credentialId, 'base64').toString('base64url');
    let counter = 100;

    const freshChallenge = async () => {
      const text = await (await fetch(`${origin}/sign-in`)).text();
      const options = /data-options="([^"]+)"/.exec(text)?.[1]?.replaceAll('&quot;', '"') ?? '';
      return (JSON.parse(options) as { challenge: string }).challenge;
    };
    async function answer(wrong: Signing = {}) {
      const challenge = wrong.challenge ?? (await freshChallenge());
      const client = Buffer.from(
        JSON.stringify({
          type: 'webauthn.get',
          challenge,
          origin: wrong.origin ?? origin,
          crossOrigin: false,
        }),
      );
      const tail = Buffer.alloc(5);
      tail[0] = wrong.flags ?? 0x05;
      tail.writeUInt32BE(++counter, 1);
      const digest = (value: string | Buffer) => createHash('sha256').update(value).digest();
      const data = Buffer.concat([digest(wrong.host ?? 'localhost'), tail]);
      const userHandle = Buffer.from(made?.userHandle ?? '', 'base64').toString('base64url');
      return fetch(`${origin}/sign-in`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          response: {
            id,
            rawId: id,
            type: 'public-key',
            response: {
              clientDataJSON: client.toString('base64url'),
              authenticatorData: data.toString('base64url'),
              signature: sign('sha256', Buffer.concat([data, digest(client)]), key).toString('base64url'),
              userHandle: wrong.userHandle ?? userHandle,
            },
          },
        }),
      });
    }

    const used = await freshChallenge();
    const good = await answer({ challenge: used });
    assert.equal(good.status, 200);
    assert.match(good.headers.get('set-cookie') ?? '', /^console-\d+-session=[\w-]{43}; Path=\/; HttpOnly/);
    for (const [what, wrong] of [
      ['another origin', { origin: 'https://evil.example' }],
      ['another port', { origin: new URL(instance.urls.cis2Issuer).origin }],
      ['another relying party', { host: 'evil.example' }],
      ['nobody verified', { flags: 0x01 }],
      ['another owner', { userHandle: Buffer.from('somebody').toString('base64url') }],
      ['a challenge used already', { challenge: used }],
      ['a challenge of nobody', { challenge: 'A'.repeat(43) }],
    ] as const) {
      const refused = await answer(wrong);
      assert.equal(refused.status, 403, what);
      assert.equal(refused.headers.get('set-cookie'), null, what);
      assert.equal(((await refused.json()) as { error: string }).error, 'passkey_refused', what);
    }
    counter = 50;
    assert.equal((await answer()).status, 403, 'a counter that went back');
    await instance.command('admin', 'remove', await administratorId('Signer'));
    counter = 200;
    const removed = await answer();
    assert.equal(((await removed.json()) as { error: string }).error, 'passkey_unknown');
    await page.context().close();
  });

  test('has no page or call for tests', async () => {
    const { page } = await join_('Sees');
    const { paths } = await instance.api<{ paths: Record<string, unknown> }>('GET', '/openapi.json');
    for (const path of ['/faults', '/clock', '/mail', '/cards', '/agent', '/reset', '/patients', '/tokens'])
      assert.equal(path in paths, false, path);
    const testPages = consolePages.filter(({ only }) => only === 'development').map(({ path }) => path);
    await page.goto(origin);
    for (const path of [...testPages, '/faults', '/clock', '/mail', '/data', '/desk']) {
      assert.equal(await page.locator(`#navigation a[href="${path}"]`).count(), 0, path);
      const answer = await page.request.get(`${origin}${path.replaceAll(/:\w+/g, 'x')}`);
      assert.equal(answer.status(), 404, path);
    }
    await page.context().close();
  });

  test('invites, limits and changes people in roles on its pages, and records each change', async () => {
    const { page } = await join_('Chief');
    await page.goto(`${origin}/administrators`);
    await page.getByLabel('Name', { exact: true }).fill('Bo Hill');
    await page.getByLabel('Role', { exact: true }).selectOption('registration-authority');
    await page.getByRole('button', { name: 'Create a link' }).click();
    await page.getByText('must name the organisations').first().waitFor();
    assert.equal(await page.getByLabel('Name', { exact: true }).inputValue(), 'Bo Hill');
    await page.getByLabel('Organisations').fill('A9A5A');
    await page.getByRole('button', { name: 'Create a link' }).click();
    const link = page.locator('#invitation-link code');
    await link.waitFor();
    await isAccessible(page);

    const officer = await desk();
    await officer.page.goto((await link.textContent()) ?? '');
    await officer.page.getByText('Your role: registration-authority').waitFor();
    await officer.page.getByRole('button', { name: 'Set up a passkey' }).click();
    await signedInAs(officer.page, 'Bo Hill');
    const links = await officer.page.locator('#navigation a').allTextContents();
    assert.ok(!links.some((text) => /Administrators|Journeys|Audit|Keys/.test(text)), links.join(', '));
    await officer.page.getByRole('link', { name: 'Find a person' }).click();
    await officer.page.waitForURL(`${origin}/people`);
    const refused = await officer.page.goto(`${origin}/administrators`);
    assert.equal(refused?.status(), 403);
    await officer.page.getByText('Your role in the console does not allow this').waitFor();
    await isAccessible(officer.page);

    await page.goto(`${origin}/administrators`);
    await page.getByRole('link', { name: 'Change the role of Bo Hill' }).click();
    await page.getByLabel('Role', { exact: true }).selectOption('support');
    await page.getByLabel('Organisations').fill('');
    await page.getByRole('button', { name: 'Change the role' }).click();
    await page.waitForURL(`${origin}/administrators`);
    assert.equal((await officer.page.goto(`${origin}/journeys`))?.status(), 200);

    await page.goto(`${origin}/confirm?next=/administrators`);
    await isAccessible(page);
    await page.getByRole('button', { name: 'Use your passkey' }).click();
    await page.waitForURL(`${origin}/administrators`);
    await officer.page.goto(`${origin}/confirm?next=//evil.example`);
    assert.equal(await officer.page.getByRole('link', { name: 'Back' }).getAttribute('href'), '/');

    const chief = `Chief (administrator ${await administratorId('Chief')})`;
    const { records } = await instance.api<{
      records: { actor: string; action: string; detail: Record<string, unknown> }[];
    }>('GET', `/audit?${new URLSearchParams({ actor: chief })}`);
    assert.deepEqual(
      records
        .filter(({ action }) => action.startsWith('administrator.'))
        .map(({ action, detail }) => [action, detail.role ?? null]),
      [
        ['administrator.joined', null],
        ['administrator.invited', 'registration-authority'],
        ['administrator.role-changed', 'support'],
        ['administrator.passkey', null],
      ],
    );
    const verified = await instance.api<{ ok: boolean; problem?: object }>('GET', '/audit/verify');
    assert.deepEqual([verified.ok, verified.problem], [true, undefined]);
    for (const each of [page, officer.page]) await each.context().close();
  });

  test('changes roles by command, and keeps the last administrator', async () => {
    const { page } = await join_('Helper', '--role', 'support');
    const id = await administratorId('Helper');
    assert.equal((await page.goto(`${origin}/administrators`))?.status(), 403);
    await assert.rejects(
      instance.command('admin', 'role', id, 'suport'),
      /no role "suport"\. Did you mean support\?/,
    );
    await assert.rejects(
      instance.command('admin', 'role', id, 'registration-authority'),
      /--organisations must name the organisations/,
    );
    await instance.command('admin', 'role', id, 'registration-authority', '--organisations', 'a9a5a,Y51');
    assert.match(await instance.command('admin', 'list'), /Helper +registration-authority of A9A5A, Y51/);
    await page.context().close();
  });

  test('allows commands with the state file, which only its owner can read', async () => {
    assert.match(await instance.command('app', 'list'), /^platform /);
    assert.equal(statSync(join(instance.folder, 'state.json')).mode & 0o777, 0o600);
    const { operator } = instance.stateFile();
    assert.ok(operator);
    const dump = await instance.command('status', '--json');
    assert.ok(!dump.includes(operator.token));
    const port = new URL(operator.url).port;
    await assert.rejects(
      instance.command('app', 'list', '--port-base', port),
      /On its own machine, commands need its state file/,
    );
  });

  test('does not support checks of applications, because these need faults', async () => {
    await assert.rejects(
      instance.command('check', 'https://app.example/login'),
      /which production does not have: run them against an instance of "alongside up"/,
    );
  });

  test('reports wrong usage of the administrator commands', async () => {
    await assert.rejects(instance.command('admin', 'remove', 'nobody'), /There is no administrator nobody/);
    await assert.rejects(instance.command('admin', 'invite', '--name', 'a\u0007b'), /visible characters/);
    await assert.rejects(instance.command('admin', 'invite', 'Jo'), /one word too many/);
    await assert.rejects(instance.command('admin', 'promote'), /invite, list, role, remove/);
  });

  test('does not contain a mock realm, password realm, persona or seed', async () => {
    const at = async (url: string) => (await fetch(url, { redirect: 'manual' })).status;
    const { api } = instance.urls;
    const cis2 = new URL(instance.urls.cis2Issuer).origin;
    for (const url of [
      `${api}/oauth2-mock/authorize?client_id=a&redirect_uri=https://a.example`,
      `${cis2}/realms/Cis2-mock-internal-dev/.well-known/openid-configuration`,
      `${cis2}/openam/oauth2/realms/root/realms/oidc/.well-known/openid-configuration`,
      `${api}/mock-jwks/identity-service/nhs-cis2-jwks`,
    ])
      assert.equal(await at(url), 404, url);
    assert.equal(await at(`${instance.urls.cis2Issuer}/.well-known/openid-configuration`), 200);

    const { people } = await instance.api<{ people: unknown[] }>('GET', '/people');
    assert.deepEqual(people, []);
    const redirectUri = 'https://app.example.test/callback';
    const made = await instance.api<{ cis2: { clientId: string } }>('POST', '/applications', {
      name: 'Real one',
      profile: 'nhs',
      cis2: { redirectUris: [redirectUri], backchannelLogoutUri: 'https://app.example.test/logout' },
    });
    const page = await browser.newPage();
    const query = new URLSearchParams({
      response_type: 'code',
      scope: 'openid',
      state: 'a-state-of-this-test',
      nonce: 'a-nonce-of-this-test',
      client_id: made.cis2.clientId,
      redirect_uri: redirectUri,
    });
    await page.goto(`${instance.urls.cis2Issuer}/authorize?${query}`);
    const text = (await page.locator('body').textContent()) ?? '';
    assert.match(text, /Security key/);
    assert.doesNotMatch(text, /Test user|Test system|Password/);
    const wrong = await fetch(`${instance.urls.cis2Issuer}/authorize?client_id=nobody`);
    assert.doesNotMatch(await wrong.text(), /expected|nobody/);
    await page.close();
  });

  test('asks before an act for a refused request, which anyone can send', async () => {
    const made = await instance.api<{ id: string; platform: { clientId: string } }>('POST', '/applications', {
      name: 'Not approved',
      profile: 'nhs',
      platform: { callbackUrls: ['https://app.example.test/callback'], products: [] },
    });
    await instance.api('POST', `/applications/${made.id}/revoke`);
    await fetch(
      `${instance.urls.api}/oauth2/authorize?response_type=code&client_id=${made.platform.clientId}`,
    );
    const { journeys } = await instance.api<{ journeys: { id: string }[] }>(
      'GET',
      `/journeys?application=${made.id}`,
    );
    const { page } = await join_('Acts');
    await page.goto(`${origin}/journeys/${journeys[0]?.id}`);
    const act = page.getByRole('button', { name: 'Approve the application' });
    assert.match(
      (await act.getAttribute('data-confirm')) ?? '',
      /^Approve the application\? Anyone can send/,
    );
    let asked = '';
    page.once('dialog', (dialog) => {
      asked = dialog.message();
      void dialog.dismiss();
    });
    await act.click();
    assert.match(asked, /^Approve the application\?/);
    const { status } = await instance.api<{ status: string }>('GET', `/applications/${made.id}`);
    assert.equal(status, 'revoked');
    await page.context().close();
  });

  test('lets a user sign in with a passkey and call an API after set-up from scratch', async () => {
    await instance.api('POST', '/products', {
      name: 'hello',
      apis: ['hello-world', 'oauth2'],
      scopes: ['urn:nhsd:apim:user-nhs-cis2:aal2:hello-world'],
    });
    const person = (familyName: string, roleCode: string) =>
      instance.api<{ uid: string }>('POST', '/people', {
        givenName: 'Sam',
        familyName,
        authenticators: ['passkey'],
        roles: [{ roleCode, roleName: '"A":"B":"C"', orgCode: 'A9A5A', orgName: 'Example Surgery' }],
      });
    const officer = await person('Officer', 'S0080:G0450:R5080');
    const doctor = await person('Doctor', 'S0030:G0100:R0570');
    const redirectUri = 'https://app.example.test/callback';
    const { platform } = await instance.api<{ platform: { clientId: string; clientSecret: string } }>(
      'POST',
      '/applications',
      {
        name: 'Calls hello',
        profile: 'nhs',
        platform: { callbackUrls: [redirectUri], products: ['hello'] },
      },
    );
    const { url } = await instance.api<{ url: string }>('POST', `/people/${doctor.uid}/enrolments`, {
      kind: 'passkey',
      officer: officer.uid,
    });

    const { page } = await desk();
    await page.goto(url);
    await page.getByRole('button', { name: 'Begin' }).click();
    await page.getByRole('button', { name: 'Set it up' }).click();
    await page.getByText('It signs you in at level 2').waitFor();
    const query = new URLSearchParams({
      response_type: 'code',
      state: 'a-state-of-this-test',
      acr_values: 'AAL2_OR_AAL3_ANY',
      client_id: platform.clientId,
      redirect_uri: redirectUri,
    });
    await page.goto(`${instance.urls.api}/oauth2/authorize?${query}`);
    const choice = page.getByRole('radio', { name: 'Passkey' });
    const another = page.getByText('Use another way to sign in');
    await another.or(choice).waitFor();
    if (await another.isVisible()) await another.click();
    await choice.check();
    // No server listens there.
    const returned = page.waitForRequest((request) => request.url().startsWith(redirectUri));
    await page.getByRole('button', { name: 'Continue' }).click();
    const code = new URL((await returned).url()).searchParams.get('code') ?? '';
    const answer = await fetch(`${instance.urls.api}/oauth2/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        code,
        redirect_uri: redirectUri,
        client_id: platform.clientId,
        client_secret: platform.clientSecret,
      }),
    });
    const { access_token } = (await answer.json()) as { access_token: string };
    const hello = await fetch(`${instance.urls.api}/hello-world/hello/user`, {
      headers: { authorization: `Bearer ${access_token}` },
    });
    assert.equal(hello.status, 200, await hello.text());
    await page.context().close();
  });

  test('captures no header and no body, and records who opens the journey of a person', async () => {
    const { journeys } = await instance.api<{ journeys: { id: string; person: object | null }[] }>(
      'GET',
      '/journeys',
    );
    assert.ok(journeys.length > 0);
    for (const { id } of journeys) {
      const { messages } = await instance.api<{ messages: Record<string, unknown>[] }>(
        'GET',
        `/journeys/${id}`,
      );
      for (const { request, response, notCaptured } of messages)
        assert.deepEqual([request, response, typeof notCaptured], [null, null, 'string']);
    }
    const opened = await instance.api<{ records: { actor: string; target: string }[] }>(
      'GET',
      '/audit?action=journey.opened',
    );
    assert.deepEqual(
      new Set(opened.records.map(({ target }) => target)),
      new Set(journeys.filter(({ person }) => person !== null).map(({ id }) => id)),
    );
    const { page } = await join_('Reader', '--role', 'read');
    const seen = (await (await page.request.get(`${origin}/api/v1/journeys`)).json()) as {
      journeys: { person: unknown }[];
    };
    assert.ok(seen.journeys.length > 0 && seen.journeys.every(({ person }) => person === null));
    await page.context().close();
  });

  test('registers the platform at CIS2 with a secret of this installation', async () => {
    const master = readFileSync(join(instance.folder, 'master.key'), 'utf8');
    const own = new Vault(Buffer.from(master, 'base64url')).serviceSecret('authorisation', 'cis2');
    const errorWith = async (secret: string) => {
      const answer = await fetch(`${instance.urls.cis2Issuer}/access_token`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({
          grant_type: 'authorization_code',
          code: 'none',
          redirect_uri: `${instance.urls.api}/oauth2/callback`,
          client_id: platformClient.clientId,
          client_secret: secret,
        }),
      });
      return ((await answer.json()) as { error: string }).error;
    };
    assert.equal(await errorWith(platformClient.clientSecret), 'invalid_client');
    assert.equal(await errorWith(own), 'invalid_grant');
  });

  test('keeps what is typed when the session has ended, until the next sign-in', async () => {
    const { page } = await join_('Typist');
    await page.goto(`${origin}/administrators`);
    const name = page.getByLabel('Name', { exact: true });
    await name.fill('Half Typed');
    const cookies = await page.context().cookies();
    await page.context().clearCookies();
    await page.getByRole('button', { name: 'Create a link' }).click();
    await page.getByText('Your session has ended.').waitFor();
    assert.equal(await name.inputValue(), 'Half Typed');
    await page.context().addCookies(cookies);
    await page.getByRole('button', { name: 'Create a link' }).click();
    await page.locator('#invitation-link code').waitFor();
    await page.context().close();
  });

  test('shows each role only links that it may open', async () => {
    const named = await instance.api<{ platform: { clientId: string } }>('POST', '/applications', {
      name: 'Linked',
      profile: 'nhs',
      platform: { callbackUrls: ['https://linked.example/callback'], products: [] },
    });
    const request = new URLSearchParams({ client_id: named.platform.clientId, response_type: 'code' });
    await fetch(`${instance.urls.api}/oauth2/authorize?${request}`);
    const { journeys } = await instance.api<{ journeys: { id: string }[] }>('GET', '/journeys');
    const { uid } = await instance.api<{ uid: string }>('POST', '/people', {
      givenName: 'Linked',
      familyName: 'Person',
    });
    const examples = [`/journeys/${journeys[0]?.id}?step=1&tab=event`, `/people/${uid}`, '/search?q=linked'];
    const paths = consolePages.map(({ path }) => path).filter((path) => !path.includes('/:'));
    for (const role of ['support', 'read', 'registration-authority'] as const) {
      const limits = role === 'registration-authority' ? ['--organisations', 'A9A5A'] : [];
      const { page } = await join_(`Follower ${role}`, '--role', role, ...limits);
      const links = new Map<string, string>();
      for (const path of [...paths, ...examples]) {
        const answer = await page.goto(origin + path);
        if (answer?.status() !== 200) continue;
        const found = await page
          .locator('a[href^="/"]')
          .evaluateAll((all) => all.map((link) => link.getAttribute('href') ?? ''));
        for (const href of found) if (!href.startsWith('/assets/')) links.set(href, path);
      }
      assert.ok(links.size > 5, role);
      for (const [href, path] of links) {
        const { status } = await fetch(origin + href, {
          headers: {
            cookie: (await page.context().cookies()).map(({ name, value }) => `${name}=${value}`).join('; '),
          },
        });
        assert.equal(status, 200, `${role} at ${path}: ${href}`);
      }
      await page.context().close();
    }
  });
});
