import type { Activity, ReceivedRequest } from '@alongside/kernel/activity';
import { Answer, StreamAnswer } from '@alongside/kernel/answer';
import { Cutter, type FoundToken, nothingKept } from './cut.ts';
import { callerHeader } from './lanes.ts';
import type { Captured, Field } from './model.ts';

/** A request or a response as it was captured, with the JWTs whose signatures are not checked yet. */
export interface CapturedPart {
  readonly captured: Omit<Captured, 'tokens'>;
  readonly tokens: readonly FoundToken[];
}

const maxBodyLength = 65_536;
const maxHeaderLength = 1_000;

/** Headers that do not describe the request. */
const commonHeaders: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'content-length',
  'transfer-encoding',
  callerHeader,
]);

/** Names of cookies, without their values. */
const cookieNames = (text: string): string =>
  text
    .split(';')
    .filter((each) => each.trim() !== '')
    .map((each) => `${each.split('=', 1)[0]?.trim()}=${nothingKept}`)
    .join('; ');

function authorization(value: string, cutter: Cutter): Field {
  const name = 'authorization';
  const [scheme = '', credentials = ''] = value.split(/ (.*)/s);
  if (/^basic$/i.test(scheme)) {
    const [user = '', password = ''] = Buffer.from(credentials, 'base64').toString('utf8').split(/:(.*)/s);
    const cut = cutter.secret(password);
    return { name, ...cut, value: `Basic ${user.slice(0, 200)}:${cut.value}` };
  }
  const cut = cutter.field(name, credentials, true);
  return { ...cut, value: `${/^[\w-]{1,20}$/.test(scheme) ? scheme : nothingKept} ${cut.value}` };
}

function parameters(text: string, cutter: Cutter): Field[] {
  return [...new URLSearchParams(text)]
    .slice(0, 200)
    .map(([name, value]) => cutter.field(name.slice(0, 200), value));
}

/** Returns an address with the secrets of its query and its fragment cut. */
function address(value: string, cutter: Cutter): string {
  const cut = (part: string) =>
    parameters(part, cutter)
      .map((field) => `${field.name}=${field.value}`)
      .join('&');
  const [before = '', fragment] = value.split(/#(.*)/s);
  const [path = '', query] = before.split(/\?(.*)/s);
  return `${path}${query === undefined ? '' : `?${cut(query)}`}${fragment === undefined ? '' : `#${cut(fragment)}`}`;
}

function header(name: string, value: string, cutter: Cutter): Field {
  if (name === 'cookie') return { name, value: cookieNames(value) };
  if (name === 'set-cookie') return { name, value: value.replace(/^([^=;]*)=[^;]*/, `$1=${nothingKept}`) };
  if (name === 'authorization') return authorization(value, cutter);
  if (name === 'location' || name === 'referer') return { name, value: address(value, cutter) };
  return cutter.field(name, value.slice(0, maxHeaderLength));
}

function headersOf(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  cutter: Cutter,
): Field[] {
  return Object.entries(headers).flatMap(([name, values]) =>
    values === undefined || commonHeaders.has(name.toLowerCase())
      ? []
      : [values].flat().map((value) => header(name.toLowerCase(), value, cutter)),
  );
}

type Body = Pick<Captured, 'form' | 'body' | 'members' | 'isCut'>;

/** Returns the parts of a body: a form, or text. */
function bodyOf(body: string, type: string, cutter: Cutter, offending: string | null): Body {
  const isCut = body.length > maxBodyLength;
  if (body === '') return { isCut };
  if (/^application\/x-www-form-urlencoded\b/i.test(type))
    return { form: marked(parameters(body.slice(0, maxBodyLength), cutter), offending), isCut };
  if (/^[\w.+-]+\/(?:[\w.+-]+\+)?json\b/i.test(type)) {
    if (isCut) return { body: `(JSON of ${body.length} characters)`, isCut };
    try {
      const members: Field[] = [];
      const kept = cutter.json(JSON.parse(body), members);
      return {
        body: JSON.stringify(kept, null, 2),
        ...(members.length > 0 ? { members: marked(members, offending) } : {}),
        isCut,
      };
    } catch {
      return { body: '(text that is no JSON)', isCut };
    }
  }
  if (/^text\/plain\b/i.test(type))
    return { body: cutter.field('text', body.slice(0, maxBodyLength)).value, isCut };
  if (/\bjwt\b/i.test(type)) return { body: cutter.field('body', body, true).value, isCut };
  return {
    body: `(${type.split(';', 1)[0]?.slice(0, 100) || 'a body'} of ${body.length} characters)`,
    isCut,
  };
}

const marked = (fields: readonly Field[], offending: string | null): Field[] =>
  fields.map((field) => (field.name === offending ? { ...field, offending: true as const } : field));

/** Returns the path with the names of its parameters, because their values may be secrets or NHS numbers. */
const pathOf = ({ path }: ReceivedRequest, route: string): string =>
  (route.includes('*') ? path.slice(0, 500).replace(/\d{9,}|[\w-]{24,}/g, nothingKept) : route).replace(
    /:(\w+)/g,
    '{$1}',
  );

export function captureRequest(
  { request, route, secrets }: Activity,
  key: Buffer,
  origin: string,
  offending: string | null,
): CapturedPart | undefined {
  if (!request) return undefined;
  const cutter = new Cutter(key, secrets);
  const { headers } = request;
  const type = headers['content-type'] ?? '';
  const body: Body =
    secrets === 'bodies'
      ? {
          isCut: false,
          ...(request.body === '' ? {} : { body: '(not kept, because it may have a PIN or a password)' }),
        }
      : bodyOf(request.body, type, cutter, offending);
  const captured = {
    url: `${origin}${pathOf(request, route)}`,
    headers: marked(headersOf(headers, cutter), offending),
    ...(request.query === '' ? {} : { query: marked(parameters(request.query, cutter), offending) }),
    ...body,
  };
  return { captured, tokens: cutter.tokens };
}

const textOf = (body: string | Uint8Array): string =>
  typeof body === 'string' ? body : Buffer.from(body).toString('utf8');

/** Returns the request that the redirect of an answer makes a browser send. */
export function captureDeparture({ answer, secrets }: Activity, key: Buffer): Captured | undefined {
  const location = answer?.headers.location;
  if (typeof location !== 'string') return undefined;
  const cutter = new Cutter(key, secrets);
  const [url = '', parameterText = ''] = location.split(/[?#](.*)/s);
  const query = parameters(parameterText, cutter);
  return { url, headers: [], ...(query.length > 0 ? { query } : {}), isCut: false, tokens: [] };
}

export function captureAnswer({ answer, secrets }: Activity, key: Buffer): CapturedPart | undefined {
  if (!(answer instanceof Answer)) return undefined;
  const cutter = new Cutter(key, secrets);
  const type = [answer.headers['content-type'] ?? ''].flat()[0] ?? '';
  let body: Body = { isCut: false };
  if (answer instanceof StreamAnswer) body = { body: '(a stream)', isCut: false };
  else if (secrets !== 'bodies') body = bodyOf(textOf(answer.body), type, cutter, null);
  return { captured: { headers: headersOf(answer.headers, cutter), ...body }, tokens: cutter.tokens };
}
