import { createHash } from 'node:crypto';

// Browsers let a page close its window only if the user did not click on the way, so the text does not promise it.
const SCRIPT = 'window.close();';
const STYLE = [
  ':root{color-scheme:light dark;font:1.125rem/1.5 system-ui,sans-serif}',
  'body{max-width:34rem;margin:4rem auto;padding:0 1rem}',
].join('');

const HANDED_BACK = {
  title: 'You can go back to the application',
  text: 'The sign-in has been handed to the application. If this window is still open, you can close it.',
};
const NOT_FINISHED = {
  title: 'The sign-in did not finish',
  text: 'The application can say more. If this window is still open, you can close it.',
};

/** Returns the last page of a native sign-in, which only says how to continue. */
export function donePage(succeeded: boolean): string {
  const { title, text } = succeeded ? HANDED_BACK : NOT_FINISHED;
  return [
    `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title>`,
    `<meta name="viewport" content="width=device-width"><style>${STYLE}</style>`,
    `<main><h1>${title}</h1><p>${text}</p></main><script>${SCRIPT}</script></html>`,
  ].join('');
}

/** Headers of every response of the loopback listener. */
export const LOOPBACK_HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cross-origin-opener-policy': 'same-origin',
  'content-security-policy': [
    "default-src 'none'",
    `script-src '${hashSource(SCRIPT)}'`,
    `style-src '${hashSource(STYLE)}'`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
};

function hashSource(text: string): string {
  return `sha256-${createHash('sha256').update(text, 'utf8').digest('base64')}`;
}
