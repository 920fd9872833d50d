import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, closeSync, constants, openSync, rmSync } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, isAbsolute, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { environmentVariable, environmentWith } from '../environment.ts';
import { ClientError } from '../errors.ts';
import { type Browser, checkedPage, type OpenBrowser } from './browser.ts';

/** How to start a browser of the Chromium family (Chromium, Chrome, Edge, Brave ...). */
export interface ChromiumSettings {
  /** The program: a path, or a name on the search path. `findBrowser()` finds the usual ones. */
  executable: string;
  /** More command-line flags. The library adds none that weaken the browser, such as `--no-sandbox`. */
  flags?: readonly string[] | undefined;
  /** Folder for the temporary profile; the system's temporary folder by default. */
  profileFolder?: string | undefined;
}

const OWN_FLAGS = [
  '--no-first-run',
  '--no-default-browser-check',
  '--disable-background-mode',
  '--disable-sync',
  '--disable-crash-reporter',
  '--disable-breakpad',
];
const SOFT_END_MS = 2000;
const ENDED_BY_HAND: readonly (string | null)[] = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGKILL'];

/**
 * Starts the browser in its own process group with a temporary profile, in one window without tabs. Closing it ends the group and
 * deletes the profile, and so does the user closing the window or the exit of this process. A program that may be ended by a
 * signal must first abort the sign-in. Throws `browser_failed`.
 */
async function launchChromium(
  settings: ChromiumSettings,
  url: string,
  flags: readonly string[] = [],
): Promise<OpenBrowser> {
  const page = checkedPage(url);
  const folder = await mkdtemp(join(settings.profileFolder ?? tmpdir(), 'alongside-browser-'));
  const given = [...OWN_FLAGS, ...flags, ...(settings.flags ?? [])];
  const args = [`--user-data-dir=${join(folder, 'profile')}`, ...given, `--app=${page}`];
  const complaints = join(folder, 'stderr');
  const output = openSync(complaints, 'w');
  const child = spawn(settings.executable, args, {
    detached: process.platform !== 'win32',
    stdio: ['ignore', 'ignore', output],
    env: environmentFor(folder),
  });
  closeSync(output);
  const exited = exitOf(child);
  try {
    await once(child, 'spawn');
  } catch (cause) {
    await rm(folder, { recursive: true, force: true });
    throw new ClientError('browser_failed', `The browser ${settings.executable} cannot be started.`, {
      cause,
    });
  }

  const lastResort = (): void => {
    endGroup(child, 'SIGKILL');
    try {
      // Windows keeps files open for a moment after their process has ended.
      rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
    } catch {
      // An error here would change the exit code of the application.
    }
  };
  process.once('exit', lastResort);
  const gone = exited.then(async (exit) => {
    const said = failed(exit) ? await lastWords(complaints) : '';
    await cleanUp(child, folder);
    process.removeListener('exit', lastResort);
    return { exit, said };
  });

  let closing: Promise<void> | undefined;
  const closed = gone.then(({ exit, said }) => {
    if (!closing && failed(exit)) throw new ClientError('browser_failed', failureText(exit, said));
  });
  closed.catch(() => undefined);
  return {
    closed,
    close: () => {
      closing ??= endSoftly(child, exited).then(async () => {
        await gone;
      });
      return closing;
    },
  };
}

// Chromium leaves a folder with its socket in the temporary folder when it is killed, so it gets one that is deleted with the
// profile, unless the path of that socket would be too long for the system.
function environmentFor(folder: string): NodeJS.ProcessEnv {
  return environmentWith(process.platform === 'linux' && folder.length <= 60 ? { TMPDIR: folder } : {});
}

interface Exit {
  code: number | null;
  signal: string | null;
}

function exitOf(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
}

async function endSoftly(child: ChildProcess, exited: Promise<Exit>): Promise<void> {
  endGroup(child, 'SIGTERM');
  const waiting = new AbortController();
  const late = delay(SOFT_END_MS, 'late', { signal: waiting.signal, ref: false }).catch(() => 'over');
  const outcome = await Promise.race([exited, late]);
  waiting.abort();
  if (outcome === 'late') endGroup(child, 'SIGKILL');
}

// Helper processes outlive the browser for a moment and write to the profile.
async function cleanUp(child: ChildProcess, folder: string): Promise<void> {
  endGroup(child, 'SIGKILL');
  await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 }).catch(() => undefined);
}

function endGroup(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (child.pid === undefined) return;
  if (process.platform === 'win32') {
    if (child.exitCode === null)
      // Waits for the end: an exit handler cannot wait afterwards, and the profile could not be deleted.
      spawnSync('taskkill', ['/pid', String(child.pid), '/T', '/F'], { stdio: 'ignore', windowsHide: true });
    return;
  }
  try {
    process.kill(-child.pid, signal);
  } catch {
    // No process of the group is left.
  }
}

function failed(exit: Exit): boolean {
  return exit.code === null ? !ENDED_BY_HAND.includes(exit.signal) : exit.code !== 0;
}

const MAX_WORDS_BYTES = 4096;

const withoutAddress = (word: string): string => (/:\/\/|\?/.test(word) ? '…' : word);

/** Returns the end of what the browser wrote. It may have written much, and is no trusted text: a terminal would obey its control characters. */
async function endOfOutput(file: string): Promise<string> {
  const output = await open(file).catch(() => undefined);
  if (output === undefined) return '';
  try {
    const { size } = await output.stat();
    const { buffer, bytesRead } = await output.read({
      buffer: Buffer.alloc(MAX_WORDS_BYTES),
      position: Math.max(0, size - MAX_WORDS_BYTES),
    });
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await output.close();
  }
}

/** Returns the last lines of the browser, without the head of a log line, and without addresses, which may contain a code. */
async function lastWords(file: string): Promise<string> {
  const lines = (await endOfOutput(file)).split('\n').map((line) =>
    line
      .replace(/^\[[^\]]*\] /, '')
      .replaceAll(/\p{Cc}/gu, ' ')
      .split(' ')
      .map(withoutAddress)
      .join(' ')
      .trim(),
  );
  return (
    lines
      // Chromium goes on without D-Bus.
      .filter((line) => line !== '' && !line.startsWith('Failed to connect to the bus'))
      .slice(-5)
      .join('; ')
      .slice(0, 600)
  );
}

function failureText(exit: Exit, said: string): string {
  const how = exit.code === null ? `signal ${exit.signal}` : `exit code ${exit.code}`;
  const why = said === '' ? '' : ` It said: ${said}`;
  // The library gives no flag that weakens the browser.
  const flag = said.includes('--no-sandbox') ? ' The application has to give that flag itself.' : '';
  return `The browser ended by itself (${how}).${why}${flag}`;
}

/**
 * Launches a separate browser of the Chromium family for the sign-in and closes it afterwards. It has its own process group and
 * temporary profile. The Identity Agent holds the smartcard session, not a cookie, so a signed-in user sees only
 * redirects.
 */
export function separateBrowser(settings: ChromiumSettings): Browser {
  return { open: (url) => launchChromium(settings, url) };
}

/** Size and position of the panel. */
export interface PanelSettings extends ChromiumSettings {
  /** Width and height in pixels. */
  size?: { width: number; height: number } | undefined;
  /** Position of its upper left corner on the screen, in pixels. */
  position?: { left: number; top: number } | undefined;
}

/**
 * Imitates an embedded browser panel: a window without tabs or address bar, placed and sized by the application.
 * The profile is deleted with the window.
 *
 * A real panel is a control of the host application. Implement `Browser` for it:
 * - WebView2: create the control with a `CoreWebView2Environment` on a temporary user data folder and
 *   `IsInPrivateModeEnabled`; `open` navigates; resolve `closed` when the form closes; `close` disposes the
 *   control and deletes the folder.
 * - CEF: a browser with its own request context and an empty cache path; implement the same three members.
 * Do not add host objects, scripts, downloads or permission prompts, and show the origin of the page. Top-level
 * navigation to 127.0.0.1 must stay allowed: it reaches the Identity Agent and the callback.
 *
 * RFC 8252 section 8.12 advises against embedded panels, because the application can read what the user types.
 * They are supported because applications that use CIS need them. Prefer a separate browser.
 */
export function panelBrowser(settings: PanelSettings): Browser {
  const { size = { width: 480, height: 640 }, position } = settings;
  const flags = ['--incognito', '--deny-permission-prompts', `--window-size=${size.width},${size.height}`];
  if (position) flags.push(`--window-position=${position.left},${position.top}`);
  return { open: (url) => launchChromium(settings, url, flags) };
}

const NAMES: readonly string[] = [
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
  'microsoft-edge',
  'microsoft-edge-stable',
  'brave-browser',
];
const MAC: readonly string[] = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
];
const WINDOWS_FOLDERS: readonly string[] = ['ProgramFiles', 'ProgramFiles(x86)', 'LocalAppData'];
const WINDOWS_PROGRAMS: readonly string[] = [
  'Microsoft\\Edge\\Application\\msedge.exe',
  'Google\\Chrome\\Application\\chrome.exe',
  'Chromium\\Application\\chrome.exe',
];

/** Finds a browser of the Chromium family by its usual names. Returns undefined if none is installed. */
export function findBrowser(): string | undefined {
  return candidates().find(isProgram);
}

function candidates(): string[] {
  if (process.platform === 'win32') {
    const folders = WINDOWS_FOLDERS.map(environmentVariable).filter((folder) => folder !== undefined);
    return folders.flatMap((folder) => WINDOWS_PROGRAMS.map((program) => join(folder, program)));
  }
  const folders = (environmentVariable('PATH') ?? '').split(delimiter).filter(isAbsolute);
  const named = NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  return process.platform === 'darwin' ? [...MAC, ...named] : named;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
