// The passkey ceremonies of an administrator, and the sign-out.
const sentences: Readonly<Record<string, string>> = {
  NotAllowedError: 'Your passkey did not respond in time. Try again.',
  InvalidStateError: 'This passkey is already set up. Use another one.',
  SecurityError: 'Your browser does not allow passkeys at this address. Open the console at its own address.',
  ConstraintError: 'This passkey does not ask for a PIN, fingerprint or face. Use another one.',
};

const start = async (form: HTMLFormElement): Promise<void> => {
  const problem = document.getElementById('problem');
  const waiting = document.getElementById('waiting');
  const show = (text: string): void => {
    if (waiting) waiting.hidden = true;
    if (!problem) return;
    problem.textContent = text;
    problem.hidden = text === '';
  };
  const runCeremony = async (): Promise<unknown> => {
    const { ceremony, options = '{}' } = form.dataset;
    if (!ceremony) return undefined;
    if (waiting) waiting.hidden = false;
    const parsed = JSON.parse(options);
    const credential = await (ceremony === 'create'
      ? navigator.credentials.create({
          publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(parsed),
        })
      : navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(parsed) }));
    return (credential as PublicKeyCredential).toJSON();
  };

  show('');
  if (form.dataset.ceremony && !window.PublicKeyCredential?.parseCreationOptionsFromJSON)
    return show('This browser does not support passkeys, or the address is not secure.');
  let response: unknown;
  try {
    response = await runCeremony();
  } catch (error) {
    return show(sentences[(error as Error).name] ?? 'The browser could not use your passkey. Try again.');
  }
  const { post = '', token } = form.dataset;
  const answer = await fetch(post, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...(token ? { token } : {}), ...(response ? { response } : {}) }),
  });
  const body = await answer.json();
  if (answer.ok) return location.assign(body.next);
  // Each response spends its challenge; a refusal contains the next one.
  if (body.options) form.dataset.options = body.options;
  show(body.error_description ?? body.error);
};

document.addEventListener('submit', (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || !form.dataset.post) return;
  event.preventDefault();
  const button = form.querySelector('button');
  if (button?.getAttribute('aria-disabled') === 'true') return;
  button?.setAttribute('aria-disabled', 'true');
  start(form)
    .catch(() => {
      const problem = document.getElementById('problem');
      if (problem) {
        problem.textContent = 'The console does not respond. Check that it is running.';
        problem.hidden = false;
      }
    })
    .finally(() => button?.removeAttribute('aria-disabled'));
});
for (const button of document.querySelectorAll<HTMLButtonElement>('form[data-post] button'))
  button.disabled = false;

export {};
