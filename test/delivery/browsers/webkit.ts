import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../../testing/free-port.ts';
import type { BrowserWindow, OtherBrowser } from './window.ts';

type Call = <Value>(path: string, body: object) => Promise<Value>;

/** Starts WPE, WebKit's port for Linux without a display, driven by WebDriver (W3C). It has one window at a time. */
export async function startWebKit(driver: string, browser: string): Promise<OtherBrowser> {
  const folder = mkdtempSync(join(tmpdir(), 'alongside-webkit-'));
  const port = await freePort();
  const webdriver = spawn(driver, [`--port=${port}`], {
    // Its sandbox needs namespaces, which a container may refuse.
    env: {
      ...process.env,
      HOME: folder,
      XDG_RUNTIME_DIR: folder,
      WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1',
    },
    stdio: 'ignore',
  });
  const exited = once(webdriver, 'exit');
  const call: Call = async (path, body) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const { value } = (await response.json()) as { value: { error?: string; message?: string } };
    if (!response.ok) throw new Error(`${path}: ${value.error}, ${value.message}`);
    return value as never;
  };
  let session: string | undefined;
  const endSession = () =>
    session && fetch(`http://127.0.0.1:${port}/session/${session}`, { method: 'DELETE' });
  await listening(port);
  const capabilities = {
    alwaysMatch: { 'wpe:browserOptions': { binary: browser, args: ['--automation', '--headless'] } },
  };
  return {
    async newWindow() {
      await endSession();
      const { sessionId } = await call<{ sessionId: string }>('/session', { capabilities });
      session = sessionId;
      return windowOf((path, body) => call(`/session/${sessionId}${path}`, body));
    },
    async close() {
      await endSession();
      webdriver.kill();
      await exited;
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function listening(port: number): Promise<void> {
  const isReady = () =>
    fetch(`http://127.0.0.1:${port}/status`).then(
      ({ ok }) => ok,
      () => false,
    );
  while (!(await isReady())) await delay(50);
}

const windowOf = (call: Call): BrowserWindow => ({
  async open(url) {
    await call('/url', { url });
  },
  evaluate: (expression) => call('/execute/sync', { script: `return ${expression}`, args: [] }),
});
