import type { SignInFailure } from './index.ts';

/** Redirects the browser; 303 after a POST. */
export function redirect(to: string, status: 302 | 303, cookies: readonly string[] = []): Response {
  const headers = new Headers({ location: to, 'cache-control': 'no-store' });
  for (const line of cookies) headers.append('set-cookie', line);
  return new Response(null, { status, headers });
}

/** Returns the same response with more cookies. */
export function withCookie(response: Response, line: string): Response {
  const headers = new Headers(response.headers);
  headers.append('set-cookie', line);
  return new Response(response.body, { status: response.status, headers });
}

/** The page of a failed sign-in. */
export function failurePage({ status, message }: SignInFailure): Response {
  const page = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>You are not signed in</title></head>
<body><main><h1>You are not signed in</h1><p>${escaped(message)}</p><p><a href="/">Start again</a></p></main></body></html>
`;
  return new Response(page, {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    },
  });
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
