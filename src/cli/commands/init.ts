import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { gunzipSync } from 'node:zlib';
import { nearest, OperatorError, UsageError } from '@alongside/kernel/operator';
import { command, text, yes } from '../command.ts';
import { untilStopped } from '../foreground.ts';
import { carryOutPlan } from '../init/carry-out.ts';
import { javaNextSteps, javaPlan, localCommand, readJavaProject } from '../init/java.ts';
import type { OwnTests } from '../init/npm-test.ts';
import { type Change, nextSteps, ownTests, planFor } from '../init/plan.ts';
import {
  type CiSystem,
  ciSystemOf,
  ciSystems,
  membersOf,
  type Place,
  readProject,
  refuseOtherLanguage,
  runners,
} from '../init/project.ts';
import { runnerOf } from '../init/runners.ts';
import { jsonObject, readText } from '../json-file.ts';

const ciChoices = [...ciSystems, 'none'] as const;

/** Returns a flag's value, which must be one of a list. */
function oneOf<T extends string>(flag: string, value: string, known: readonly T[]): T {
  const found = known.find((one) => one === value);
  if (found) return found;
  throw new UsageError(`${flag} must be ${known.join(', ')}, not "${value}".${nearest(value, known)}`);
}

async function askForCi(): Promise<CiSystem | 'none'> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    for (;;) {
      const answer = await terminal.question(`Which CI runs this project: ${ciChoices.join(', ')}? `);
      const found = ciChoices.find((one) => one === answer.trim().toLowerCase());
      if (found) return found;
    }
  } finally {
    terminal.close();
  }
}

async function chooseCi(
  project: Place,
  given: string | undefined,
  isYes: boolean,
): Promise<CiSystem | 'none'> {
  if (given !== undefined) return oneOf('--ci', given, ciChoices);
  const found = ciSystemOf(project);
  if (found) return found;
  if (isYes) return 'none';
  if (process.stdin.isTTY && process.stderr.isTTY) return askForCi();
  throw new UsageError(
    'Neither files nor a remote show the CI of this project. Add --ci github, gitlab, azure or none.',
  );
}

/** Returns the name in the package.json of a packed file; undefined if it is not whole. */
function packedName(file: string): string | undefined {
  try {
    const archive = gunzipSync(readFileSync(file), { maxOutputLength: 2 ** 27 });
    const at = archive.indexOf('package/package.json\0');
    // The header of a file in a tar archive has 512 bytes, with the size in octal at byte 124.
    const size = Number.parseInt(archive.toString('latin1', at + 124, at + 136), 8);
    const manifest: { name?: string } = JSON.parse(archive.toString('utf8', at + 512, at + 512 + size));
    return manifest.name;
  } catch {
    return undefined;
  }
}

function packedFile(name: string | undefined): string | undefined {
  if (name === undefined) return undefined;
  if (!existsSync(name)) throw new OperatorError(`There is no file ${name}.`);
  const found = name.endsWith('.tgz') ? packedName(name) : undefined;
  if (found !== 'alongside')
    throw new OperatorError(
      `${name} is not a packed file${found === undefined ? '' : ` of Alongside, but of ${found}`}. "npm run pack" in the clone prints the path of one.`,
    );
  return resolve(name);
}

/** Seconds for a run of the project's tests by default, and at most. */
const defaultLimit = 300;
const maxLimit = 86_400;

function readLimit(value: string | undefined): number {
  if (value === undefined) return defaultLimit;
  const seconds = Number(value);
  if (/^\d{1,5}$/.test(value) && seconds >= 1 && seconds <= maxLimit) return seconds;
  throw new UsageError(`--npm-test-limit must be a number of seconds from 1 to ${maxLimit}, not "${value}".`);
}

/** What init writes into a project, and the tests that it must keep green. */
interface Work {
  readonly folder: string;
  readonly runner: string;
  readonly ci: CiSystem | 'none';
  readonly plan: readonly Change[];
  readonly next: readonly string[];
  readonly tests: OwnTests | undefined;
}

interface InitOptions {
  readonly test: string | undefined;
  readonly ci: string | undefined;
  readonly packed: string | undefined;
  readonly isYes: boolean;
}

const runnerChoices = [...runners, 'junit'] as const;

/** Whether tests of the folder run on Node.js, although it may have a build file of Java. */
function hasNodeTests(): boolean {
  if (!existsSync('package.json')) return false;
  const manifest = jsonObject(readText('package.json').replace(/^\uFEFF/, ''), 'package.json');
  return membersOf(manifest, 'scripts').test !== undefined || runnerOf({ manifest }) !== 'node';
}

async function workOn({ test, ci: given, packed, isYes }: InitOptions): Promise<Work> {
  const wanted = test === undefined ? undefined : oneOf('--test', test, runnerChoices);
  const isJava = wanted === 'junit' || (wanted === undefined && !hasNodeTests());
  const java = isJava ? readJavaProject('.') : undefined;
  if (java) {
    const ci = await chooseCi(java, given, isYes);
    return {
      folder: java.folder,
      runner: 'junit',
      ci,
      plan: javaPlan(java, { ci, packed }),
      next: javaNextSteps(java),
      tests: { command: localCommand(java), needsInstallation: false },
    };
  }
  if (wanted === 'junit')
    throw new OperatorError('There is no pom.xml or build.gradle here, so JUnit runs no tests.');
  const project = readProject('.');
  const runner = wanted ?? runnerOf(project);
  if (wanted === undefined && runner === 'node') refuseOtherLanguage(project.folder, project.manifest);
  const ci = await chooseCi(project, given, isYes);
  const wishes = { runner, ci, packed };
  return {
    folder: project.folder,
    runner,
    ci,
    plan: planFor(project, wishes),
    next: nextSteps(project, wishes),
    tests: ownTests(project, runner),
  };
}

const done = { created: 'Created', changed: 'Changed', kept: 'Kept' } as const;
const planned = { created: 'Would create', changed: 'Would change', kept: 'Would keep' } as const;

function linesOf({ path, outcome, about, text }: Change, isDry: boolean): string[] {
  const isShown = text !== '' && (outcome === 'kept' || isDry);
  return [
    `${(isDry ? planned : done)[outcome]} ${path}: ${about}`,
    ...(isShown
      ? text
          .trimEnd()
          .split(/\r?\n/)
          .map((line) => `  ${line}`.trimEnd())
      : []),
  ];
}

export const init = command({
  name: 'init',
  flags: { test: text, ci: text, package: text, npmTest: yes, npmTestLimit: text, dryRun: yes, yes },
  actions: {
    '': {
      help: [
        ['', 'write what the project in this folder needs to be tested against Alongside'],
        [
          '  --test node|vitest|playwright|junit',
          'the runner of the test; by default JUnit 5 beside a pom.xml or build.gradle, else the one in package.json, else node:test',
        ],
        [
          '  --ci github|gitlab|azure|none',
          'the CI file; by default that of the repository, else asked on a terminal',
        ],
        ['  --package FILE.tgz', 'install Alongside from a packed file, not from the registry of npm'],
        ['  --no-npm-test', 'do not run the tests of the project before and after'],
        ['  --npm-test-limit SECONDS', `end each of these runs after this time; ${defaultLimit} by default`],
        ['  --dry-run', 'write nothing; print the files'],
        ['  --yes', 'ask nothing: no CI file where the repository does not show its CI'],
      ],
      async run({ flags, out }) {
        const limit = readLimit(flags.npmTestLimit);
        const { folder, runner, ci, plan, next, tests } = await workOn({
          test: flags.test,
          ci: flags.ci,
          packed: packedFile(flags.package),
          isYes: flags.yes === true,
        });
        const isDry = flags.dryRun === true;
        return untilStopped(async (signal) => {
          const tested = isDry
            ? undefined
            : await carryOutPlan(folder, plan, tests, {
                runsNpmTest: flags.npmTest !== false,
                limit,
                progress: out.progress,
                signal,
                note: out.note,
              });
          return {
            json: { dryRun: isDry, runner, ci, files: plan, next, npmTest: tested ?? null },
            lines: plan.flatMap((change) => linesOf(change, isDry)),
            notes: [
              ...(tested?.about ? ['', tested.about] : []),
              '',
              'Next:',
              ...next.map((step) => `  ${step}`),
            ],
          };
        });
      },
    },
  },
  notes: [
    'In a project in Java, it writes the test kit and a test of JUnit 5 into src/test/java; the test runs in "alongside exec" only. Elsewhere it adds a development dependency to package.json (and a script "test" if there is none), .env.example, one test and one CI file, each line explained. It changes no other file that exists: it prints what to add by hand. It runs "npm test" (or that of the package manager, Maven or Gradle) before and after. If that passed before and fails after, it removes what it wrote. If the project has other test runners, the test is in the folder alongside/, where only its own runner collects it.',
  ],
  examples: ['alongside init', 'alongside init --test playwright --ci gitlab --dry-run'],
});
