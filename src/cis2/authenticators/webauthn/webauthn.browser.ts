import { base64url, bytesOf } from '../../pages/bytes.browser.ts';

// Posts the result as a form, so the page needs no permission to connect. Binary members of the options are base64url.

type Descriptor = { id: string; type: 'public-key' };

/** A credential as the server reads it. */
function resultOf({ id, type, response }: PublicKeyCredential): object {
  const clientDataJSON = base64url(response.clientDataJSON);
  if (response instanceof AuthenticatorAttestationResponse)
    return {
      id,
      type,
      response: {
        clientDataJSON,
        attestationObject: base64url(response.attestationObject),
        transports: response.getTransports?.() ?? [],
      },
    };
  const { authenticatorData, signature, userHandle } = response as AuthenticatorAssertionResponse;
  return {
    id,
    type,
    response: {
      clientDataJSON,
      authenticatorData: base64url(authenticatorData),
      signature: base64url(signature),
      userHandle: userHandle && base64url(userHandle),
    },
  };
}

const withBytes = (list: readonly Descriptor[] = []) => list.map((one) => ({ ...one, id: bytesOf(one.id) }));

/** Returns a function that asks the authenticator. */
function ceremonyOf({
  webauthn,
  options = '{}',
}: DOMStringMap): (signal: AbortSignal) => Promise<Credential | null> {
  const given = JSON.parse(options);
  const challenge = bytesOf(given.challenge);
  if (webauthn === 'create') {
    const user = { ...given.user, id: bytesOf(given.user.id) };
    const publicKey = { ...given, challenge, user, excludeCredentials: withBytes(given.excludeCredentials) };
    return (signal) => navigator.credentials.create({ publicKey, signal });
  }
  const publicKey = { ...given, challenge, allowCredentials: withBytes(given.allowCredentials) };
  return (signal) => navigator.credentials.get({ publicKey, signal });
}

/** Shows the sentence of this name, and no other. */
function say(name: string): void {
  for (const one of document.querySelectorAll<HTMLElement>('[data-says]'))
    one.hidden = one.dataset.says !== name;
}

function prepare(form: HTMLFormElement): void {
  const ask = ceremonyOf(form.dataset);
  const start = document.getElementById('start') as HTMLButtonElement;
  const response = document.getElementById('response') as HTMLInputElement;
  let running: AbortController | undefined;
  const run = async (): Promise<void> => {
    if (!window.PublicKeyCredential) return say('NotSupportedError');
    running?.abort();
    const mine = new AbortController();
    running = mine;
    say('waiting');
    try {
      const credential = await ask(mine.signal);
      say('done');
      response.value = JSON.stringify(resultOf(credential as PublicKeyCredential));
      form.submit();
    } catch (error) {
      if (running !== mine) return;
      const { name } = error as Error;
      say(document.querySelector(`[data-says="${name}"]`) ? name : 'other');
      start.focus();
    }
  };
  form.addEventListener('submit', (event) => {
    if ((event.submitter as HTMLButtonElement | null)?.name === 'cancel') return;
    event.preventDefault();
    run();
  });
  start.disabled = false;
  if (form.dataset.auto) run();
}

const form = document.querySelector<HTMLFormElement>('form[data-webauthn]');
if (form) prepare(form);
