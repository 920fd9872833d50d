import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import type { Cis2Registration } from '../../oauth/applications.ts';
import type { Reply, Browser as SomeBrowser } from '../testing/browser.ts';
import type { Instance } from '../testing/instance.ts';
import { markWords, unmarkedIn } from '../testing/marked-words.ts';

// The translation is English between marks. It is set before the pages are loaded.
await markWords();
const { startInstance, Browser } = await import('../testing/instance.ts');
const { choice, give, redeem } = await import('../testing/journey.ts');
const { linkFor, onward } = await import('../testing/webauthn-wire.ts');
const { gp, locum, nurse, starter } = await import('../testing/people.ts');
const { passwordRealm } = await import('../realms/realm.ts');
const { cheapHash } = await import('../testing/cheap-hash.ts');
const { codeAt } = await import('../authenticators/totp/codes.ts');

const own = { 'sec-fetch-site': 'same-origin' };
const everything = { acr_values: 'AAL2_OR_AAL3_ANY' };
const application = 'Our Own Application';
const provider = 'Example Mail';
const good = 'green lamp sofa';
let cis2: Instance;
let production: Instance;
let client: Cis2Registration;
let browser: SomeBrowser;

before(async () => {
  const providers = [
    {
      id: 'federated',
      label: provider,
      issuer: 'http://127.0.0.1:1',
      clientId: 'x',
      authentication: { secret: 'x' },
      scope: 'openid',
      acr: [],
      nameClaim: 'email',
    },
  ];
  [cis2, production] = await Promise.all([
    startInstance({ providers }, ':memory:', undefined, 'localhost'),
    startInstance({ development: false }),
  ]);
  client = await cis2.register({}, { name: application });
  const body = { email: nurse.email, hash: cheapHash(good) };
  await give(cis2, { uid: nurse.uid, kind: 'password', label: 'A name', lookup: nurse.email, body });
});
after(() => Promise.all([cis2.stop(), production.stop()]));
beforeEach(() => {
  browser = new Browser();
  cis2.agent.idle();
});

const at = async (part: string, more: Record<string, string> = everything) =>
  browser.get(`${await choice(cis2, browser, client, more)}/${part}`);
const posted = async (part: string, values: Record<string, string>) =>
  browser.post(`${await choice(cis2, browser, client, everything)}/${part}`, values);
const signedInAs = async (uid: string, more: Record<string, string> = everything) =>
  browser.post(`${await choice(cis2, browser, client, more)}/persona/answer`, { uid });
const follow = async (reply: Reply) => (reply.location ? browser.get(reply.location) : reply);
const enrolmentOf = async (kind: string): Promise<string> => {
  const link = await linkFor(cis2, kind, locum.uid);
  return (await browser.post(link, {}, own)).location;
};
const rolesOf = async (uid: string, search = '') => {
  const { location } = await signedInAs(uid, { ...everything, scope: 'openid selectedrole' });
  return browser.get(`${location}${search}`);
};
const account = async () => {
  const { location } = await browser.get(`${cis2.origin}/account/sign-in`);
  const back = await browser.post(`${location}/persona/answer`, { uid: nurse.uid });
  await browser.get(onward(back));
  return browser.get(`${cis2.origin}/account`);
};
const hinted = async (reply: Reply) => {
  const { id_token } = await redeem(cis2, client, { ...reply, location: onward(reply) });
  return `${cis2.issuer}/connect/endSession?id_token_hint=${id_token}`;
};

const people = [gp, nurse, locum, starter].flatMap(({ displayName, uid, email }) => [
  displayName,
  uid,
  email,
]);
const ofRoles = /<label for="role-[\s\S]*?<\/div>/g;
const codes = /<strong class="code\b.*?<\/strong>/g;

const pages: [string, () => Promise<Reply>][] = [
  [
    'the choice of an authenticator',
    async () => browser.get(await choice(cis2, browser, client, everything)),
  ],
  ['the choice after a provider that does not respond', async () => follow(await at('federated'))],
  [
    'the choice for a higher level',
    async () => {
      await signedInAs(nurse.uid, { acr_values: 'AAL2_ANY' });
      return browser.get(await choice(cis2, browser, client, { acr_values: 'AAL3_ANY' }));
    },
  ],
  [
    'the first page of a chosen authenticator',
    async () => browser.post(await choice(cis2, browser, client, everything), { authenticator: 'totp' }),
  ],
  ['the security key page after a refused response', () => posted('security-key/answer', { response: '{}' })],
  ['the e-mail and password form after it expired', () => posted('totp/code', { step: 'x', code: '1' })],
  ['the code form', () => posted('totp/password', { email: 'a@example.test', password: 'x' })],
  [
    'the code form after a wrong code',
    async () => {
      const { body } = await posted('totp/password', { email: 'a@example.test', password: 'x' });
      const [, action = ''] = /action="([^"]+)"/.exec(body) ?? [];
      const [, step = ''] = /name="step" value="([^"]+)"/.exec(body) ?? [];
      return browser.post(`${cis2.origin}${action}`, { step, code: '123456' });
    },
  ],
  ['the picture that the tablet scans', async () => follow(await at('tablet'))],
  ['the tablet page after an expired request', () => at('tablet/wait?request=5')],
  ['the tablet app', () => browser.get(`${cis2.origin}/tablet`)],
  ['the list of people after a form without a person', () => posted('persona/answer', {})],
  [
    'the password page',
    () => browser.get(cis2.authorizeUrl(client).replace(cis2.issuer, `${cis2.origin}${passwordRealm.path}`)),
  ],
  [
    'the password page after a wrong password',
    async () => {
      const realm = cis2.authorizeUrl(client).replace(cis2.issuer, `${cis2.origin}${passwordRealm.path}`);
      const { body } = await browser.get(realm);
      const [, action = ''] = /action="([^"]+)"/.exec(body) ?? [];
      return browser.post(`${cis2.origin}${action}`, { username: 'a', password: 'b' });
    },
  ],
  ['the choice of a role', () => rolesOf(nurse.uid)],
  ['the choice of a role after a search', () => rolesOf(locum.uid, '?search=nurse')],
  ['the choice of a role after a search without results', () => rolesOf(locum.uid, '?search=nowhere')],
  [
    'the choice of a role after a form without one',
    async () =>
      browser.post(
        (await signedInAs(nurse.uid, { ...everything, scope: 'openid selectedrole' })).location,
        {},
      ),
  ],
  ['back to the application', () => signedInAs(gp.uid)],
  [
    'back to the application by form_post',
    () => signedInAs(gp.uid, { ...everything, response_mode: 'form_post' }),
  ],
  [
    'the question before signing out',
    async () => {
      await signedInAs(gp.uid);
      return browser.get(`${cis2.issuer}/connect/endSession`);
    },
  ],
  ['signed out', () => browser.get(`${cis2.issuer}/connect/endSession`)],
  [
    'continue as',
    async () => {
      await browser.get(await hinted(await signedInAs(gp.uid)));
      await cis2.agent.signIn(gp.uid);
      cis2.clock.advance(1);
      return follow(await cis2.signIn(browser, client));
    },
  ],
  [
    'the small window',
    async () => {
      const hop = await at('smartcard?window=1');
      await cis2.agent.signIn(gp.uid);
      return browser.get(await cis2.agent.answer(hop.location));
    },
  ],
  ['the help', () => browser.get(`${cis2.origin}/help/smartcard`)],
  ['the account page without a session', () => browser.get(`${cis2.origin}/account`)],
  ['the account page', account],
  [
    'the account page of one authenticator',
    async () => {
      const { body } = await account();
      const [, address = ''] = /href="([^"]+)">[^<]*<span/.exec(body) ?? [];
      return browser.get(`${cis2.origin}${address}`);
    },
  ],
  ['the link', async () => browser.get(await linkFor(cis2, 'totp', locum.uid))],
  [
    'setting up, refused',
    async () => browser.post(`${await enrolmentOf('totp')}/answer`, { password: 'x', repeat: 'y' }, own),
  ],
  [
    'setting up a security key, refused',
    async () => browser.post(`${await enrolmentOf('security-key')}/answer`, {}, own),
  ],
  [
    'set up',
    async () => {
      const address = await enrolmentOf('totp');
      const { body } = await browser.get(address);
      const secret = (/data-secret>([A-Z2-7 ]+)</.exec(body)?.[1] ?? '').replaceAll(' ', '');
      const code = codeAt(secret, cis2.clock.now());
      return browser.post(`${address}/answer`, { password: good, repeat: good, code }, own);
    },
  ],
];

/** Checks that each text of a page is marked, except data of the directory, codes and keys. */
function isMarked({ status, body }: Reply): void {
  assert.match(body, /<title>.*~\(/, `${status} ${body.slice(0, 500)}`);
  const left = unmarkedIn(body.replace(ofRoles, '').replace(codes, ''), [
    ...people,
    application,
    provider,
    'A name',
  ]);
  assert.deepEqual(left, []);
}

const valuesOf = (name: string, { body }: Reply): string[] =>
  [...body.matchAll(new RegExp(`name="${name}" value="([^"]+)"`, 'g'))].map(([, value = '']) => value);

describe('translated pages', () => {
  for (const [name, open] of pages) test(name, async () => isMarked(await open()));
  test('are complete on the first page of each authenticator', async () => {
    const address = await choice(cis2, browser, client, everything);
    const ids = valuesOf('authenticator', await browser.get(address));
    assert.ok(ids.length > 5);
    for (const id of ids) {
      const first = await browser.get(`${address}/${id}`);
      if (!first.location) isMarked(first);
    }
  });
  test('are complete on the first page of each enrolment', async () => {
    const kinds = valuesOf('kind', await account());
    assert.ok(kinds.length > 5);
    for (const kind of kinds) {
      const address = await enrolmentOf(kind);
      isMarked(await browser.get(address));
    }
  });
  test('are complete in errors for users', async () => {
    for (const path of ['/enrolment/x', '/interaction/x', '/account/authenticator/x', '/agent/return']) {
      const { body } = await browser.get(`${production.origin}${path}`);
      assert.match(body, /<title>~\(/);
      assert.deepEqual(unmarkedIn(body, []), []);
    }
  });
  test('are complete in errors for developers', async () => {
    const { body } = await browser.get(`${cis2.origin}/interaction/x`);
    const shown = body.replace(/(?<=<\/dt>)<dd>(?:<code>|(?!~\()).*?<\/dd>/g, '');
    assert.deepEqual(unmarkedIn(shown, []), []);
  });
});

test('the check finds text that was not translated', () => {
  const page =
    '<head><title>~(A)~ – Own title</title></head><p>~(One <b>word</b>)~ and <a>another</a> Ann</p><i aria-label="read">';
  assert.deepEqual(unmarkedIn(page, ['Ann']), ['– Own title', 'read', 'and another']);
});
