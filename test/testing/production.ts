import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '@alongside/kernel/config';
import { runCommandLine } from '../../src/cli/run.ts';
import { recordedOutput } from '../../src/cli/testing/command.ts';
import { productionShape } from '../../src/config.ts';
import { checkAnsweredCalls } from '../../src/console/testing/answered-calls.ts';
import { startAlongside } from '../../src/main.ts';
import type { LocalOperator, StateFile } from '../../src/state-file.ts';

/** An instance of `alongside serve` with its own data folder. */
export interface ProductionInstance {
  folder: string;
  urls: StateFile['urls'];
  /** Reads the current state file. */
  stateFile(): StateFile & { operator?: LocalOperator };
  /** Runs a command of this machine on the same data, in this process; returns its standard output. Throws for a refusal. */
  command(...argv: string[]): Promise<string>;
  /** Creates an invitation and returns its link; `flags` such as `--role support`. */
  invite(name: string, ...flags: string[]): Promise<string>;
  /** Calls the console's API as the local operator. */
  api<T = Record<string, unknown>>(method: string, path: string, body?: unknown): Promise<T>;
  stop(): Promise<void>;
}

export async function startProduction(settings: Record<string, unknown> = {}): Promise<ProductionInstance> {
  checkAnsweredCalls();
  const folder = mkdtempSync(join(tmpdir(), 'alongside-production-'));
  const config = loadConfig(productionShape, {
    portBase: 0,
    data: folder,
    logLevel: 'error',
    drainDelay: 0,
    smtpUrl: 'smtp://127.0.0.1:9',
    ...settings,
  });
  const instance = await startAlongside(config, { development: false });
  const stateFile = () =>
    JSON.parse(readFileSync(join(folder, 'state.json'), 'utf8')) as StateFile & { operator?: LocalOperator };
  const command = async (...argv: string[]) => {
    const { lines, notes, out } = recordedOutput();
    const code = await runCommandLine([...argv, '--data', folder], out);
    if (code !== 0) throw new Error(notes.join('\n'));
    return lines.join('\n').trim();
  };
  return {
    folder,
    urls: instance.state.urls,
    stateFile,
    command,
    invite: (name, ...flags) => command('admin', 'invite', '--name', name, ...flags),
    async api<T>(method: string, path: string, body?: unknown): Promise<T> {
      const { operator } = stateFile();
      const answer = await fetch(`${operator?.url}/api/v1${path}`, {
        method,
        headers: {
          authorization: `Bearer ${operator?.token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        body: body === undefined ? undefined : JSON.stringify(body),
      });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${text}`);
      return (text === '' ? {} : JSON.parse(text)) as T;
    },
    async stop() {
      await instance.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
