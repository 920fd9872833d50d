import { accessSync, constants } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import {
  managedPolicies,
  type PolicyFile,
  patternCovers,
  proxiesLoopback,
  requestDenials,
} from '@alongside/kernel/browser-policies';
import { environment } from '@alongside/kernel/operator';
import { type Finding, ok, wrong } from '../../../identity-agent/doctor/report.ts';
import type { Check, Subject } from './subject.ts';

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

const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : [];

function blocked({ file, policies }: PolicyFile, addresses: readonly URL[]): Finding[] {
  const allowed = texts(policies.URLAllowlist);
  return texts(policies.URLBlocklist).flatMap((pattern) => {
    const hit = addresses.find(
      (url) => patternCovers(pattern, url) && !allowed.some((entry) => patternCovers(entry, url)),
    );
    if (!hit) return [];
    return [
      wrong(
        `${file}: URLBlocklist has "${pattern}", which keeps the browser from ${hit.origin}.`,
        `Add "${hit.host}" to URLAllowlist.`,
      ),
    ];
  });
}

function proxied(from: PolicyFile): Finding[] {
  if (!proxiesLoopback(from)) return [];
  return [
    wrong(
      `${from.file}: ProxyBypassList has "<-loopback>", which sends what is meant for this machine to a proxy.`,
      'Take "<-loopback>" out of it.',
    ),
  ];
}

function hindered({ file, policies }: PolicyFile, addresses: readonly URL[]): Finding[] {
  return requestDenials.flatMap((name) =>
    texts(policies[name])
      .filter((pattern) => addresses.some((url) => patternCovers(pattern, url)))
      .map(
        (pattern): Finding => ({
          outcome: 'remark',
          detail: `${file}: ${name} has "${pattern}": pages cannot call the Identity Agent themselves. Sign-ins use navigation and still work.`,
        }),
      ),
  );
}

/** @param addresses that the browser must reach */
export function judgePolicies(files: readonly PolicyFile[], addresses: readonly URL[]): Finding[] {
  const found = files.flatMap((file) => [
    ...blocked(file, addresses),
    ...proxied(file),
    ...hindered(file, addresses),
  ]);
  return found.length > 0 ? found : [ok('No managed policy keeps the browser from this machine.')];
}

function addressesOf({ console, portBase }: Subject): URL[] {
  if (console) return Object.values(console.urls).map((url) => new URL(url));
  return [`http://localhost:${portBase + 2}`, `http://127.0.0.1:${portBase + 3}`]
    .filter((url) => URL.canParse(url))
    .map((url) => new URL(url));
}

export const browserPolicy: Check = {
  name: 'browser-policy',
  run(subject) {
    if (process.platform !== 'linux' || subject.inProduction) return [];
    const { files, damaged } = managedPolicies();
    const unread = damaged.map(
      ({ file, problem }): Finding => ({ outcome: 'remark', detail: `${file} cannot be read: ${problem}.` }),
    );
    return [...unread, ...judgePolicies(files, addressesOf(subject))];
  },
};
