import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { onPath } from './on-path.mjs';

const names = [
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
  'chrome',
  'microsoft-edge',
];

const usual = {
  darwin: [
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
  ],
  // Edge is last: it is a part of Windows.
  win32: ['Google\\Chrome\\Application\\chrome.exe', 'Microsoft\\Edge\\Application\\msedge.exe'].flatMap(
    (file) =>
      ['ProgramFiles', 'ProgramFiles(x86)', 'LOCALAPPDATA']
        .filter((name) => process.env[name])
        .map((name) => join(process.env[name], file)),
  ),
};

/** Returns the path of a working Chromium, Chrome or Edge, or undefined. */
export function findBrowser() {
  const candidates = [
    process.env.ALONGSIDE_BROWSER,
    ...names.map(onPath),
    ...(usual[process.platform] ?? []),
    ...fromPlaywright(),
  ];
  return candidates.find((path) => path && existsSync(path) && runs(path));
}

/** Ubuntu's `chromium-browser` may be a script that only recommends another package. */
function runs(path) {
  // Chrome for Windows opens a window instead of printing its version.
  if (process.platform === 'win32') return true;
  const { status, stdout } = spawnSync(path, ['--version'], { encoding: 'utf8', timeout: 20_000 });
  return status === 0 && /chrom|edge/i.test(stdout);
}

/** Returns the browsers that Playwright has installed for this user, newest first. */
function fromPlaywright() {
  const caches = { darwin: ['Library', 'Caches'], win32: ['AppData', 'Local'] };
  const cache =
    process.env.PLAYWRIGHT_BROWSERS_PATH ??
    join(homedir(), ...(caches[process.platform] ?? ['.cache']), 'ms-playwright');
  const insides = [
    ['chrome-linux', 'chrome'],
    ['chrome-linux64', 'chrome'],
    ['chrome-mac', 'Chromium.app', 'Contents', 'MacOS', 'Chromium'],
    ['chrome-mac-arm64', 'Google Chrome for Testing.app', 'Contents', 'MacOS', 'Google Chrome for Testing'],
    ['chrome-mac-x64', 'Google Chrome for Testing.app', 'Contents', 'MacOS', 'Google Chrome for Testing'],
    ['chrome-win', 'chrome.exe'],
    ['chrome-win64', 'chrome.exe'],
  ];
  try {
    return readdirSync(cache)
      .filter((name) => /^chromium-\d+$/.test(name))
      .sort((a, b) => Number(b.slice(9)) - Number(a.slice(9)))
      .flatMap((name) => insides.map((inside) => join(cache, name, ...inside)));
  } catch {
    return [];
  }
}
