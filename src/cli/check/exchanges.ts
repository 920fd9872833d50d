import type { Exchange } from '../../kit/browser.ts';

/** A request to the application and its response, without secrets and without values that differ from run to run. */
export interface ShownExchange {
  /** Method and address. */
  readonly request: string;
  /** The posted form. */
  readonly form?: string | undefined;
  readonly status: number;
  readonly location?: string | undefined;
  readonly cookies?: string[] | undefined;
}

const hidden = '…';
/** Characters of a value, a path or the name of a cookie: an application chooses them. */
const maxShown = 300;

const cut = (text: string): string => (text.length > maxShown ? `${text.slice(0, maxShown)}${hidden}` : text);

/** Parameters whose values are no secrets (RFC 6749 section 4.1, OpenID Connect Core 1.0 section 3.1.2). */
const shownParameters: ReadonlySet<string> = new Set([
  ...['response_type', 'response_mode', 'client_id', 'redirect_uri', 'scope', 'acr_values', 'max_age'],
  ...['prompt', 'code_challenge_method', 'post_logout_redirect_uri', 'iss', 'error', 'error_description'],
]);

/** A part of a path that is an id, such as one of a session. */
const longId = /^(?=.*\d)[\w.~-]{16,}$/;

function parametersText(parameters: URLSearchParams): string {
  return [...parameters]
    .map(([name, value]) => `${cut(name)}=${shownParameters.has(name) && value !== '' ? cut(value) : hidden}`)
    .join('&');
}

function addressText(url: URL): string {
  const path = url.pathname
    .split('/')
    .map((part) => (longId.test(part) ? hidden : part))
    .join('/');
  return `${url.origin}${cut(path)}${url.search === '' ? '' : `?${parametersText(url.searchParams)}`}`;
}

const nameOf = (line: string): string => line.slice(0, line.search(/[=;]|$/));

/** Returns the common beginning of two names, up to a separator. */
function commonStart(one: string, other: string): string {
  let length = 0;
  while (length < one.length && one[length] === other[length]) length += 1;
  while (length > 0 && !'-_.'.includes(one[length - 1] ?? '')) length -= 1;
  return one.slice(0, length);
}

/**
 * Returns the names of cookies as they are shown. Many applications put the state into a name: one that only a single check saw is
 * shown as far as it is that of another one.
 */
function shownNames(checks: readonly (readonly Exchange[])[]): (name: string) => string {
  const seen = new Map<string, number>();
  for (const exchanges of checks) {
    const names = exchanges.flatMap(({ headers }) => (headers['set-cookie'] ?? []).map(nameOf));
    for (const name of new Set(names)) seen.set(name, (seen.get(name) ?? 0) + 1);
  }
  const single = [...seen].flatMap(([name, count]) => (count === 1 ? [name] : []));
  return (name) => {
    if (!single.includes(name)) return name;
    const starts = single.filter((other) => other !== name).map((other) => commonStart(name, other));
    // Chance can make the start of two names longer.
    const timesOf = (start: string) => starts.filter((other) => other === start).length;
    const [start = ''] = starts.sort(
      (left, right) => timesOf(right) - timesOf(left) || left.length - right.length,
    );
    return start === '' ? name : start + hidden;
  };
}

/** Returns a `Set-Cookie` line without value and time. */
function cookieText(line: string, shownName: (name: string) => string): string {
  const attributes = line
    .split(';')
    .slice(1)
    .map((part) => part.trim());
  const shown = attributes.map((part) =>
    /^(?:expires|max-age)=/i.test(part) ? part.replace(/=.*/, `=${hidden}`) : part,
  );
  return [`${cut(shownName(nameOf(line)))}=${hidden}`, ...shown.map(cut)].join('; ');
}

function locationText(location: string, base: URL): string {
  return URL.canParse(location, base) ? addressText(new URL(location, base)) : hidden;
}

/** Returns what may be shown of the exchanges of each check, without those with the instance itself. */
export function shownExchanges(
  checks: readonly (readonly Exchange[])[],
  instance: ReadonlySet<string>,
): ShownExchange[][] {
  const shownName = shownNames(checks);
  return checks.map((exchanges) =>
    exchanges
      .filter(({ url }) => !instance.has(url.origin))
      .map(({ method, url, form, status, headers }) => ({
        request: `${method} ${addressText(url)}`,
        form: form && parametersText(form),
        status,
        location: headers.location === undefined ? undefined : locationText(headers.location, url),
        cookies: headers['set-cookie']?.map((line) => cookieText(line, shownName)),
      })),
  );
}
