import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onPath } from '../test/on-path.mjs';

/** Node.js 24 and newer do not start under an older Wine. */
const oldest = 10;

/** Returns the path of a Wine that runs Node.js, or undefined. */
export function findWine() {
  const wine = onPath('wine');
  if (wine === undefined) return undefined;
  const { stdout } = spawnSync(wine, ['--version'], { encoding: 'utf8' });
  return Number(/^wine-(\d+)/m.exec(stdout ?? '')?.[1] ?? 0) >= oldest ? wine : undefined;
}

const wineserver = onPath('wineserver') ?? '/usr/lib/wine/wineserver';

/** Returns the processes of an installation. */
function processesOf(prefix) {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => environmentOf(pid).includes(`\0WINEPREFIX=${prefix}\0`))
    .map(Number);
}

function end(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}

function environmentOf(pid) {
  try {
    return `\0${readFileSync(`/proc/${pid}/environ`, 'utf8')}`;
  } catch {
    return '';
  }
}

/** The server of Wine ended by itself: then all its other processes wait for ever. */
export class WineEnded extends Error {}

/** An installation of Windows in a temporary folder, with its own processes. */
export class Wine {
  /** The folder to which everything is written. */
  folder = mkdtempSync(join(tmpdir(), 'alongside-windows-'));
  /** The folder of C:\. */
  drive = join(this.folder, 'prefix', 'drive_c');
  #wine;
  #env;
  #server;
  /** Rejects if the server ends before `close`. */
  #lost;
  #isClosed = false;

  constructor(wine) {
    this.#wine = wine;
    this.#env = {
      ...process.env,
      WINEPREFIX: join(this.folder, 'prefix'),
      WINEDEBUG: '-all',
      // Neither .NET nor a browser engine is offered for installation.
      WINEDLLOVERRIDES: 'mscoree,mshtml=',
      // Otherwise names of files with other than ASCII letters are lost.
      LC_ALL: 'C.UTF-8',
      XDG_RUNTIME_DIR: this.folder,
    };
    // npm under Wine has its own settings.
    for (const name of Object.keys(this.#env)) if (/^npm_/i.test(name)) delete this.#env[name];
    // Wine aborts with a temporary folder of its user. The tests run as a user runs them, and report what they skip.
    for (const name of ['TMPDIR', 'DISPLAY', 'WAYLAND_DISPLAY', 'CI', 'NODE_OPTIONS']) delete this.#env[name];
  }

  /** Installs Windows, and stops it, so that its files can be changed and copied. */
  async install() {
    mkdirSync(this.#env.WINEPREFIX, { mode: 0o700 });
    this.start();
    await this.run(['wineboot', '--init'], 'install');
    await this.run(['winecfg', '-v', 'win10'], 'install');
    this.#stop();
  }

  /** Returns an installation with a copy of these files; this one must be stopped. */
  copy() {
    const copied = new Wine(this.#wine);
    const options = { recursive: true, verbatimSymlinks: true, preserveTimestamps: true };
    cpSync(this.#env.WINEPREFIX, copied.#env.WINEPREFIX, options);
    return copied;
  }

  /** One server until the end. Otherwise each one ends with its last program, and can leave processes of the next alone. */
  start() {
    const errors = join(this.folder, 'server.err');
    this.#server = spawn(wineserver, ['--foreground', '--persistent'], {
      env: this.#env,
      stdio: ['ignore', 'ignore', openSync(errors, 'a')],
      detached: true,
    });
    this.#server.unref();
    this.#lost = once(this.#server, 'exit').then(([code, signal]) => {
      const reason = this.#isClosed ? '' : readFileSync(errors, 'utf8').trim().slice(-300);
      throw new WineEnded(`the server of Wine ended with ${signal ?? code}${reason && `, ${reason}`}`);
    });
    this.#lost.catch(() => {});
  }

  /**
   * Runs a program to its end; resolves with its exit code. It cannot use a pipe of Linux, so its output goes to the files
   * `NAME.out` and `NAME.err`.
   */
  async run(words, name, { cwd = this.folder, env = {} } = {}) {
    if (this.#isClosed) return 1;
    const [out, err] = ['out', 'err'].map((kind) => openSync(join(this.folder, `${name}.${kind}`), 'a'));
    const child = spawn(this.#wine, words, {
      cwd,
      env: { ...this.#env, ...env },
      stdio: ['ignore', out, err],
      // Ctrl-C reaches this script alone, which then ends all processes.
      detached: true,
    });
    const [code] = await Promise.race([once(child, 'exit'), this.#lost]);
    return code ?? 1;
  }

  /** Ends all processes and removes the folder. */
  close() {
    this.#stop();
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 200 });
  }

  #stop() {
    if (this.#isClosed) return;
    this.#isClosed = true;
    // The option -w waits until they have ended.
    for (const option of ['-k', '-w']) spawnSync(wineserver, [option], { env: this.#env, timeout: 20_000 });
    // Without their server, processes wait for ever.
    for (const pid of processesOf(this.#env.WINEPREFIX)) end(pid);
  }
}
