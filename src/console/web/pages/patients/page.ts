import { type Html, html } from '@alongside/kernel/html';
import type { PatientSummary } from '../../../model/patient-register.ts';
import {
  callButton,
  callForm,
  copied,
  emptyState,
  filterForm,
  foreign,
  linesField,
  selectField,
  table,
  tag,
  textField,
} from '../../frame/controls.ts';
import { definePage, type PageView } from '../../frame/page.ts';
import { pageLinks } from '../people/list.ts';

const genders = ['female', 'male', 'other', 'unknown'] as const;

const fields: Html = html`${textField({ name: 'family', label: 'Family name', maxlength: 35, required: true })}
${linesField({ name: 'given', label: 'Given names', hint: 'One on each line.' })}
${selectField({ name: 'gender', label: 'Gender', options: genders })}
${textField({ name: 'birthDate', label: 'Date of birth', hint: 'Such as 1968-02-12.', maxlength: 10, required: true })}
${linesField({ name: 'line', label: 'Address', hint: 'Two to five lines, or none.', rows: 3 })}
${textField({ name: 'postalCode', label: 'Postcode', maxlength: 8 })}
${textField({ name: 'nhsNumber', label: 'NHS number', hint: 'By default the next number of a new patient.', maxlength: 10 })}`;

const flagsOf = ({ confidentiality, deceased, supersededBy, invalidated }: PatientSummary): Html[] => [
  ...(confidentiality === 'R' ? [tag('sensitive', 'warn')] : []),
  ...(confidentiality === 'V' ? [tag('very restricted', 'warn')] : []),
  ...(deceased ? [tag(`died ${deceased}`)] : []),
  ...(supersededBy ? [tag(`merged into ${supersededBy}`, 'bad')] : []),
  ...(invalidated ? [tag('invalid', 'bad')] : []),
];

const searchOf = (query: URLSearchParams): string => (query.get('search') ?? '').trim().slice(0, 100);

async function list({ console, query }: PageView): Promise<Html> {
  const search = searchOf(query);
  const after = (query.get('after') ?? '').slice(0, 200);
  const { patients, next } = await console.patients.list({ search, after, limit: 50 });
  const links = pageLinks('/patients', query, next);
  if (patients.length === 0)
    return html`${
      search === ''
        ? emptyState('The PDS has no patients. Add one below, or restore the seeded ones on the page Data.')
        : emptyState(
            html`${next ? 'On this page no' : 'No'} patient has an NHS number, date of birth or name that begins with ${foreign(search)}. <a href="/patients">Show all</a>.`,
          )
    }${links}`;
  return html`${table(
    'Patients',
    ['Patient', 'NHS number', 'Born', 'Gender', 'Postcode'],
    patients.map((patient) => ({
      id: `patient-${patient.nhsNumber}`,
      cells: [
        html`<span class="what">${foreign(patient.name ?? 'no name')}</span>${flagsOf(patient).map((flag) => html` ${flag}`)}`,
        copied(patient.nhsNumber, `the NHS number ${patient.nhsNumber} of ${patient.name ?? 'this patient'}`),
        patient.birthDate ?? 'unknown',
        patient.gender ?? 'unknown',
        patient.postalCode ?? '',
      ],
    })),
  )}${links}`;
}

/** Fictitious patients of the PDS; development only. */
export const patientsPage = definePage({
  path: '/patients',
  only: 'development',
  navigation: { group: 'desk', label: 'Patients' },
  parts: { list: { on: ['data'], render: list } },
  async render({ query, part }) {
    return {
      title: 'Patients',
      lead: 'Fictitious patients of the PDS. Copy an NHS number to try a call.',
      main: html`${filterForm('/patients', query, [{ name: 'search', id: 'patients-search', label: 'Family or given name, date of birth, or NHS number', maxlength: 100 }])}${await part('list')}<div class="cards"><section class="panel" aria-labelledby="h-add"><h2 id="h-add">Add a patient</h2>${callForm(
        {
          id: 'add-patient',
          method: 'POST',
          path: '/patients',
          done: 'The patient is in the PDS.',
          submit: 'Add the patient',
          fields,
        },
      )}</section>
<section class="panel" aria-labelledby="h-many"><h2 id="h-many">Add a population</h2>
<p>Names, addresses and families that are always the same. The command line adds any number: <code>alongside patients generate --count 10000</code></p>
${callButton({ id: 'generate-patients', method: 'POST', path: '/patients/generate', body: { count: 500 }, done: 'The first 500 patients of the population are stored.', label: 'Add 500 patients' })}</section></div>`,
    };
  },
});
