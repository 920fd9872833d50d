import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { isSea } from 'node:sea';
import { OperatorError } from '@alongside/kernel/operator';
import { version } from '../../version.ts';
import { execStep } from './ci-files.ts';
import { javaFiles } from './java-files.ts';
import { type Change, ciChange, newFile } from './plan.ts';
import { type CiSystem, type Place, placeOf } from './project.ts';

/** A project in Java that gets the test kit and a first test. */
export interface JavaProject extends Place {
  readonly tool: 'maven' | 'gradle';
  /** The command that runs its tests, in CI too. */
  readonly test: string;
}

const buildFiles = { 'pom.xml': 'maven', 'build.gradle': 'gradle', 'build.gradle.kts': 'gradle' } as const;
type BuildFile = keyof typeof buildFiles;
const buildFileOf = (folder: string): BuildFile | undefined =>
  (Object.keys(buildFiles) as BuildFile[]).find((name) => existsSync(join(folder, name)));

/** The words that run all tests, with the wrapper of the project if it has one. */
const commands = {
  maven: { wrapper: 'mvnw', program: 'mvn', words: '--batch-mode test' },
  gradle: { wrapper: 'gradlew', program: 'gradle', words: 'test' },
} as const;

/** Names of JUnit 5 in build files: itself, what brings it along, and Gradle's runner of it. */
const junit5 =
  /junit-jupiter|spring-boot-starter-test|quarkus-junit5|micronaut-test-junit5|useJUnit(Jupiter|Platform)/;

/** Returns the texts of the build files of a project and, as it may inherit from them, of those above it in the repository. */
function buildTexts({ folder, root }: Place): string {
  const texts: string[] = [];
  for (let at = folder; ; at = dirname(at)) {
    for (const name of [...Object.keys(buildFiles), 'gradle/libs.versions.toml'])
      if (existsSync(join(at, name))) texts.push(readFileSync(join(at, name), 'utf8'));
    if (at === root || at === dirname(at)) return texts.join('\n');
  }
}

/**
 * Reads the Java project in a folder; undefined if it is none.
 * @throws OperatorError with the remedy if the kit cannot run there
 */
export function readJavaProject(start: string): JavaProject | undefined {
  const place = placeOf(resolve(start));
  const file = buildFileOf(place.folder);
  if (file === undefined) return undefined;
  if (/<packaging>\s*pom\s*</.test(readFileSync(join(place.folder, file), 'utf8')))
    throw new OperatorError(
      `${file} is that of a parent, which has no tests. Run init in the module with the application.`,
    );
  if (!junit5.test(buildTexts(place)))
    throw new OperatorError(
      `${file} names no JUnit 5, which the test kit needs. Add org.junit.jupiter:junit-jupiter for tests, and run init again. Without it, docs/any-language.md shows such tests.`,
    );
  const tool = buildFiles[file];
  const { wrapper, program, words } = commands[tool];
  const hasWrapper = existsSync(join(place.folder, wrapper));
  return { ...place, tool, test: `${hasWrapper ? `./${wrapper}` : program} ${words}` };
}

/** Returns the command as the shell of this machine takes it. */
export const localCommand = ({ test }: JavaProject): string =>
  process.platform === 'win32' ? test.replace(/^\.\//, '.\\') : test;

/** Returns how a packed file, or the package of the registry, runs `alongside` without a package.json. */
function alongsideOf({ root }: JavaProject, packed: string | undefined): string {
  if (packed === undefined) return `npx --yes alongside@^${version}`;
  const path = relative(root, packed).replaceAll('\\', '/');
  return `npx --yes --package ${path.startsWith('.') ? path : `./${path}`} alongside`;
}

export function javaPlan(
  project: JavaProject,
  { ci, packed }: { ci: CiSystem | 'none'; packed: string | undefined },
): Change[] {
  const about = (path: string) =>
    path.includes('/testing/')
      ? 'the test kit'
      : 'a test in which a GP signs in; it runs in "alongside exec" only';
  const files = [...javaFiles()].map(([path, text]) => newFile(project, { path, text, about: about(path) }));
  if (ci === 'none') return files;
  const { tool, test } = project;
  const java = test.startsWith('mvn') ? [tool] : [];
  const steps = [execStep(alongsideOf(project, packed), test)];
  return [...files, ciChange(project, ci, { setup: { keepsDownloads: false, java }, steps }, test)];
}

/** Returns the command that the user runs next. */
export const javaNextSteps = (project: JavaProject): string[] => [
  `${isSea() ? 'alongside' : 'npx alongside'} exec --person gp -- ${localCommand(project)}`,
];
