import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { say } from '../prepare/say.mjs';
import { cloneOn, folder, programs } from './install.mjs';
import { WineEnded } from './wine.mjs';

/** How often a run starts again after the server of Wine has crashed, which it does in about every second run of them all. */
const MAX_RESTARTS = 5;

/** A run of `npm test` in an installation of Windows of its own, so that its failures leave other runs alone. */
export class Run {
  files;
  #installed;
  #name;
  #built;
  #before;
  #wine;
  /** The standard output of the attempt that came to its end. */
  #output;

  /**
   * @param installed an installation with Node.js and the clone, which is copied
   * @param name names the files of its output
   * @param built a folder that becomes C:\built
   * @param before is awaited before the first test
   */
  constructor(installed, name, { files, built, before = async () => {} }) {
    this.#installed = installed;
    this.#name = name;
    this.files = files;
    this.#built = built;
    this.#before = before;
    process.on('exit', () => this.#wine?.close());
  }

  /** The number of tests that have ended. */
  get passed() {
    return (this.#output ?? this.#read('out')).match(/^ *[✔✖] /gmu)?.length ?? 0;
  }

  /** Runs to the end; resolves with the standard output. */
  async end() {
    await this.#before();
    for (let restarts = 0; ; restarts += 1)
      try {
        this.#output = await this.#attempt();
        return this.#output;
      } catch (error) {
        if (!(error instanceof WineEnded) || restarts === MAX_RESTARTS) throw error;
        say(`${error.message} during the tests of the ${this.#name}: once more`);
      } finally {
        this.#wine.close();
      }
  }

  async #attempt() {
    const wine = this.#installed.copy();
    this.#wine = wine;
    wine.start();
    if (this.#built !== undefined) cpSync(this.#built, join(wine.drive, 'built'), { recursive: true });
    const words = [`${programs}\\node.exe`, `${folder}\\scripts\\test.mjs`, ...this.files];
    const env = { WINEPATH: programs, ALONGSIDE_PACKED: 'C:\\built' };
    await wine.run(words, this.#name, { cwd: cloneOn(wine), env });
    process.stderr.write(this.#read('err'));
    return this.#read('out');
  }

  #read(kind) {
    try {
      return readFileSync(join(this.#wine.folder, `${this.#name}.${kind}`), 'utf8');
    } catch {
      return '';
    }
  }
}
