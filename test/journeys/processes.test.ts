import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent, get, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { childrenOf } from '../../bench/processes/several.ts';
import { runCommandLine } from '../../src/cli/run.ts';
import { main, recordedOutput } from '../../src/cli/testing/command.ts';
import { Command, skip, until } from '../testing/several-processes.ts';

/** Requests an address on a connection of its own, or on those of an agent. Resolves with the status and the body. */
async function read(address: string, agent: Agent | false = false): Promise<[status: number, body: string]> {
  const [response] = (await once(get(address, { agent }), 'response')) as [IncomingMessage];
  return [response.statusCode ?? 0, await text(response)];
}

describe('alongside serve --processes 2', { skip }, () => {
  let serve: Command;
  before(async () => {
    serve = await new Command('--drain-delay', '1', '--metrics-port', '0').ready();
  });
  after(() => serve?.stop());
  const scrape = async () => (await fetch(serve.state?.metrics ?? '')).text();

  test('has one state file, and one metrics with the requests of each process', async () => {
    const stored = JSON.parse(readFileSync(join(serve.folder, 'state.json'), 'utf8'));
    assert.equal(stored.pid, serve.pid);
    assert.equal(childrenOf(serve.pid).length, 2);
    const count = async (process: number) => {
      const line = new RegExp(
        `^http_server_request_duration_seconds_count\\{process="${process}".*jwk_uri.* (\\d+)$`,
        'm',
      );
      return Number(line.exec(await scrape())?.[1] ?? 0);
    };
    for (let n = 0; n < 10; n++) assert.equal((await read(serve.address))[0], 200);
    const counts = [await count(1), await count(2)];
    assert.equal((counts[0] ?? 0) + (counts[1] ?? 0), 10, String(counts));
    assert.ok(
      counts.every((one) => one > 0),
      String(counts),
    );
    assert.equal((await scrape()).match(/^# TYPE alongside_build_info /gm)?.length, 1);
    const openMetrics = await fetch(serve.state?.metrics ?? '', {
      headers: { accept: 'application/openmetrics-text' },
    });
    assert.match(await openMetrics.text(), /# EOF\n$/);
  });

  test('lets commands of this machine reach any of the processes, whose health adds up', async () => {
    const { out, lines, notes } = recordedOutput();
    for (let n = 0; n < 4; n++)
      assert.equal(await runCommandLine(['app', 'list', '--data', serve.folder], out), 0, notes.join('\n'));
    assert.ok(lines.length > 0);
    const { operator } = JSON.parse(readFileSync(join(serve.folder, 'state.json'), 'utf8'));
    for (let n = 0; n < 4; n++) {
      const answer = await fetch(`${operator.url}/api/v1/health`, {
        headers: { authorization: `Bearer ${operator.token}`, connection: 'close' },
      });
      const health = (await answer.json()) as { traffic: { service: string; requests: number }[] };
      const cis2 = health.traffic.find(({ service }) => service === 'cis2');
      assert.ok((cis2?.requests ?? 0) >= 10, JSON.stringify(cis2));
    }
  });

  test('loses no request when a reload replaces each process', async () => {
    const before = childrenOf(serve.pid);
    const failed: string[] = [];
    let answered = 0;
    let isOver = false;
    const caller = async (keepsAlive: boolean) => {
      const agent = new Agent({ keepAlive: keepsAlive, maxSockets: 1 });
      const ready = new URL('/readyz', serve.address).href;
      while (!isOver)
        for (const address of [serve.address, ready]) {
          // Leaves the processor to the new processes.
          await sleep(20);
          try {
            const [status, body] = await read(address, agent);
            // On a busy machine another check of readiness may fail for a moment.
            const isBusy = address === ready && status === 503 && !body.includes('draining');
            if (status === 200) answered += 1;
            else if (!isBusy) failed.push(`${address}: ${status} ${body}`);
          } catch (error) {
            failed.push(`${address}: ${error}`);
          }
        }
      agent.destroy();
    };
    const callers = Promise.all([true, true, true, false, false].map(caller));
    serve.child.kill('SIGHUP');
    await until('the reload is over', () => serve.logged.includes('configuration reloaded'));
    isOver = true;
    await callers;
    assert.deepEqual(failed, []);
    assert.ok(answered > 50, String(answered));
    const now = childrenOf(serve.pid);
    assert.equal(now.length, 2);
    assert.ok(now.every((pid) => !before.includes(pid)));
  });

  test('writes whole lines to the log, and stops in order', async () => {
    serve.child.kill('SIGTERM');
    assert.deepEqual(await serve.exit, [0, null]);
    assert.equal(existsSync(join(serve.folder, 'state.json')), false);
    const lines = serve.logged.split('\n').filter(Boolean);
    assert.ok(lines.length > 100, String(lines.length));
    for (const line of lines) JSON.parse(line);
    const { out, notes } = recordedOutput();
    assert.equal(await runCommandLine(['audit', 'verify', '--data', serve.folder], out), 0, notes.join('\n'));
  });
});

describe('alongside serve refuses', () => {
  for (const [what, flags, sentence] of [
    ['no process', ['--processes', '0'], /--processes: must be 1 or more/],
    ['a thousand', ['--processes', '1000'], /--processes: must be 64 or less/],
    ['data in memory', ['--processes', '2', '--ephemeral'], /Production keeps its data/],
    ['an agent', ['--processes', '2', '--only', 'cis,identity-agent'], /An Identity Agent is one process/],
  ] as const)
    test(`${what} in one sentence`, async () => {
      const folder = mkdtempSync(join(tmpdir(), 'alongside-processes-'));
      const child = spawn(process.execPath, [main, 'serve', '--data', folder, '--port-base', '0', ...flags], {
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      const [said] = await Promise.all([text(child.stderr), once(child, 'exit')]);
      rmSync(folder, { recursive: true, force: true });
      assert.match(said, sentence);
      assert.equal(said.trim().split('\n').length, 1, said);
      assert.equal(child.exitCode, 2);
    });

  test('processes in development', async () => {
    const { out, notes } = recordedOutput();
    assert.equal(await runCommandLine(['up', '--processes', '2'], out), 2);
    assert.match(notes.join(), /There is no option --processes/);
  });
});
