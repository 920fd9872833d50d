import { call, warningsOf } from '../../frame/api.browser.ts';
import { type FormProblem, showProblems } from '../../frame/forms.browser.ts';
import { byId, must, reportSilence, sentence } from '../../frame/tools.browser.ts';
import { answersOf } from './register-answers.browser.ts';
import { keyField } from './register-key.browser.ts';
import { previewOf } from './register-preview.browser.ts';
import { requestOf } from './register-request.browser.ts';

// Draws the request while the questions are answered, then sends it, and shows errors at their fields.
const form = must('register', HTMLFormElement);
const answers = answersOf(form, () => draw());
const { given, chosen } = answers;
const key = keyField(answers, () => draw());
const { bodyOf, ownProblems, problemOf } = requestOf(answers, key);
const setup: Parameters<typeof previewOf>[0] = JSON.parse(form.dataset.setup ?? '{}');
const preview = previewOf(setup, bodyOf);

/** Enables a proof of the application, or chooses the key pair instead. */
const allow = (proof: string, isAllowed: boolean): void => {
  const radio = byId(`proof-${proof}`);
  if (!(radio instanceof HTMLInputElement)) return;
  radio.disabled = !isAllowed;
  if (isAllowed || !radio.checked) return;
  const other = byId('proof-key');
  if (other instanceof HTMLInputElement) other.checked = true;
};
const proofNote = (signIn: string, profile: string, proof: string): string => {
  if (signIn === 'nobody') return 'Without people an application signs an assertion, so it needs a key pair.';
  const isExchange = signIn === 'separate' && profile === 'nhs' && proof === 'secret';
  return isExchange
    ? 'The secret is for CIS2. To exchange ID tokens at the platform, add a public key on the next page.'
    : '';
};

/** Shows the questions that these answers need. */
const draw = (): void => {
  const [signIn, profile] = [given('signIn'), given('profile')];
  allow('secret', signIn !== 'nobody' && profile !== 'fapi2');
  allow('certificate', profile !== 'nhs' && signIn !== 'nobody');
  const proof = given('proof');
  for (const part of form.querySelectorAll<HTMLElement>('[data-proof]'))
    part.hidden = part.dataset.proof !== proof;
  for (const part of form.querySelectorAll<HTMLElement>('[data-people]')) part.hidden = signIn === 'nobody';
  for (const part of form.querySelectorAll<HTMLElement>('[data-separate]'))
    part.hidden = signIn !== 'separate';
  const note = byId('proof-note');
  if (note) note.textContent = proofNote(signIn, profile, proof);
  const keyNote = byId('key-good');
  if (keyNote) keyNote.textContent = key.note();
  const withoutApi = form.querySelector<HTMLElement>('[data-without-api]');
  if (withoutApi) withoutApi.hidden = chosen('product').length > 0;
  preview.drawScopes(signIn, chosen('product'));
  preview.drawRequest();
};

/** Shows errors at the fields and in the summary, and marks their values in the request. */
const show = (problems: readonly FormProblem[]): void => {
  preview.mark(
    problems.flatMap(({ at }) => {
      const control = byId(at);
      return control instanceof HTMLInputElement ? [control.value.trim()] : [];
    }),
  );
  showProblems(form, problems);
};

/** The request whose warnings the user has seen. */
let accepted = '';
const nameSubmit = (text: string): void => {
  const button = byId('submit');
  if (button) button.textContent = text;
};
const submitted = async (): Promise<void> => {
  await key.read();
  draw();
  const problems = ownProblems();
  if (problems.length > 0) return show(problems);
  const body = bodyOf();
  const text = JSON.stringify(body);
  if (accepted !== text) {
    const { isOk, answer } = await call('POST', '/applications/check', { body });
    if (!isOk) return show([problemOf(answer)]);
    const dead = warningsOf(answer).filter(
      ({ code, message }) => code === 'keys' && given('proof') === 'key' && !/no public key/.test(message),
    );
    if (dead.length > 0) {
      accepted = text;
      nameSubmit('Register anyway');
      const texts = new Set(dead.map(({ message }) => message.replace(/^[\w.]+: /, '')));
      return show([...texts].map((each) => ({ at: 'key', text: sentence(each) })));
    }
  }
  const { isOk, answer } = await call('POST', '/applications', { body });
  if (!isOk) return show([problemOf(answer)]);
  show([]);
  preview.showRegistered(answer);
};
const makeKey = async (): Promise<void> => {
  const problem = await key.make();
  if (problem) return show([problem]);
  nameSubmit('Register');
  show([]);
  draw();
};

const busy = (button: HTMLElement | null, work: () => Promise<void>): void => {
  if (button?.getAttribute('aria-busy') === 'true') return;
  button?.setAttribute('aria-busy', 'true');
  work()
    .catch(reportSilence)
    .finally(() => button?.removeAttribute('aria-busy'));
};
form.addEventListener('submit', (event) => {
  event.preventDefault();
  busy(byId('submit'), submitted);
});
byId('make-key')?.addEventListener('click', () => busy(byId('make-key'), makeKey));
form.addEventListener('input', ({ target }) => {
  nameSubmit('Register');
  if (target instanceof HTMLTextAreaElement && target.id === 'key') key.typed();
  draw();
});
draw();
