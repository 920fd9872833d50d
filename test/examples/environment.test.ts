import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { main } from '../../src/cli/testing/command.ts';
import { startInstance, type TestInstance } from '../testing/instance.ts';

// The client library and the examples read the output of `alongside status --env`.
const run = promisify(execFile);
const clone = join(import.meta.dirname, '../..');

describe('alongside status --env', () => {
  let instance: TestInstance;
  let lines: string[];
  let env: Record<string, string>;
  const folder = mkdtempSync(join(tmpdir(), 'alongside-environment-'));
  const plain = { PATH: process.env.PATH ?? '' };
  before(async () => {
    instance = await startInstance();
    await instance.signInAtDesk('gp');
    for (const name of ['Ward round', 'Ward round', '3 wards', 'Demo combined', '病院'])
      await instance.api('POST', '/applications', {
        name,
        profile: 'nhs',
        platform: { callbackUrls: ['http://localhost/x'], products: [] },
      });
    const cli = [main, 'status', '--env', '--state', instance.state.stateFile];
    const { stdout } = await run(process.execPath, cli, { env: plain });
    lines = stdout.trimEnd().split('\n');
    env = Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    );
  });
  after(async () => {
    await instance?.stop();
    rmSync(folder, { recursive: true });
  });

  /** Runs a program that knows only this output. */
  const program = (file: string, more: Record<string, string> = {}) =>
    spawn(process.execPath, [file], {
      cwd: folder,
      env: { ...plain, ...env, ...more },
      stdio: ['ignore', 'pipe', 'inherit'],
    });

  test('prints names and values that any shell accepts unchanged', () => {
    for (const line of lines) assert.match(line, /^[A-Z_][A-Z0-9_]*=[A-Za-z0-9._~:/@\\-]+$/);
    assert.equal(new Set(lines.map((line) => line.split('=')[0])).size, lines.length);
    // By the name, unless another application has that name already; by the id if the name has no ASCII letters.
    for (const own of [
      /^WARD_ROUND_PLATFORM_CLIENT_ID=/m,
      /^WARD_ROUND_[0-9A-F]{8}_PLATFORM_CLIENT_ID=/m,
      /^APP_3_WARDS_PLATFORM_CLIENT_ID=/m,
      /^DEMO_COMBINED_PLATFORM_CLIENT_ID=/m,
      /^DEMO_COMBINED_[0-9A-F]{8}_PLATFORM_CLIENT_ID=/m,
      /^APP_[0-9A-F]{8}_[0-9A-F]{4}_.*_PLATFORM_CLIENT_ID=/m,
    ])
      assert.match(lines.join('\n'), own);
    const { urls, agentSocket } = instance.state;
    assert.deepEqual(
      [
        env.ALONGSIDE_API_URL,
        env.ALONGSIDE_CIS2_ISSUER_URL,
        env.ALONGSIDE_CONSOLE_URL,
        env.ALONGSIDE_AGENT_SOCKET,
      ],
      [urls.api, urls.cis2Issuer, urls.console, agentSocket],
    );
  });

  test('prints every variable of Alongside that the client library and the examples read', () => {
    const files = globSync(['client/**/*.ts', 'examples/**/*.{ts,sh,php}'], { cwd: clone });
    const read = files
      .filter((file) => !/\.test\.ts$|testing|node_modules/.test(file))
      .flatMap(
        (file) => readFileSync(join(clone, file), 'utf8').match(/\b(ALONGSIDE|DEMO)_[A-Z0-9_]+/g) ?? [],
      );
    const instead = ['ALONGSIDE_PORT_BASE', 'ALONGSIDE_STATE'];
    const ofTheMachine = ['ALONGSIDE_BROWSER', 'ALONGSIDE_CLIENT'];
    const unknown = new Set(
      read.filter((name) => !(name in env) && ![...instead, ...ofTheMachine].includes(name)),
    );
    assert.deepEqual([...unknown], []);
    for (const name of ['ALONGSIDE_API_URL', 'ALONGSIDE_AGENT_SOCKET']) assert.ok(read.includes(name));
  });

  test('is sufficient for an example', async (t) => {
    const child = program(join(clone, 'examples/express.ts'), { PORT: '0' });
    t.after(() => child.kill());
    const [said] = await once(child.stdout, 'data');
    assert.match(String(said), /^Open http:\/\/localhost/);
    const { applications } = await instance.api<{ applications: { name: string }[] }>('GET', '/applications');
    assert.ok(applications.some(({ name }) => name === 'Combined example'));
  });

  test('without it, an example of which no instance answers ends with one sentence', async (t) => {
    const stale = join(folder, 'killed.json');
    const urls = { ...instance.state.urls, console: 'http://localhost:1' };
    writeFileSync(stale, JSON.stringify({ urls }));
    const empty = join(folder, 'empty.json');
    writeFileSync(empty, '{"urls":{}}');
    // Another server that answers each address with JSON.
    const other = createServer((_, response) => response.end('{}'));
    await new Promise<void>((resolve) => other.listen(0, 'localhost', resolve));
    t.after(() => other.close());
    const { port } = other.address() as AddressInfo;
    const cases = [
      [{ ALONGSIDE_PORT_BASE: '1' }, /^No instance answers at http:\/\/localhost:1\/.*\n$/],
      [{ ALONGSIDE_PORT_BASE: `${port}` }, /^No instance answers at http:\/\/localhost:\d+\/.*\n$/],
      [{ ALONGSIDE_STATE: stale }, /^No instance answers at http:\/\/localhost:1\/.*\n$/],
      [{ ALONGSIDE_STATE: empty }, /^The state file .*empty\.json cannot be read.*\n$/],
      [{ ALONGSIDE_STATE: join(folder, 'none.json') }, /^The state file .*none\.json cannot be read.*\n$/],
    ] as const;
    for (const [variables, expected] of cases) {
      const options = { cwd: folder, env: { ...plain, ...variables } };
      const ended = run(process.execPath, [join(clone, 'examples/prescribe.ts')], options);
      await assert.rejects(ended, ({ code, stderr }: { code: number; stderr: string }) => {
        assert.equal(code, 1);
        assert.match(stderr, expected);
        return true;
      });
    }
  });

  test('is sufficient for a desktop application at the agent', async () => {
    const text = [
      `import { IdentityAgentClient } from '${new URL('../../client/index.ts', import.meta.url).href}';`,
      "const agent = new IdentityAgentClient({ application: 'environment' });",
      'console.log((await agent.status()).state);',
      'await agent.close();',
    ];
    const cli = ['--input-type=module', '-e', text.join('\n')];
    const { stdout } = await run(process.execPath, cli, { cwd: folder, env: { ...plain, ...env } });
    assert.equal(stdout.trim(), 'signedIn');
  });

  test('does not disturb commands with these variables in their environment', async () => {
    const cli = [main, 'status', '--env', '--state', instance.state.stateFile];
    const { stdout } = await run(process.execPath, cli, { env: { ...plain, ...env } });
    for (const line of lines) assert.ok(stdout.split('\n').includes(line), line);
  });
});
