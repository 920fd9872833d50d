import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import { patternCovers } from '@alongside/kernel/browser-policies';
import { systemClock } from '@alongside/kernel/clock';
import { listeningInodes, portOwner } from '@alongside/kernel/port-owner';
import { onWindows } from '../../test/testing/platform.ts';
import type { AgentConfiguration, AgentStatus } from '../protocol.ts';
import { roleOf } from '../testing/cis.ts';
import { ada, ben, rightPin, type TestDesk, testDesk } from '../testing/desk.ts';
import { judgePolicies } from './browser-policy.ts';
import type { Subject } from './check.ts';
import { examine } from './doctor.ts';
import { type Report, reportLines } from './report.ts';
import { startCommand } from './service.ts';
import { subjectOf } from './subject.ts';

const found = ({ checks }: Report, name: string) =>
  checks.filter((check) => check.name === name).map(({ outcome, detail }) => `${outcome}: ${detail}`);
const at = async (desk: TestDesk) => examine(await subjectOf(desk.socketPath));

/** Runs the doctor with this status or configuration of a running agent. */
async function supposing(
  t: TestContext,
  {
    status = {},
    configuration = {},
  }: { status?: Partial<AgentStatus>; configuration?: Partial<AgentConfiguration> },
  more: Partial<Subject> = {},
): Promise<Report> {
  const desk = await testDesk(t);
  await desk.call('insertCard', { card: 'ada' });
  const subject = await subjectOf(desk.socketPath);
  assert.ok(subject.agent);
  const agent = {
    status: { ...subject.agent.status, ...status },
    configuration: { ...subject.agent.configuration, ...configuration },
  };
  return examine({ ...subject, agent, ...more });
}

describe('the doctor of a healthy workstation', () => {
  test('finds no problem and runs every check', async (t) => {
    const desk = await testDesk(t);
    await desk.signIn();
    const report = await at(desk);
    assert.deepEqual(
      report.checks.filter(({ outcome }) => outcome === 'wrong'),
      [],
    );
    assert.equal(report.ok, true);
    assert.deepEqual(
      [...new Set(report.checks.map(({ name }) => name))],
      [
        'settings',
        'service',
        'port',
        'reader',
        'card-type',
        'certificate',
        'pin',
        'role',
        'clock',
        'cis',
        'cis2',
        'browser-policy',
      ],
    );
    assert.equal(reportLines(report).at(-1), 'No problem was found.');
    assert.ok(!JSON.stringify(report).includes(rightPin));
  });
});

describe('the doctor', () => {
  test('service: reports that the agent does not run', async (t) => {
    const desk = await testDesk(t);
    const report = await examine(await subjectOf(`${desk.folder}/nothing.sock`));
    assert.equal(report.ok, false);
    assert.match(
      found(report, 'service')[0] ?? '',
      /^wrong: The agent does not run for this user: No Identity Agent/,
    );
    assert.deepEqual(found(report, 'reader'), [], 'what nobody can know is not said');
    assert.match(
      reportLines(report).join('\n'),
      /WRONG {2}service: [\s\S]*-> Start it: (?:systemctl --user start identity-agent|schtasks \/run)/,
    );
  });

  test('port: reports another program', async (t) => {
    const squatter = createServer();
    await new Promise<void>((resolve) => squatter.listen(0, '127.0.0.1', resolve));
    t.after(() => void squatter.close());
    const { port } = squatter.address() as { port: number };
    const desk = await testDesk(t);
    const subject = await subjectOf(desk.socketPath);
    const url = `http://127.0.0.1:${port}`;
    const stopped = await examine({ ...subject, agent: undefined, url });
    assert.match(
      found(stopped, 'port')[0] ?? '',
      new RegExp(
        `^wrong: Port ${port} is used by .*${onWindows ? 'another program' : `process ${process.pid}`}`,
      ),
    );
    const running = await examine({
      ...subject,
      url,
      port: { ...subject.port, answer: undefined, problem: 'no answer' },
    });
    assert.match(found(running, 'port')[0] ?? '', /^wrong: The agent does not answer at/);
  });

  test('reader: reports the virtual reader with a real CIS', async (t) => {
    const report = await supposing(t, { configuration: { cisUrl: 'https://cis.example' } });
    assert.deepEqual(found(report, 'reader'), [
      'remark: The reader is the virtual one, which no real card goes into.',
    ]);
  });

  test('reader: reports a missing reader', async (t) => {
    const report = await supposing(t, {
      configuration: { reader: null, readerProblem: 'The card service pcscd does not run.' },
    });
    assert.deepEqual(found(report, 'reader'), ['wrong: The card service pcscd does not run.']);
  });

  test('card-type: reports an unusable card, an unreadable one and a missing one', async (t) => {
    const rejected = { problem: 'card_rejected', reason: 'x' } as const;
    const foreign = await supposing(t, { status: { ...rejected, refusal: 'not_a_piv_card' } });
    assert.deepEqual(found(foreign, 'card-type'), ['wrong: The card in the reader is no PIV card.']);
    const broken = await supposing(t, { status: { ...rejected, refusal: 'transaction_failed' } });
    assert.deepEqual(found(broken, 'card-type'), ['wrong: The card cannot be read.']);
    const none = await supposing(t, { status: { card: null } });
    assert.deepEqual(found(none, 'card-type'), ['remark: No card is in the reader.']);
    assert.equal(none.ok, true);
  });

  test('certificate: reports expired, revoked, foreign and expiring certificates with their own sentences', async (t) => {
    for (const [code, sentence] of [
      ['certificate_expired', 'The certificate on this card has expired.'],
      ['certificate_revoked', 'This card has been revoked.'],
      ['certificate_untrusted', 'This card is of an authority that is not known here.'],
    ]) {
      const desk = await testDesk(t);
      desk.cis.refused.set(ada, { code: code ?? '', sentence: sentence ?? '' });
      await desk.signIn();
      const report = await at(desk);
      assert.deepEqual(found(report, 'certificate'), [`wrong: ${sentence}`]);
      assert.equal((await desk.call('status')).refusal, code);
    }
    const soon = await testDesk(t);
    soon.cis.authority.notAfter = new Date(soon.clock.now() + 30 * 86_400_000);
    await soon.signIn();
    assert.deepEqual(found(await at(soon), 'certificate'), [
      'remark: The certificate of the card ends on 2026-12-24.',
    ]);
    soon.clock.advance(31 * 86_400);
    assert.deepEqual(found(await at(soon), 'certificate'), [
      'wrong: The certificate of the card ended on 2026-12-24.',
    ]);
  });

  test('pin: reports a blocked PIN and used attempts', async (t) => {
    const desk = await testDesk(t);
    await desk.call('insertCard', { card: 'ada' });
    await assert.rejects(desk.call('answerPin', { pin: '999999' }));
    assert.deepEqual(found(await at(desk), 'pin'), ['remark: 2 PIN attempts are left.']);
    for (let n = 0; n < 2; n += 1) await assert.rejects(desk.call('answerPin', { pin: '999999' }));
    assert.deepEqual(found(await at(desk), 'pin'), ['wrong: The PIN of the card is blocked.']);
  });

  test('role: reports a missing, required and unselected role', async (t) => {
    const strict = await testDesk(t, { requireRole: true });
    strict.cis.roles.set(ben, []);
    await strict.signIn('ben');
    assert.match(found(await at(strict), 'role')[0] ?? '', /^wrong: You have no role/);
    const desk = await testDesk(t);
    desk.cis.roles.set(ben, []);
    desk.cis.roles.set(ada, [roleOf(1), roleOf(2)]);
    await desk.signIn('ben');
    assert.match(found(await at(desk), 'role')[0] ?? '', /^remark: .* has no role/);
    await desk.signIn('ada');
    assert.match(found(await at(desk), 'role')[0] ?? '', /^remark: .* has not chosen a role/);
  });

  test('clock: reports a clock that is ahead or behind', async (t) => {
    const asked = (seconds: number) => {
      const now = systemClock.now();
      const date = new Date(now + seconds * 1000).toUTCString();
      return {
        url: 'http://cis.example/healthz',
        problem: '',
        before: now,
        after: now + 5,
        answer: { status: 200, body: {}, date },
      };
    };
    const ahead = await supposing(t, {}, { cis: asked(60), cis2Keys: asked(-60) });
    const said = found(ahead, 'clock');
    assert.match(said[0] ?? '', /^wrong: The clock of CIS is (59|60) s ahead of this machine's\.$/);
    assert.match(said[1] ?? '', /^wrong: The clock of CIS2 is (59|60) s behind this machine's\.$/);
    const fine = await supposing(t, {}, { cis: asked(2), cis2Keys: undefined });
    assert.match(found(fine, 'clock')[0] ?? '', /^ok/);
  });

  test('cis and cis2: report unreachable servers and other services', async (t) => {
    const desk = await testDesk(t);
    await desk.cis.close();
    const report = await at(desk);
    assert.match(found(report, 'cis')[0] ?? '', /^wrong: No answer from CIS: .*ECONNREFUSED/);
    const subject = await subjectOf(desk.socketPath);
    const keys = {
      ...subject.port,
      url: 'http://x.example/',
      answer: { status: 200, body: { keys: 'none' } },
    };
    assert.match(
      found(await examine({ ...subject, cis2Keys: keys }), 'cis2')[0] ?? '',
      /is not the key set of CIS2/,
    );
  });

  test('settings: reports an invalid file', async (t) => {
    const report = await supposing(
      t,
      {},
      { settings: undefined, settingsProblem: 'policy.json has an unknown setting "x".' },
    );
    assert.deepEqual(found(report, 'settings'), ['wrong: policy.json has an unknown setting "x".']);
    const desk = await testDesk(t);
    const subject = await subjectOf(desk.socketPath);
    assert.ok(subject.settings);
    const { settings } = subject.settings;
    const open = { ...subject.settings, settings: { ...settings, cis: 'http://cis.example' } };
    const [, second = ''] = found(await examine({ ...subject, settings: open }), 'settings');
    assert.match(second, /^wrong: cis: must be https/);
  });

  test('reports a check that fails itself and continues', async (t) => {
    const report = await supposing(t, {}, { url: 'nonsense' });
    assert.match(found(report, 'port')[0] ?? '', /^wrong: This could not be examined/);
  });
});

describe('browser policies', () => {
  const hops = {
    agent: new URL('http://127.0.0.1:8403'),
    cis2: new URL('https://cis2.example.test'),
    fetchTransport: false,
  };
  const judge = (policies: Record<string, unknown>, more = {}) =>
    judgePolicies([{ file: 'p.json', policies }], { ...hops, ...more }).map(({ outcome }) => outcome);

  test('report blocked access to the agent or CIS2 as a problem, and harmless policies as a remark', () => {
    assert.deepEqual(judge({}), ['ok']);
    assert.deepEqual(judge({ URLBlocklist: ['127.0.0.1'] }), ['wrong']);
    assert.deepEqual(judge({ URLBlocklist: ['*'] }), ['wrong', 'wrong']);
    assert.deepEqual(judge({ URLBlocklist: ['*'], URLAllowlist: ['127.0.0.1:8403', 'example.test'] }), [
      'ok',
    ]);
    assert.deepEqual(judge({ ProxySettings: { ProxyBypassList: '<-loopback>' } }), ['wrong']);
    assert.deepEqual(judge({ LoopbackNetworkBlockedForUrls: ['https://cis2.example.test'] }), ['remark']);
    assert.deepEqual(judge({ LoopbackNetworkBlockedForUrls: ['https://other.example'] }), ['ok']);
  });

  test('require a policy that allows calls from the page', () => {
    assert.deepEqual(judge({}, { fetchTransport: true }), ['remark']);
    const granted = { LoopbackNetworkAllowedForUrls: ['https://cis2.example.test'] };
    assert.deepEqual(judge(granted, { fetchTransport: true }), ['ok']);
  });

  test('match patterns', () => {
    const url = new URL('https://cis2.example.test:8443/x');
    for (const pattern of [
      '*',
      'example.test',
      '[*.]example.test',
      'https://cis2.example.test:8443',
      '.cis2.example.test',
    ])
      assert.ok(patternCovers(pattern, url), pattern);
    for (const pattern of [
      '',
      'http://cis2.example.test',
      '.example.test',
      'cis2.example.test:443',
      'example.test/path',
    ])
      assert.ok(!patternCovers(pattern, url), pattern);
  });
});

describe('portOwner', () => {
  test('reads the tables of the kernel', { skip: onWindows && 'the tables are Linux' }, async (t) => {
    const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:20D3 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4711 1
   1: 0100007F:20D3 0100007F:9999 01 00000000:00000000 00:00000000 00000000  1000        0 4712 1`;
    assert.deepEqual(listeningInodes(table, 0x20d3), ['4711']);
    assert.deepEqual(listeningInodes(table, 1), []);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.after(() => void server.close());
    const { port } = server.address() as { port: number };
    assert.equal(portOwner(port)?.pid, process.pid);
  });
});

test('the agent is started by its task on Windows, and by its unit elsewhere', () => {
  assert.match(startCommand('win32'), /^schtasks \/run/);
  assert.match(startCommand('linux'), /^systemctl --user/);
});
