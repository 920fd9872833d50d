// The steps of docs/server.md in a browser: the administrator and the first user set up passkeys, and the user signs in.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { enrolPasskey, signIn, trustingBrowser, workstation } from './passkey-browser.ts';

const command = (...words: string[]): string =>
  execFileSync(
    'runuser',
    ['-u', 'alongside', '--', 'env', 'ALONGSIDE_CONFIG=/etc/alongside/config.json', 'alongside', ...words],
    { encoding: 'utf8' },
  ).trim();

// The service has no rights: another user, no capabilities, and nothing to write but its data.
const mainProcess = (): string =>
  execFileSync('systemctl', ['show', '--property', 'MainPID', '--value', 'alongside'], {
    encoding: 'utf8',
  }).trim();
const pid = mainProcess();
const status = readFileSync(`/proc/${pid}/status`, 'utf8');
assert.equal(/^Uid:\s+(\d+)/m.exec(status)?.[1], String(statSync('/var/lib/alongside').uid));
assert.notEqual(/^Uid:\s+(\d+)/m.exec(status)?.[1], '0');
assert.equal(/^CapEff:\s+(\w+)/m.exec(status)?.[1], '0000000000000000');
assert.match(readFileSync(`/proc/${pid}/mounts`, 'utf8'), /^\S+ \/ \S+ ro\b/m);

const browser = await trustingBrowser('/etc/alongside/server.pem');

const administrator = await workstation(browser);
await administrator.goto(command('admin', 'invite', '--name', 'Sam Example'));
await administrator.getByRole('button', { name: 'Set up a passkey' }).click();
await administrator.getByText('Signed in as Sam Example').waitFor();

const user = await workstation(browser);
const [, , uid = '', officer = ''] = process.argv;
const enrolled = command('authenticator', 'enrol', uid, 'passkey', '--officer', officer, '--json');
await enrolPasskey(user, (JSON.parse(enrolled) as { url: string }).url);

const { platform } = JSON.parse(readFileSync(join(homedir(), 'first-application.json'), 'utf8')) as {
  platform: { clientId: string; clientSecret: string };
};
await signIn(user, 'https://api.alongside.example:8401', platform);
await browser.close();

// The unit reloads the service, and starts it again after a crash.
execFileSync('systemctl', ['reload', 'alongside']);
process.kill(Number(pid), 'SIGKILL');
while ([pid, '0'].includes(mainProcess())) await sleep(100);
for (let ready = false; !ready; await sleep(100)) {
  try {
    ready = command('ready') !== '';
  } catch {
    // Not yet.
  }
}
