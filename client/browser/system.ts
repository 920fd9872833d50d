import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { ClientError } from '../errors.ts';
import type { Browser, OpenBrowser } from './browser.ts';
import { checkedPage, UNWATCHED } from './browser.ts';

const OPENERS: Partial<Record<NodeJS.Platform, readonly string[]>> = {
  darwin: ['open'],
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
};
const ELSEWHERE: readonly string[] = ['xdg-open'];

export interface SystemBrowserSettings {
  /** The program, with its first arguments, that opens an address; the platform's by default. */
  opener?: readonly string[];
}

/**
 * Opens the user's own browser, as RFC 8252 section 5 prefers. The library cannot watch or close it. The last page tries to close
 * its tab, which browsers allow only if the user did not click on the way.
 */
export function systemBrowser(settings: SystemBrowserSettings = {}): Browser {
  const [program = '', ...first] = settings.opener ?? OPENERS[process.platform] ?? ELSEWHERE;
  return { open: async (url) => openWith(program, [...first, checkedPage(url)]) };
}

async function openWith(program: string, args: string[]): Promise<OpenBrowser> {
  const child = spawn(program, args, { detached: true, stdio: 'ignore' });
  const failure = new Promise<void>((_resolve, reject) => {
    child.once('exit', (code) => {
      if (code)
        reject(new ClientError('browser_failed', `${program} could not open a browser (exit code ${code}).`));
    });
  });
  failure.catch(() => undefined);
  try {
    await once(child, 'spawn');
  } catch (cause) {
    throw new ClientError(
      'browser_failed',
      `The program ${program}, which opens the browser, cannot be started.`,
      {
        cause,
      },
    );
  }
  child.unref();
  return { ...UNWATCHED, closed: failure };
}
