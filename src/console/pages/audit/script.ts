import type { BrowserScript } from '../../page/page.ts';

/** Verifies the chains with progress, finds a patient without its number in an address, and shows an opened number. */
function audit(): void {
  const state = document.getElementById('verification');
  const button = document.getElementById('verify');
  const show = (text: string, kind: string): void => {
    if (!state) return;
    const note = document.createElement('p');
    note.className = kind;
    note.textContent = text;
    state.replaceChildren(note);
  };
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
      show(`Verified ${records.toLocaleString('en-GB')} of ${of.toLocaleString('en-GB')} records…`, 'note');
    });
    stream.addEventListener('result', ({ data }) => {
      finish();
      const { ok, records, chains, unsealed, problem } = JSON.parse(data);
      if (ok)
        show(
          `All ${records.toLocaleString('en-GB')} records in ${chains} chains are as they were written. ${unsealed} wait for a seal.`,
          'note',
        );
      else show(`Chain broken at record ${problem.seq} of ${problem.chain}: ${problem.problem}.`, 'error');
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

  document.getElementById('patient-form')?.addEventListener('submit', async (event) => {
    event.preventDefault();
    const number = document.getElementById('patient-number');
    if (!(number instanceof HTMLInputElement)) return;
    const response = await fetch('/api/v1/audit/subjects', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ nhsNumber: number.value }),
    });
    const { subject, problem } = await response.json();
    if (response.ok) location.assign(`/audit?subject=${encodeURIComponent(subject)}`);
    else show(`The NHS number ${problem}.`, 'error');
  });

  document.addEventListener('alongside:done', (event) => {
    const opened = document.getElementById('opened');
    const { nhsNumber } = (event as CustomEvent<{ nhsNumber?: string }>).detail;
    if (opened && nhsNumber) opened.textContent = nhsNumber;
  });
}

export const auditScript: BrowserScript = { name: 'audit', run: audit };
