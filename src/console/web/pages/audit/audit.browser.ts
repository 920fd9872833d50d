import { call } from '../../frame/api.browser.ts';
import { byId, counted, made } from '../../frame/tools.browser.ts';

// Verifies the chains with progress, finds a patient without its number in an address, and shows an opened number.
const state = byId('verification');
const button = byId('verify');
const show = (text: string, kind: string): void => state?.replaceChildren(made('p', text, kind));
let stream: EventSource | undefined;
const finish = (): void => {
  stream?.close();
  stream = undefined;
  if (button) button.textContent = 'Verify the chains';
};
const begin = (): void => {
  stream = new EventSource('/api/v1/audit/verify');
  if (button) button.textContent = 'Stop';
  show('Verifying…', 'note');
  stream.addEventListener('progress', ({ data }) => {
    const { records, of } = JSON.parse(data);
    show(`Verified ${records.toLocaleString('en-GB')} of ${counted(of, 'record')}…`, 'note');
  });
  stream.addEventListener('result', ({ data }) => {
    finish();
    const { ok, provenSince, provenUntil, records, chains, unsealed, problem } = JSON.parse(data);
    const proof = provenUntil
      ? `No record from ${provenSince} to ${provenUntil} was cut off.`
      : 'Nothing outside the database shows whether records were cut off.';
    const place = problem?.chain ? ` at record ${problem.seq} of ${problem.chain}` : '';
    if (ok)
      show(
        `Verified ${counted(records, 'record')} in ${counted(chains, 'chain')}: all as written. ${unsealed.toLocaleString('en-GB')} without a seal yet. ${proof} More shows only with alongside audit verify --anchors.`,
        'note',
      );
    else show(`Chain broken${place}: ${problem.problem}.`, 'error');
  });
  stream.onerror = () => {
    finish();
    show(
      'The verification stopped before its end. Check that the console runs, and start it again.',
      'error',
    );
  };
};
button?.addEventListener('click', () => {
  if (!stream) return begin();
  finish();
  show('Stopped.', 'note');
});

byId('patient-form')?.addEventListener('submit', async (event) => {
  event.preventDefault();
  const number = byId('patient-number');
  if (!(number instanceof HTMLInputElement)) return;
  const { isOk, answer } = await call('POST', '/audit/subjects', { body: { nhsNumber: number.value } });
  if (isOk) location.assign(`/audit?subject=${encodeURIComponent(answer.subject)}`);
  else show(`The NHS number ${answer.problem}.`, 'error');
});

document.addEventListener('alongside:done', (event) => {
  const opened = byId('opened');
  const { nhsNumber } = (event as CustomEvent<{ nhsNumber?: string }>).detail;
  if (opened && nhsNumber) opened.textContent = nhsNumber;
});
