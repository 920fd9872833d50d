// After docs/installing.md has started compose.yaml: a user signs in through the balancer, one server is killed, and the user signs in
// again.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { enrolPasskey, signIn, trustingBrowser, workstation } from './passkey-browser.ts';

const engine = (words: readonly string[], input = ''): string =>
  execFileSync('docker', words, { encoding: 'utf8', input, stdio: ['pipe', 'pipe', 'inherit'] }).trim();
const command = <T>(words: readonly string[], input?: object): T =>
  JSON.parse(
    engine(
      ['compose', 'exec', 'alongside-2', 'alongside', ...words, '--json'],
      input && JSON.stringify(input),
    ),
  ) as T;

/** Adds a person with one role; returns the uid. */
function add(givenName: string, roleCode: string, roleName: string): string {
  const organisation = { orgCode: 'A9A5A', orgName: 'Example Practice' };
  const person = {
    givenName,
    familyName: 'Example',
    email: `${givenName}@alongside.example`,
    idAssuranceLevel: '3',
    roles: [{ roleCode, roleName, ...organisation }],
  };
  return command<{ uid: string }>(['person', 'add', '--json-file', '-'], person).uid;
}

const scopes = ['aal2', 'aal3'].map((level) => `urn:nhsd:apim:user-nhs-cis2:${level}:hello-world`);
const apis = ['--api', 'oauth2', '--api', 'hello-world'];
command(['product', 'add', 'hello-world', ...apis, ...scopes.flatMap((scope) => ['--scope', scope])]);
const callback = ['--callback', 'https://app.alongside.example/callback'];
const { platform } = command<{ platform: { clientId: string; clientSecret: string } }>([
  'app',
  'add',
  '--name',
  'First application',
  '--product',
  'hello-world',
  ...callback,
]);
const manager = '"Admin & Clerical":"Management - A & C":"Registration Authority Manager"';
const officer = add('Lee', 'S0080:G0450:R5080', manager);
const nurse = '"Clinical":"Clinical Provision":"Nurse Access Role"';
const uid = add('Ada', 'S8000:G8001:R8001', nurse);

const api = 'https://api.alongside.example';
const browser = await trustingBrowser('/opt/alongside/deploy/compose/fullchain.pem');
const user = await workstation(browser);
const enrolment = ['authenticator', 'enrol', uid, 'passkey', '--officer', officer];
await enrolPasskey(user, command<{ url: string }>(enrolment).url);
await signIn(user, api, platform);

// This machine is not in CONSOLE_NETWORK.
const request = { ignoreHTTPSErrors: true };
assert.equal((await user.request.get('https://console.alongside.example/sign-in', request)).status(), 404);

const names = engine(['ps', '--format', '{{.Names}}']).split('\n');
const server = names.find((name) => name.includes('alongside-1')) ?? assert.fail(names.join());
const before = engine(['inspect', '--format', '{{.State.Pid}}', server]);
process.kill(Number(before), 'SIGKILL');
// Two polls of the balancer.
await sleep(2_500);
const again = await workstation(browser);
await enrolPasskey(again, command<{ url: string }>(enrolment).url);
await signIn(again, api, platform);
await browser.close();
