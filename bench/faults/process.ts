import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const command = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

/** Number of log lines to keep, to explain failed requests. */
const maxLines = 2_000;

/** One `alongside up --only …` of an installation, which can be killed and restarted. */
export class ServiceProcess {
  readonly name: string;
  readonly port: number;
  readonly #flags: readonly string[];
  #child: ChildProcess | undefined;
  #isStopping = false;
  readonly #log: string[] = [];
  /** Number of exits by itself. */
  deaths = 0;

  /** @param port of its `/readyz` */
  constructor(name: string, port: number, flags: readonly string[]) {
    this.name = name;
    this.port = port;
    this.#flags = flags;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** Returns the recent log lines that contain this id. */
  linesWith(id: string): string[] {
    return this.#log.filter((line) => line.includes(id));
  }

  /** Resolves when it is ready. */
  async start(): Promise<void> {
    this.#isStopping = false;
    const child = spawn(process.execPath, [command, 'up', '--json', ...this.#flags], {
      stdio: ['ignore', 'pipe', 'pipe'],
      // The harness ends it itself, also after Ctrl-C.
      detached: true,
    });
    this.#child = child;
    let words = '';
    createInterface({ input: child.stderr as NodeJS.ReadableStream }).on('line', (line) => {
      this.#log.push(line.slice(0, 2_000));
      if (this.#log.length > maxLines) this.#log.shift();
    });
    child.stderr?.on('data', (part: Buffer) => {
      words = (words + part.toString()).slice(-2_000);
    });
    child.once('exit', (code, signal) => {
      if (this.#isStopping) return;
      this.deaths += 1;
      process.stderr.write(`${this.name} ended with ${code ?? signal}: ${words}\n`);
    });
    const exited = once(child, 'exit').then(([code]) => {
      throw new Error(`${this.name} ended with ${code}: ${words}`);
    });
    const ready = once(createInterface({ input: child.stdout as NodeJS.ReadableStream }), 'line');
    const [line] = await Promise.race([ready, exited]);
    exited.catch(() => undefined);
    if (!String(line).startsWith('{"ready":true')) throw new Error(`${this.name} did not start: ${line}`);
  }

  /** Ends it and resolves with its exit code; null after a signal. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null;
    this.#isStopping = true;
    const exited = once(child, 'exit');
    child.kill(signal);
    const [code] = await exited;
    return code as number | null;
  }
}
