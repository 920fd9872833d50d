import { ClientError } from '../errors.ts';

/** A browser window that shows the sign-in. */
export interface OpenBrowser {
  /**
   * Settles when the window is gone: resolves when the user closed it, rejects with `browser_failed` when the
   * browser failed. Stays open for ever where the library cannot know.
   */
  closed: Promise<void>;
  /** Closes the window where that can be done; safe to call twice. */
  close(): Promise<void>;
}

/** How a native application shows web pages: one of the files of this folder, or your own. */
export interface Browser {
  open(url: string): Promise<OpenBrowser>;
}

/** A window that the library can neither watch nor close. */
export const UNWATCHED: OpenBrowser = { closed: new Promise(() => undefined), close: async () => undefined };

/** Lets nothing but a web address through to a program's arguments. Throws `browser_failed`. */
export function checkedPage(url: string): string {
  if (!/^https?:\/\/[^\s"'<>`|^]+$/.test(url)) {
    throw new ClientError('browser_failed', 'A browser can only be opened on an http or https address.');
  }
  return url;
}
