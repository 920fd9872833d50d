import type { CiSystem, Place, Project, Runner } from './project.ts';

/** A file of a CI system; `path` is within the repository. */
export interface CiFile {
  readonly path: string;
  readonly text: string;
}

interface Step {
  readonly about: string;
  readonly command: string;
}

/** What a job needs before its steps. */
export interface Setup {
  /** Whether npm's downloads are kept for the next run. */
  readonly keepsDownloads: boolean;
  /** Packages of Debian with the build tool, if the tests are in Java. */
  readonly java?: readonly string[];
}

export interface CiContent {
  readonly setup: Setup;
  readonly steps: readonly Step[];
}

const about =
  'Starts Alongside on free ports, signs a GP in at the workstation, runs the tests with its addresses in the environment, and stops. If they fail, it prints the refused requests with their fix.';

/** Returns the step that runs tests in `alongside exec`. */
export const execStep = (alongside: string, test: string): Step => ({
  about,
  command: `${alongside} exec --person gp -- ${test}`,
});

export const nodeSetup = ({ manager }: Project): Setup => ({
  keepsDownloads: manager.install === 'npm ci',
});

export function nodeSteps({ manager }: Project, runner: Runner, test: string): Step[] {
  return [
    ...(manager.provide ? [{ about: `Provides ${manager.name}.`, command: manager.provide }] : []),
    { about: 'Installs what package.json names, Alongside too.', command: manager.install },
    ...(runner === 'playwright'
      ? [
          {
            about: 'Installs the browser of Playwright.',
            command: `${manager.run} playwright install --with-deps chromium`,
          },
        ]
      : []),
    execStep(`${manager.run} alongside`, test),
  ];
}

/** Breaks an explanation into comment lines. */
function comment(text: string, indent: string): string {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line.length + word.length > 90) lines.push(word);
    else lines[lines.length - 1] = `${line} ${word}`.trim();
  }
  return lines.map((line) => `${indent}# ${line}\n`).join('');
}

/** Node.js for CI: the oldest that runs Alongside. */
const node = 24;
/** Java for CI, where nothing shows that of the project. */
const javaVersion = 17;

type Writer = (place: Place, content: CiContent) => CiFile;

const github: Writer = ({ inRoot }, { setup: { keepsDownloads, java }, steps }) => ({
  path: '.github/workflows/alongside.yml',
  text: `# Runs the tests of this project against Alongside.
name: alongside
# At each push, and for each pull request.
on: [push, pull_request]
# The job reads the repository and changes nothing.
permissions:
  contents: read
jobs:
  alongside:
    runs-on: ubuntu-latest
    # Ends a test that hangs.
    timeout-minutes: 15
${inRoot === '' ? '' : `    # The folder of the project.\n    defaults:\n      run:\n        working-directory: ${inRoot}\n`}    steps:
      # Gets the repository.
      - uses: actions/checkout@v4
${java === undefined ? '' : `      # Installs Java: take the version of the project.\n      - uses: actions/setup-java@v4\n        with:\n          distribution: temurin\n          java-version: ${javaVersion}\n`}      # Installs Node.js; ${node} is the oldest that runs Alongside.
      - uses: actions/setup-node@v4
        with:
          node-version: ${node}
${keepsDownloads ? `          # Keeps npm's downloads for the next run.\n          cache: npm\n${inRoot === '' ? '' : `          cache-dependency-path: '**/package-lock.json'\n`}` : ''}${steps
  .map(({ about, command }) => `${comment(about, '      ')}      - run: ${command}\n`)
  .join('')}`,
});

const gitlab: Writer = ({ inRoot }, { setup: { java }, steps }) => ({
  path: '.gitlab-ci.yml',
  text: `# Runs the tests of this project against Alongside, at each push.
alongside:
  # Node.js; ${node} is the oldest that runs Alongside.
  image: node:${node}
  # Ends a test that hangs.
  timeout: 15 minutes
  script:
${java === undefined ? '' : `    # Installs Java: take the version of the project.\n    - apt-get update && apt-get install --yes ${['openjdk', javaVersion, 'jdk-headless'].join('-')}${java.map((name) => ` ${name}`).join('')}\n`}${inRoot === '' ? '' : `    # The folder of the project.\n    - cd ${inRoot}\n`}${steps
  .map(({ about, command }) => `${comment(about, '    ')}    - ${command}\n`)
  .join('')}`,
});

const azure: Writer = ({ inRoot }, { setup: { java }, steps }) => ({
  path: 'azure-pipelines.yml',
  text: `# Runs the tests of this project against Alongside, at each push to any branch.
trigger:
  branches:
    include: ['*']
pool:
  vmImage: ubuntu-latest
steps:
${java === undefined ? '' : `  # Installs Java: take the version of the project.\n  - task: JavaToolInstaller@0\n    inputs:\n      versionSpec: '${javaVersion}'\n      jdkArchitectureOption: x64\n      jdkSourceOption: PreInstalled\n`}  # Installs Node.js; ${node} is the oldest that runs Alongside.
  - task: UseNode@1
    inputs:
      version: ${node}.x
${steps
  .map(
    ({ about, command }) =>
      `${comment(about, '  ')}  - script: ${command}\n${inRoot === '' ? '' : `    workingDirectory: ${inRoot}\n`}`,
  )
  .join('')}`,
});

const writers: Readonly<Record<CiSystem, Writer>> = { github, gitlab, azure };

/** Returns the file that runs the test in CI, each line explained. */
export const ciFile = (place: Place, system: CiSystem, content: CiContent): CiFile =>
  writers[system](place, content);
