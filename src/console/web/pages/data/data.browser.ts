import { send } from '../../frame/api.browser.ts';
import { made, must, report } from '../../frame/tools.browser.ts';

// Previews an import, shows an error with its line, and imports after a confirmation.
const file = must('import-file', HTMLInputElement);
const problem = must('import-problem', HTMLElement);
const preview = must('import-preview', HTMLElement);
let text = '';

/** Returns the line of a member such as `people.3.uid`: the scanner follows strings, objects and lists. */
const lineOf = (path: readonly string[]): number | undefined => {
  let at = 0;
  const space = () => {
    while (/\s/.test(text[at] ?? '')) at += 1;
  };
  const string = (): string => {
    const start = at;
    at += 1;
    while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
    at += 1;
    return JSON.parse(text.slice(start, at));
  };
  /** Skips a value, or finds the rest of the path in it. */
  const value = (rest: readonly string[] | null): number | undefined => {
    space();
    const here = at;
    const [first, ...more] = rest ?? [];
    if (rest && first === undefined) return here;
    const isObject = text[at] === '{';
    if (isObject || text[at] === '[') {
      at += 1;
      for (let index = 0; at < text.length; index += 1) {
        space();
        if (text[at] === ',') at += 1;
        space();
        if (text[at] === '}' || text[at] === ']') {
          at += 1;
          break;
        }
        const name = isObject ? string() : String(index);
        if (isObject) {
          space();
          at += 1;
        }
        const found = value(rest && name === first ? more : null);
        if (found !== undefined) return found;
      }
      // The member is missing: its object is the place.
      return rest ? here : undefined;
    }
    if (text[at] === '"') string();
    else while (at < text.length && !/[\s,\]}]/.test(text[at] ?? '')) at += 1;
    return rest ? here : undefined;
  };
  try {
    const found = value(path);
    return found === undefined ? undefined : text.slice(0, found).split('\n').length;
  } catch {
    return undefined;
  }
};

const refuse = (message: string): void => {
  preview.hidden = true;
  problem.hidden = false;
  problem.textContent = `${message} Nothing has changed.`;
};

const post = async (path: string): Promise<Record<string, unknown> | undefined> => {
  const { status, isOk, answer } = await send('POST', path, text);
  if (isOk) return answer;
  if (status === 401) {
    location.reload();
    return undefined;
  }
  const line = answer.field ? lineOf(String(answer.field).split('.')) : undefined;
  refuse(
    answer.field
      ? `${line === undefined ? '' : `Line ${line}: `}${answer.field} ${answer.problem}.`
      : `${answer.problem ?? answer.error_description ?? answer.error}.`,
  );
  return undefined;
};

const show = (lists: Record<string, Record<string, number> | null>): void => {
  const table = document.createElement('table');
  const head = table.createTHead().insertRow();
  for (const name of ['List', 'Now', 'Afterwards', 'Added', 'Changed', 'Removed']) {
    const cell = made('th', name);
    cell.setAttribute('scope', 'col');
    head.append(cell);
  }
  const body = table.createTBody();
  for (const [name, counts] of Object.entries(lists)) {
    const cell = made('th', name);
    cell.setAttribute('scope', 'row');
    const row = body.insertRow();
    row.append(cell);
    if (counts)
      for (const key of ['now', 'afterwards', 'added', 'changed', 'removed'])
        row.append(made('td', String(counts[key] ?? 0), 'number'));
    else {
      const none = made('td', 'not in the file: does not change');
      none.setAttribute('colspan', '5');
      row.append(none);
    }
  }
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'danger';
  button.textContent = 'Import and replace';
  button.addEventListener('click', async () => {
    button.disabled = true;
    const done = await post('/import');
    button.disabled = false;
    if (!done) return;
    preview.hidden = true;
    file.value = '';
    report('The file is imported.');
  });
  preview.replaceChildren(table, button);
  preview.hidden = false;
};

file.addEventListener('change', async () => {
  problem.hidden = true;
  preview.hidden = true;
  const chosen = file.files?.[0];
  if (!chosen) return;
  if (chosen.size > 67_108_864) return refuse('The file is longer than 64 MB.');
  text = await chosen.text();
  try {
    JSON.parse(text);
  } catch (error) {
    const position = Number(/position (\d+)/.exec(String(error))?.[1] ?? Number.NaN);
    const line = Number.isNaN(position) ? '' : ` at line ${text.slice(0, position).split('\n').length}`;
    return refuse(`The file is not JSON${line}.`);
  }
  const answer = await post('/import/preview').catch(() => refuse('The console does not respond.'));
  if (answer) show(answer.preview as Record<string, Record<string, number> | null>);
});
