import type { Headers } from '@alongside/kernel/answer';
import { errors } from './errors/catalogue.ts';
import { folded, isForwardedIfTaken, isNeverForwarded } from './trusted-names.ts';

/** Headers with names in lower case, each with a single value. */
export type HeaderMap = ReadonlyMap<string, string>;

/** Headers for which a second copy could mean another caller, request or resource. */
const singletons = new Set([
  'apikey',
  'authorization',
  'content-length',
  'content-type',
  'dpop',
  'host',
  'if-match',
  'nhsd-end-user-organisation-ods',
  'nhsd-session-urid',
  'origin',
  'x-correlation-id',
  'x-request-id',
  'x-sync-wait',
]);

/** Headers of one connection (RFC 9110 section 7.6.1). */
const hopByHop = new Set([
  'connection',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Headers that are not forwarded. */
const consumed = new Set([
  'authorization',
  'apikey',
  'cookie',
  'dpop',
  'host',
  'content-length',
  'expect',
  'origin',
]);

function classify(written: string) {
  const name = written.toLowerCase();
  const plain = folded(written);
  return {
    name,
    plain,
    /** Whether back ends may read it as another name. */
    isAmbiguous: plain !== name || name === '',
    isSingle: singletons.has(plain),
    isHopByHop: hopByHop.has(name),
    isConsumed: consumed.has(plain),
    isNever: isNeverForwarded(plain),
    isIfTaken: isForwardedIfTaken(plain),
    /** Whether no back end may send it to a client. */
    isInternal: hopByHop.has(plain) || /^(nhsd-|nhse-)/.test(plain),
  };
}

type HeaderName = Readonly<ReturnType<typeof classify>>;

/** Classified names as they were written. Clients choose them, so their number and length are limited. */
const known = new Map<string, HeaderName>();
const maxKnown = 1_000;
const maxNameLength = 64;

function nameOf(written: string): HeaderName {
  const before = known.get(written);
  if (before) return before;
  const name = classify(written);
  if (written.length > maxNameLength) return name;
  if (known.size >= maxKnown) known.clear();
  known.set(written, name);
  return name;
}

/** Returns the names in `Connection`, whose headers are for this connection only. */
function namedByConnection(raw: readonly string[]): ReadonlySet<string> {
  const named = new Set<string>();
  for (let at = 0; at + 1 < raw.length; at += 2)
    if (nameOf(raw[at] ?? '').name === 'connection')
      for (const token of (raw[at + 1] ?? '').split(',')) named.add(token.trim().toLowerCase());
  return named;
}

/** Reads a client's headers strictly: names in lower case, without hop-by-hop headers and those that `Connection` names. */
export function readHeaders(raw: readonly string[]): HeaderMap {
  const dropped = namedByConnection(raw);
  const headers = new Map<string, string>();
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const { name, isSingle, isHopByHop } = nameOf(raw[at] ?? '');
    if (isHopByHop || dropped.has(name)) continue;
    const value = raw[at + 1] ?? '';
    const before = headers.get(name);
    if (before !== undefined && isSingle)
      throw errors.repeatedHeader(`${name} is repeated`, { header: name });
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return headers;
}

/** The header names of an API, as its definition describes them. */
interface Names {
  takes: readonly string[];
  owns?: readonly string[];
  always?: readonly string[];
}

/**
 * Returns the client's headers that a back end may see, and empty ones that it always gets: no identity headers, nothing that a proxy would set, no credentials, and no
 * name with characters that back ends read in different ways.
 */
export function passable(headers: HeaderMap, { takes, owns = [], always = [] }: Names): Map<string, string> {
  const kept = new Map<string, string>();
  for (const [written, value] of headers) {
    const { name, isAmbiguous, isConsumed, isNever, isIfTaken } = nameOf(written);
    if (isAmbiguous || isConsumed || owns.some((own) => nameOf(own).plain === name)) continue;
    if ((isNever || isIfTaken) && !takes.includes(name)) continue;
    kept.set(name, value);
  }
  for (const name of always) kept.set(name, '');
  return kept;
}

const isHidden = (name: string): boolean => nameOf(name).isInternal;

/** Returns the back end's headers that a client may see. */
export function answerable(headers: Headers, owned: readonly string[] = []): Headers {
  const own = owned.map((name) => nameOf(name).plain);
  const hides = (name: string) => isHidden(name) || own.includes(nameOf(name).plain);
  if (!Object.keys(headers).some(hides)) return headers;
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !hides(name)));
}

/** The contents of an Authorization header. */
export interface PresentedToken {
  written: string;
  /** The scheme in lower case. */
  scheme: 'bearer' | 'dpop';
  token: string;
}

/**
 * Parses an Authorization header in the published order of errors. None of it may be logged: even its first word can be a token
 * without a scheme.
 */
export function readAuthorization(header: string | undefined): PresentedToken {
  if (header === undefined) throw errors.missingAuthorization('there is no Authorization header');
  const words = header.trim().split(/[ \t]+/);
  const [written = '', ...rest] = words;
  if (written === '') throw errors.emptyAuthorization('the Authorization header is empty');
  if (rest.length === 0) throw errors.missingToken('the Authorization header has one word');
  const scheme = written.toLowerCase();
  if (scheme !== 'bearer' && scheme !== 'dpop')
    throw errors.wrongTokenType('the scheme is neither Bearer nor DPoP', { type: written });
  return { written, scheme, token: rest.join(' ') };
}
