import type { Field, Message } from '../../../journeys/model.ts';

/** Quotes a text for a POSIX shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** Returns the shell variable for a secret: `CLIENT_SECRET` for client_secret. */
function variableOf({ name, value }: Field): string {
  const lower = name.toLowerCase();
  if (lower === 'authorization') return /^basic /i.test(value) ? 'BASIC_CREDENTIALS' : 'ACCESS_TOKEN';
  return (
    name
      .toUpperCase()
      .replaceAll(/[^A-Z0-9]+/g, '_')
      .replace(/^(?=\d)/, '_') || 'SECRET'
  );
}

/** Secrets have a mark, and cookies were never kept. */
const isSecret = ({ name, mark }: Field): boolean => mark !== undefined || name.toLowerCase() === 'cookie';

/** Headers that curl sends itself, or that belong to one connection. */
const ownHeaders =
  /^(host|connection|content-length|user-agent|accept-encoding|accept-language|transfer-encoding|keep-alive|upgrade.*|sec-.*|content-type)$/i;

const scheme = /^(Bearer|Basic|DPoP) /i;

interface Line {
  readonly text: string;
  readonly variables?: readonly string[];
}

function headerLine(field: Field): Line {
  if (!isSecret(field)) return { text: `--header ${quoted(`${field.name}: ${field.value}`)}` };
  const variable = variableOf(field);
  const [prefix = ''] = field.name.toLowerCase() === 'authorization' ? (scheme.exec(field.value) ?? []) : [];
  return { text: `--header ${quoted(`${field.name}: ${prefix}`)}"$${variable}"`, variables: [variable] };
}

function parameterLine(field: Field, option = '--data-urlencode'): Line {
  if (!isSecret(field)) return { text: `${option} ${quoted(`${field.name}=${field.value}`)}` };
  const variable = variableOf(field);
  return { text: `${option} ${quoted(`${field.name}=`)}"$${variable}"`, variables: [variable] };
}

/** The address. Parameters of its path, such as the number of a patient, are not captured: each is a variable. */
function addressLine(url: string, verb: string): Line {
  const variables = [...url.matchAll(/\{(\w{1,40})\}/g)].map(([, name = '']) => name.toUpperCase());
  const text = quoted(url).replaceAll(/\{(\w{1,40})\}/g, (_, name: string) => `'"$${name.toUpperCase()}"'`);
  return { text: `curl${verb} ${text}`, variables };
}

/** The body, with a variable for each secret member. */
function bodyLines(body: string, members: readonly Field[] = []): Line[] {
  let text = quoted(body);
  const variables = members.map((field) => {
    const variable = variableOf(field);
    text = text.replaceAll(quoted(field.value).slice(1, -1), () => `'"$${variable}"'`);
    return variable;
  });
  return [{ text: `--data-raw ${text}`, variables }];
}

const contentType = ({ request }: Message): Field | undefined =>
  request?.headers.find(({ name }) => name.toLowerCase() === 'content-type');

/** Returns the option that names the method; none for the one that curl chooses. */
function verbOf(method: string, hasBody: boolean, query: readonly Field[]): string {
  if (method === 'GET' && !hasBody) return query.length > 0 ? ' --get' : '';
  return method === 'POST' && hasBody ? '' : ` --request ${method}`;
}

/**
 * Returns the request of a message as a curl command. Each secret is a shell variable, because it was cut when it was captured. Returns
 * undefined for an act of a person and for a message that was not captured.
 */
export function curlOf(message: Message): string | undefined {
  const { request, method, kind, notCaptured } = message;
  if (kind === 'act' || method === null || !request?.url || notCaptured !== null) return undefined;
  const { headers, query = [], form, body } = request;
  const isForm = form !== undefined && form.length > 0;
  const type = contentType(message);
  const lines: Line[] = [
    ...headers.filter(({ name }) => !ownHeaders.test(name)).map(headerLine),
    ...(type && !isForm ? [headerLine(type)] : []),
    ...(form ?? []).map((field) => parameterLine(field)),
    ...(isForm || !body ? [] : bodyLines(body, request.members)),
  ];
  const hasBody = isForm || Boolean(body);
  // With --get, all parameters go into the query. With a body, the query needs --url-query (curl 7.87).
  const inQuery = query.map((field) => parameterLine(field, hasBody ? '--url-query' : '--data-urlencode'));
  const all = [addressLine(request.url, verbOf(method, hasBody, query)), ...inQuery, ...lines];
  const variables = [...new Set(all.flatMap(({ variables = [] }) => variables))];
  const command = all.map(({ text }) => text).join(' \\\n  ');
  const first =
    variables.length === 0
      ? ''
      : `# Set ${variables.join(', ')} first: secrets are cut when they are captured.\n`;
  return `${first}${command}\n`;
}
