import { z } from 'zod';
import type { ApiSchema } from '../../kit/console-api.ts';
import { consoleCommand, type Result, text, yes } from '../command.ts';
import type { InstanceApi } from '../instance.ts';
import { readJsonFile } from '../json-file.ts';
import { columns, counted } from '../table.ts';

type Summary = ApiSchema<'JourneySummary'>;
type Journey = ApiSchema<'Journey'>;

interface Filter {
  failed?: boolean | undefined;
  application?: string | undefined;
  person?: string | undefined;
}

/** Returns the newest journeys, at most 50. */
async function newest(api: InstanceApi, { failed = false, application, person }: Filter): Promise<Summary[]> {
  const outcomes = failed ? (['refused', 'failed'] as const) : [undefined];
  const pages = await Promise.all(
    outcomes.map((outcome) => api.must('GET', '/journeys', { query: { outcome, application, person } })),
  );
  return pages
    .flatMap(({ journeys }) => journeys)
    .sort((a, b) => b.startedAt.localeCompare(a.startedAt))
    .slice(0, 50);
}

const summaryRow = (journey: Summary): string[] => [
  journey.id,
  journey.startedAt.slice(0, 19).replace('T', ' '),
  journey.outcome,
  journey.application?.name ?? '-',
  journey.person?.name ?? '-',
  journey.headline,
];

function messageRow({
  number,
  offsetMs,
  from,
  to,
  name,
  status,
  outcome,
  refusal,
}: Journey['messages'][number]) {
  return [
    `${number}`,
    `${(offsetMs / 1_000).toFixed(3)} s`,
    `${from} → ${to}`,
    status === null ? '' : `${status}`,
    outcome === 'succeeded' ? name : `${name}: ${refusal?.headline ?? outcome}`,
  ];
}

/** Formats a journey: what happened, each message, and where to read more about what failed. */
function journeyLines(journey: Journey): string[] {
  const wrong = journey.messages.filter(({ outcome }) => outcome === 'refused' || outcome === 'failed');
  return [
    journey.headline,
    ...columns([
      ['Outcome', journey.outcome],
      ['Application', journey.application?.name ?? '-'],
      ['Person', journey.person?.name ?? '-'],
      ['Started', journey.startedAt],
    ]),
    '',
    ...columns(journey.messages.map(messageRow)),
    ...(journey.isTruncated ? ['Older messages were removed.'] : []),
    ...(wrong.length === 0 ? [] : ['', ...wrong.map(({ id }) => `alongside explain ${id}`)]),
  ];
}

async function one(api: InstanceApi, id: string): Promise<Result> {
  const found = await api.must('GET', '/journeys/{id}', { path: { id } });
  return { json: found, lines: journeyLines(found) };
}

const formats = ['file', 'svg', 'mermaid', 'har', 'markdown'] as const;
/** Maximum size of a file that is opened, in bytes: the limit of the call. */
const maxFileSize = 4_194_304;

export const journeys = consoleCommand({
  name: 'journeys',
  flags: {
    failed: yes,
    application: text,
    person: text,
    format: z.enum(formats, `must be one of ${formats.join(', ')}`).default('file'),
  },
  actions: {
    '': {
      words: '[ID]',
      help: [
        [
          '',
          'the newest 50: what people and applications did, and how it ended; with ID, each message of one',
        ],
        ['--failed', 'those that were refused or failed'],
        ['--application A', 'of one application, by name or id'],
        ['--person P', 'of one person, by name or uid'],
      ],
      async run({ api, flags }, id?: string) {
        if (id !== undefined) return one(api, id);
        const found = await newest(api, flags);
        return {
          json: { journeys: found },
          lines: columns(found.map(summaryRow)),
          notes: [
            found.length === 0
              ? 'No journey matches.'
              : `${counted(found.length, 'journey')}. Show one with "alongside journeys ID".`,
          ],
        };
      },
    },
    export: {
      words: 'ID',
      help: [
        ['', 'print a journey as a file for another instance, with secrets cut'],
        ['--format F', `one of ${formats.join(', ')}`],
      ],
      async run({ api, flags: { format } }, id) {
        const content = await api.text(`/journeys/${encodeURIComponent(id)}/export?format=${format}`);
        return { json: { id, format, content }, lines: content.trimEnd().split('\n') };
      },
    },
    open: {
      words: 'FILE',
      help: 'show a journey that another instance exported, and keep it for a day in the console; - reads standard input',
      async run({ api }, file) {
        const body = readJsonFile<never>(file, maxFileSize);
        const { id } = await api.must('POST', '/journeys/open', { body });
        const { lines = [], ...shown } = await one(api, id);
        return { ...shown, lines: [...lines, '', `${api.origin}/journeys/${id}`] };
      },
    },
  },
  examples: [
    'alongside journeys --failed',
    'alongside journeys --application demo-combined --json',
    'alongside journeys export ID --format markdown',
    'alongside journeys export ID > failed.journey.json',
  ],
});
