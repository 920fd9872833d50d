import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { checks } from '../../src/cli/check/checks.ts';
import { conformanceRows } from '../../src/cli/check/conformance.ts';
import type { Evidence } from '../../src/cli/check/evidence.ts';
import { ProviderSide } from '../../src/cli/check/provider.ts';
import { Trial } from '../../src/cli/check/trial.ts';
import { InstanceApi } from '../../src/cli/instance.ts';
import { invoke, main } from '../../src/cli/testing/command.ts';
import { type CarelessParty, startCarelessParty } from '../testing/careless-party.ts';
import { startInstance, type TestInstance } from '../testing/instance.ts';

interface Answer {
  ok: boolean;
  counts: Record<string, number>;
  checks: { name: string; outcome: string; received: string }[];
}

// Runs the command against a correct application and one that breaks rules.
describe('alongside check', () => {
  let instance: TestInstance;
  let party: CarelessParty;
  before(async () => {
    instance = await startInstance();
    party = await startCarelessParty(instance);
  });
  after(async () => {
    await party?.stop();
    await instance?.stop();
  });
  beforeEach(() => party.ignores.clear());

  const all = checks
    .filter(({ patterns = ['separate'] }) => patterns.includes('separate'))
    .map(({ name }) => name);
  const only = (names: readonly string[]) => names.flatMap((name) => ['--only', name]);
  const at = () => ['--state', instance.state.stateFile];

  async function run(url: string, ...more: string[]): Promise<Answer & { code: number }> {
    const { lines, code } = await invoke(['check', url, ...at(), '--json', '--key-cache', '0', ...more]);
    assert.equal(lines.length, 1);
    return { ...(JSON.parse(lines[0] ?? '') as Answer), code };
  }
  const named = ({ checks: found }: Answer, outcome: string) =>
    found.filter((one) => one.outcome === outcome).map(({ name }) => name);
  const faultsOn = async () =>
    (await instance.api<{ faults: { name: string; state: unknown }[] }>('GET', '/faults')).faults.filter(
      ({ state }) => state !== null,
    );

  const ofDiscovery = [
    'oidcc-client-test-discovery-issuer-mismatch',
    'oidcc-client-test-discovery-jwks-uri-keys',
  ];

  const ofSigning = all.filter((name) => name.startsWith('signing-'));

  // It sends no state at a sign-out, signs no documents, and caches the discovery document.
  const noOccasion = [
    'oidcc-client-test-rp-init-logout-other-state',
    'oidcc-client-test-rp-init-logout-no-state',
    ...ofSigning,
    ...ofDiscovery,
  ];
  // On a slow machine, the application learns a second new key in time. The API platform then refuses the ID token without kid.
  const late = 'oidcc-client-test-kid-absent-single-jwks';

  // First: later checks change the signing key, and the sample accepts a new one only after a while.
  test('does not blame the application for a missing product', async () => {
    await instance.api('POST', '/products', {
      name: 'of-no-use',
      apis: ['hello-world'],
      scopes: [],
      limits: null,
    });
    type Half = { platform: { products: string[] } };
    const { platform } = await instance.api<Half>('GET', '/applications/demo-separate');
    const give = (products: string[]) =>
      instance.api('PATCH', '/applications/demo-separate', { platform: { products } });
    await give(['of-no-use']);
    try {
      await assert.rejects(
        run(`${instance.urls.sample}/sign-in/separate`, ...only(['oidcc-client-test'])),
        /refused the application for its registration \(authorisation\.notSubscribed\)/,
      );
    } finally {
      await give(platform.products);
    }
  });

  test('passes the sample application in every applicable check', async () => {
    const answer = await run(`${instance.urls.sample}/sign-in/separate`);
    const lateCheck = answer.checks.find(({ name }) => name === late);
    assert.equal(lateCheck?.outcome, 'notRun', JSON.stringify(lateCheck));
    assert.deepEqual(
      answer.checks
        .filter(({ name, outcome }) => outcome !== 'passed' && name !== late)
        .map(({ name, outcome }) => [name, outcome]),
      noOccasion.map((name) => [name, 'notRun']),
    );
    assert.match(answer.checks.at(-1)?.received ?? '', /alongside fault on discovery-empty-key-set/);
    assert.deepEqual(
      [answer.ok, answer.code, answer.counts.passed],
      [true, 0, all.length - noOccasion.length - 1],
    );
    assert.deepEqual(await faultsOn(), []);
    const { card } = await instance.api<{ card: unknown }>('GET', '/readers/0');
    assert.equal(card, null, 'the reader is left as it was');
  });

  // Rules that one application cannot break together: one that accepts any key notices no rotation, for example.
  const apart = [
    'oidcc-client-test',
    'oidcc-client-test-signing-key-rotation-just-before-signing',
    'oidcc-client-test-signing-key-rotation',
    'oidcc-client-test-rp-backchannel-rpinitlogout',
    'oidcc-client-test-rp-init-logout',
    'oidcc-client-test-kid-absent-single-jwks',
    'cis2-fresh-sign-in-asked',
    'cis2-minimum-scopes',
  ];
  const warned = 'oidcc-client-test-discovery-jwks-uri-keys';

  test('fails an application that ignores rules in exactly the checks for them', async () => {
    const ignored = all.filter((name) => ![...apart, ...ofSigning, warned].includes(name));
    for (const name of ignored) party.ignores.add(name);
    const answer = await run(party.start);
    assert.deepEqual(named(answer, 'failed'), ignored);
    assert.deepEqual(named(answer, 'warning'), [warned]);
    assert.deepEqual(
      named(answer, 'passed'),
      all.filter((name) => apart.includes(name)),
    );
    assert.equal(answer.code, 1);
  });

  test('fails the remaining checks separately, and passes the others', async () => {
    const ignored = [
      'oidcc-client-test-signing-key-rotation',
      'oidcc-client-test-rp-backchannel-rpinitlogout',
      'cis2-fresh-sign-in-asked',
      'cis2-minimum-scopes',
      'cis2-code-replayed',
    ];
    for (const name of ignored.slice(1)) party.ignores.add(name);
    const asked = [...ignored.slice(1), 'cis2-stale-auth-time', 'oidcc-client-test', 'cis2-session-cookie'];
    const answer = await run(party.start, ...only(asked));
    assert.deepEqual(named(answer, 'warning'), ['cis2-minimum-scopes']);
    assert.deepEqual(named(answer, 'notRun'), ['cis2-stale-auth-time']);
    assert.deepEqual(named(answer, 'passed'), ['oidcc-client-test', 'cis2-session-cookie']);
    assert.equal(named(answer, 'failed').length, 3);
    party.ignores.add('oidcc-client-test-signing-key-rotation');
    const rotations = all.filter((name) => name.includes('signing-key-rotation'));
    const rotated = await run(party.start, ...only(rotations));
    assert.deepEqual(named(rotated, 'failed'), rotations);
    const afterwards = await run(party.start, '--only', 'cis2-session-cookie,cis2-minimum-scopes');
    assert.deepEqual(named(afterwards, 'failed'), ['oidcc-client-test']);
    assert.deepEqual(named(afterwards, 'notRun'), ['cis2-minimum-scopes', 'cis2-session-cookie']);
  });

  test('passes an application that signs, and runs nothing without its address', async () => {
    const answer = await run(party.start, '--sign', party.sign, ...only(ofSigning));
    assert.deepEqual(named(answer, 'passed'), ofSigning, JSON.stringify(answer.checks));
    const without = await run(party.start, ...only(ofSigning));
    assert.deepEqual(named(without, 'notRun'), ofSigning);
    for (const { received } of without.checks) assert.match(received, /name it with --sign\.$/);
    assert.deepEqual(await faultsOn(), []);
  });

  // The checks that find an application with one broken rule, and what they say of it.
  const signingRules: [broken: string, outcome: string, received: RegExp, found?: string[]][] = [
    ['signing-request', 'failed', /The key of the application must be RSA of at least 4096 bits/],
    [
      'signing-request-repeated',
      'failed',
      /The signing service refused the request: .*received before/,
      ofSigning.filter((name) => name !== 'signing-request'),
    ],
    [
      'signing-request-repeated-payloads',
      'warning',
      /the same payloads with the same ids/,
      ['signing-request-repeated'],
    ],
    ['signing-declined', 'failed', /the same as after a signature\. It answered 200 at \/signed/],
    ['signing-unknown-token', 'failed', /the same as after a signature/],
    ['signing-wrong-certificate', 'warning', /signatures that do not verify/],
  ];
  for (const [broken, outcome, received, found = [broken]] of signingRules)
    test(`finds an application that breaks ${broken}`, async () => {
      party.ignores.add(broken);
      const answer = await run(party.start, '--sign', party.sign, ...only(ofSigning));
      assert.deepEqual(named(answer, outcome), found, JSON.stringify(answer.checks));
      assert.match(
        answer.checks.find(({ name }) => broken.startsWith(name) && found.includes(name))?.received ?? '',
        received,
      );
      const others = broken === 'signing-request' ? 'notRun' : 'passed';
      assert.deepEqual(
        named(answer, others),
        ofSigning.filter((name) => !found.includes(name)),
      );
    });

  test('starts a signature with the button of a page, and reports an address that starts none', async () => {
    const { origin } = new URL(party.sign);
    const onPage = await run(party.start, '--sign', `${origin}/prescription`, '--only', 'signing-request');
    assert.deepEqual(named(onPage, 'passed'), ['signing-request'], JSON.stringify(onPage.checks));
    const elsewhere = await run(party.start, '--sign', origin, ...only(ofSigning));
    assert.deepEqual(named(elsewhere, 'failed'), ['signing-request']);
    assert.match(elsewhere.checks[0]?.received ?? '', /led to .* and not to .*name with --sign the address/);
    assert.deepEqual(named(elsewhere, 'notRun'), ofSigning.slice(1));
  });

  test('fails an application that never fetches signatures, and one that does not handle a decline', async () => {
    const words = ['--sign', party.sign, '--only', 'signing-request,signing-declined'];
    party.ignores.add('signing-request-never-fetched');
    const never = await run(party.start, ...words);
    assert.deepEqual(named(never, 'failed'), ['signing-request']);
    assert.match(never.checks[0]?.received ?? '', /did not fetch the signatures/);
    party.ignores.clear();
    party.ignores.add('signing-declined-unhandled');
    const unhandled = await run(party.start, ...words);
    assert.deepEqual(named(unhandled, 'failed'), ['signing-declined']);
    assert.match(unhandled.checks[1]?.received ?? '', /It answered 500 at \/signed/);
  });

  test('gives the PIN to no page of the application', async (t) => {
    const posted: string[] = [];
    const phishing = createServer((request, response) => {
      request.on('data', (part) => posted.push(String(part)));
      response.setHeader('content-type', 'text/html');
      response.end('<form method="post" action="/stolen"><input name="pin"></form>');
    }).listen(0, 'localhost');
    await once(phishing, 'listening');
    t.after(() => phishing.close());
    const { signal } = new AbortController();
    const api = new InstanceApi({ state: instance.state.stateFile });
    const { cis2Issuer, api: platform } = instance.urls;
    const start = `http://localhost:${(phishing.address() as AddressInfo).port}/`;
    const provider = new ProviderSide(api, { persona: 'gp', pin: '123456', signal });
    const trial = new Trial({ provider, start, cis2Issuer, api: platform, signal, keyCache: 0 });
    const browser = trial.browser();
    const landing = await browser.go(start);
    assert.equal(await trial.answerPages(landing, browser), landing);
    assert.deepEqual(posted, []);
  });

  test('recognises a signature by the text of --signed', async () => {
    const words = ['--sign', party.sign, '--only', 'signing-request,signing-declined'];
    party.ignores.add('signing-neutral-page');
    const compared = await run(party.start, ...words);
    assert.deepEqual(named(compared, 'failed'), ['signing-declined']);
    assert.match(compared.checks[1]?.received ?? '', /name it with --signed/);
    const told = await run(party.start, ...words, '--signed', 'signed: 1');
    assert.deepEqual(named(told, 'passed'), ['signing-request', 'signing-declined']);
    const both = await run(party.start, ...words, '--signed', 'Documents signed');
    assert.deepEqual(named(both, 'failed'), ['signing-declined']);
    const never = await run(party.start, ...words, '--signed', 'signed: 2');
    assert.deepEqual(named(never, 'failed'), ['signing-request']);
    assert.deepEqual(named(never, 'notRun'), ['signing-declined']);
    await assert.rejects(run(party.start, '--signed', 'signed: 1'), /Name with --sign the address/);
  });

  test('fails a sign-out that CIS2 refuses', async () => {
    party.ignores.add('oidcc-client-test-rp-init-logout');
    const names = all.filter((name) => name.includes('rp-init-logout'));
    const answer = await run(party.start, ...only(names));
    assert.deepEqual(named(answer, 'failed'), ['oidcc-client-test-rp-init-logout']);
    assert.deepEqual(named(answer, 'notRun'), names.slice(1));
    const page = new URL(party.start).origin;
    const unknown = await run(party.start, ...only(names), '--sign-out', `${page}/signed-out`);
    assert.deepEqual(named(unknown, 'notRun'), names);
    assert.match(unknown.checks[0]?.received ?? '', /name the address with --sign-out/);
  });

  test('passes a careful application in the checks that do not apply to the sample', async () => {
    const answer = await run(
      party.start,
      ...only([...ofDiscovery, ...all.filter((name) => name.includes('kid-absent'))]),
    );
    assert.deepEqual(
      answer.checks.filter(({ outcome }) => outcome !== 'passed'),
      [],
    );
    const { origin } = new URL(party.start);
    const names = all.filter((name) => name.includes('rp-init-logout'));
    const out = await run(party.start, ...only(names), '--sign-out', `${origin}/log-out`);
    assert.deepEqual(named(out, 'passed'), names);
  });

  test('passes a careful application with its own pages', async () => {
    const names = ['cis2-code-replayed', 'cis2-session-cookie', 'oidcc-client-test-userinfo-invalid-sub'];
    const words = ['--signed-in', 'Signed in: Careful', '--person', 'nurse', ...only(names)];
    const answer = await run(party.start, ...words);
    assert.deepEqual(new Set(named(answer, 'passed')), new Set(names));
  });

  test('checks an application of the combined pattern, and writes a report', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'check-'));
    try {
      const file = join(folder, 'report.html');
      const page = `${instance.urls.sample}/hello`;
      const answer = await run(`${instance.urls.sample}/sign-in/combined`, '--page', page, '--html', file);
      assert.deepEqual(named(answer, 'notRun'), ofSigning, JSON.stringify(answer.checks));
      assert.deepEqual(named(answer, 'passed').length, answer.checks.length - ofSigning.length);
      for (const name of ['cis2-state-of-another-browser', 'combined-card-removed', 'combined-sign-out'])
        assert.ok(named(answer, 'passed').includes(name), name);
      const report = await readFile(file, 'utf8');
      assert.match(report, /10 passed, 0 failed/);
      assert.doesNotMatch(report, /https?:\/\/(?!localhost)/);
      // A long address does not widen the page.
      assert.match(report, /\nbody\{[^}]*overflow-wrap:anywhere/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('writes the same evidence for the same run, without secrets, and compares two runs', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'evidence-'));
    const file = (name: string) => join(folder, name);
    const written = async (name: string, ...words: string[]) => {
      await run(`${instance.urls.sample}/sign-in/combined`, ...words, '--evidence', file(name));
      const text = await readFile(file(`${name}.json`), 'utf8');
      return { text, evidence: JSON.parse(text) as Evidence };
    };
    try {
      await instance.api('PUT', '/clock', { freeze: true });
      const page = ['--page', `${instance.urls.sample}/hello`];
      const { text, evidence } = await written('first', ...page);
      const again = await written('second', ...page);
      assert.equal(again.text, text);
      assert.equal(await readFile(file('second.html'), 'utf8'), await readFile(file('first.html'), 'utf8'));
      assert.equal(evidence.application.pattern, 'combined');
      assert.deepEqual(
        evidence.rows.filter(({ outcome }) => outcome !== 'notShown').map(({ id, outcome }) => [id, outcome]),
        ['server-side-client', 'state', 'back-channel-logout', 'sign-out', 'cookies', 'errors'].map((id) => [
          id,
          'shown',
        ]),
      );
      const [signIn] = evidence.checks;
      const { origin } = new URL(instance.urls.sample);
      assert.ok(
        signIn?.exchanges.some(({ request }) => request === `GET ${origin}/combined/callback?code=…&state=…`),
        JSON.stringify(signIn?.exchanges),
      );
      assert.ok(signIn?.calls.includes('application to authorisation: authorisation.token'), text);
      assert.doesNotMatch(text, /\b(?:code|state|nonce|id_token_hint|logout_token)=[^…]/);
      assert.doesNotMatch(text, /[\w-]{20,}\.[\w-]{20,}/, 'no JWT');

      const same = await invoke(['check', '--compare', file('first.json'), file('second.json'), '--json']);
      assert.deepEqual(JSON.parse(same.lines[0] ?? ''), { ok: true, differences: [] });
      await written('less', '--only', 'cis2-state-changed', '--signed-in', 'Nothing of the kind');
      const { lines, code } = await invoke(['check', '--compare', file('first.json'), file('less.json')]);
      assert.equal(code, 1);
      assert.match(lines.join('\n'), /^WORSE +row +state +shown → notShown$/m);
      assert.match(lines.join('\n'), /^WORSE +check +oidcc-client-test +passed → failed$/m);
    } finally {
      await instance.api('DELETE', '/clock');
      await rm(folder, { recursive: true });
    }
  });

  test('refuses a file that it cannot write before it runs', async () => {
    for (const flag of ['--evidence', '--html'])
      await assert.rejects(
        invoke(['check', party.start, ...at(), flag, 'no-such-folder/report']),
        /no-such-folder.report cannot be written: it does not exist\.$/,
      );
  });

  test('refuses to compare another file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'evidence-'));
    try {
      const file = join(folder, 'other.json');
      await writeFile(file, '{"format":2}');
      await assert.rejects(invoke(['check', '--compare', file, file]), /is no evidence of .*: format is not/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('has a row of technical conformance for each check', () => {
    const inRows = new Set(conformanceRows.flatMap((row) => row.checks));
    assert.deepEqual(new Set(checks.map(({ name }) => name)), inRows);
    assert.deepEqual(
      conformanceRows.filter((row) => row.checks.length === 0 && row.byHand === undefined),
      [],
    );
  });

  test('names a check that is not for the pattern of the application', async () => {
    const answer = await run(`${instance.urls.sample}/sign-in/combined`, ...only(['cis2-expired-id-token']));
    assert.deepEqual(named(answer, 'notRun'), ['cis2-expired-id-token']);
    assert.match(answer.checks[0]?.received ?? '', /combined pattern/);
  });

  const called: [string, () => string[], RegExp][] = [
    [
      'a text that signed-out users see too',
      () => [party.start, '--signed-in', 'Sign in'],
      /shows "Sign in" also without a sign-in: set --signed-in/,
    ],
    ['an unknown check', () => [party.start, '--only', 'cis2-nothing'], /alongside check --list/],
    ['no number of seconds', () => [party.start, '--key-cache', 'long'], /--key-cache takes seconds/],
    ['no address', () => ['login'], /"login" is no http or https address/],
    ['nobody there', () => ['http://localhost:9/login'], /ECONNREFUSED/],
  ];
  for (const [name, words, sentence] of called)
    test(`reports ${name} in one sentence`, async () => {
      await assert.rejects(invoke(['check', ...words(), ...at()]), (error: Error) => {
        assert.match(error.message, sentence);
        return !error.message.includes('\n');
      });
    });

  test('reports a text that no page shows, and an address that starts no sign-in', async () => {
    const unseen = await run(
      party.start,
      '--signed-in',
      'Nothing of the kind',
      ...only(['oidcc-client-test']),
    );
    assert.match(
      unseen.checks[0]?.received ?? '',
      /does not show "Nothing of the kind".*--signed-in.*--page/,
    );
    const elsewhere = await run(instance.urls.sample, ...only(['oidcc-client-test']));
    assert.match(
      elsewhere.checks[0]?.received ?? '',
      /not to CIS2 at .* give the address that starts a sign-in/,
    );
  });

  test('ends at Ctrl-C and switches its fault off', async () => {
    const held = party.holdAfter(1);
    const words = ['check', party.start, ...at(), ...only(['oidcc-client-test-invalid-iss'])];
    const child = spawn(process.execPath, [main, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    child.stderr.on('data', (part) => (said += part));
    child.stdout.resume();
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    await held;
    assert.deepEqual(
      (await faultsOn()).map(({ name }) => name),
      ['id-token-wrong-issuer'],
    );
    child.kill('SIGINT');
    assert.equal(await ended, 1);
    assert.match(said, /^Stopped; the faults are off\.$/m);
    assert.deepEqual(await faultsOn(), []);
  });

  test('lists every check with its actions for --list', async () => {
    const { lines } = await invoke(['check', '--list']);
    assert.deepEqual(
      lines.map((line) => line.split(' ')[0]),
      checks.map(({ name }) => name),
    );
  });
});
