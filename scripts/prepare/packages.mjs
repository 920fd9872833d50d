import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { clone, inClone } from './clone.mjs';
import { alone } from './lock.mjs';
import { npm } from './npm.mjs';
import { someoneRunning } from './running.mjs';
import { Stop, say, whileSaying } from './say.mjs';

const stampFile = inClone('node_modules', '.alongside-stamp');
const installedLock = inClone('node_modules', '.package-lock.json');

/**
 * Makes node_modules match package-lock.json; `tools` includes the development packages. Never replaces packages under a running
 * instance: reports that, and uses the existing ones.
 */
export async function preparePackages({ tools: wantsTools }) {
  // A developer's clone keeps them when the lock file changes.
  const tools = wantsTools || readJson(stampFile)?.tools === true;
  const wanted = readFileSync(inClone('package-lock.json'), 'utf8');
  const lock = createHash('sha256').update(wanted).digest('hex');
  if (isStamped(lock, tools)) return;
  if (isInstalled(JSON.parse(wanted), tools)) return stamp(lock, tools);
  await alone(async () => {
    if (isStamped(lock, tools)) return;
    if (await install(JSON.parse(wanted), tools)) stamp(lock, tools);
  });
}

function isStamped(lock, tools) {
  const noted = readJson(stampFile);
  return noted?.lock === lock && (noted.tools || !tools) && existsSync(installedLock);
}

/** Records the installed state, so that the next start need not compare. */
function stamp(lock, tools) {
  try {
    writeFileSync(stampFile, `${JSON.stringify({ lock, tools })}\n`);
  } catch {
    // A clone that its user may not write, for example in a container, is compared again next time.
  }
}

/** Returns whether npm's record of installed packages matches the lock file, for example after `npm ci` by hand. */
function isInstalled(wanted, tools) {
  const installed = readJson(installedLock)?.packages;
  if (!installed) return false;
  const same = (a, b) => a.version === b.version && a.integrity === b.integrity && a.resolved === b.resolved;
  const complete = Object.entries(wanted.packages).every(([path, entry]) => {
    // npm's own record has neither the root nor the workspaces' folders, only links to them.
    if (!path.includes('node_modules/')) return true;
    const there = installed[path];
    if (!there) return entry.optional || entry.devOptional || (entry.dev && !tools);
    return same(there, entry);
  });
  return complete && Object.keys(installed).every((path) => path in wanted.packages);
}

/**
 * Installs the packages that a running instance needs, and with `tools` the development packages. Returns false if a running instance
 * prevents it and the existing ones must do.
 */
async function install(wanted, tools) {
  // Only development packages are missing: adding them leaves the others as they are, also under a running instance.
  const onlyAdds = tools && isInstalled(wanted, false);
  const user = onlyAdds ? undefined : someoneRunning();
  if (user !== undefined) {
    if (!existsSync(installedLock)) {
      throw new Stop(
        `the packages are missing, and process ${user} is running from this clone: stop it and try again`,
      );
    }
    say(
      `the packages are not those of package-lock.json, and stay so while process ${user} runs from this clone: stop it and start again to renew them`,
    );
    return false;
  }
  const files = Object.entries(wanted.packages)
    .filter(
      ([path, entry]) =>
        path.includes('node_modules/') && !entry.link && isForThisMachine(entry) && (tools || !entry.dev),
    )
    .map(([path]) => inClone(path, 'package.json'));
  const kinds = [tools ? '--include=dev' : '--omit=dev', '--include=optional'];
  const words = onlyAdds ? ['install', '--no-save', ...kinds] : ['ci', ...kinds];
  await whileSaying(
    `installing ${files.length} packages (once, and again when package-lock.json changes)`,
    () => npm(words, { cwd: clone, what: 'installing the packages' }),
    () => {
      const done = files.filter((file) => existsSync(file)).length;
      return `${done} of ${files.length} packages (${Math.floor((done / (files.length || 1)) * 100)} %)`;
    },
  );
  return true;
}

/** Returns whether npm's `os` or `cpu` of a package has this value: `["linux"]`, `["!win32"]`. */
const fits = (wanted, value) =>
  wanted === undefined ||
  wanted.includes(value) ||
  (wanted.every((one) => one.startsWith('!')) && !wanted.includes(`!${value}`));

const isForThisMachine = ({ os, cpu }) => fits(os, process.platform) && fits(cpu, process.arch);

function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
