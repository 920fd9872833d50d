/** An HTTP request as a command or a HAR entry describes it. */
export interface DescribedRequest {
  readonly method: string;
  readonly url: string;
  /** By name in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

const maxWords = 500;
const blank: readonly string[] = [' ', '\t', '\r', '\n'];

/** Splits a shell command into words, with quotes and line continuations, in one pass. Expands nothing. */
export function shellWords(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let at = 0; at < text.length && words.length < maxWords; at++) {
    const char = text.charAt(at);
    if (quote === "'" && char !== "'") word = (word ?? '') + char;
    else if (char === '\\' && quote !== "'") {
      at += 1;
      const next = text.charAt(at);
      // A backslash at the end of a line continues it.
      if (next === '\n' || (next === '\r' && text.charAt(at + 1) === '\n')) {
        if (next === '\r') at += 1;
      } else word = (word ?? '') + next;
    } else if (quote !== '') {
      if (char === quote) quote = '';
      else word = (word ?? '') + char;
    } else if (char === '"' || char === "'") {
      quote = char;
      word ??= '';
    } else if (char === '^' && text.charAt(at + 1) === '\n')
      // The shell of Windows continues lines so.
      at += 1;
    else if (blank.includes(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? '') + char;
  }
  if (word !== undefined) words.push(word);
  return words;
}

const data: readonly string[] = ['-d', '--data', '--data-raw', '--data-binary', '--data-ascii'];
const withValue: readonly string[] = [
  '-o',
  '--output',
  '-b',
  '--cookie',
  '-c',
  '--cookie-jar',
  '-A',
  '--user-agent',
  '-e',
  '--referer',
  '-m',
  '--max-time',
  '--connect-timeout',
  '--cacert',
  '--cert',
  '--key',
  '-E',
  '-w',
  '--write-out',
  '-x',
  '--proxy',
  '--resolve',
  '-F',
  '--form',
  '--retry',
  '--http2',
  '-D',
  '--dump-header',
].filter((name) => name !== '--http2');

/** Encodes the value of `name=value`, as `--data-urlencode` does. */
function encoded(value: string): string {
  const equals = value.indexOf('=');
  if (equals < 0) return encodeURIComponent(value);
  return `${value.slice(0, Math.max(equals, 0))}=${encodeURIComponent(value.slice(equals + 1))}`;
}

/** Reads a curl command. Undefined if it names no address. */
export function readCurl(text: string): DescribedRequest | undefined {
  const [program = '', ...words] = shellWords(text);
  if (!/(?:^|[/\\])curl(?:\.exe)?$/.test(program)) return undefined;
  const headers = new Map<string, string>();
  const bodies: string[] = [];
  let method: string | undefined;
  let url: string | undefined;
  let asQuery = false;
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    const equals = word.startsWith('--') ? word.indexOf('=') : -1;
    const isShort = /^-[XHdu]./.test(word);
    const nameEnd = isShort ? 2 : equals;
    const name = nameEnd < 0 ? word : word.slice(0, nameEnd);
    const value = (): string => {
      if (isShort) return word.slice(2);
      if (equals >= 0) return word.slice(equals + 1);
      at += 1;
      return words[at] ?? '';
    };
    if (name === '-X' || name === '--request') method = value().toUpperCase();
    else if (name === '-H' || name === '--header') {
      const header = value();
      const colon = header.indexOf(':');
      if (colon > 0) headers.set(header.slice(0, colon).trim().toLowerCase(), header.slice(colon + 1).trim());
    } else if (data.includes(name)) bodies.push(value());
    else if (name === '--data-urlencode') bodies.push(encoded(value()));
    else if (name === '--json') {
      bodies.push(value());
      headers.set('content-type', 'application/json');
    } else if (name === '-u' || name === '--user')
      headers.set('authorization', `Basic ${Buffer.from(value()).toString('base64')}`);
    else if (name === '-G' || name === '--get') asQuery = true;
    else if (name === '-I' || name === '--head') method = 'HEAD';
    else if (name === '--url') url = value();
    else if (withValue.includes(name)) value();
    else if (!word.startsWith('-')) url ??= word;
  }
  if (url === undefined) return undefined;
  const body = bodies.join('&');
  const address = /^[a-z]+:\/\//i.test(url) ? url : `http://${url}`;
  if (asQuery && body !== '')
    return {
      method: method ?? 'GET',
      url: address + (address.includes('?') ? '&' : '?') + body,
      headers,
      body: '',
    };
  if (body !== '' && !headers.has('content-type'))
    headers.set('content-type', 'application/x-www-form-urlencoded');
  return { method: method ?? (body === '' ? 'GET' : 'POST'), url: address, headers, body };
}
