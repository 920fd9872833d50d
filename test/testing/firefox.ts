import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

/** A window with cookies of its own. */
export interface FirefoxWindow {
  /** Opens an address, and resolves when its document, after all redirects, is there. */
  open(url: string): Promise<void>;
  /** Runs an expression in the page. Rejects while a navigation replaces the page. */
  evaluate(expression: string): Promise<unknown>;
}

export interface Firefox {
  newWindow(): Promise<FirefoxWindow>;
  close(): Promise<void>;
}

const interval = 50;
/** Long enough for a loaded machine. */
const timeout = 120_000;

/** Resolves with the value of an expression as soon as it has one, however often the page changes until then. */
export async function whenThere(window: FirefoxWindow, expression: string): Promise<unknown> {
  for (let waited = 0; waited < timeout; waited += interval) {
    const value = await window.evaluate(expression).catch(() => undefined);
    if (value) return value;
    await delay(interval);
  }
  throw new Error(
    `${expression} had no value; the page: ${await window.evaluate('document.body.innerText')}`,
  );
}

interface Reply {
  id?: number;
  type: 'success' | 'error' | 'event';
  result: unknown;
  error?: string;
  message?: string;
}

type Call = <Result>(method: string, params: object) => Promise<Result>;

/**
 * Starts Firefox with an empty profile, driven by WebDriver BiDi (W3C), which needs no driver program.
 * @param hosted origins on this machine that it treats as public, for its restrictions of calls to loopback
 */
export async function startFirefox(path: string, hosted: readonly string[]): Promise<Firefox> {
  const profile = mkdtempSync(join(tmpdir(), 'alongside-firefox-'));
  const ends = hosted.flatMap((origin) =>
    ['127.0.0.1', '[::1]'].map((host) => `${host}:${new URL(origin).port}`),
  );
  const preferences = {
    'network.lna.enabled': true,
    'network.lna.blocking': true,
    // Refused, instead of asking.
    'permissions.default.loopback-network': 2,
    'network.lna.address_space.public.override': ends.join(','),
  };
  const lines = Object.entries(preferences).map(
    ([name, value]) => `user_pref("${name}", ${JSON.stringify(value)});`,
  );
  writeFileSync(join(profile, 'user.js'), lines.join('\n'));
  const args = ['--headless', '--no-remote', '--profile', profile, '--remote-debugging-port', '0'];
  // It writes caches into the home folder otherwise.
  const firefox = spawn(path, args, {
    env: { ...process.env, HOME: profile },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exited = once(firefox, 'exit');
  const address = await bidiAddress(firefox.stderr);
  const { call, end } = await connect(`${address}/session`);
  await call('session.new', { capabilities: {} });
  return {
    newWindow: () => newWindow(call),
    async close() {
      end();
      firefox.kill();
      await exited;
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function bidiAddress(stderr: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface(stderr)) {
    const address = /listening on (ws:\S+)/.exec(line)?.[1];
    if (address !== undefined) {
      stderr.resume();
      return address;
    }
  }
  throw new Error('Firefox ended before it listened');
}

async function connect(url: string): Promise<{ call: Call; end: () => void }> {
  const socket = new WebSocket(url);
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = reject;
  });
  const waiting = new Map<number, (reply: Reply) => void>();
  socket.onmessage = ({ data }) => {
    const reply = JSON.parse(String(data)) as Reply;
    waiting.get(reply.id ?? 0)?.(reply);
  };
  let last = 0;
  return {
    async call<Result>(method: string, params: object) {
      last += 1;
      const id = last;
      socket.send(JSON.stringify({ id, method, params }));
      const reply = await new Promise<Reply>((resolve) => waiting.set(id, resolve));
      waiting.delete(id);
      if (reply.type === 'error') throw new Error(`${method}: ${reply.error}, ${reply.message}`);
      return reply.result as Result;
    },
    end: () => socket.close(),
  };
}

async function newWindow(call: Call): Promise<FirefoxWindow> {
  const { userContext } = await call<{ userContext: string }>('browser.createUserContext', {});
  const { context } = await call<{ context: string }>('browsingContext.create', { type: 'tab', userContext });
  return {
    async open(url) {
      await call('browsingContext.navigate', { context, url, wait: 'interactive' });
    },
    async evaluate(expression) {
      const script = { expression, target: { context }, awaitPromise: true };
      const { result } = await call<{ result?: { value?: unknown } }>('script.evaluate', script);
      return result?.value;
    },
  };
}
