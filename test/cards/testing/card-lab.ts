import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type SlotCard, VpcdConnection } from '../../../identity-agent/card/vpcd-connection.ts';
import { type Ended, namespaces, pathOf, run } from './programs.ts';

/** Returns PC/SC's name of a slot. */
export const slotName = (slot: 0 | 1): string => `Virtual PCD 00 0${slot}`;

/** The PC/SC service of one test file, with the two slots of a virtual reader. Other processes cannot reach them. */
export class CardLab {
  readonly #folder: string;
  #service: { end(): Promise<void> } | undefined;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Creates the folder of a service that is not started yet. */
  static async make(): Promise<CardLab> {
    const folder = await mkdtemp(join(tmpdir(), 'cards-'));
    await mkdir(join(folder, 'run'));
    // libpcsclite in this process and its children reads this variable once.
    process.env.PCSCLITE_CSOCK_NAME = join(folder, 'run', 'pcscd.comm');
    return new CardLab(folder);
  }

  static async start(): Promise<CardLab> {
    const lab = await CardLab.make();
    await lab.start();
    return lab;
  }

  /** Starts the service in separate namespaces; this process reaches it through files. */
  async start(): Promise<void> {
    const host = join(import.meta.dirname, 'reader-host.ts');
    const inside = [process.execPath, host, this.#folder, pathOf('pcscd'), pathOf('vpcd')];
    const child = spawn('unshare', [...(namespaces() ?? []), ...inside], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const ended = once(child, 'exit');
    const tooSoon = ended.then(([code]) => Promise.reject(new Error(`the reader ended with ${code}`)));
    await Promise.race([once(child.stdout, 'data'), tooSoon]);
    tooSoon.catch(() => undefined);
    this.#service = {
      async end() {
        child.stdin.end();
        await ended;
      },
    };
  }

  /** Inserts a card and waits until the service has noticed it. */
  async insert(card: SlotCard, slot: 0 | 1 = 0): Promise<VpcdConnection> {
    let hear = (): void => undefined;
    const asked = new Promise<void>((resolve) => {
      hear = resolve;
    });
    const heard: SlotCard = {
      get atr() {
        hear();
        return card.atr;
      },
      powerOff: () => card.powerOff(),
      transmit: (command) => card.transmit(command),
    };
    const inserted = await VpcdConnection.insert(heard, { path: join(this.#folder, `slot-${slot}`) });
    // Until then, the service may still report the previous card.
    await asked;
    const look = (): Promise<Ended> => this.run('opensc-tool', '--atr', '--reader', slotName(slot));
    while ((await look()).code !== 0) await new Promise((resolve) => setTimeout(resolve, 20));
    return inserted;
  }

  /** Runs a program that uses the readers. */
  run(program: string, ...args: string[]): Promise<Ended> {
    return run(program, args);
  }

  /** Kills the service. */
  async stop(): Promise<void> {
    await this.#service?.end();
    this.#service = undefined;
  }

  async close(): Promise<void> {
    await this.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
