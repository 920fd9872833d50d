import { problemText, send } from '../../frame/api.browser.ts';
import { byId, isForPage, report, reportSilence } from '../../frame/tools.browser.ts';

const maxFileSize = 4_194_304;

// Keys of the list. A part that is drawn again keeps the marked rows.
const marked = new Set<string>();
const links = (): HTMLAnchorElement[] => [...document.querySelectorAll<HTMLAnchorElement>('a.opens')];
const picks = (): HTMLInputElement[] => [...document.querySelectorAll<HTMLInputElement>('input[name=pick]')];
const here = (): HTMLAnchorElement | undefined =>
  links().find((link) => link.closest('tr')?.contains(document.activeElement));

document.addEventListener('change', ({ target }) => {
  if (!(target instanceof HTMLInputElement) || target.name !== 'pick') return;
  target.defaultChecked = target.checked;
  if (target.checked) marked.add(target.value);
  else marked.delete(target.value);
});
document.addEventListener('alongside:part', () => {
  for (const pick of picks()) pick.checked = marked.has(pick.value);
});
const compare = (): void => {
  const [first, second] = marked;
  if (first && second) location.assign(`/journeys/compare?a=${first}&b=${second}`);
};
document.addEventListener('submit', (event) => {
  if (!(event.target instanceof HTMLFormElement) || !event.target.action.endsWith('/journeys/compare'))
    return;
  event.preventDefault();
  if (marked.size === 2) compare();
  else report(`Mark two journeys to compare; ${marked.size} are marked.`);
});
const open = async (file: File | undefined): Promise<void> => {
  if (!file) return;
  if (file.size > maxFileSize) return report('The file is larger than 4 MB.', true);
  try {
    const { isOk, answer } = await send('POST', '/journeys/open', await file.text());
    if (isOk) location.assign(`/journeys/${answer.id}`);
    else report(`The file cannot be opened. ${answer.field ?? 'It'}: ${problemText(answer)}`, true);
  } catch {
    reportSilence();
  }
};
const file = byId('journey-file');
if (file instanceof HTMLInputElement)
  file.addEventListener('change', () => {
    open(file.files?.[0]);
    // The same file may be chosen again.
    file.value = '';
  });
document.addEventListener('keydown', (event) => {
  const { key } = event;
  if (!isForPage(event, 'input:not([type=checkbox]), textarea, select')) return;
  const all = links();
  const at = all.indexOf(here() as HTMLAnchorElement);
  if (key === 'j') all[Math.min(at + 1, all.length - 1)]?.focus();
  else if (key === 'k') all[Math.max(at - 1, 0)]?.focus();
  else if (key === 'x') here()?.closest('tr')?.querySelector<HTMLInputElement>('input[name=pick]')?.click();
  else if (key === 'c') compare();
});
