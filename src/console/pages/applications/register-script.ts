import type { BrowserScript } from '../../page/page.ts';
import type { FormProblem, PageTools } from '../../page/page-tools-script.ts';

/** Draws the request while the questions are answered, checks and makes keys, and shows errors at their fields. */
function register(tools: PageTools): void {
  const { byId, made, madeButton, sentence, reportSilence, send, problemText, warningsOf, isPrivateKey } =
    tools;
  type Body = Record<string, unknown>;
  interface Setup {
    console: string;
    products: { name: string; scopes: string[] }[];
    environment: string[];
  }
  const form = document.getElementById('register');
  if (!(form instanceof HTMLFormElement)) return;
  const setup: Setup = JSON.parse(form.dataset.setup ?? '{}');
  const given = (name: string): string => String(new FormData(form).get(name) ?? '').trim();
  const chosen = (name: string): string[] => new FormData(form).getAll(name).map(String);
  const slug = (): string =>
    given('name')
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-|-$/g, '') || 'application';

  // Lists of addresses.
  let lineCount = 0;
  const addLine = (list: string): HTMLInputElement => {
    const lines = byId(`${list}-lines`);
    const number = (lines?.querySelectorAll('input').length ?? 0) + 1;
    lineCount += 1;
    const id = `${list}-${lineCount}`;
    const line = document.createElement('div');
    line.className = 'line';
    const input = document.createElement('input');
    Object.assign(input, { type: 'url', id, name: list, maxLength: 2_048, autocomplete: 'off' });
    input.className = 'mono';
    input.spellcheck = false;
    const label = `${list === 'callback' ? 'Callback URL' : 'Address after sign-out'} ${number}`;
    input.setAttribute('aria-label', label);
    input.setAttribute('aria-describedby', `${id}-error`);
    line.append(input);
    if (number > 1) {
      const remove = madeButton('Remove', () => {
        line.nextElementSibling?.remove();
        line.remove();
        byId(`${list}-add`)?.focus();
        draw();
      });
      remove.append(made('span', ` ${label}`, 'visually-hidden'));
      line.append(remove);
    }
    const error = made('p', '', 'error-message');
    error.id = `${id}-error`;
    error.hidden = true;
    lines?.append(line, error);
    return input;
  };
  for (const { dataset } of form.querySelectorAll<HTMLElement>('[data-list]')) addLine(dataset.list ?? '');
  form.addEventListener('click', ({ target }) => {
    const list =
      target instanceof Element ? target.closest<HTMLElement>('[data-add]')?.dataset.add : undefined;
    if (list) addLine(list).focus();
  });
  const linesOf = (list: string): HTMLInputElement[] =>
    [...(byId(`${list}-lines`)?.querySelectorAll('input') ?? [])].filter(({ value }) => value.trim() !== '');
  const addresses = (list: string): string[] => linesOf(list).map(({ value }) => value.trim());

  // The key: a text that is never sent when it is private.
  let keys: { text: string; jwks?: { keys: Body[] }; problem?: string; note?: string } = { text: '' };
  const isAddress = (text: string): boolean => /^https?:\/\/\S+$/.test(text);
  const withKid = (set: { keys: Body[] }): { keys: Body[] } => ({
    keys: set.keys.map((key) => (key.kid || !given('kid') ? key : { ...key, kid: given('kid') })),
  });

  /** Reads the pasted key. Only a public one is sent, to the check of this installation. */
  const read = async (text: string): Promise<void> => {
    keys = { text };
    if (text === '' || isAddress(text)) return;
    if (isPrivateKey(text)) {
      keys.problem = tools.privateKeyText;
      return;
    }
    const { isOk, answer } = await send('POST', '/keys/check', { text });
    if (given('key') !== text) return;
    if (!isOk) {
      keys.problem = problemText(answer);
      return;
    }
    keys.jwks = answer.jwks as { keys: Body[] };
    const found = answer.keys as {
      kid: string | null;
      kind: string;
      algorithm: string | null;
      algorithms: string[];
    }[];
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

  let reading: Promise<void> = Promise.resolve();
  /** Resolves when the present text is read, also one that is being checked. */
  const readKey = (): Promise<void> => {
    const text = given('key');
    if (text !== keys.text)
      reading = read(text).catch((error) => {
        keys = { text: '' };
        throw error;
      });
    return reading;
  };

  const halfOf = (): Body => {
    const proof = given('proof');
    const text = given('key');
    if (proof === 'certificate') return { tokenEndpointAuthMethod: 'tls_client_auth' };
    if (proof !== 'key') return { tokenEndpointAuthMethod: 'client_secret_post' };
    return {
      tokenEndpointAuthMethod: 'private_key_jwt',
      ...(isAddress(text) ? { jwksUrl: text } : keys.jwks ? { jwks: withKid(keys.jwks) } : {}),
    };
  };

  /** Returns the registration, as the API takes it. */
  const bodyOf = (): Body => {
    const [signIn, profile, proof] = [given('signIn'), given('profile'), given('proof')];
    const subject = proof === 'certificate' ? { tls_client_auth_subject_dn: given('subject') } : undefined;
    const keyHalf = halfOf();
    const isExchange = signIn === 'separate' && profile === 'nhs' && proof === 'secret';
    const platform = {
      // An exchange of ID tokens needs a signed assertion, which a key added later makes possible.
      ...keyHalf,
      ...(signIn === 'combined' ? { callbackUrls: addresses('callback') } : {}),
      products: chosen('product'),
      ...(subject ? { attributes: subject } : {}),
    };
    const cis2 = {
      ...keyHalf,
      redirectUris: addresses('callback'),
      ...(addresses('afterSignOut').length > 0 ? { postLogoutRedirectUris: addresses('afterSignOut') } : {}),
      ...(given('backchannelLogoutUri') ? { backchannelLogoutUri: given('backchannelLogoutUri') } : {}),
      ...(subject ? { certificateSubject: subject } : {}),
    };
    return {
      name: given('name'),
      ...(profile === 'nhs' ? {} : { profile }),
      ...(given('developer') ? { developer: given('developer') } : {}),
      platform: isExchange ? { ...platform, tokenEndpointAuthMethod: 'client_secret_post' } : platform,
      ...(signIn === 'separate' ? { cis2 } : {}),
    };
  };

  const quoted = (text: string): string =>
    /^[\w./:@=+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
  const views: Record<string, (body: Body) => string> = {
    api: (body) => `POST /api/v1/applications\n${JSON.stringify(body, null, 2)}`,
    command: (body) => `alongside app add --file - <<'END'\n${JSON.stringify(body, null, 2)}\nEND`,
    curl: (body) =>
      `curl ${setup.console}/api/v1/applications \\\n  --json ${quoted(JSON.stringify(body, null, 2))}`,
  };
  let view = 'api';
  let wrong: string[] = [];

  const drawScopes = (): void => {
    const signIn = given('signIn');
    const families = signIn === 'nobody' ? ['app:'] : ['user-nhs-id:', 'user-nhs-cis2:'];
    const picked = setup.products.filter(({ name }) => chosen('product').includes(name));
    const start = 'urn:nhsd:apim:';
    const scopes = [...new Set(picked.flatMap((product) => product.scopes))].filter((scope) =>
      families.some((family) => scope.startsWith(start + family)),
    );
    const panel = byId('scopes');
    if (!panel) return;
    if (scopes.length === 0) {
      const why =
        picked.length === 0
          ? 'Nothing yet: choose an API.'
          : 'Nothing: the chosen APIs have no scope for this kind of sign-in.';
      panel.replaceChildren(made('p', why, picked.length === 0 ? 'quiet' : 'warning'));
      return;
    }
    const list = made('ul', '', 'plain-list');
    list.append(
      ...scopes.map((scope) => {
        const item = made('li', '');
        item.append(made('code', scope.slice(start.length)));
        return item;
      }),
    );
    const whose = signIn === 'nobody' ? 'its own tokens' : 'a token after a sign-in';
    const lead = made('p', `Scopes of ${whose}, each after `, 'quiet');
    lead.append(made('code', start));
    panel.replaceChildren(
      lead,
      list,
      made('p', 'Next page: its credentials, a .env file and a first sign-in.', 'quiet'),
    );
  };

  const drawRequest = (): void => {
    const text = views[view]?.(bodyOf()) ?? '';
    const pre = byId('request');
    byId('copy-request')?.setAttribute('data-copy', text);
    if (!pre) return;
    const parts: (string | HTMLElement)[] = [text];
    for (const value of wrong)
      for (const [index, part] of parts.entries()) {
        if (typeof part !== 'string' || value === '' || !part.includes(value)) continue;
        const at = part.indexOf(value);
        parts.splice(index, 1, part.slice(0, at), made('mark', value), part.slice(at + value.length));
        break;
      }
    pre.replaceChildren(...parts);
  };

  /** Shows the questions that these answers need. */
  const draw = (): void => {
    const [signIn, profile] = [given('signIn'), given('profile')];
    const allow = (proof: string, isAllowed: boolean): void => {
      const radio = byId(`proof-${proof}`);
      if (!(radio instanceof HTMLInputElement)) return;
      radio.disabled = !isAllowed;
      if (isAllowed || !radio.checked) return;
      const other = byId('proof-key');
      if (other instanceof HTMLInputElement) other.checked = true;
    };
    allow('secret', signIn !== 'nobody' && profile !== 'fapi2');
    allow('certificate', profile !== 'nhs' && signIn !== 'nobody');
    const proof = given('proof');
    for (const part of form.querySelectorAll<HTMLElement>('[data-proof]'))
      part.hidden = part.dataset.proof !== proof;
    for (const part of form.querySelectorAll<HTMLElement>('[data-people]')) part.hidden = signIn === 'nobody';
    for (const part of form.querySelectorAll<HTMLElement>('[data-separate]'))
      part.hidden = signIn !== 'separate';
    const note = byId('proof-note');
    if (note)
      note.textContent =
        signIn === 'nobody'
          ? 'Without people an application signs an assertion, so it needs a key pair.'
          : signIn === 'separate' && profile === 'nhs' && proof === 'secret'
            ? 'The secret is for CIS2. To exchange ID tokens at the platform, add a public key on the next page.'
            : '';
    const good = byId('key-good');
    const kids = keys.jwks ? withKid(keys.jwks).keys.map(({ kid }) => kid) : [];
    if (good)
      good.textContent =
        keys.note && !keys.problem
          ? `✓ ${keys.note}, kid ${kids.join(', ') || 'missing'}. It is a public key.`
          : isAddress(given('key')) && proof === 'key'
            ? 'The keys are read from this address when you register.'
            : '';
    drawScopes();
    drawRequest();
  };

  // Errors: at the field, and in the summary with links.
  const showProblems = (problems: readonly FormProblem[]): void => {
    wrong = problems.flatMap(({ at }) => {
      const control = byId(at);
      return control instanceof HTMLInputElement ? [control.value.trim()] : [];
    });
    drawRequest();
    tools.showProblems(form, problems);
  };

  const ownProblems = (): FormProblem[] => {
    const problems: FormProblem[] = [];
    const [signIn, proof] = [given('signIn'), given('proof')];
    if (given('name') === '') problems.push({ at: 'name', text: 'Give the application a name.' });
    if (signIn !== 'nobody') {
      const lines = linesOf('callback');
      const first = byId('callback-lines')?.querySelector('input');
      if (lines.length === 0 && first)
        problems.push({ at: first.id, text: 'Give at least one callback URL.' });
      for (const { id, value } of lines) {
        const hash = value.indexOf('#');
        if (hash >= 0)
          problems.push({
            at: id,
            text: `The callback URL must not have a fragment. Leave out ${value.slice(hash).trim()}.`,
          });
      }
    }
    if (proof === 'key') {
      if (keys.problem) problems.push({ at: 'key', text: sentence(keys.problem) });
      else if (given('key') === '')
        problems.push({ at: 'key', text: 'Paste a public key, or make a key pair here.' });
      else if (keys.jwks && withKid(keys.jwks).keys.some(({ kid }) => !kid))
        problems.push({ at: 'kid', text: 'Give the key an id: your assertions name it.' });
    }
    if (proof === 'certificate' && given('subject') === '')
      problems.push({ at: 'subject', text: 'Give the subject of the certificate.' });
    return problems;
  };

  const controlOf = (member: string): string => {
    const [, list, index] = /\.(callbackUrls|redirectUris|postLogoutRedirectUris)\.(\d+)/.exec(member) ?? [];
    if (list) {
      const name = list === 'postLogoutRedirectUris' ? 'afterSignOut' : 'callback';
      return linesOf(name)[Number(index)]?.id ?? `${name}-add`;
    }
    if (/jwks|\.kid$/.test(member)) return 'key';
    if (/products/.test(member)) return 'product';
    if (/tokenEndpointAuthMethod/.test(member)) return 'proof';
    if (/certificateSubject|attributes/.test(member)) return 'subject';
    if (/backchannel/.test(member)) return 'backchannelLogoutUri';
    return ['name', 'profile', 'developer'].find((name) => member.endsWith(name)) ?? 'name';
  };

  const subjects: Record<string, string> = {
    key: 'The key',
    proof: 'This choice',
    subject: 'The subject',
    name: 'The name',
  };
  /** Problems of members continue a sentence that begins with the member. */
  const problemOf = (answer: Body): FormProblem => {
    const member = String(answer.field ?? '');
    const at = controlOf(member);
    const subject = /Uris|Urls/.test(member) ? 'The address' : subjects[at];
    const text = problemText(answer);
    return {
      at,
      text: subject && answer.problem ? `${subject} ${text.charAt(0).toLowerCase()}${text.slice(1)}` : text,
    };
  };

  let accepted = '';
  const submitted = async (): Promise<void> => {
    clearTimeout(waiting);
    await readKey();
    draw();
    const problems = ownProblems();
    if (problems.length > 0) return showProblems(problems);
    const body = bodyOf();
    const text = JSON.stringify(body);
    const button = byId('submit');
    if (accepted !== text) {
      const { isOk, answer } = await send('POST', '/applications/check', body);
      if (!isOk) return showProblems([problemOf(answer)]);
      const dead = warningsOf(answer).filter(
        ({ code, message }) => code === 'keys' && given('proof') === 'key' && !/no public key/.test(message),
      );
      if (dead.length > 0) {
        accepted = text;
        if (button) button.textContent = 'Register anyway';
        const texts = new Set(dead.map(({ message }) => message.replace(/^[\w.]+: /, '')));
        return showProblems([...texts].map((each) => ({ at: 'key', text: sentence(each) })));
      }
    }
    const { isOk, answer } = await send('POST', '/applications', body);
    if (!isOk) return showProblems([problemOf(answer)]);
    showProblems([]);
    showRegistered(answer, String(body.name));
  };

  const download = (name: string, text: string): void => {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  };

  const showRegistered = (answer: Body, name: string): void => {
    const template = byId('registered');
    if (!(template instanceof HTMLTemplateElement)) return;
    const content = document.importNode(template.content, true);
    // As the commands name the variables of an application.
    const prefix = `APP_${String(answer.id).replaceAll('-', '_').toUpperCase()}`;
    const lines = [...setup.environment];
    for (const half of ['platform', 'cis2']) {
      const credentials = answer[half] as { clientId: string; clientSecret?: string } | undefined;
      if (!credentials) continue;
      lines.push(`${prefix}_${half.toUpperCase()}_CLIENT_ID=${credentials.clientId}`);
      if (credentials.clientSecret)
        lines.push(`${prefix}_${half.toUpperCase()}_CLIENT_SECRET=${credentials.clientSecret}`);
    }
    const text = `${lines.join('\n')}\n`;
    const heading = content.querySelector('h2');
    if (heading) heading.textContent = `${name} is registered`;
    const pre = content.querySelector('pre');
    if (pre) pre.textContent = text;
    content.querySelector('[data-copy]')?.setAttribute('data-copy', text);
    content
      .querySelector('[data-download]')
      ?.addEventListener('click', () => download(`${slug()}.env`, text));
    content.querySelector('[data-open]')?.setAttribute('href', `/applications/${answer.id}`);
    content.querySelector('[data-try]')?.setAttribute('href', `/build?application=${answer.id}`);
    content
      .querySelector('[data-warnings]')
      ?.append(...warningsOf(answer).map(({ message }) => made('p', message, 'warning')));
    byId('registration')?.replaceWith(content);
    const title = document.querySelector('h1');
    if (title) title.textContent = 'Registered';
    // The questions must not reappear with the history, and a reload must not lose the way to the application.
    history.replaceState(null, '', `/applications/${answer.id}`);
    document.querySelector<HTMLElement>('main h2')?.focus();
  };

  const base64 = (bytes: ArrayBuffer): string => btoa(String.fromCharCode(...new Uint8Array(bytes)));
  /** Makes a key pair. The private half is downloaded and exists nowhere else. */
  const makeKey = async (): Promise<void> => {
    if (!crypto.subtle) {
      showProblems([
        { at: 'key', text: 'The browser makes keys only on https or localhost. Use openssl genrsa 4096.' },
      ]);
      return;
    }
    const isRsa = given('profile') === 'nhs';
    const pair = (await crypto.subtle.generateKey(
      isRsa
        ? {
            name: 'RSASSA-PKCS1-v1_5',
            modulusLength: 4_096,
            publicExponent: new Uint8Array([1, 0, 1]),
            hash: 'SHA-512',
          }
        : { name: 'ECDSA', namedCurve: 'P-256' },
      true,
      ['sign', 'verify'],
    )) as CryptoKeyPair;
    const kid = given('kid') || `${slug()}-1`;
    const { key_ops: _, ext: __, ...jwk } = await crypto.subtle.exportKey('jwk', pair.publicKey);
    const body = base64(await crypto.subtle.exportKey('pkcs8', pair.privateKey)).replace(/.{64}/g, '$&\n');
    download(
      `${slug()}-${kid}.private.pem`,
      `-----BEGIN PRIVATE KEY-----\n${body}\n-----END PRIVATE KEY-----\n`,
    );
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
    changed();
    showProblems([]);
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
  byId('key-file')?.addEventListener('change', async ({ target }) => {
    const file = target instanceof HTMLInputElement ? target.files?.[0] : undefined;
    const field = byId('key');
    if (!file || !(field instanceof HTMLTextAreaElement)) return;
    field.value = (await file.text()).slice(0, 65_536);
    const kid = byId('kid');
    if (kid instanceof HTMLInputElement && kid.value === '') kid.value = file.name.replace(/\.\w+$/, '');
    keyTyped();
  });
  let waiting: ReturnType<typeof setTimeout> | undefined;
  const keyTyped = (): void => {
    const message = byId('key-error');
    const show = (problem: string | undefined): void => {
      if (!message) return;
      message.hidden = problem === undefined;
      message.textContent = problem === undefined ? '' : sentence(problem);
      if (problem === undefined) byId('key')?.removeAttribute('aria-invalid');
      else byId('key')?.setAttribute('aria-invalid', 'true');
    };
    // The message was about another text.
    show(undefined);
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      await readKey().catch(() => undefined);
      draw();
      if (keys.problem) show(keys.problem);
    }, 300);
  };
  const changed = (): void => {
    const button = byId('submit');
    if (button) button.textContent = 'Register';
  };
  form.addEventListener('input', ({ target }) => {
    changed();
    if (target instanceof HTMLTextAreaElement && target.id === 'key') keyTyped();
    draw();
  });
  for (const button of document.querySelectorAll<HTMLElement>('[data-view]'))
    button.addEventListener('click', () => {
      view = button.dataset.view ?? 'api';
      for (const other of document.querySelectorAll('[data-view]'))
        other.setAttribute('aria-pressed', String(other === button));
      drawRequest();
    });
  draw();
}

export const registerScript: BrowserScript = { name: 'register', run: register };
