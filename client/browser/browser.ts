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
export const UNWATCHED: OpenBrowser = { closed: new Promise(() => undefined), close: async () => undefined };

/** Returns only web addresses, for use as a program's argument. Throws `browser_failed`. */
export function checkedPage(url: string): string {
  if (!/^https?:\/\/[^\s"'<>`|^]+$/.test(url)) {
    throw new ClientError('browser_failed', 'A browser can only be opened on an http or https address.');
  }
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
