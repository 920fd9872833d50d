import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { ClientError } from '../errors.ts';

/** A browser window that shows the sign-in. */
export interface OpenBrowser {
  /**
   * Settles when the window is gone: resolves if the user closed it, rejects with `browser_failed` if the browser failed. Stays
   * pending if the library cannot know.
   */
  closed: Promise<void>;
  /** Closes the window if possible; safe to call twice. */
  close(): Promise<void>;
}

/** Shows web pages for a native application. Use one of the implementations in this folder or your own. */
export interface Browser {
  open(url: string): Promise<OpenBrowser>;
}

/** A window that the library can neither watch nor close. */
const UNWATCHED: OpenBrowser = { closed: new Promise(() => undefined), close: async () => undefined };

/** Returns only web addresses, for use as a program's argument. Throws `browser_failed`. */
export function checkedPage(url: string): string {
  if (!/^https?:\/\/[^\s"'<>`|^]+$/.test(url))
    throw new ClientError('browser_failed', 'A browser can only be opened on an http or https address.');
  return url;
}

/** Shows the address for the user to open, for terminals and remote desktops. */
export function manualBrowser(show: (url: string) => void | Promise<void>): Browser {
  return {
    async open(url) {
      await show(url);
      return UNWATCHED;
    },
  };
}

const OPENERS: Partial<Record<NodeJS.Platform, readonly string[]>> = {
  darwin: ['open'],
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
};
const ELSEWHERE: readonly string[] = ['xdg-open'];

export interface SystemBrowserSettings {
  /** The program, with its first arguments, that opens an address; the platform's by default. */
  opener?: readonly string[] | undefined;
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
