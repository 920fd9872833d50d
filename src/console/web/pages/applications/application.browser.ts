import { call, problemText, send, warningsOf } from '../../frame/api.browser.ts';
import { edit, memberOf } from '../../frame/edit.browser.ts';
import { isPrivateKey, place, privateKeyText, showProblems } from '../../frame/forms.browser.ts';
import { byId, made, madeButton, report, reportSilence, sentence } from '../../frame/tools.browser.ts';
import { showRegistered } from './connect.browser.ts';

// Saves changed settings, shows both values of a conflict, adds keys, and shows a new secret once.
type Body = Record<string, unknown>;
const showProblem = (form: HTMLFormElement, at: string, text: string): void =>
  showProblems(form, [{ at, text }]);

showRegistered();

const settings = byId('settings');
if (settings instanceof HTMLFormElement)
  edit(settings, {
    // A key set address replaces registered keys.
    complete(patch) {
      for (const half of ['platform', 'cis2'])
        if (memberOf(patch, `${half}.jwksUrl`)) place(patch, `${half}.jwks`, null);
    },
    saved(answer) {
      const secrets = ['platform', 'cis2'].flatMap((half) => memberOf(answer, `${half}.clientSecret`) ?? []);
      if (secrets.length > 0) report(`Saved. A new secret, shown this once: ${secrets.join(' ')}`);
    },
  });

document.addEventListener('alongside:done', (event) => {
  const area = byId('new-secret');
  const answer = (event as CustomEvent<Body>).detail;
  if (!area || !answer.clientSecret) return;
  const text = `CLIENT_ID=${answer.clientId}\nCLIENT_SECRET=${answer.clientSecret}\n`;
  const block = made('div', '', 'block');
  const copy = madeButton('Copy', () => undefined);
  copy.dataset.copy = text;
  const pre = made('pre', text);
  pre.tabIndex = 0;
  block.append(copy, pre);
  area.replaceChildren(made('p', 'The new secret is shown this once. Copy it now.', 'note'), block);
});

const addKey = byId('add-key');
if (addKey instanceof HTMLFormElement) {
  const add = async (): Promise<void> => {
    showProblems(addKey, []);
    const data = new FormData(addKey);
    const text = String(data.get('key') ?? '').trim();
    const kid = String(data.get('kid') ?? '').trim();
    if (text === '') return showProblem(addKey, 'key', 'Paste a public key.');
    if (isPrivateKey(text)) return showProblem(addKey, 'key', privateKeyText);
    const checked = await call('POST', '/keys/check', { body: { text } });
    if (!checked.isOk) return showProblem(addKey, 'key', problemText(checked.answer));
    const { keys } = checked.answer.jwks;
    for (const key of keys) {
      const jwk = key.kid || !kid ? key : { ...key, kid };
      const { isOk, answer } = await send(
        'POST',
        `/applications/${encodeURIComponent(addKey.dataset.id ?? '')}/keys`,
        {
          half: data.get('half'),
          jwk,
        },
      );
      if (isOk) {
        const warnings = warningsOf(answer).map(({ message }) => message);
        report([`Added the key ${answer.kid}.`, ...warnings].join(' '));
        continue;
      }
      const field = String(answer.field ?? 'key');
      const text = String(answer.problem ?? answer.error_description);
      return showProblem(
        addKey,
        field === 'jwk.kid' ? (key.kid ? 'key' : 'kid') : 'key',
        field === 'jwk.kid'
          ? `The key id ${String(jwk.kid ?? '')} ${text}.`.replace('  ', ' ')
          : sentence(text),
      );
    }
    addKey.reset();
  };
  addKey.addEventListener('submit', (event) => {
    event.preventDefault();
    add().catch(reportSilence);
  });
}
