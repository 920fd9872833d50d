import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { isObject } from '@alongside/kernel/json';
import { OperatorError } from '@alongside/kernel/operator';
import { jsonObject, readText } from '../json-file.ts';

export const runners = ['node', 'vitest', 'playwright'] as const;
export type Runner = (typeof runners)[number];

export const ciSystems = ['github', 'gitlab', 'azure'] as const;
export type CiSystem = (typeof ciSystems)[number];

/** The commands of a package manager, as CI runs them. */
export interface PackageManager {
  readonly name: 'npm' | 'pnpm' | 'yarn' | 'bun';
  /** Provides the package manager itself, if Node.js does not. */
  readonly provide?: string;
  readonly install: string;
  readonly run: string;
  readonly test: string;
}

const npm = { name: 'npm', run: 'npx', test: 'npm test' } as const;
const yarn = { name: 'yarn', provide: 'corepack enable', test: 'yarn test' } as const;
const bun = {
  name: 'bun',
  provide: 'npm install --global bun',
  install: 'bun install --frozen-lockfile',
  run: 'bunx',
  test: 'bun run test',
} as const;
const managers: readonly (readonly [lock: string, PackageManager, content?: RegExp])[] = [
  [
    'pnpm-lock.yaml',
    {
      name: 'pnpm',
      provide: 'corepack enable',
      install: 'pnpm install --frozen-lockfile',
      run: 'pnpm exec',
      test: 'pnpm test',
    },
  ],
  // Yarn 1 removes "--" and the options before it from the words of a command.
  ['yarn.lock', { ...yarn, install: 'yarn install --frozen-lockfile', run: 'npx' }, /^# yarn lockfile v1$/m],
  ['yarn.lock', { ...yarn, install: 'yarn install --immutable', run: 'yarn' }],
  ['bun.lock', bun],
  ['bun.lockb', bun],
  ['package-lock.json', { ...npm, install: 'npm ci' }],
];

/** Where a project is. */
export interface Place {
  readonly folder: string;
  /** Folder of the repository; the project's own without one. */
  readonly root: string;
  /** The project's folder within the repository: empty, or with slashes. */
  readonly inRoot: string;
}

/** A project that gets its first test. */
export interface Project extends Place {
  /** The text of package.json, and its content. */
  readonly manifestText: string;
  readonly manifest: Record<string, unknown>;
  readonly manager: PackageManager;
  readonly typescript: boolean;
}

/** Returns an object member of package.json. */
export function membersOf(manifest: Record<string, unknown>, name: string): Record<string, unknown> {
  const value = manifest[name];
  return isObject(value) ? value : {};
}

export const has = ({ manifest }: Pick<Project, 'manifest'>, dependency: string): boolean =>
  ['dependencies', 'devDependencies'].some((kind) => dependency in membersOf(manifest, kind));

/** Returns the nearest folder, from this one upwards, that contains one of these entries. */
function folderWith(start: string, ...names: readonly string[]): string | undefined {
  for (let folder = start; ; folder = dirname(folder)) {
    if (names.some((name) => existsSync(join(folder, name)))) return folder;
    if (folder === dirname(folder)) return undefined;
  }
}

/** Returns where the project in a folder is. */
export function placeOf(folder: string): Place {
  const root = folderWith(folder, '.git') ?? folder;
  return { folder, root, inRoot: relative(root, folder).split(sep).join('/') };
}

/** Files of projects whose tests run on neither Node.js nor Java, and the command that runs them. */
const otherLanguages: Readonly<Record<string, string>> = {
  'go.mod': 'go test ./...',
  'Cargo.toml': 'cargo test',
  'pyproject.toml': 'pytest',
  'composer.json': 'vendor/bin/phpunit',
};

/** @throws OperatorError in the folder of a project in another language, unless it has tests for Node.js */
export function refuseOtherLanguage(folder: string, manifest: Record<string, unknown>): void {
  const file = Object.keys(otherLanguages).find((name) => existsSync(join(folder, name)));
  if (file === undefined || membersOf(manifest, 'scripts').test !== undefined) return;
  throw new OperatorError(
    `This is a project with ${file}, and init writes tests for Node.js and Java only. Run your tests with addresses and credentials in their environment: alongside exec --person gp -- ${otherLanguages[file]}. docs/any-language.md shows such tests. In a project with a package.json, --test node writes one for Node.js nevertheless.`,
  );
}

/** Reads the project in a folder. @throws OperatorError with the remedy if the folder is not a project */
export function readProject(start: string): Project {
  const folder = resolve(start);
  const file = join(folder, 'package.json');
  if (!existsSync(file)) {
    refuseOtherLanguage(folder, {});
    const above = folderWith(dirname(folder), 'package.json');
    const elsewhere = above === undefined ? '' : `, or change to ${above}, which has one`;
    throw new OperatorError(
      `There is no package.json in ${folder}. Run "npm init -y" here first${elsewhere}.`,
    );
  }
  // With its mark, which stays in the file.
  const manifestText = readText(file, undefined, String);
  const manifest = jsonObject(manifestText.replace(/^\uFEFF/, ''), 'package.json');
  const place = placeOf(folder);
  // A workspace has its lock file above.
  const [, manager] = managers.find(([lock, , content]) =>
    [folder, place.root]
      .map((at) => join(at, lock))
      .some((at) => existsSync(at) && (content?.test(readText(at)) ?? true)),
  ) ?? ['', { ...npm, install: 'npm install' }];
  return {
    ...place,
    manifestText,
    manifest,
    manager,
    typescript: has({ manifest }, 'typescript') || existsSync(join(folder, 'tsconfig.json')),
  };
}

const traces: readonly (readonly [CiSystem, entries: readonly string[], remote: RegExp])[] = [
  ['github', ['.github'], /github\./i],
  ['gitlab', ['.gitlab-ci.yml', '.gitlab'], /gitlab\./i],
  ['azure', ['azure-pipelines.yml', '.azure-pipelines'], /dev\.azure\.com|visualstudio\.com/i],
];

/** Returns the CI system of a repository by its files, else by its remote; undefined if neither shows it. */
export function ciSystemOf({ root }: Place): CiSystem | undefined {
  const byFile = traces.find(([, entries]) => entries.some((entry) => existsSync(join(root, entry))));
  if (byFile) return byFile[0];
  let config = '';
  try {
    config = readFileSync(join(root, '.git', 'config'), 'utf8');
  } catch {
    // Without a repository, or in a worktree, where .git is a file.
  }
  const remotes = config.split('\n').filter((line) => /^\s*url\s*=/.test(line));
  return traces.find(([, , pattern]) => remotes.some((line) => pattern.test(line)))?.[0];
}
