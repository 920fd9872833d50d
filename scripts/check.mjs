import { existsSync } from 'node:fs';
import { addresses } from './check/addresses.mjs';
import { assurance } from './check/assurance.mjs';
import { decisions } from './check/decisions.mjs';
import { program, script } from './check/programs.mjs';
import { inClone } from './prepare/clone.mjs';
import { orOneSentence, Stop } from './prepare/say.mjs';
import { prepare } from './prepare.mjs';

const folders = ['kernel', 'src', 'identity-agent', 'client', 'test', 'examples', 'bench', 'scripts'];

/** Each static check by name: its description, and a function that returns its complaints (none: it passed). */
const checks = {
  style: {
    about: 'format and lint (biome)',
    run: (node) =>
      program(node, '@biomejs/biome/bin/biome', ['check', '--error-on-warnings', '--colors=off', '.']),
  },
  types: {
    about: 'types (tsc)',
    run: (node) => program(node, '@typescript/native/bin/tsc', ['-p', 'tsconfig.json', '--pretty', 'false']),
  },
  imports: {
    about: 'who may import whom (.dependency-cruiser.cjs)',
    run: (node) =>
      program(node, 'dependency-cruiser/bin/dependency-cruiser.mjs', [
        '--config',
        '.dependency-cruiser.cjs',
        ...folders.filter((folder) => existsSync(inClone(folder))),
      ]),
  },
  house: {
    about: 'the structure: no import loops; other figures with their trend',
    run: async () => (await import('./check/house.mjs')).house(),
  },
  inputs: {
    about: 'time, chance and environment only through the kernel',
    run: async () => (await import('./check/hidden-inputs.mjs')).hiddenInputs(),
  },
  patterns: {
    about: 'regular expressions of the product take linear time',
    run: async () => (await import('./check/patterns.mjs')).slowPatterns(),
  },
  statements: {
    about: 'functions that return a statement, and no others, are named so',
    run: async () => (await import('./check/statements.mjs')).statements(),
  },
  lock: {
    about: 'lock files without addresses, with checksums',
    run: async () => (await import('./check/lock-files.mjs')).lockFiles(),
  },
  addresses: {
    about: 'no paths of one machine, no registries, no path from URL.pathname',
    run: () => addresses(),
  },
  windows: {
    about: 'the rules that keep the code running on Windows',
    run: async () => (await import('./check/windows.mjs')).windows(),
  },
  assurance: {
    about: 'threat model, ASVS and Windows name tests that exist',
    run: assurance,
  },
  decisions: { about: 'ADRs have the form that CONTRIBUTING.md describes', run: decisions },
  docs: {
    about: 'generated documentation is up to date',
    run: (node) =>
      existsSync(inClone('scripts', 'docs.ts'))
        ? script(node, inClone('scripts', 'run.mjs'), [inClone('scripts', 'docs.ts'), '--check'])
        : [],
  },
  unused: {
    about: 'no unused files, exports or dependencies (knip)',
    run: (node) => program(node, 'knip/bin/knip.js', ['--no-progress', '--no-config-hints']),
  },
};

/** `npm run check [-- NAME...]`: runs all or the named static checks; exits with 1 for any complaint. */
await orOneSentence(async () => {
  const named = process.argv.slice(2);
  if (named.some((word) => word === '--help' || word === '-h')) return printUsage();
  const unknown = named.find((name) => !(name in checks));
  if (unknown !== undefined)
    throw new Stop(`there is no check "${unknown}": the checks are ${Object.keys(checks).join(', ')}`);
  const node = await prepare({ tools: true });
  const failed = [];
  for (const name of named.length > 0 ? named : Object.keys(checks)) {
    if (!(await passes(node, name))) failed.push(name);
  }
  const all = named.length || Object.keys(checks).length;
  process.stdout.write(
    failed.length === 0
      ? `# checks ${all} passed\n`
      : `# checks ${failed.length} of ${all} failed: ${failed.join(', ')}\n`,
  );
  process.exitCode = failed.length === 0 ? 0 : 1;
});

function printUsage() {
  const lines = Object.entries(checks).map(([name, { about }]) => `  ${name.padEnd(10)} ${about}\n`);
  process.stdout.write(
    `Usage: npm run check [-- NAME...]\n\nRuns all static checks, or the named ones:\n\n${lines.join('')}`,
  );
}

async function passes(node, name) {
  const { about, run } = checks[name];
  const started = performance.now();
  const complaints = await run(node);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  process.stdout.write(
    `${complaints.length === 0 ? 'ok    ' : 'failed'}  ${name.padEnd(10)} ${about} (${seconds} s)\n`,
  );
  for (const complaint of complaints) process.stdout.write(`${complaint.replace(/^/gm, '        ')}\n`);
  return complaints.length === 0;
}
