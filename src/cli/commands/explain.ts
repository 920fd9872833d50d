import { OperatorError, UsageError } from '@alongside/kernel/operator';
import { refusalLines } from '../../journeys/failure-report.ts';
import { RefusedCall, type ResultOf } from '../../kit/console-api.ts';
import { consoleCommand, type Result, text, yes } from '../command.ts';
import type { InstanceApi } from '../instance.ts';
import { readText } from '../json-file.ts';
import { columns } from '../table.ts';

type Explanation = ResultOf<'POST', '/explain'>;

const marks: Readonly<Record<Explanation['checks'][number]['outcome'], string>> = {
  passed: 'ok',
  failed: 'WRONG',
  'not applicable': '-',
  unknown: '?',
};

/** Formats an explanation for people: every check, then the first failure. */
function explanationLines({ recognisedAs, summary, banner, checks, alternatives }: Explanation): string[] {
  const others = alternatives.map(({ kind }) => kind).join(', ');
  const rows = checks.map(({ name, outcome, received, expected, why }) => [
    marks[outcome],
    name,
    outcome === 'failed'
      ? `received ${received}; expected ${expected}${why ? `. ${why}` : ''}`
      : received || why,
  ]);
  const failure: [string, string | null][] = banner
    ? [
        ['Wrong', banner.headline],
        ['Received', banner.received],
        ['Expected', banner.expected],
        ['Fix', banner.fix],
        ['Who acts', banner.actor],
        ['Source', banner.source],
      ]
    : [];
  return [
    `Taken for ${recognisedAs?.label ?? 'no known kind'}.${others ? ` Otherwise: --as ${others}.` : ''}`,
    ...columns(rows),
    ...columns(failure.flatMap(([name, value]) => (value ? [[name, value]] : []))),
    summary,
  ];
}

/** Finds by words what has no refusal of its own: an error code, a path, a status, an application, a person. */
async function foundByWords(api: InstanceApi, q: string): Promise<Result> {
  const [{ results }, { banner, ...explanation }] = await Promise.all([
    api.must('GET', '/search', { query: { q: q.slice(0, 200) } }),
    api.must('POST', '/explain', { body: { text: q } }),
  ]);
  const isError = results.some(({ kind }) => kind === 'error' || kind === 'journey');
  const shown = isError ? banner : null;
  return {
    json: { results, banner: shown },
    lines: [
      ...columns(results.map(({ kind, label, about, href }) => [kind, label, about, `${api.origin}${href}`])),
      ...(shown ? ['', ...explanationLines({ ...explanation, checks: [], banner: shown })] : []),
    ],
    notes: results.length === 0 ? ['Nothing in this instance has this id or these words.'] : [],
    code: results.length === 0 ? 1 : 0,
  };
}

/** Explains the refusal with an id, or else finds by words. */
async function refusalOrWords(api: InstanceApi, given: string): Promise<Result> {
  try {
    const refusal = await api.must('GET', '/refusals/{id}', { path: { id: given } });
    return { json: refusal, lines: refusalLines(refusal) };
  } catch (error) {
    if (error instanceof RefusedCall && error.status === 404) return foundByWords(api, given);
    throw error;
  }
}

async function lastRefusal(api: InstanceApi, id: string | undefined): Promise<Result> {
  if (id !== undefined) throw new UsageError('--last takes no TEXT.');
  const [refusal] = (await api.must('GET', '/refusals', { query: { limit: '1' } })).refusals;
  if (!refusal) throw new OperatorError('This instance has refused nothing in the last seven days.');
  return { json: refusal, lines: refusalLines(refusal) };
}

export const explain = consoleCommand({
  name: 'explain',
  flags: { as: text, last: yes },
  actions: {
    '': {
      words: '[TEXT]',
      help: [
        [
          '',
          'expected and received values, the fix, who must act, the source; or what has these words: an error code, words of a refusal, a path, a status, the id of an error, an application, a person; with - instead of TEXT, every check of the text on standard input: a token, assertion, error, address, form, curl command, key or HAR',
        ],
        ['--last', 'the same for the newest refusal of this instance; exit code 1 if there is none'],
        ['  --as KIND', 'what the text is, such as id-token; recognised by default'],
      ],
      async run({ api, flags: { as, last } }, id) {
        if (last) return lastRefusal(api, id);
        if (id === undefined) throw new UsageError('TEXT is missing: alongside explain TEXT, or --last.');
        if (id === '-') {
          const body = { text: readText(id).trim(), ...(as === undefined ? {} : { as }) };
          const found = await api.must('POST', '/explain', { body });
          const isWrong = found.banner !== null || found.checks.some(({ outcome }) => outcome === 'failed');
          return { json: found, lines: explanationLines(found), code: isWrong ? 1 : 0 };
        }
        return refusalOrWords(api, id);
      },
    },
  },
  notes: [
    'TEXT is the X-Message-Id of the response, its message_id, the reference on an error page, or the X-Request-ID or X-Correlation-ID of the request; or words, in quotes if there are several. Exit code 1: nothing was found.',
    'A text from standard input is not in the history of the shell. Exit code 0: no mistake was found; 1: at least one.',
  ],
  examples: [
    'alongside explain 6f3c2a51-8b7e-4c64-9d4b-0e2f8f0c1a77',
    'alongside explain "client secret"',
    'alongside explain --last',
    'alongside explain - < request.txt',
  ],
});
