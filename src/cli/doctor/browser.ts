import { accessSync, constants } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { environment } from '@alongside/kernel/operator';
import { type Check, type Finding, ok, wrong } from './check.ts';

const names = [
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
  'microsoft-edge',
  'microsoft-edge-stable',
  'brave-browser',
  'firefox',
];
const mac = ['Google Chrome', 'Chromium', 'Microsoft Edge', 'Firefox', 'Safari'].map(
  (name) => `/Applications/${name}.app/Contents/MacOS/${name}`,
);
const windowsFolders = ['ProgramFiles', 'ProgramFiles(x86)', 'LocalAppData'];
const windows = [
  'Microsoft\\Edge\\Application\\msedge.exe',
  'Google\\Chrome\\Application\\chrome.exe',
  'Mozilla Firefox\\firefox.exe',
];

type Variables = Readonly<Record<string, string | undefined>>;

function candidates(variables: Variables): string[] {
  if (process.platform === 'win32')
    return windowsFolders.flatMap((name) => {
      const folder = variables[name];
      return folder === undefined ? [] : windows.map((program) => join(folder, program));
    });
  const folders = (variables.PATH ?? '').split(delimiter).filter(isAbsolute);
  const named = names.flatMap((name) => folders.map((folder) => join(folder, name)));
  return process.platform === 'darwin' ? [...mac, ...named] : named;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export function judgeBrowser(variables: Variables): Finding {
  const chosen = variables.ALONGSIDE_BROWSER;
  if (chosen)
    return isProgram(chosen)
      ? ok(`${chosen}, from ALONGSIDE_BROWSER`)
      : wrong(
          `ALONGSIDE_BROWSER names ${chosen}, which is no program.`,
          'Let it name a browser, or take it away.',
        );
  const found = candidates(variables).find(isProgram);
  return found === undefined
    ? wrong(
        'No browser was found on this machine.',
        'Install Chromium, Chrome, Edge or Firefox, or name one in ALONGSIDE_BROWSER.',
      )
    : ok(found);
}

export const browser: Check = {
  name: 'browser',
  run: ({ inProduction }) => (inProduction ? [] : [judgeBrowser(environment())]),
};
