import { call, problemText } from '../../frame/api.browser.ts';
import { type FormProblem, isPrivateKey, privateKeyText } from '../../frame/forms.browser.ts';
import { byId, download, sentence } from '../../frame/tools.browser.ts';
import type { Answers } from './register-answers.browser.ts';

type Body = Record<string, unknown>;

const rsa = {
  name: 'RSASSA-PKCS1-v1_5',
  modulusLength: 4_096,
  publicExponent: new Uint8Array([1, 0, 1]),
  hash: 'SHA-512',
};

/** Makes a key pair: its public half as a JWK, its private half as PKCS #8. */
async function keyPair(isRsa: boolean): Promise<{ jwk: Body; pem: string }> {
  const pair = await crypto.subtle.generateKey(isRsa ? rsa : { name: 'ECDSA', namedCurve: 'P-256' }, true, [
    'sign',
    'verify',
  ]);
  const { key_ops: _, ext: __, ...jwk } = await crypto.subtle.exportKey('jwk', pair.publicKey);
  const bytes = new Uint8Array(await crypto.subtle.exportKey('pkcs8', pair.privateKey));
  const body = btoa(String.fromCharCode(...bytes)).replace(/.{64}/g, '$&\n');
  return { jwk, pem: `-----BEGIN PRIVATE KEY-----\n${body}\n-----END PRIVATE KEY-----\n` };
}

/** Shows what is wrong with the pasted text, at its field. */
function showProblem(problem: string | undefined): void {
  const message = byId('key-error');
  if (!message) return;
  message.hidden = problem === undefined;
  message.textContent = problem === undefined ? '' : sentence(problem);
  if (problem === undefined) byId('key')?.removeAttribute('aria-invalid');
  else byId('key')?.setAttribute('aria-invalid', 'true');
}

/** Checks a pasted public key and makes new ones. A private key never leaves the page. */
export function keyField({ given, slug }: Answers, checked: () => void) {
  /** The text that was read last, and its keys. */
  let keys: { text: string; jwks?: { keys: Body[] }; problem?: string; note?: string } = { text: '' };
  let reading: Promise<void> = Promise.resolve();
  let waiting: ReturnType<typeof setTimeout> | undefined;
  const isAddress = (text: string): boolean => /^https?:\/\/\S+$/.test(text);
  const withKid = (set: { keys: Body[] }): { keys: Body[] } => ({
    keys: set.keys.map((key) => (key.kid || !given('kid') ? key : { ...key, kid: given('kid') })),
  });

  /** Reads the pasted key. Only a public one is sent, to the check of this installation. */
  const readText = async (text: string): Promise<void> => {
    keys = { text };
    if (text === '' || isAddress(text)) return;
    if (isPrivateKey(text)) {
      keys.problem = privateKeyText;
      return;
    }
    const { isOk, answer } = await call('POST', '/keys/check', { body: { text } });
    if (given('key') !== text) return;
    if (!isOk) {
      keys.problem = problemText(answer);
      return;
    }
    keys.jwks = answer.jwks;
    const found = answer.keys;
    keys.note = found
      .map(({ kind, algorithm, algorithms }) => `${kind}, for ${algorithm ?? algorithms.join(' or ')}`)
      .join('; ');
    const field = byId('kid');
    if (field instanceof HTMLInputElement && field.value === '' && found[0] && !found[0].kid)
      field.value = `${slug()}-1`;
    const kids = found.flatMap(({ kid }) => kid ?? []);
    const twice = kids.find((kid, index) => kids.indexOf(kid) !== index);
    if (twice) keys.problem = `The key id ${twice} is taken: another key of this set has it.`;
  };

  /** Resolves when the present text is read, also one that is being checked. */
  const read = (): Promise<void> => {
    clearTimeout(waiting);
    const text = given('key');
    if (text !== keys.text)
      reading = readText(text).catch((error) => {
        keys = { text: '' };
        throw error;
      });
    return reading;
  };

  /** Reads the key when nobody types any more. */
  const typed = (): void => {
    // The message was about another text.
    showProblem(undefined);
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      await read().catch(() => undefined);
      checked();
      if (keys.problem) showProblem(keys.problem);
    }, 300);
  };
  byId('key-file')?.addEventListener('change', async ({ target }) => {
    const file = target instanceof HTMLInputElement ? target.files?.[0] : undefined;
    const field = byId('key');
    if (!file || !(field instanceof HTMLTextAreaElement)) return;
    field.value = (await file.text()).slice(0, 65_536);
    const kid = byId('kid');
    if (kid instanceof HTMLInputElement && kid.value === '') kid.value = file.name.replace(/\.\w+$/, '');
    typed();
  });

  /** Makes a key pair, whose private half is downloaded and exists nowhere else. Returns the problem of a browser that cannot. */
  const make = async (): Promise<FormProblem | undefined> => {
    if (!crypto.subtle)
      return {
        at: 'key',
        text: 'The browser makes keys only on https or localhost. Use openssl genrsa 4096.',
      };
    const isRsa = given('profile') === 'nhs';
    const kid = given('kid') || `${slug()}-1`;
    const { jwk, pem } = await keyPair(isRsa);
    download(`${slug()}-${kid}.private.pem`, pem);
    const publicKey = { ...jwk, kid, use: 'sig', alg: isRsa ? 'RS512' : 'ES256' };
    const field = byId('key');
    if (field instanceof HTMLTextAreaElement) field.value = JSON.stringify(publicKey, null, 2);
    const kidField = byId('kid');
    if (kidField instanceof HTMLInputElement) kidField.value = kid;
    keys = {
      text: given('key'),
      jwks: { keys: [publicKey] },
      note: isRsa ? 'RSA, 4096 bits, for RS512' : 'EC P-256, for ES256',
    };
    return undefined;
  };

  /** Returns the members of a registration that name the keys. */
  const members = (): Body => {
    const text = given('key');
    if (isAddress(text)) return { jwksUrl: text };
    return keys.jwks ? { jwks: withKid(keys.jwks) } : {};
  };

  /** Returns the sentence below the field about a text that will do. */
  const note = (): string => {
    if (keys.note && !keys.problem) {
      const kids = keys.jwks ? withKid(keys.jwks).keys.map(({ kid }) => kid) : [];
      return `✓ ${keys.note}, kid ${kids.join(', ') || 'missing'}. It is a public key.`;
    }
    const isRead = isAddress(given('key')) && given('proof') === 'key';
    return isRead ? 'The keys are read from this address when you register.' : '';
  };

  const problem = (): FormProblem | undefined => {
    if (keys.problem) return { at: 'key', text: sentence(keys.problem) };
    if (given('key') === '') return { at: 'key', text: 'Paste a public key, or make a key pair here.' };
    if (keys.jwks && withKid(keys.jwks).keys.some(({ kid }) => !kid))
      return { at: 'kid', text: 'Give the key an id: your assertions name it.' };
    return undefined;
  };
  return { read, typed, make, members, note, problem };
}

export type KeyField = ReturnType<typeof keyField>;
