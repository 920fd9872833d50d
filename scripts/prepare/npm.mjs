import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { basename } from 'node:path';
import { Stop } from './say.mjs';

/** npm's error codes with their meaning and fix. */
const meanings = [
  [
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|EHOSTUNREACH|ETIMEDOUT|ERR_SOCKET_TIMEOUT|ENOTCACHED/,
    "npm's registry cannot be reached: check the network and npm's proxy settings, then try again",
  ],
  [
    /CERT|SELF_SIGNED|UNABLE_TO_VERIFY/,
    "npm does not trust the registry's certificate: check npm's cafile and proxy settings, then try again",
  ],
  [
    /E401|E403/,
    "npm's registry refuses this user: check npm's credentials and registry settings, then try again",
  ],
  [
    /E404|ETARGET/,
    "npm's registry lacks a package or version that the lock file names: check which registry npm uses",
  ],
  [
    /EINTEGRITY/,
    'a package differs from its committed checksum: run `npm cache verify`; if it stays so, do not trust the registry',
  ],
  [/EUSAGE/, 'package.json and package-lock.json disagree: run `npm install` and commit the lock file'],
  [/ENOSPC/, 'the disk is full: free some space, then try again'],
  [
    /EACCES|EPERM|EROFS/,
    'npm may not write here: check who owns this clone and the npm cache, then try again',
  ],
];

/** npm tries a request three times. By its defaults it waits 10 and 60 s between them, also without a network. */
const retries = ['--fetch-retry-mintimeout=2000', '--fetch-retry-maxtimeout=10000'];

/**
 * Runs npm quietly in a folder and resolves with its standard error. Fails with a `Stop` that starts with `what` and gives the
 * reason.
 */
export async function npm(args, { cwd, what }) {
  const quiet = ['--no-audit', '--no-fund', '--no-progress', '--no-update-notifier', '--loglevel=error'];
  const { code, said, stoppedBy } = await run([...args, ...quiet, ...retries], cwd);
  if (stoppedBy !== undefined)
    throw new Stop(`stopped while ${what}: start again to continue`, 128 + constants.signals[stoppedBy]);
  if (code === 0) return said;
  throw new Stop(`${what} failed: ${reason(said)}`);
}

/** Extracts the reason from npm's error output. */
function reason(said) {
  const known = meanings.find(([pattern]) => pattern.test(said));
  if (known) return known[1];
  const lines = said.split('\n').map((line) => line.replace(/^npm (ERR!|error)\s*/, '').trim());
  const telling = lines.find((line) => line !== '' && !/^(code|syscall|path|dest|errno)\b/.test(line));
  return telling ? `npm says "${telling}"` : 'npm gave no reason: run it by hand to see more';
}

function run(args, cwd) {
  const { command, before, shell } = npmCommand();
  return new Promise((resolve, reject) => {
    const env = cleanEnvironment();
    const child = spawn(command, [...before, ...args], {
      cwd,
      shell,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const end = endWith(child);
    let said = '';
    const hear = (chunk) => {
      said += chunk;
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.on('error', () => reject(new Stop('npm was not found: install Node.js with npm 11 and try again')));
    child.on('close', (code) => {
      resolve({ code, said, stoppedBy: end() });
    });
  });
}

/**
 * Lets a signal end npm first, so that no npm keeps writing in the background. Returns a function that stops listening and
 * returns the signal.
 */
function endWith(child) {
  let got;
  const handlers = ['SIGINT', 'SIGTERM', 'SIGHUP'].map((signal) => {
    const handler = () => {
      got = signal;
      child.kill(signal);
    };
    process.on(signal, handler);
    return [signal, handler];
  });
  return () => {
    for (const [signal, handler] of handlers) process.off(signal, handler);
    return got;
  };
}

/** Returns the npm that called us, else the one on the path. */
function npmCommand() {
  const caller = process.env.npm_execpath;
  if (caller && basename(caller) === 'npm-cli.js')
    return { command: process.execPath, before: [caller], shell: false };
  const windows = process.platform === 'win32';
  return { command: windows ? 'npm.cmd' : 'npm', before: [], shell: windows };
}

/** Returns the environment without the variables of an outer `npm run`. */
function cleanEnvironment() {
  const own = /^npm_config_(local_prefix|global|workspaces?|dry_run|json|package_lock|package_lock_only)$/i;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !own.test(name)));
}
