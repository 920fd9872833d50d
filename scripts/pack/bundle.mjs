// Bundles the product, or the agent alone: `node scripts/pack/bundle.mjs FOLDER package|agent|executable`, on the prepared Node.
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';
import license from 'rollup-plugin-license';
import { inClone } from '../prepare/clone.mjs';
import { browserPrograms, programFolders } from './browser-programs.mjs';
import { allowedLicences } from './licences.mjs';

const [folder, form] = process.argv.slice(2);

const isOwn = ({ name }) => name.startsWith('@alongside/');

const titleOf = ({ name, version, license: licence }) => `${name} ${version} (${licence})`;

/** Returns the licence of one package. Some packages name their licence and author without a file with its text. */
const licenceOf = ({ licenseText, noticeText, author }) =>
  [licenseText ?? (author ? `Copyright ${author.text()}` : ''), noticeText ?? '']
    .map((text) => text.trim())
    .filter(Boolean)
    .join('\n\n');

/** Returns the notices of the bundled packages. Packages with the same text share it, and like texts are neighbours to compress well. */
function noticesOf(packages) {
  const groups = Map.groupBy(
    packages.filter((one) => !isOwn(one)),
    licenceOf,
  );
  const notices = [...groups].map(([text, group]) => {
    const titles = group.map(titleOf).sort().join('\n');
    return { licence: group[0].license, notice: `${titles}\n\n${text}`.trim() };
  });
  const ordered = notices
    .sort((a, b) => (`${a.licence} ${a.notice}` < `${b.licence} ${b.notice}` ? -1 : 1))
    .map(({ notice }) => notice);
  return `Alongside contains these packages:\n\n${ordered.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`;
}

/** Takes a native module from the executable instead of a file. */
const nativeModules = {
  name: 'native-modules',
  resolveId: (id) => (id.endsWith('.node') ? `\0native:${basename(id)}` : undefined),
  load(id) {
    if (!id.startsWith('\0native:')) return undefined;
    const loader = JSON.stringify(inClone('scripts', 'pack', 'executable', 'native-module.cjs'));
    return `module.exports = require(${loader})(${JSON.stringify(id.slice('\0native:'.length))});`;
  },
};

/** Packages within these programs. */
const browserPackages = [];

/** Puts the bundled programs in place of the module that reads them from the clone. */
const withBrowserPrograms = {
  name: 'browser-programs',
  async load(id) {
    const folder = Object.values(programFolders).find((one) => id === join(one, 'programs.ts'));
    if (!folder) return undefined;
    const programs = await browserPrograms(folder, (packages) => browserPackages.push(...packages));
    return `export const programs = new Map(${JSON.stringify([...programs])}.map(([name, text]) => [name, () => text]));`;
  },
};

/** Puts the texts of the test kit for Java in place of the module that reads them from the clone. */
const withJavaFiles = {
  name: 'java-files',
  async load(id) {
    const file = inClone('src', 'cli', 'init', 'java-files.ts');
    if (id !== file) return undefined;
    const { javaFiles } = await import(pathToFileURL(file));
    return `export const javaFiles = () => new Map(${JSON.stringify([...javaFiles()])});`;
  },
};

/** Native modules and test runners, which the user installs. */
const external = ['pkcs11js', 'pcsc-mini', '@playwright/test', 'vitest'];

/** Started by path: the module that does so expects them next to it, so all files are in one folder. */
const cardProcesses = {
  'pcsc-process': inClone('identity-agent', 'card', 'pcsc-process.ts'),
  'pkcs11-process': inClone('identity-agent', 'card', 'pkcs11-process.ts'),
};

const inDist = {
  dir: join(folder, 'dist'),
  entryFileNames: '[name].js',
  // Without a hash, which does not compress: nothing caches these files by their name.
  chunkFileNames: '[name].js',
};

const forms = {
  package: {
    input: {
      input: {
        ...cardProcesses,
        alongside: inClone('src', 'cli', 'main.ts'),
        'identity-agent': inClone('scripts', 'pack', 'identity-agent.mjs'),
        testing: inClone('src', 'kit', 'index.ts'),
        'testing-node': inClone('src', 'kit', 'node.ts'),
        'testing-playwright': inClone('src', 'kit', 'playwright.ts'),
        'testing-vitest': inClone('src', 'kit', 'vitest.ts'),
        'validation-worker': inClone('src', 'gateway', 'definitions', 'validation-worker.ts'),
        'signing-process': inClone('src', 'boot', 'signing', 'signing-process.ts'),
      },
      external,
    },
    output: inDist,
  },
  agent: {
    input: {
      input: { ...cardProcesses, program: inClone('identity-agent', 'program.ts') },
      external,
      transform: { target: 'node22' },
    },
    output: inDist,
  },
  executable: {
    input: {
      input: inClone('scripts', 'pack', 'executable', 'main.mjs'),
      external: ['pcsc-mini'],
      plugins: [nativeModules],
      // It would be true in every module of one file.
      transform: { define: { 'import.meta.main': 'false' } },
    },
    output: { file: join(folder, 'alongside.mjs'), codeSplitting: false },
  },
};
const { input, output } = forms[form];

const bundle = await rolldown({
  ...input,
  platform: 'node',
  plugins: [
    ...(input.plugins ?? []),
    withBrowserPrograms,
    withJavaFiles,
    license({
      thirdParty: {
        includeSelf: false,
        allow: allowedLicences(isOwn),
        output: {
          file: join(folder, 'THIRD-PARTY-NOTICES.txt'),
          template: (packages) => noticesOf([...packages, ...browserPackages]),
        },
      },
    }),
  ],
});
await bundle.write({
  ...output,
  format: 'esm',
  minify: true,
  // The modules outside the bundle do not change their exports.
  externalLiveBindings: false,
  comments: { legal: false, annotation: false, jsdoc: false },
});
await bundle.close();
