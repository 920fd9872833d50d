/** Why a request was refused. */
export interface SignInFailure {
  /** 503: the sign-in could not begin, or CIS2 could not be told of a sign-out, because its metadata is wrong or unreachable. */
  status: 400 | 403 | 413 | 503;
  /** In a sentence; may be shown. */
  message: string;
  /** The error of the sign-in, for a log. */
  error?: unknown;
  request: Request;
}

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
  const main = `<h1>You are not signed in</h1><p>${escaped(message)}</p><p><a href="/">Start again</a></p>`;
  return page(status, '<title>You are not signed in</title>', main);
}

/**
 * Leads the browser to another site after a form. The policy of the page with the form may forbid a redirect there
 * (`form-action 'self'`).
 */
export function onwardPage(to: string, title: string): Response {
  const head = `<title>${title}</title><meta http-equiv="refresh" content="0; url=${escaped(to)}">`;
  return page(200, head, `<p>${title}. <a href="${escaped(to)}">Continue</a></p>`);
}

/** The page after a sign-out. */
export function signedOutPage(signIn: string): Response {
  const link = `<p><a href="${escaped(signIn)}">Sign in</a></p>`;
  return page(200, '<title>Signed out</title>', `<h1>You are signed out of this application</h1>${link}`);
}

function page(status: number, head: string, main: string): Response {
  const html = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">${head}</head>
<body><main>${main}</main></body></html>
`;
  return new Response(html, {
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
