import { createHash } from 'node:crypto';

// Browsers let a page close its window only where nobody had to click on the way, so the text promises nothing.
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

/** The last page of a native sign-in: nothing but what to do now. */
export function donePage(succeeded: boolean): string {
  const { title, text } = succeeded ? HANDED_BACK : NOT_FINISHED;
  return [
    `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title>`,
    `<meta name="viewport" content="width=device-width"><style>${STYLE}</style>`,
    `<main><h1>${title}</h1><p>${text}</p></main><script>${SCRIPT}</script></html>`,
  ].join('');
}

/** The headers of every answer of the loopback listener. */
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
