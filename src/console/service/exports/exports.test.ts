import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, test } from 'node:test';
import { DOMParser } from '@xmldom/xmldom';
import { onWindows } from '../../../../test/testing/platform.ts';
import {
  captured,
  cutSecret,
  goodJourney,
  journeyOf,
  refusedJourney,
} from '../../web/pages/journey/testing/journey.ts';
import { curlOf } from './curl.ts';
import { harOf } from './har.ts';
import { markdownOf } from './markdown.ts';
import { mermaidOf } from './mermaid.ts';
import { svgOf } from './svg.ts';

const view = { show: 'all', hops: 'one' } as const;
const hostile = journeyOf([
  {
    from: 'application',
    to: 'cis2',
    words: `a;b#c: "d" <script>\n%% end\u0000\u202e| \`@x\``,
    route: '/a|b`c',
  },
]);

const hostileTexts = [
  'end',
  'loop forever\nend',
  'a->>b: c\r\nparticipant x as y',
  'Note over a: b\u2028activate a\u2029end\u0085end',
  '%%{init: {"theme": "dark"}}%%',
  '#quot;#35;#;;',
  '<br/><img src=x onerror=alert(1)>',
  '\u202Eevil\u0000\u001b[31m',
  '@{ "type": "actor" }',
  '$$x$$ `code` "quoted" \\n',
  '::::,,,+-x)>>',
  'x'.repeat(10_000),
];
const journeyWith = (text: string) =>
  journeyOf([{ from: 'application', to: 'api:a.b-c', words: text, route: `/${text}`, outcome: 'refused' }]);

/** The text of a statement: no character that ends it, begins an entity, a directive, markup or a string. */
const text = String.raw`(?:[^#;%<>&{}"\x60\p{C}\p{Zl}\p{Zp}\\]|#\d{1,7};)+`;
const id = '[A-Za-z][A-Za-z0-9_]*';
const forms = {
  participant: new RegExp(`^  participant (${id}) as (?! )${text}$`, 'u'),
  message: new RegExp(`^  (${id})(?:-->>|->>|--x|-x)(${id}): (?! )${text}$`, 'u'),
  note: new RegExp(`^  Note over (${id})(?:,(${id}))?: (?! )${text}$`, 'u'),
  bar: new RegExp(`^  (activate|deactivate) (${id})$`, 'u'),
};
/** Words that begin or end a statement of a sequence diagram, so that no participant may have them. */
const reserved =
  /^(?:end|loop|alt|else|opt|par|and|rect|critical|option|break|note|box|actor|participant|create|destroy|links?|title|autonumber|activate|deactivate|x)$/i;

/** Checks the part of Mermaid's grammar (`sequenceDiagram.jison`) that exports use. Throws at the first wrong line. */
function checkGrammar(diagram: string): void {
  const [first, ...lines] = diagram.split('\n');
  assert.equal(first, 'sequenceDiagram');
  assert.equal(lines.pop(), '');
  const participants = new Set<string>();
  const open = new Map<string, number>();
  for (const line of lines) {
    const [, declared] = forms.participant.exec(line) ?? [];
    const bar = forms.bar.exec(line);
    const used = declared
      ? []
      : (bar?.slice(2) ?? (forms.message.exec(line) ?? forms.note.exec(line))?.slice(1));
    assert.ok(used, `no statement: ${line}`);
    for (const name of used) assert.ok(name === undefined || participants.has(name), `undeclared: ${line}`);
    if (declared) {
      assert.ok(!participants.has(declared) && !reserved.test(declared), line);
      participants.add(declared);
    }
    if (!bar) continue;
    const [, verb, lane = ''] = bar;
    open.set(lane, (open.get(lane) ?? 0) + (verb === 'activate' ? 1 : -1));
    assert.ok((open.get(lane) ?? 0) >= 0, line);
  }
  for (const [lane, count] of open) assert.equal(count, 0, `${lane} stays active`);
}

const fail = (message: string): never => {
  throw new Error(message);
};

const forShell = { skip: onWindows && 'the commands are for a POSIX shell' };

function argumentsOf(command: string, variables: Record<string, string>): string[] {
  const script = `curl() { for one in "$@"; do printf '%s\\0' "$one"; done; }\n${command}`;
  const written = execFileSync('sh', ['-c', script], { env: variables, encoding: 'utf8' });
  return written.split('\0').slice(0, -1);
}

describe('a journey as a picture', () => {
  test('is well-formed XML that loads nothing', () => {
    for (const journey of [refusedJourney(), goodJourney(), hostile]) {
      for (const hops of ['one', 'every'] as const) {
        const svg = svgOf(journey, { ...view, hops });
        const parser = new DOMParser({ errorHandler: { error: fail, fatalError: fail, warning: fail } });
        assert.equal(parser.parseFromString(svg, 'image/svg+xml').documentElement?.nodeName, 'svg');
        assert.doesNotMatch(svg, /<script|href=|url\((?!#)|NaN|undefined/);
      }
    }
  });
});

describe('a journey as a Mermaid diagram', () => {
  test('names participants and draws redirects, calls and refusals', () => {
    const lines = mermaidOf(refusedJourney()).split('\n');
    assert.equal(lines[0], 'sequenceDiagram');
    assert.ok(lines.includes('  participant application as Application'));
    assert.ok(lines.includes('  application-->>authorisation: 1. Asks for access to an API (0 ms)'));
    assert.ok(
      lines.includes(
        '  application-xauthorisation: 7. Exchanges the code for tokens: the client secret is wrong (648 ms)',
      ),
    );
    assert.equal(lines.filter((line) => /^ {2}activate/.test(line)).length, 1);
    assert.equal(lines.filter((line) => /^ {2}deactivate/.test(line)).length, 1);
  });

  test('conforms to the grammar of sequence diagrams, also with hostile texts', () => {
    for (const journey of [refusedJourney(), goodJourney(), hostile, ...hostileTexts.map(journeyWith)])
      checkGrammar(mermaidOf(journey));
    const broken = 'sequenceDiagram\n  participant a as A\n';
    for (const line of [
      'a->>b: Text',
      'a->>a: one; two',
      'end',
      'a->>a:',
      'activate a',
      'Note over a: <b>',
      '',
    ])
      assert.throws(() => checkGrammar(`${broken}  ${line}\n`), line);
  });

  test('keeps a hostile text inside its statement', () => {
    const lines = mermaidOf(hostile).trimEnd().split('\n');
    assert.equal(lines.length, 5);
    assert.doesNotMatch(lines.at(-1)?.split(': ', 2)[1] ?? '', /[<>"%]|(?<!#\d+);/);
  });
});

describe('a journey as an HTTP archive', () => {
  test('has an entry for each exchange with the members that HAR 1.2 requires', () => {
    const { log } = harOf(goodJourney(), '1.2.3') as {
      log: { version: string; entries: Record<string, never>[] };
    };
    assert.equal(log.version, '1.2');
    assert.equal(log.entries.length, 8);
    for (const entry of log.entries)
      for (const member of ['startedDateTime', 'time', 'request', 'response', 'cache', 'timings'])
        assert.ok(member in entry, member);
    const [token] = log.entries.slice(6) as unknown as { request: { postData: { text: string } } }[];
    assert.match(token?.request.postData.text ?? '', /client_secret=righ%E2%80%A6/);
  });
});

describe('a message as a curl command', () => {
  const [token] = refusedJourney().messages.slice(6);
  assert.ok(token);

  test('sends the parameters of a form, with variables instead of secrets', forShell, () => {
    const command = curlOf(token) ?? '';
    assert.match(command, /^# Set CLIENT_SECRET, CODE first/);
    assert.doesNotMatch(command, /wron|JPIs/);
    const sent = argumentsOf(command, { CLIENT_SECRET: 'a b&"c', CODE: 'x' });
    assert.equal(sent[0], 'http://localhost:37195/oauth2/token');
    assert.ok(sent.includes('client_secret=a b&"c'));
    assert.ok(sent.includes('redirect_uri=http://localhost:39777/callback'));
  });

  test('keeps the scheme of a token, and quotes for a shell', forShell, () => {
    const [message] = journeyOf([
      {
        from: 'application',
        to: 'api:PDS',
        words: 'Reads',
        request: captured({
          url: "http://localhost/it's/{id}",
          headers: [
            cutSecret('authorization', 'Bearer abcd', 20, { mark: 'm' }),
            { name: 'x-request-id', value: '$(id) `id`' },
            { name: 'host', value: 'localhost' },
          ],
          query: [{ name: 'name', value: 'a&b' }],
        }),
      },
    ]).messages;
    assert.ok(message);
    assert.deepEqual(argumentsOf(curlOf(message) ?? '', { ACCESS_TOKEN: 'tok', ID: '9' }), [
      '--get',
      "http://localhost/it's/9",
      '--data-urlencode',
      'name=a&b',
      '--header',
      'authorization: Bearer tok',
      '--header',
      'x-request-id: $(id) `id`',
    ]);
  });

  test('replaces secrets in a JSON body', forShell, () => {
    const secret = cutSecret('refresh_token', 'abcd', 20);
    const [message] = journeyOf([
      {
        from: 'application',
        to: 'authorisation',
        words: 'Asks',
        method: 'POST',
        request: captured({
          url: 'http://localhost/',
          body: `{"refresh_token":"${secret.value}"}`,
          members: [secret],
        }),
      },
    ]).messages;
    assert.ok(message);
    const sent = argumentsOf(curlOf(message) ?? '', { REFRESH_TOKEN: 'real' });
    assert.deepEqual(sent, ['http://localhost/', '--data-raw', '{"refresh_token":"real"}']);
  });

  test('does not exist for an act or a message that was not captured', () => {
    assert.equal(curlOf({ ...token, kind: 'act' }), undefined);
    assert.equal(curlOf({ ...token, request: null }), undefined);
  });
});

describe('a journey as a bug report', () => {
  test('begins with the refusal, then lists the steps, without headers and bodies', () => {
    const report = markdownOf(refusedJourney(), '1.2.3');
    assert.match(report, /^# Dr Harriet Quillfeather at Clinic Express: refused\n/);
    assert.match(report, /## Step 7 was refused: The client secret is wrong\n\n- Received: a secret/);
    assert.match(report, /- X-Request-ID: `my-request`/);
    assert.match(
      report,
      /\| 7 \| 648 ms \| Application → Authorisation \| call \| .* \| `POST \/oauth2\/token → 401 invalid\\_client|401 invalid_client/,
    );
    assert.doesNotMatch(report, /grant_type|error_description/);
    assert.match(report, /```mermaid\nsequenceDiagram/);
  });

  test('escapes text from outside', () => {
    const row =
      markdownOf(hostile, '1.2.3')
        .split('\n')
        .find((line) => line.startsWith('| 1 |')) ?? '';
    assert.equal(row.replaceAll('\\|', '').split('|').length, 8);
    assert.doesNotMatch(row, /<script>(?<!\\<script\\>)|[^\\]@/);
  });
});
