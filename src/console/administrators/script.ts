/** What these pages do in the browser. It is sent as its own text, so it may name nothing of this file. */
function administratorPage(): void {
  const sentences: Readonly<Record<string, string>> = {
    NotAllowedError: 'Nothing came from your passkey, or the time ran out. Try again.',
    InvalidStateError: 'This passkey is set up already. Use another one.',
    SecurityError: 'Your browser uses no passkey at this address. Open the console at its own address.',
    ConstraintError: 'This passkey does not ask for a PIN, a finger or a face. Use another one.',
  };

  const start = async (form: HTMLFormElement): Promise<void> => {
    const said = document.getElementById('problem');
    const waiting = document.getElementById('waiting');
    const say = (text: string): void => {
      if (waiting) waiting.hidden = true;
      if (!said) return;
      said.textContent = text;
      said.hidden = text === '';
    };
    const ask = async (): Promise<unknown> => {
      const { ceremony, options = '{}' } = form.dataset;
      if (!ceremony) return undefined;
      if (waiting) waiting.hidden = false;
      const known = JSON.parse(options);
      const credential = await (ceremony === 'create'
        ? navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(known) })
        : navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(known) }));
      return (credential as PublicKeyCredential).toJSON();
    };

    say('');
    if (form.dataset.ceremony && !window.PublicKeyCredential?.parseCreationOptionsFromJSON)
      return say('This browser is too old for passkeys, or the address is not a secure one.');
    let response: unknown;
    try {
      response = await ask();
    } catch (error) {
      return say(sentences[(error as Error).name] ?? 'The browser could not use your passkey. Try again.');
    }
    const { post = '', token } = form.dataset;
    const answer = await fetch(post, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...(token ? { token } : {}), ...(response ? { response } : {}) }),
    });
    const body = await answer.json();
    if (answer.ok) return location.assign(body.next);
    // Each answer spends its challenge; the refusal brings the next.
    if (body.options) form.dataset.options = body.options;
    say(body.error_description ?? body.error);
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
        const said = document.getElementById('problem');
        if (said) {
          said.textContent = 'The console does not answer. Is it still running?';
          said.hidden = false;
        }
      })
      .finally(() => button?.removeAttribute('aria-disabled'));
  });
  for (const button of document.querySelectorAll<HTMLButtonElement>('form[data-post] button'))
    button.disabled = false;
}

/** Where it is. */
export const administratorScriptPath = '/assets/administrators.js';

/** The script of the pages on which administrators sign in and out. */
export const administratorScript = `(${administratorPage.toString()})();\n`;
