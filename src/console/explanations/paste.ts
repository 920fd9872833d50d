import { isObject, isTame, type JsonObject, jsonOrUndefined } from '@alongside/kernel/json';

/** The longest text that is explained. */
export const maxPasteLength = 262_144;

/** A pasted text, read once for all kinds. */
export interface Paste {
  /** Without quotes, label and white space around it. */
  readonly text: string;
  /** A JSON object; undefined for other texts. */
  readonly json: JsonObject | undefined;
  /** An absolute http or https address, alone. */
  readonly url: URL | undefined;
  readonly form: URLSearchParams | undefined;
  /** Whether it looks like a compact JWT, valid or not. */
  readonly isJwtLike: boolean;
}

const maxInAddressLength = 200;
/**
 * Text in which a token or a secret may be: addresses stay in histories and logs. The names alone are words of errors, such as
 * `client secret` and `oauth2/token`. `tools.browser.ts` has the same rule.
 */
const secretLike = /^eyJ|[\r\n]|-----BEGIN |\bbearer |(?:secret|password|token|assertion|code)["']?\s?[=:]/i;

/** Whether a text may be in an address of the console: an id or words, never a token. */
export const mayBeInAddress = (text: string): boolean =>
  text.length <= maxInAddressLength && !secretLike.test(text);

const quotes: readonly string[] = ['"', "'", '`'];
/** Copied with the name of its header or member. */
const label = /^(?:authorization:\s*)?(?:bearer|dpop)\s+/i;
const deepest = 40;
const maxParameters = 100;
const jwtLike = /^eyJ[^\s.]*\.[^\s.]*(?:\.[^\s.]*){0,3}$/;
const formName = /^[A-Za-z_][\w.-]{0,60}=/;

function unwrapped(given: string): string {
  const text = given.trim();
  const [first = ''] = text;
  const inner =
    text.length > 1 && quotes.includes(first) && text.endsWith(first) ? text.slice(1, -1).trim() : text;
  return inner.replace(label, '');
}

function parsed(text: string): JsonObject | undefined {
  const value = text.startsWith('{') ? jsonOrUndefined(text) : undefined;
  return isObject(value) && isTame(value, deepest) ? value : undefined;
}

function addressIn(text: string): URL | undefined {
  if (!/^https?:\/\/\S+$/i.test(text)) return undefined;
  return URL.parse(text) ?? undefined;
}

/** Reads a form body, on one line or with a parameter on each. */
function formIn(text: string): URLSearchParams | undefined {
  const line = text
    .split('\n')
    .map((part) => part.trim().replace(/^&/, '').replace(/&$/, ''))
    .filter((part) => part !== '')
    .join('&');
  if (!formName.test(line) || /\s/.test(line)) return undefined;
  const form = new URLSearchParams(line);
  return form.size <= maxParameters ? form : undefined;
}

/** Reads a pasted text in linear time. */
export function readPaste(given: string): Paste {
  const text = unwrapped(given);
  const json = parsed(text);
  const url = json ? undefined : addressIn(text);
  const whole = text.replaceAll(/\s+/g, '');
  const isJwtLike = !json && !url && jwtLike.test(whole);
  return {
    text: isJwtLike ? whole : text,
    json,
    url,
    form: json || url || isJwtLike ? undefined : formIn(text),
    isJwtLike,
  };
}
