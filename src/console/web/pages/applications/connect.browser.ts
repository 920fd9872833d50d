import { byId, download, made } from '../../frame/tools.browser.ts';

interface Registered {
  secrets: Record<string, string>;
  warnings: string[];
}

/** Shows what the registration returned in this tab: secrets in the settings, once, and warnings. */
export function showRegistered(): void {
  const section = byId('registered');
  const environment = byId('environment');
  const pre = environment?.querySelector('pre');
  if (!section || !environment || !pre) return;
  byId('download-env')?.addEventListener('click', () => download('.env', `${pre.textContent ?? ''}\n`));
  const key = `registered ${section.dataset.id}`;
  const stored = sessionStorage.getItem(key);
  if (!stored) return;
  sessionStorage.removeItem(key);
  const { secrets, warnings }: Registered = JSON.parse(stored);
  let text = pre.textContent ?? '';
  for (const [half, secret] of Object.entries(secrets)) {
    const name = `${environment.dataset.prefix}_${half}_CLIENT_SECRET=`;
    text = text
      .split('\n')
      .map((line) => (line.startsWith(name) ? name + secret : line))
      .join('\n');
  }
  pre.textContent = text;
  environment.querySelector<HTMLElement>('[data-copy]')?.setAttribute('data-copy', text);
  section.hidden = false;
  section
    .querySelector('[data-warnings]')
    ?.append(...warnings.map((message) => made('p', message, 'warning')));
  const note = section.querySelector<HTMLElement>('[data-secret]');
  if (note) note.hidden = Object.keys(secrets).length === 0;
  section.querySelector('h2')?.focus();
}
