import {
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  realpathSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { reasonOf } from '@alongside/kernel/errors';
import { makeFolder, OperatorError } from '@alongside/kernel/operator';
import { renameSafelySync } from '@alongside/kernel/rename';
import { version } from '../../version.ts';
import { type CiContent, ciFile, nodeSetup, nodeSteps } from './ci-files.ts';
import { type FirstTest, firstTest, lacking, scriptOf } from './first-test.ts';
import { hasAlongside, type OwnTests } from './npm-test.ts';
import { type CiSystem, has, membersOf, type Place, type Project, type Runner } from './project.ts';

/** One file of the plan. */
export interface Change {
  /** The path from the current folder. */
  readonly path: string;
  readonly outcome: 'created' | 'changed' | 'kept';
  /** Explains the outcome. */
  readonly about: string;
  /** The whole text of the file, or the text to add by hand; empty if nothing is missing. */
  readonly text: string;
}

export interface Wishes {
  readonly runner: Runner;
  readonly ci: CiSystem | 'none';
  /** A packed file to install Alongside from, instead of npm's registry. */
  readonly packed: string | undefined;
}

const environmentExample = `# Addresses of Alongside at its usual ports: copy this file to .env, and run "npx alongside up".
# "npx alongside exec -- COMMAND" sets the same variables for its command, with the addresses of its own instance.
ALONGSIDE_CONSOLE_URL=http://localhost:8400
# The API platform: authorisation at /oauth2, PDS at /personal-demographics/FHIR/R4.
ALONGSIDE_API_URL=http://localhost:8401
# The APIs that you add with "npx alongside api add".
ALONGSIDE_APIS_URL=http://localhost:8408
# The issuer of CIS2, byte for byte.
ALONGSIDE_CIS2_ISSUER_URL=http://localhost:8402/openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare
# Credentials of the seeded application: "npx alongside status --env" prints their values.
DEMO_COMBINED_PLATFORM_CLIENT_ID=
DEMO_COMBINED_PLATFORM_CLIENT_SECRET=
`;

/** Returns package.json with the dependency and, if it is missing, the script `test`. */
function manifestChange(project: Project, test: FirstTest, { packed }: Wishes): Change {
  const { folder, manifest, manifestText } = project;
  const path = 'package.json';
  const range =
    packed === undefined ? `^${version}` : `file:${relative(folder, packed).replaceAll('\\', '/')}`;
  const added = has(project, 'alongside') ? {} : { alongside: range };
  const script = scriptOf(manifest) === undefined ? { test: test.script } : {};
  if (Object.keys({ ...added, ...script }).length === 0)
    return {
      path,
      outcome: 'kept',
      about: 'it has the dependency "alongside" and a script "test"',
      text: '',
    };
  const development = Object.entries({ ...membersOf(manifest, 'devDependencies'), ...added });
  const changed = {
    ...manifest,
    ...('test' in script ? { scripts: { ...membersOf(manifest, 'scripts'), ...script } } : {}),
    ...('alongside' in added
      ? { devDependencies: Object.fromEntries(development.sort(([a], [b]) => (a < b ? -1 : 1))) }
      : {}),
  };
  const indent = /^[ \t]+/m.exec(manifestText)?.[0] ?? '  ';
  const mark = manifestText.startsWith('\uFEFF') ? '\uFEFF' : '';
  const end = /\r?\n$/.exec(manifestText)?.[0] ?? '';
  const about = [
    ...('alongside' in added ? [`devDependencies.alongside = "${range}"`] : []),
    ...('test' in script ? [`scripts.test = "${script.test}"`] : []),
  ].join(', ');
  const lines = JSON.stringify(changed, undefined, indent);
  const text = manifestText.includes('\r\n') ? lines.replaceAll('\n', '\r\n') : lines;
  return { path, outcome: 'changed', about, text: mark + text + end };
}

/** Plans a new file; an existing file stays unchanged. */
export function newFile(
  { folder }: Place,
  file: { path: string; text: string; about: string; from?: string },
): Change {
  const full = join(file.from ?? folder, file.path);
  const path = relative(folder, full).replaceAll('\\', '/');
  if (!existsSync(full)) return { path, outcome: 'created', about: file.about, text: file.text };
  return readFileSync(full, 'utf8') === file.text
    ? { path, outcome: 'kept', about: 'it is what init writes', text: '' }
    : { path, outcome: 'kept', about: 'it exists; add by hand what it lacks:', text: file.text };
}

export function planFor(project: Project, wishes: Wishes): Change[] {
  const { runner, ci } = wishes;
  const test = firstTest(project, runner);
  const { command } = test;
  return [
    manifestChange(project, test, wishes),
    newFile(project, { path: '.env.example', text: environmentExample, about: 'addresses and credentials' }),
    ...test.files.map((file) => newFile(project, file)),
    ...(ci === 'none'
      ? []
      : [
          ciChange(
            project,
            ci,
            { setup: nodeSetup(project), steps: nodeSteps(project, runner, command) },
            command,
          ),
        ]),
  ];
}

/** Plans the file of a CI system, in the folder of the repository. */
export const ciChange = (place: Place, ci: CiSystem, content: CiContent, command: string): Change =>
  newFile(place, {
    ...ciFile(place, ci, content),
    from: place.root,
    about: `runs "${command}" in "alongside exec"`,
  });

/** Returns the tests that the project has already; undefined without a script `test`. */
export function ownTests(project: Project, runner: Runner): OwnTests | undefined {
  if (scriptOf(project.manifest) === undefined) return undefined;
  const needsInstallation = firstTest(project, runner).inNpmTest && !hasAlongside(project.folder);
  return { command: project.manager.test, needsInstallation };
}

/** Returns the commands that the user runs next. */
export function nextSteps(project: Project, { runner, packed }: Wishes): string[] {
  const { manager } = project;
  const missing = lacking(project, runner);
  const add = manager.name === 'npm' ? 'npm install --save-dev' : `${manager.name} add --dev`;
  const { command } = firstTest(project, runner);
  return [
    ...(packed === undefined || !relative(project.root, packed).startsWith('..')
      ? []
      : [`Copy ${packed} into this project and run init with that file, because CI does not find it there.`]),
    ...(missing.length > 0 ? [`${add} ${missing.join(' ')}`] : []),
    `${manager.name} install`,
    ...(runner === 'playwright' ? [`${manager.run} playwright install chromium`] : []),
    `${manager.run} alongside exec --person gp -- ${command}`,
  ];
}

/** Returns a folder and its parents that do not exist, the outermost last. */
function missingFolders(folder: string): string[] {
  const missing: string[] = [];
  for (let one = folder; !existsSync(one); one = dirname(one)) missing.push(one);
  return missing;
}

/** Creates the file. @throws if it exists, or was created since the plan was made */
function create(file: string, text: string, undo: (() => void)[]): void {
  const folders = missingFolders(dirname(file));
  undo.push(() => {
    for (const folder of folders) if (existsSync(folder)) rmdirSync(folder);
  });
  makeFolder(dirname(file));
  const handle = openSync(file, 'wx');
  undo.push(() => rmSync(file));
  try {
    writeFileSync(handle, text);
  } finally {
    closeSync(handle);
  }
}

/** Replaces the file at once, so that its text is not lost if the disk is full. */
function replace(file: string, text: string, undo: (() => void)[]): void {
  const target = realpathSync(file);
  const next = `${target}.${process.pid}`;
  const former = readFileSync(target);
  const { mode } = statSync(target);
  undo.push(() => rmSync(next, { force: true }));
  writeFileSync(next, text, { mode });
  renameSafelySync(next, target);
  undo.push(() => {
    writeFileSync(next, former, { mode });
    renameSafelySync(next, target);
  });
}

/**
 * Writes the new files, then package.json. Returns the function that undoes it.
 * @throws OperatorError that names the file; everything is undone
 */
export function writePlan(folder: string, plan: readonly Change[]): () => void {
  const undo: (() => void)[] = [];
  const undoAll = () => {
    for (const step of undo.splice(0).reverse()) step();
  };
  const last = ({ outcome }: Change) => (outcome === 'changed' ? 1 : 0);
  for (const { path, outcome, text } of [...plan].sort((a, b) => last(a) - last(b))) {
    if (outcome === 'kept') continue;
    try {
      const write = outcome === 'created' ? create : replace;
      write(join(folder, path), text, undo);
    } catch (error) {
      undoAll();
      throw new OperatorError(`${path} cannot be written: ${reasonOf(error)}. Nothing was changed.`);
    }
  }
  return undoAll;
}
