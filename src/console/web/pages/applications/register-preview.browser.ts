import { warningsOf } from '../../frame/api.browser.ts';
import { byId, made } from '../../frame/tools.browser.ts';

interface Setup {
  console: string;
  products: { name: string; scopes: string[] }[];
}
type Body = Record<string, unknown>;

/** Draws the request and the scopes that the answers lead to, and what the registration returned. */
export function previewOf(setup: Setup, bodyOf: () => Body) {
  const quoted = (text: string): string =>
    /^[\w./:@=+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
  const views: Record<string, (body: Body) => string> = {
    api: (body) => `POST /api/v1/applications\n${JSON.stringify(body, null, 2)}`,
    command: (body) => `alongside app add --file - <<'END'\n${JSON.stringify(body, null, 2)}\nEND`,
    curl: (body) =>
      `curl ${setup.console}/api/v1/applications \\\n  --json ${quoted(JSON.stringify(body, null, 2))}`,
  };
  let view = 'api';
  /** Values that are marked as wrong. */
  let wrong: string[] = [];

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
  const mark = (values: string[]): void => {
    wrong = values;
    drawRequest();
  };
  for (const button of document.querySelectorAll<HTMLElement>('[data-view]'))
    button.addEventListener('click', () => {
      view = button.dataset.view ?? 'api';
      for (const other of document.querySelectorAll('[data-view]'))
        other.setAttribute('aria-pressed', String(other === button));
      drawRequest();
    });

  const drawScopes = (signIn: string, products: readonly string[]): void => {
    const families = signIn === 'nobody' ? ['app:'] : ['user-nhs-id:', 'user-nhs-cis2:'];
    const picked = setup.products.filter(({ name }) => products.includes(name));
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

  /** Opens the page that connects the new application. It shows the secrets once, so they stay in this tab until then. */
  const showRegistered = (answer: Body): void => {
    const secrets = ['platform', 'cis2'].flatMap((half) => {
      const { clientSecret } = (answer[half] ?? {}) as { clientSecret?: string };
      return clientSecret ? [[half.toUpperCase(), clientSecret] as const] : [];
    });
    sessionStorage.setItem(
      `registered ${answer.id}`,
      JSON.stringify({
        secrets: Object.fromEntries(secrets),
        warnings: warningsOf(answer).map(({ message }) => message),
      }),
    );
    // The questions must not reappear with the history.
    location.replace(`/applications/${answer.id}?tab=connect`);
  };
  return { drawRequest, mark, drawScopes, showRegistered };
}
