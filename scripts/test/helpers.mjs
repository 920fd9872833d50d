import { spawn } from 'node:child_process';
import { Stop, say, whileSaying } from '../prepare/say.mjs';
import { findBrowser } from './browser.mjs';
import { cardHelpers, cardsTests } from './cards.mjs';
import { onPath } from './on-path.mjs';
import { findPostgres, oldestPostgres } from './postgres.mjs';
import { programHelpers } from './programs.mjs';

/** The programs that tests need besides Node: how to find each, its Debian package, and the test's variable for it. */
const helpers = [
  {
    name: 'Chromium',
    variable: 'ALONGSIDE_BROWSER',
    find: findBrowser,
    debian: 'chromium',
    otherwise:
      'install Chromium, Chrome or Edge (`npx playwright-core install chromium` does it without root), or name one in ALONGSIDE_BROWSER',
  },
  {
    name: `PostgreSQL ${oldestPostgres} or newer`,
    variable: 'ALONGSIDE_POSTGRES_BIN',
    find: findPostgres,
    debian: 'postgresql',
    otherwise: 'install the PostgreSQL server, or name the folder of its programs in ALONGSIDE_POSTGRES_BIN',
  },
];

/**
 * Finds the programs that tests need, installs missing ones if the user may, and resolves with the environment variables for the
 * tests. Reports what is still missing, and how to install it.
 */
export async function prepareHelpers() {
  const missing = helpers.filter((helper) => find(helper) === undefined);
  if (missing.length > 0 && mayInstall()) {
    await orGoOn(() => install(missing));
    for (const helper of missing) find(helper, { again: true });
  }
  for (const { name, otherwise } of helpers.filter((helper) => find(helper) === undefined))
    say(`going on without ${name}, which is not on this machine: ${otherwise}`);
  return variables(helpers);
}

/** Programs that only some tests need, each with the start of their paths. */
const optional = [...cardHelpers.map((helper) => ({ tests: cardsTests, ...helper })), ...programHelpers];

/**
 * Does the same for programs that only some of the files need. Reports those that are unavailable, and their tests as not run.
 */
export async function prepareOptionalHelpers(files) {
  if (process.platform !== 'linux') return {};
  const needed = optional.filter(({ tests }) =>
    files.some((file) => [tests].flat().some((start) => file.startsWith(start))),
  );
  const missing = needed.filter((helper) => !find(helper));
  const packages = missing.filter(({ debian }) => debian);
  const unpacked = missing.filter(({ fetch }) => fetch);
  if (packages.length > 0 && mayInstall()) await orGoOn(() => install(packages));
  for (const { name, fetch } of unpacked)
    await orGoOn(() => whileSaying(`fetching ${name} for the tests`, fetch));
  for (const helper of missing) find(helper, { again: true });
  return variables(needed);
}

async function orGoOn(work) {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    say(`going on without: ${error.message}`);
  }
}

const variables = (list) =>
  Object.fromEntries(list.map((helper) => [helper.variable, find(helper)]).filter(([, value]) => value));

const found = new Map();

function find(helper, { again = false } = {}) {
  if (again || !found.has(helper)) found.set(helper, helper.find());
  return found.get(helper);
}

const mayInstall = () =>
  process.platform === 'linux' && process.getuid?.() === 0 && onPath('apt-get') !== undefined;

async function install(missing) {
  const names = missing.map(({ name }) => name).join(' and ');
  await whileSaying(`installing ${names} with apt-get (once on this machine)`, async () => {
    await aptGet(['update', '-qq'], names);
    await aptGet(
      [
        'install',
        '-y',
        '-qq',
        '--no-install-recommends',
        ...missing.flatMap(({ debian }) => debian.split(' ')),
      ],
      names,
    );
  });
}

function aptGet(args, names) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  return new Promise((resolve, reject) => {
    const child = spawn('apt-get', ['-o', 'DPkg::Lock::Timeout=120', ...args], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    child.stdout.on('data', (chunk) => {
      said += chunk;
    });
    child.stderr.on('data', (chunk) => {
      said += chunk;
    });
    child.on('error', (error) =>
      reject(new Stop(`apt-get cannot be started (${error.code}): install ${names} by hand`)),
    );
    child.on('close', (code) => {
      if (code === 0) return resolve();
      const why =
        said
          .split('\n')
          .filter((line) => line.startsWith('E: '))
          .at(-1)
          ?.slice(3) ?? `exit code ${code}`;
      reject(new Stop(`apt-get ${args[0]} failed (${why}): install ${names} by hand and try again`));
    });
  });
}
