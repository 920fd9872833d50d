import { type Dirent, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { membersOf, type Project, type Runner, runners } from './project.ts';

/** Test runners of JavaScript: their packages, and how a script calls them. */
const known = {
  node: { packages: [], call: /\s--test\b/ },
  vitest: { packages: ['vitest'], call: /\bvitest\b/ },
  playwright: { packages: ['@playwright/test'], call: /\bplaywright test\b/ },
  jest: {
    packages: ['jest', '@jest/core', 'ts-jest', 'react-scripts'],
    call: /\b(jest|react-scripts test)\b/,
  },
  mocha: { packages: ['mocha'], call: /\bmocha\b/ },
  ava: { packages: ['ava'], call: /\bava\b/ },
  tap: { packages: ['tap'], call: /\btap\b/ },
  jasmine: { packages: ['jasmine'], call: /\bjasmine\b/ },
  bun: { packages: [], call: /\bbun test\b/ },
} as const satisfies Record<string, { packages: readonly string[]; call: RegExp }>;

const scriptsOf = ({ manifest }: Project): string[] =>
  Object.values(membersOf(manifest, 'scripts')).filter((script) => typeof script === 'string');

/** Whether the script `test` calls this runner. */
export function runsTests({ manifest }: Project, runner: Runner): boolean {
  const { test } = membersOf(manifest, 'scripts');
  return typeof test === 'string' && known[runner].call.test(test);
}

/** Returns the other runners of a project. A script `test` that calls no known runner counts as `unknown`. */
export function foreignRunners(project: Project, runner: Runner): string[] {
  const { manifest } = project;
  const installed = { ...membersOf(manifest, 'dependencies'), ...membersOf(manifest, 'devDependencies') };
  const scripts = scriptsOf(project);
  const found = Object.entries(known)
    .filter(
      ([, { packages, call }]) =>
        packages.some((name) => name in installed) || scripts.some((one) => call.test(one)),
    )
    .map(([name]) => name);
  const { test } = membersOf(manifest, 'scripts');
  const isUnknown =
    typeof test === 'string' &&
    !/no test specified/.test(test) &&
    !Object.values(known).some(({ call }) => call.test(test));
  return [...found.filter((name) => name !== runner), ...(isUnknown ? ['unknown'] : [])];
}

/** Returns the runner that a project uses; `node` if it uses neither of the others. */
export function runnerOf({ manifest }: Pick<Project, 'manifest'>): Runner {
  const installed = { ...membersOf(manifest, 'dependencies'), ...membersOf(manifest, 'devDependencies') };
  const order: readonly Runner[] = ['playwright', 'vitest'];
  return order.find((runner) => known[runner].packages.some((name) => name in installed)) ?? runners[0];
}

/** Whether a folder, or one in it, has a test file by Playwright's default pattern. */
export function specsIn(folder: string): boolean {
  let entries: Dirent[];
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch {
    return false;
  }
  return entries.some((entry) => {
    if (entry.isFile()) return /\.(spec|test)\.[cm]?[jt]sx?$/.test(entry.name);
    return (
      entry.isDirectory() && !/^(\.|node_modules$)/.test(entry.name) && specsIn(join(folder, entry.name))
    );
  });
}
