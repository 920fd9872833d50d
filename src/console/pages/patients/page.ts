import { type Html, html } from '@alongside/kernel/html';
import { callButton, callForm, describedBy, field, selectField, textField } from '../../page/controls.ts';
import { definePage } from '../../page/page.ts';

const genders = ['female', 'male', 'other', 'unknown'] as const;

const lines = (name: string, label: string, hint: string, rows: number): Html =>
  field({
    name,
    label,
    hint,
    control: html`<textarea id="${name}" name="${name}" rows="${rows}" data-type="lines" spellcheck="false" aria-describedby="${describedBy(name)}"></textarea>`,
  });

const fields: Html = html`${textField({ name: 'family', label: 'Family name', maxlength: 35, required: true })}
${lines('given', 'Given names', 'One on each line.', 2)}
${selectField({ name: 'gender', label: 'Gender', options: genders })}
${textField({ name: 'birthDate', label: 'Date of birth', hint: 'Such as 1968-02-12.', maxlength: 10, required: true })}
${lines('line', 'Address', 'Two to five lines, or none.', 3)}
${textField({ name: 'postalCode', label: 'Postcode', maxlength: 8 })}
${textField({ name: 'nhsNumber', label: 'NHS number', hint: 'By default the next number of a new patient.', maxlength: 10 })}`;

/** Fictitious patients of the PDS; development only. */
export const patientsPage = definePage({
  path: '/patients',
  only: 'development',
  navigation: { group: 'desk', label: 'Patients' },
  async render() {
    return {
      title: 'Patients',
      lead: 'Fictitious patients of the PDS.',
      main: html`<div class="cards"><section class="panel" aria-labelledby="h-add"><h2 id="h-add">Add a patient</h2>${callForm(
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
