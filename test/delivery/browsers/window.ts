import { setTimeout as delay } from 'node:timers/promises';

/** A window of a browser, with cookies of its own. */
export interface BrowserWindow {
  /** Opens an address, and resolves when its document, after all redirects, is there. */
  open(url: string): Promise<void>;
  /** Runs an expression in the page. Rejects while a navigation replaces the page. */
  evaluate(expression: string): Promise<unknown>;
}

export interface OtherBrowser {
  newWindow(): Promise<BrowserWindow>;
  close(): Promise<void>;
}

const interval = 50;
/** Long enough for a loaded machine. */
const patience = 120_000;

/** Resolves with the value of an expression as soon as it has one, however often the page changes until then. */
export async function whenThere(window: BrowserWindow, expression: string): Promise<unknown> {
  for (let waited = 0; waited < patience; waited += interval) {
    const value = await window.evaluate(expression).catch(() => undefined);
    if (value) return value;
    await delay(interval);
  }
  throw new Error(
    `${expression} had no value; the page: ${await window.evaluate('document.body.innerText')}`,
  );
}
