import { type Holder, newHolder, provenHolder } from './holder.browser.ts';
import { importKey, load, newKey, save, sign, type Tablet, types } from './key.browser.ts';
import type { joinPrefix, tabletPaths } from './protocol.ts';

const paths: typeof tabletPaths = {
  app: '/tablet',
  open: '/tablet/open',
  answer: '/tablet/answer',
  join: '/tablet/join',
  demoKey: '/tablet/demo-key',
};
const prefix: typeof joinPrefix = 'join-';

const byId = <T extends HTMLElement>(id: string) => document.getElementById(id) as T;

const sayUnverified = (isUnverified: boolean): void => {
  byId('unverified').hidden = !isUnverified;
};

/** Makes a key, with a credential of its holder where the device has one. */
async function setUp({ party = '', issuer }: DOMStringMap, code: string) {
  const holder = await newHolder(party, code);
  const tablet: Tablet = { ...(await newKey()), holder: holder?.id };
  return { tablet, token: await sign(tablet, types.key, { aud: issuer, code, holder }) };
}

/** Sends the new key with the form. */
function enrol(form: HTMLFormElement): void {
  const field = form.elements.namedItem('token') as HTMLInputElement;
  form.addEventListener('submit', async (event) => {
    if (field.value) return;
    event.preventDefault();
    sayUnverified(false);
    try {
      const { tablet, token } = await setUp(form.dataset, form.dataset.code ?? '');
      await save(tablet);
      field.value = token;
    } catch {
      return sayUnverified(true);
    }
    form.requestSubmit();
  });
  for (const button of form.querySelectorAll('button')) button.disabled = false;
}

/** A request that the tablet opened by its code. */
interface Opened {
  request: string;
  nonce: string;
  application: string;
  candidates: string[];
}

function startApp(root: HTMLElement): void {
  const { issuer, unreachable, party = '' } = root.dataset;
  let isShown = false;
  const show = (name: string): void => {
    sayUnverified(false);
    for (const view of root.querySelectorAll<HTMLElement>('[data-view]'))
      view.hidden = view.dataset.view !== name;
    const title = root.querySelector<HTMLElement>(`[data-view=${name}] h1`);
    document.title = `${title?.textContent} – ${document.title.split(' – ').at(-1)}`;
    // A new page already starts at its top.
    if (isShown) title?.focus();
    isShown = true;
  };
  const fail = (message: string): void => {
    byId('problem').textContent = message;
    show('problem');
  };
  const call = async (path: string, token: string, more?: object) => {
    show('working');
    const reply = await fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token, ...more }),
    }).catch(() => {
      throw new Error(unreachable);
    });
    const body = await reply.json();
    if (!reply.ok) throw new Error(body.error_description);
    return body;
  };
  const guarded =
    (act: () => Promise<void>) =>
    (event?: Event): void => {
      event?.preventDefault();
      act().catch((error) => fail(error.message));
    };
  /** Returns the key of this tablet. It is there where a view asks for it. */
  const key = async () => (await load()) as Tablet;

  const answerWith = async ({ request, nonce }: Opened, number: string): Promise<void> => {
    const tablet = await key();
    let holder: Holder | undefined;
    try {
      if (tablet.holder && number !== 'no') holder = await provenHolder(party, tablet.holder, nonce);
    } catch {
      return sayUnverified(true);
    }
    const token = await sign(tablet, types.answer, { aud: issuer, request, nonce, number, holder });
    const { state } = await call(paths.answer, token);
    show(state);
  };
  let asked: Opened;
  const openCode = async (code: string): Promise<void> => {
    asked = await call(paths.open, await sign(await key(), types.open, { aud: issuer, code }));
    byId('application').textContent = asked.application;
    const buttons = asked.candidates.map((number) => {
      const button = document.createElement('button');
      button.type = 'button';
      button.textContent = number;
      button.addEventListener(
        'click',
        guarded(() => answerWith(asked, number)),
      );
      return button;
    });
    byId('numbers').replaceChildren(...buttons);
    show('question');
  };
  const begin = async (): Promise<void> => {
    const code = decodeURIComponent(location.hash.slice(1));
    history.replaceState(null, '', paths.app);
    if (code.startsWith(prefix)) {
      root.dataset.join = code.slice(prefix.length);
      return show('join');
    }
    if (!(await load())) return show('none');
    if (code) return openCode(code);
    show('ready');
  };
  const join = async (): Promise<void> => {
    let made: Awaited<ReturnType<typeof setUp>>;
    try {
      made = await setUp(root.dataset, root.dataset.join ?? '');
    } catch {
      return sayUnverified(true);
    }
    const { number } = await call(paths.join, made.token, { label: byId<HTMLInputElement>('label').value });
    await save(made.tablet);
    byId('number').textContent = number;
    show('joined');
  };
  const takeDemoKey = async (): Promise<void> => {
    const { jwk } = await (await fetch(paths.demoKey)).json();
    await save(await importKey(jwk));
    await begin();
  };

  byId('open').addEventListener(
    'submit',
    guarded(() => openCode(byId<HTMLInputElement>('code').value)),
  );
  byId('deny').addEventListener(
    'click',
    guarded(() => answerWith(asked, 'no')),
  );
  byId('join').addEventListener('submit', guarded(join));
  document.getElementById('demo')?.addEventListener('click', guarded(takeDemoKey));
  for (const button of root.querySelectorAll('[data-restart]'))
    button.addEventListener('click', guarded(begin));
  addEventListener('hashchange', guarded(begin));
  guarded(begin)();
}

const enrolment = document.querySelector<HTMLFormElement>('form[data-tablet-key]');
const root = document.getElementById('tablet');
if (enrolment) enrol(enrolment);
if (root) startApp(root);
