import { UsageError } from '@alongside/kernel/operator';
import type { ApiSchema } from '../../kit/console-api.ts';
import { consoleCommand, text } from '../command.ts';
import { StopSignal } from '../foreground.ts';
import { interrupted } from '../outcome.ts';
import { columns } from '../table.ts';

type StoredPatient = ApiSchema<'PatientRecord'>;
type Summary = ApiSchema<'PatientSummary'>;

/** Number of patients in one call, so that a call is short and the command can stop between two. */
const atOnce = 500;

const nameOf = ({ patient: { name = [] } }: StoredPatient): string =>
  name.map(({ given = [], family }) => [...given, family].join(' ')).join(', ') || 'no name';

function linesOf(record: StoredPatient): string[] {
  const { patient, supersededBy, invalidated } = record;
  const { id, meta, gender, birthDate, deceasedDateTime, address = [] } = patient;
  return [
    `${id}  ${nameOf(record)}`,
    `born ${birthDate ?? 'on an unknown day'}, ${gender ?? 'gender unknown'}${deceasedDateTime ? `, died ${deceasedDateTime.slice(0, 10)}` : ''}`,
    ...address.map(
      ({ use, line = [], postalCode = '' }) => `${use}: ${[...line.filter(Boolean), postalCode].join(', ')}`,
    ),
    `version ${meta.versionId}, ${meta.security[0]?.display ?? ''}`,
    ...(supersededBy === null ? [] : [`merged into ${supersededBy}`]),
    ...(invalidated ? ['marked as invalid'] : []),
  ];
}

function remarksOf(patient: Pick<Summary, 'confidentiality' | 'deceased' | 'supersededBy' | 'invalidated'>) {
  const { confidentiality, deceased, supersededBy, invalidated } = patient;
  return [
    ...(confidentiality === 'U' ? [] : [confidentiality === 'R' ? 'restricted' : 'very restricted']),
    ...(deceased === null ? [] : [`died ${deceased}`]),
    ...(supersededBy === null ? [] : [`merged into ${supersededBy}`]),
    ...(invalidated ? ['marked as invalid'] : []),
  ].join(', ');
}

function countOf(count: string | undefined): number {
  const wanted = Number(count);
  if (!Number.isInteger(wanted) || wanted < 1 || wanted > 250_000)
    throw new UsageError('--count is a whole number from 1 to 250000.');
  return wanted;
}

export const patients = consoleCommand({
  name: 'patients',
  flags: {
    after: text,
    limit: text,
    count: text,
    family: text,
    born: text,
    gender: text,
    postcode: text,
    number: text,
  },
  lists: ['given', 'line'],
  actions: {
    list: {
      words: '[SEARCH]',
      help: [
        [
          '',
          'patients by NHS number; SEARCH is the beginning of a number, a date of birth, the beginning of a family name, a given name, or several of these in quotation marks',
        ],
        ['  --limit N --after NEXT', '50 by default, at most 500; the next page'],
      ],
      async run({ api, flags: { after, limit } }, search?: string) {
        const page = await api.must('GET', '/patients', { query: { search, after, limit } });
        const rows = page.patients.map(({ nhsNumber, name, birthDate, gender, postalCode, ...rest }) => [
          nhsNumber,
          name ?? '-',
          birthDate ?? '-',
          gender ?? '-',
          postalCode ?? '-',
          remarksOf(rest),
        ]);
        const notes = rows.length === 0 ? ['No patient was found.'] : [];
        if (page.next !== null) notes.push(`There are more: repeat with --after '${page.next}'`);
        return { json: page, lines: columns(rows), notes };
      },
    },
    generate: {
      help: [
        [
          '--count N',
          'add a fictitious population to the PDS, always the same; a stopped one continues where it was',
        ],
      ],
      async run({ api, flags, out: { progress } }) {
        const count = countOf(flags.count);
        let household = 0;
        let all = 0;
        let added = 0;
        // Ctrl-C ends it between two parts, of which each is stored whole.
        const stop = new StopSignal();
        while (all < count && stop.signal === undefined) {
          progress.step('Storing patients', all, count);
          const order = { household, count: Math.min(atOnce, count - all) };
          const part = await api.must('POST', '/patients/generate', { body: order });
          if (part.patients === 0) break;
          household = part.nextHousehold;
          all += part.patients;
          added += part.added;
        }
        progress.clear();
        const isStopped = stop.signal !== undefined && all < count;
        return {
          json: { patients: all, added, ...(isStopped && { stopped: true }) },
          lines: isStopped
            ? [`Stopped after ${all} of ${count} patients; ${added} are new. Repeat the command to continue.`]
            : [`The PDS has ${all} patients of the population; ${added} are new.`],
          code: isStopped ? interrupted : 0,
        };
      },
    },
    add: {
      help: [
        [
          '--family NAME --given NAME... --born DATE --gender GENDER',
          'add one fictitious patient to the PDS',
        ],
        ['  --line TEXT... --postcode CODE', 'its address; the town is the last line'],
        ['  --number NUMBER', 'its NHS number; the next one by default'],
      ],
      async run({ api, flags: { family, born, gender, postcode, number }, lists: { given, line } }) {
        if (family === undefined || born === undefined || gender === undefined)
          throw new UsageError('Give at least --family NAME --born DATE --gender GENDER.');
        const added = await api.must('POST', '/patients', {
          body: {
            family,
            given,
            gender,
            birthDate: born,
            postalCode: postcode,
            nhsNumber: number,
            ...(line.length > 0 && { line }),
          },
        });
        return { json: added, lines: [`Added ${nameOf(added)}, NHS number ${added.patient.id}.`] };
      },
    },
    show: {
      words: 'NUMBER',
      help: 'the whole record of one patient, whatever its confidentiality',
      async run({ api }, nhsNumber) {
        const missing = `The PDS has no patient with the NHS number "${nhsNumber}".`;
        const record = await api.mustFind(missing, 'GET', '/patients/{nhsNumber}', { path: { nhsNumber } });
        return { json: record, lines: linesOf(record) };
      },
    },
  },
  examples: [
    "alongside patients list 'Smith 2010-10-22'",
    'alongside patients generate --count 10000',
    'alongside patients add --family Newby --given Robin --born 1990-10-22 --gender female',
  ],
});
