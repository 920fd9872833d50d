/** Maximum number of parameters of a request. */
export const maxParameters = 100;

/** The parameters of a query or form, in order. */
export class Parameters {
  readonly #values: ReadonlyMap<string, readonly string[]>;

  constructor(values: ReadonlyMap<string, readonly string[]>) {
    this.#values = values;
  }

  /** Returns the first value; undefined if it is absent or empty (RFC 6749 section 3.1). */
  get(name: string): string | undefined {
    return this.#values.get(name)?.[0] || undefined;
  }

  all(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }

  /** Returns whether it has a value: an empty one counts as absent (RFC 6749 section 3.1). */
  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  /** Returns the first repeated name, except those that may be repeated (RFC 6749 section 3.1). */
  repeated(except: readonly string[] = []): string | undefined {
    for (const [name, values] of this.#values) if (values.length > 1 && !except.includes(name)) return name;
    return undefined;
  }

  without(...names: string[]): Parameters {
    return new Parameters(new Map([...this.#values].filter(([name]) => !names.includes(name))));
  }

  and(name: string, value: string): Parameters {
    return new Parameters(new Map([...this.#values, [name, [...this.all(name), value]]]));
  }

  entries(): [string, string][] {
    return [...this.#values].flatMap(([name, values]) =>
      values.map((value): [string, string] => [name, value]),
    );
  }
}

export const noParameters = new Parameters(new Map());

const encoded = /[%+]/;

/** Decodes a name or value. Returns undefined for invalid percent-encoding or a NUL. */
function decode(part: string): string | undefined {
  if (!encoded.test(part)) return part;
  try {
    const decoded = decodeURIComponent(part.replaceAll('+', ' '));
    return decoded.includes('\0') ? undefined : decoded;
  } catch {
    return undefined;
  }
}

/**
 * Parses `application/x-www-form-urlencoded` text. Returns undefined for invalid percent-encoding, a NUL, more than
 * `maxParameters` parameters, or more than `limit` characters.
 * @param ignored name of a parameter that is skipped, even a malformed one
 */
export function parseParameters(text: string, limit = 65_536, ignored?: string): Parameters | undefined {
  if (text === '') return noParameters;
  if (text.length > limit || text.includes('\0')) return undefined;
  const values = new Map<string, string[]>();
  let count = 0;
  for (const pair of text.split('&')) {
    if (pair === '') continue;
    const at = pair.indexOf('=');
    const rawName = at < 0 ? pair : pair.slice(0, at);
    if (rawName === ignored) continue;
    if (++count > maxParameters) return undefined;
    const name = decode(rawName);
    const value = at < 0 ? '' : decode(pair.slice(at + 1));
    if (name === undefined || value === undefined) return undefined;
    if (name === ignored) continue;
    const before = values.get(name);
    if (before) before.push(value);
    else values.set(name, [value]);
  }
  return new Parameters(values);
}

/** Returns whether a Content-Type is a form, with or without parameters such as a charset. */
export const isForm = (contentType: string | undefined): boolean =>
  /^application\/x-www-form-urlencoded\s*(;|$)/i.test(contentType ?? '');

/** Adds parameters to an address, which may have a query. */
export function withQuery(address: string, parameters: Members): string {
  const query = present(parameters)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .join('&');
  if (query === '') return address;
  return `${address}${address.includes('?') ? '&' : '?'}${query}`;
}

/** How an authorization response reaches the client (OAuth 2.0 Multiple Response Type Encoding Practices, OAuth 2.0 Form Post Response Mode). */
export type ResponseMode = 'query' | 'fragment' | 'form_post';

type Members = Readonly<Record<string, string | undefined>>;

/** Reads `response_mode`, one that the profile supports. The error about another one is sent in the query, the default. */
export const readResponseMode = (
  { responseModes }: { readonly responseModes: readonly ResponseMode[] },
  parameters: Parameters,
): ResponseMode => responseModes.find((mode) => mode === parameters.get('response_mode')) ?? 'query';

/** Returns the members that have a value. */
export const present = (members: Members): [string, string][] =>
  Object.entries(members).filter((entry): entry is [string, string] => entry[1] !== undefined);

/** Returns the address with the response in its query or its fragment. A registered address has no fragment. */
export const responseAddress = (to: string, members: Members, mode: 'query' | 'fragment'): string =>
  mode === 'fragment' ? `${to}#${new URLSearchParams(present(members))}` : withQuery(to, members);

const scopeToken = /^[\x21\x23-\x5B\x5D-\x7E]+$/;

/** Returns the values of a `scope` parameter, each once; undefined when it is malformed (RFC 6749 section 3.3). */
export function readScope(text: string): string[] | undefined {
  const values = text.split(' ');
  return values.every((value) => scopeToken.test(value)) ? [...new Set(values)] : undefined;
}
