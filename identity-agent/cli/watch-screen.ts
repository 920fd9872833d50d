import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { reasonOf } from '@alongside/kernel/errors';
import { environment, OperatorError } from '@alongside/kernel/operator';
import { methods } from '../protocol.ts';
import { AgentConnection } from '../socket/client.ts';
import type { Command } from './command.ts';

// Desktops report a locked screen to logind (org.freedesktop.login1(5), LockedHint). GLib's gdbus program speaks D-Bus for us.

const service = 'org.freedesktop.login1';
const bus = ['--system', '--dest', service];
/** Signals after which the state is read: locked or unlocked, another session, logind restarted. */
const worthALook = /'LockedHint'|\.Session(?:New|Removed) |is owned by|does not have an owner/;
/** Milliseconds that logind may take to respond. */
const timeout = 10_000;

const noProgram =
  'gdbus is needed and is not on this machine: install libglib2.0-bin (Debian, Ubuntu) or glib2 (Fedora, SUSE).';

/** Returns why the screen of a platform cannot be watched, and what to do instead; undefined if it can. */
export const unwatched = (platform: NodeJS.Platform): string | undefined =>
  platform === 'win32'
    ? 'Windows does not report its screen to this command: let two tasks of the Task Scheduler, with the triggers "On workstation lock" and "On workstation unlock", run "identity-agent screenLocked" and "identity-agent screenUnlocked".'
    : undefined;

/** Returns logind's response in GLib's notation. @throws OperatorError */
async function ask(path: string, method: string, ...values: string[]): Promise<string> {
  const call = ['call', ...bus, '--object-path', path, '--method', method, ...values];
  try {
    return (await promisify(execFile)('gdbus', call, { timeout, encoding: 'utf8' })).stdout;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw new OperatorError(noProgram);
    const said = (error as { stderr?: string }).stderr?.trim() || reasonOf(error);
    throw new OperatorError(`logind does not report the screen: ${said.split('\n')[0]?.slice(0, 200)}`);
  }
}

/** Returns the session of the caller, or else the user's desktop. @throws OperatorError */
async function findSession(): Promise<string> {
  const get = (id: string) => ask('/org/freedesktop/login1', `${service}.Manager.GetSession`, id);
  const { XDG_SESSION_ID: named } = environment();
  const found = await get('auto').catch((error: unknown) => {
    if (named) return get(named);
    throw error;
  });
  const [, session] = /^\(objectpath '([\w/]+)',\)/.exec(found) ?? [];
  if (session === undefined) throw new OperatorError('logind names no session of this user.');
  return session;
}

/** Returns whether the screen of that session is locked. @throws OperatorError */
async function isLocked(): Promise<boolean> {
  const property = [`${service}.Session`, 'LockedHint'];
  return /<true>/.test(await ask(await findSession(), 'org.freedesktop.DBus.Properties.Get', ...property));
}

/** Calls back now and after each relevant signal, one call at a time. Rejects when watching ends. */
function watchLogind(monitor: ChildProcess, look: () => Promise<void>): Promise<never> {
  return new Promise((_resolve, reject) => {
    let looking = Promise.resolve();
    monitor.on('error', (error: NodeJS.ErrnoException) =>
      reject(new OperatorError(error.code === 'ENOENT' ? noProgram : reasonOf(error))),
    );
    monitor.on('exit', () =>
      reject(new OperatorError('gdbus monitor has ended, so logind can no longer be watched.')),
    );
    if (!monitor.stdout) return;
    createInterface({ input: monitor.stdout }).on('line', (line) => {
      if (worthALook.test(line)) looking = looking.then(look).catch(reject);
    });
  });
}

export const watchScreen: Command = {
  name: 'watch-screen',
  summary: 'notify the agent when the screen is locked or unlocked, until stopped',
  async run({ socket, json, terminal }) {
    const reason = unwatched(process.platform);
    if (reason !== undefined) throw new OperatorError(reason);
    const agent = await AgentConnection.open(socket);
    const monitor = spawn('gdbus', ['monitor', ...bus], { stdio: ['ignore', 'pipe', 'ignore'] });
    let told: boolean | undefined;
    const look = async (): Promise<void> => {
      const locked = await isLocked();
      if (locked === told) return;
      await agent.call(locked ? methods.screenLocked : methods.screenUnlocked);
      told = locked;
      const words = `The screen is ${locked ? 'locked' : 'unlocked'}.`;
      terminal.out(`${json ? JSON.stringify({ screenLocked: locked }) : words}\n`);
    };
    const gone = new Promise<never>((_resolve, reject) =>
      agent.onClose(() => reject(new OperatorError('The Identity Agent closed the connection.'))),
    );
    const stopped = new Promise<number>((resolve) => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve(0));
    });
    try {
      return await Promise.race([watchLogind(monitor, look), gone, stopped]);
    } finally {
      monitor.removeAllListeners('exit').kill();
      agent.close();
    }
  },
};
