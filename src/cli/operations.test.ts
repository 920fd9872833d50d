import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { OperatorError, UsageError } from '@alongside/kernel/operator';
import { AgentConnection } from '../../identity-agent/socket/client.ts';
import { startInstance, type TestInstance } from '../../test/testing/instance.ts';
import { Navigator } from '../../test/testing/navigate.ts';
import type { CardsAnswer } from '../cis/protocol.ts';
import type { DeliveriesAnswer, SessionsAnswer } from '../cis2/protocol.ts';
import type { ApiSchema } from '../kit/console-api.ts';
import { status } from './commands/status.ts';
import { invoke, invokeJson, recordedOutput, runProcess } from './testing/command.ts';

// Operations on a running instance, each with its command.

interface JourneysAnswer {
  journeys: ApiSchema<'JourneySummary'>[];
}

let instance: TestInstance;
let here: string[];
const folder = mkdtempSync(join(tmpdir(), 'alongside-cli-'));
const run = (...argv: string[]) => invoke([...argv, ...here]);
const json = <T = Record<string, unknown>>(...argv: string[]) => invokeJson<T>([...argv, ...here]);

before(async () => {
  instance = await startInstance();
  here = ['--state', instance.state.stateFile];
  await instance.signInAtDesk('gp');
  await new Navigator().go(`${instance.urls.sample}/sign-in/combined`);
});
after(async () => {
  await instance.stop();
  rmSync(folder, { recursive: true });
});

describe('session', () => {
  test('lists sessions, ends one, and shows who was notified', async () => {
    const { sessions } = await json<SessionsAnswer>('session', 'list', 'gp');
    const [live] = sessions;
    assert.deepEqual(
      [sessions.length, live?.uid, live?.authenticator, live?.level],
      [1, '656005750108', 'smartcard', 3],
    );
    assert.match((await run('session', 'list')).lines.join('\n'), /656005750108 +smartcard +AAL3/);
    assert.deepEqual((await json<SessionsAnswer>('session', 'list', 'nurse')).sessions, []);

    assert.deepEqual(await json('session', 'end', String(live?.sid)), { ended: live?.sid });
    await assert.rejects(run('session', 'end', String(live?.sid)), /no live session/);
    const { deliveries } = await json<DeliveriesAnswer>('session', 'deliveries');
    const ours = deliveries.find(({ sid }) => sid === live?.sid);
    assert.ok(ours, 'the platform is told of every session');
    assert.match((await run('session', 'send-again', ours.id)).lines.join(), /delivered/);
    await assert.rejects(run('session', 'send-again', 'nothing'), /no delivery/);
  });
});

test('status shows the desk, the card, a moved clock and the faults that are on', async () => {
  await run('clock', 'advance', '2h');
  const [fault] = (await json<{ faults: { name: string }[] }>('fault', 'list')).faults;
  await run('fault', 'on', String(fault?.name));
  const text = (await run('status')).lines.join('\n');
  await run('fault', 'off', String(fault?.name));
  await run('clock', 'reset');
  assert.match(text, /^Desk +.*Quillfeather/m);
  assert.match(text, /^Card +\d+$/m);
  assert.match(text, /^Clock +.+, moved by 7200 s$/m);
  assert.ok(text.includes(`\nFaults  ${fault?.name}\n`), text);
  const after = await json<{ faults: string[]; agent: { state: string } }>('status');
  assert.deepEqual([after.faults, after.agent.state], [[], 'signedIn']);
});

test('status --watch prints each change once, until the instance ends', async () => {
  const other = await startInstance();
  const { lines, out } = recordedOutput();
  const watching = status.run({
    argv: ['--watch', '--state', other.state.stateFile],
    out,
    commands: async () => [],
  });
  const ended = assert.rejects(watching, /No running instance responds/);
  const seen = async (pattern: RegExp) => {
    const end = performance.now() + 30_000;
    while (!lines.some((line) => pattern.test(line)))
      if (performance.now() > end) assert.fail(`${pattern}: ${lines.join('\n')}`);
      else await sleep(50);
  };
  await seen(/Faults: none$/);
  const [fault] = (await other.api<{ faults: { name: string }[] }>('GET', '/faults')).faults;
  await other.api('PUT', `/faults/${fault?.name}`, {});
  await seen(new RegExp(`^\\d\\d:\\d\\d:\\d\\d  Faults: ${fault?.name}$`));
  await other.api('PUT', '/clock', { advance: 3_600 });
  await seen(/Clock: moved by 3600 s$/);
  await fetch(`${other.urls.api}/oauth2/authorize?client_id=unknown`);
  await seen(/Journey .+: refused, /);
  assert.equal(lines.filter((line) => line.includes('Desk: ')).length, 1);
  await other.stop();
  await ended;
});

describe('an unknown name', () => {
  for (const [argv, name] of [
    [['card', 'insert', 'nurze'], 'nurse'],
    [['card', 'unblock', 'nurze'], 'nurse'],
    [['card', 'issue', 'nurze'], 'nurse'],
    [['person', 'show', 'clinican'], 'clinician'],
    [['session', 'list', 'nurze'], 'nurse'],
    [['registration-authority', 'list', 'nurze'], 'nurse'],
    [['registration-authority', 'order', 'nurze', '--actor', 'admin'], 'nurse'],
    [['authenticator', 'list', 'nurze'], 'nurse'],
    [['authenticator', 'enrol', 'nurse', 'passky'], 'passkey'],
    [['fault', 'on', 'discovery-other-isuer'], 'discovery-other-issuer'],
    [['keys', 'rotate', 'cis-2'], 'cis2'],
    [['product', 'show', 'hello-wold'], 'hello-world'],
    [['app', 'show', 'demo-combind'], 'demo-combined'],
    [['check', 'http://localhost:1', '--only', 'cis2-session-coockie'], 'cis2-session-cookie'],
  ] as const)
    test(`gets a similar one as a suggestion: ${argv.join(' ')}`, async () => {
      await assert.rejects(run(...argv), (error: Error) => error.message.includes(` Did you mean ${name}?`));
    });
});

test('fault prints its conditions, and refuses one that the fault would ignore', async () => {
  const { lines } = await run('fault', 'on', 'pds-slow', '--seconds', '2', '--after', '1', '--run', 'ci-7');
  assert.deepEqual(lines, ['pds-slow@ci-7 is on, with a delay of 2 s, after 1 more.']);
  await assert.rejects(
    run('fault', 'on', 'id-token-expired', '--patient', '9000000009'),
    /"patient" is only/,
  );
  assert.deepEqual((await run('fault', 'off')).lines, ['Off: pds-slow@ci-7.']);
});

describe('authenticator', () => {
  test('creates a link for one user and one use', async () => {
    const { url } = await json<{ url: string }>('authenticator', 'enrol', 'gp', 'passkey');
    assert.match(url, /^http:\/\/localhost:\d+\/enrol\//);
    await assert.rejects(run('authenticator', 'enrol', 'gp', 'horoscope'), UsageError);
    await assert.rejects(run('authenticator', 'enrol', 'nobody', 'passkey'), /no person "nobody"/);
  });

  test('prints the code of a development authenticator app', async () => {
    const shown = await json('authenticator', 'code', 'gp-aal2');
    assert.match(String(shown.code), /^\d{6}$/);
    assert.equal(shown.email, 'gp-aal2@example.test');
    assert.match(
      (await run('authenticator', 'code', 'gp-aal2')).lines.join('\n'),
      /^password +alongside-demo-1$/m,
    );
    await assert.rejects(run('authenticator', 'code', 'gp'), OperatorError);
  });

  test("adds and removes a user's authenticators", async () => {
    const listed = (await run('authenticator', 'list', 'gp-aal2')).lines.join('\n');
    assert.match(listed, /^totp +AAL2/m);
    const { authenticators } = await json<{ authenticators: { id: string; kind: string }[] }>(
      'authenticator',
      'list',
      'gp-aal2',
    );
    const passkey = authenticators.find(({ kind }) => kind === 'passkey');
    await run('authenticator', 'remove', 'gp-aal2', String(passkey?.id));
    assert.ok(!(await run('authenticator', 'list', 'gp-aal2')).lines.join('\n').includes('passkey'));
  });
});

describe('agent sign-in at a desk that is signed in', () => {
  test('reports that no PIN was needed, and does not judge the given one', async () => {
    const { code, lines, notes } = await run('agent', 'sign-in', '--pin', '000000');
    assert.equal(code, 0);
    assert.equal(lines[0], 'Signed in.');
    assert.match(notes.join(), /already signed in, so no PIN was needed and yours was not checked/);
    const again = await json<{ state: string; pinChecked: boolean; attemptsLeft: number }>(
      'agent',
      'sign-in',
    );
    assert.deepEqual([again.state, again.pinChecked, again.attemptsLeft], ['signedIn', false, 3]);
    await run('agent', 'sign-out');
    assert.equal((await json('agent', 'sign-in')).pinChecked, true);
  });
});

test('agent sign-in selects a role by id or code, and reports one that is not available', async () => {
  await run('card', 'insert', 'nurse');
  await assert.rejects(
    run('agent', 'sign-in', '--role', 'R0260'),
    /The person has no role R0260\. There are: \d{12} \(R8001 at A9A5A\)/,
  );
  const { role } = await json<{ role: { roleId: string } }>('agent', 'sign-in', '--role', 'R8001');
  assert.equal((await run('agent', 'sign-in', '--role', role.roleId)).code, 0);
  await assert.rejects(run('agent', 'sign-in', '--role', '555010542102'), /keeps it\. Sign out first/);
  await run('card', 'insert', 'gp');
  await run('agent', 'sign-in');
});

test('agent status reports why the session is locked', async () => {
  const other = await startInstance({ agentMode: 'enhancedNormal' });
  try {
    await other.signInAtDesk('gp');
    const desk = await AgentConnection.open(String(other.state.agentSocket));
    await desk.call('screenLocked');
    desk.close();
    const { lines } = await invoke(['agent', 'status', '--state', other.state.stateFile]);
    assert.equal(lines[0], 'Locked with the screen: unlock the screen and enter the PIN.');
    await assert.rejects(
      invoke(['agent', 'sign-in', '--state', other.state.stateFile]),
      /^OperatorError: Locked with the screen/,
    );
  } finally {
    await other.stop();
  }
});

test('agent exits with success after JSON output', async () => {
  for (const words of [['status'], ['sign-in'], ['doctor']]) {
    const { code, out } = await runProcess(['agent', ...words, '--json', ...here]);
    assert.equal(code, 0, words.join(' '));
    assert.equal(out.trim().split('\n').length, 1);
  }
});

describe('registration-authority', () => {
  test('shows, revokes and replaces a card for an authorised officer', async () => {
    const { cards } = await json<CardsAnswer>('registration-authority', 'list', 'gp');
    const serial = String(cards[0]?.serial);
    assert.equal(cards[0]?.state, 'active');
    await assert.rejects(run('registration-authority', 'revoke', serial), UsageError);
    await assert.rejects(run('registration-authority', 'revoke', serial, '--actor', 'nurse'), OperatorError);
    const replaced = await json<{ serial: string; state: string; replaces: string }>(
      'registration-authority',
      'replace',
      serial,
      '--actor',
      'admin',
    );
    assert.deepEqual([replaced.state, replaced.replaces], ['ordered', serial]);
    const states = (await run('registration-authority', 'list', 'gp')).lines.join('\n');
    assert.match(states, new RegExp(`^${serial} .*replaced.* since 20\\d\\d-.*, \\w+$`, 'm'));
  });
});

describe('directory', () => {
  test('exports and imports CSV without a change, and reports errors by line', async () => {
    const file = join(folder, 'people.csv');
    await run('directory', 'export', file);
    const text = readFileSync(file, 'utf8');
    assert.match(text, /656005750108/);
    const again = await json<{ added: number; changed: number; unchanged: number }>(
      'directory',
      'import',
      file,
    );
    assert.deepEqual([again.added, again.changed], [0, 0]);
    assert.ok(again.unchanged >= 16);
    writeFileSync(file, text.replaceAll('656005750108', '65600575010X'));
    const { code, lines } = await run('directory', 'import', file);
    assert.equal(code, 1);
    assert.match(lines[0] ?? '', /people\.csv:\d+: /);
    await assert.rejects(run('directory', 'import', join(folder, 'people.txt')), UsageError);
  });
});

describe('validate', () => {
  test('shows each check and the predicted response for an authorization request', async () => {
    const client = 'client_id=nobody&response_type=code&state=1&redirect_uri=http://localhost/cb';
    const { code, lines } = await run('validate', `${instance.urls.api}/oauth2/authorize?${client}`);
    assert.equal(code, 1);
    assert.match(lines.join('\n'), /WRONG +client_id/);
    assert.match(lines.at(-1) ?? '', /\/oauth2 would answer 4\d\d/);
    await assert.rejects(run('validate', 'something'), UsageError);
  });
});

describe('developer', () => {
  test('adds, disables and removes a developer', async () => {
    await run('developer', 'add', 'acme', '--name', 'Acme Software', '--company');
    assert.match(
      (await run('developer', 'list')).lines.join('\n'),
      /^acme +Acme Software +company +active$/m,
    );
    assert.match(
      (await run('developer', 'edit', 'acme', '--set', 'status=inactive')).lines.join(),
      /refused/,
    );
    await run('developer', 'remove', 'acme');
    await assert.rejects(run('developer', 'remove', 'acme'), /no developer "acme"/);
  });
});

test('mail shows the notice about the authenticator removed above', async () => {
  const { mails } = await json<{ mails: { to: string; subject: string }[] }>('mail');
  assert.deepEqual(
    mails.map(({ to, subject }) => [to, subject]),
    [['gp-aal2@example.test', 'A way to sign in to your care identity was removed']],
  );
});

describe('clock', () => {
  test('moves, stops and returns to real time', async () => {
    const moved = await json<{ offsetSeconds: number }>('clock', 'advance', '15m');
    assert.equal(moved.offsetSeconds, 900);
    assert.match(
      (await run('clock')).lines.join('\n'),
      /^Time .+\nOffset +900 s ahead of real time\nRuns +yes$/,
    );
    assert.match((await run('clock', 'freeze')).lines.join(), /stands still/);
    const { now } = await json<{ now: string }>('clock', 'set', '2030-01-31T09:00:00Z');
    assert.equal(now, '2030-01-31T09:00:00.000Z');
    assert.match((await run('clock', 'unfreeze')).lines.join(), /yes/);
    assert.match((await run('clock', 'reset')).lines.join(), /Offset +real time/);
  });

  test('refuses what is no duration or time with a sentence', async () => {
    for (const text of ['', 'soon', '1w', '--5', '1e9', '9999999999999'])
      await assert.rejects(run('clock', 'advance', text), UsageError, text);
    await assert.rejects(run('clock', 'set', 'tomorrow'), /must be an ISO time/);
    await assert.rejects(run('clock', 'advance', '40000d'), /is too far ahead/);
  });
});

describe('journeys', () => {
  test('lists what happened, filters it, and shows one with each message', async () => {
    const { lines, notes } = await run('journeys');
    assert.match(lines.join('\n'), /succeeded +demo-combined/);
    assert.match(notes.join(), /alongside journeys ID/);
    const { journeys } = await json<JourneysAnswer>('journeys');
    const [sign] = journeys.filter(
      ({ pattern, outcome }) => pattern === 'combined' && outcome === 'succeeded',
    );
    assert.ok(sign);
    const shown = (await run('journeys', sign.id)).lines;
    assert.equal(shown[0], sign.headline);
    assert.ok(
      shown.some((line) => /authorisation → cis2/.test(line)),
      shown.join('\n'),
    );
    assert.deepEqual((await json<JourneysAnswer>('journeys', '--application', 'nobody')).journeys, []);
    await assert.rejects(run('journeys', 'none'), /No journey has this id/);
  });

  test('exports one in each format, and opens the file of another instance', async () => {
    const { journeys } = await json<JourneysAnswer>('journeys', '--application', 'demo-combined');
    const id = String(journeys[0]?.id);
    const begins = { svg: /^<svg/, mermaid: /^sequenceDiagram/, har: /^\{"log"/, markdown: /^#/ };
    for (const [format, begin] of Object.entries(begins))
      assert.match((await run('journeys', 'export', id, '--format', format)).lines.join('\n'), begin);
    const { content } = await json<{ content: string }>('journeys', 'export', id);
    const file = join(folder, 'one.journey.json');
    writeFileSync(file, content);
    const { lines } = await run('journeys', 'open', file);
    assert.equal(lines[0], journeys[0]?.headline);
    assert.match(lines.at(-1) ?? '', /^http:\/\/localhost:\d+\/journeys\/file-/);
    assert.equal((await fetch(String(lines.at(-1)))).status, 200);
    writeFileSync(file, '{"log": {}}');
    await assert.rejects(
      run('journeys', 'open', file),
      /"alongsideJourney" must be 1: .* Is it the file of a journey\?$/,
    );
    await assert.rejects(
      run('journeys', 'open', join(folder, 'none.json')),
      /cannot be read: it does not exist/,
    );
    writeFileSync(file, '[]');
    await assert.rejects(run('journeys', 'open', file), /one\.journey\.json must hold one JSON object/);
    await assert.rejects(run('journeys', 'export', 'none'), /No journey has this id/);
    await assert.rejects(run('journeys', 'export', id, '--format', 'pdf'), /must be one of file, svg/);
  });

  test('shows the failed ones, with the command that explains each', async () => {
    const address = `${instance.urls.api}/oauth2/token`;
    const body = new URLSearchParams({ grant_type: 'authorization_code', client_id: 'nobody', code: 'c' });
    const refused = await fetch(address, { method: 'POST', body });
    const { journeys } = await json<JourneysAnswer>('journeys', '--failed');
    assert.ok(journeys.length > 0);
    for (const { outcome } of journeys) assert.match(outcome, /^(refused|failed)$/);
    const id = refused.headers.get('x-message-id');
    const texts = await Promise.all(journeys.map(async (each) => (await run('journeys', each.id)).lines));
    assert.ok(texts.flat().includes(`alongside explain ${id}`), texts.flat().join('\n'));
  });
});
