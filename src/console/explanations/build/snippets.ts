import { z } from 'zod';

export const pair = z.strictObject({ name: z.string(), value: z.string() });

/** A request as it is sent. `$NAME` in a value is a variable of the environment. */
export const sentRequest = z.strictObject({
  method: z.string(),
  url: z.string(),
  headers: z.array(pair),
  form: z.array(pair),
});
export type SentRequest = z.output<typeof sentRequest>;

export const languages = ['curl', 'JavaScript', 'Java', 'C#', 'Python'] as const;
export type Language = (typeof languages)[number];

const variable = /(\$[A-Z][A-Z0-9_]{1,40})/;

interface Syntax {
  quote(text: string): string;
  variable(name: string): string;
}

/** Writes a value as an expression of a language: texts and variables, joined with `+`. */
function expression(value: string, { quote, variable: read }: Syntax): string {
  const parts = value.split(variable).filter((part) => part !== '');
  if (parts.length === 0) return quote('');
  return parts.map((part) => (variable.test(part) ? read(part.slice(1)) : quote(part))).join(' + ');
}

const shellQuoted = (value: string): string =>
  value
    .split(variable)
    .filter((part) => part !== '')
    .map((part) => (variable.test(part) ? `"${part}"` : `'${part.replaceAll("'", `'\\''`)}'`))
    .join('') || "''";

// The escapes of JSON are valid in all four languages.
const quoted = (text: string): string => JSON.stringify(text);
const javascript: Syntax = { quote: quoted, variable: (name) => `process.env.${name}` };
const java: Syntax = { quote: quoted, variable: (name) => `System.getenv("${name}")` };
const csharp: Syntax = { quote: quoted, variable: (name) => `Environment.GetEnvironmentVariable("${name}")` };
const python: Syntax = { quote: quoted, variable: (name) => `os.environ["${name}"]` };

function curl({ method, url, headers, form }: SentRequest): string {
  const lines = [
    `curl -i${method === 'GET' || method === 'POST' ? '' : ` -X ${method}`} ${shellQuoted(url)}`,
    ...headers.map(({ name, value }) => `-H ${shellQuoted(`${name}: ${value}`)}`),
    ...form.map(({ name, value }) => `--data-urlencode ${shellQuoted(`${name}=${value}`)}`),
  ];
  return lines.join(' \\\n  ');
}

const fetched = 'const response = await fetch';

function inJavaScript({ method, url, headers, form }: SentRequest): string {
  const pairs = (list: SentRequest['headers']) =>
    list.map(({ name, value }) => `    ${quoted(name)}: ${expression(value, javascript)},`);
  return [
    `${fetched}(${expression(url, javascript)}, {`,
    `  method: ${quoted(method)},`,
    ...(headers.length > 0 ? ['  headers: {', ...pairs(headers), '  },'] : []),
    ...(form.length > 0 ? ['  body: new URLSearchParams({', ...pairs(form), '  }),'] : []),
    "  redirect: 'manual',",
    '});',
    'console.log(response.status, await response.text());',
  ].join('\n');
}

function inJava({ method, url, headers, form }: SentRequest): string {
  const body = form.map(
    ({ name, value }) =>
      `URLEncoder.encode(${quoted(name)}, UTF_8) + "=" + URLEncoder.encode(${expression(value, java)}, UTF_8)`,
  );
  const hasForm = form.length > 0;
  return [
    'import java.net.URI;',
    ...(hasForm ? ['import java.net.URLEncoder;'] : []),
    'import java.net.http.*;',
    ...(hasForm ? ['import static java.nio.charset.StandardCharsets.UTF_8;'] : []),
    '',
    ...(hasForm ? [`String form = String.join("&",\n    ${body.join(',\n    ')});`] : []),
    `HttpRequest request = HttpRequest.newBuilder(URI.create(${expression(url, java)}))`,
    ...headers.map(({ name, value }) => `    .header(${quoted(name)}, ${expression(value, java)})`),
    ...(hasForm ? ['    .header("Content-Type", "application/x-www-form-urlencoded")'] : []),
    `    .method(${quoted(method)}, HttpRequest.BodyPublishers.${hasForm ? 'ofString(form)' : 'noBody()'}).build();`,
    'var response = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());',
    'System.out.println(response.statusCode() + " " + response.body());',
  ].join('\n');
}

function inCSharp({ method, url, headers, form }: SentRequest): string {
  return [
    'using var client = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false });',
    `var request = new HttpRequestMessage(new HttpMethod(${quoted(method)}), ${expression(url, csharp)});`,
    ...headers.map(
      ({ name, value }) =>
        `request.Headers.TryAddWithoutValidation(${quoted(name)}, ${expression(value, csharp)});`,
    ),
    ...(form.length > 0
      ? [
          'request.Content = new FormUrlEncodedContent(new Dictionary<string, string>',
          '{',
          ...form.map(({ name, value }) => `    [${quoted(name)}] = ${expression(value, csharp)},`),
          '});',
        ]
      : []),
    'var response = await client.SendAsync(request);',
    'Console.WriteLine($"{(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}");',
  ].join('\n');
}

function inPython({ method, url, headers, form }: SentRequest): string {
  const pairs = (list: SentRequest['headers']) =>
    list.map(({ name, value }) => `        ${quoted(name)}: ${expression(value, python)},`);
  const hasVariable = [url, ...headers.map(({ value }) => value), ...form.map(({ value }) => value)].some(
    (text) => variable.test(text),
  );
  return [
    ...(hasVariable ? ['import os', ''] : []),
    'import requests',
    '',
    'response = requests.request(',
    `    ${quoted(method)},`,
    `    ${expression(url, python)},`,
    ...(headers.length > 0 ? ['    headers={', ...pairs(headers), '    },'] : []),
    ...(form.length > 0 ? ['    data={', ...pairs(form), '    },'] : []),
    '    allow_redirects=False,',
    '    timeout=30,',
    ')',
    'print(response.status_code, response.text)',
  ].join('\n');
}

const writers: Readonly<Record<Language, (request: SentRequest) => string>> = {
  curl,
  JavaScript: inJavaScript,
  Java: inJava,
  'C#': inCSharp,
  Python: inPython,
};

/** Writes a request in every language. Secrets are variables of the environment. */
export const snippetsOf = (request: SentRequest): { language: Language; code: string }[] =>
  languages.map((language) => ({ language, code: writers[language](request) }));
