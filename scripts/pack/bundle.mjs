// Bundles the server, the agent and the commands: `node scripts/pack/bundle.mjs FOLDER`, on the prepared Node.
//
// All output is in one flat folder, because the processes for cards are programs beside the module that starts them.
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import license from 'rollup-plugin-license';
import { inClone } from '../prepare/clone.mjs';

const [folder] = process.argv.slice(2);

/** Licences that allow redistribution with their notice. Another one fails the build until someone has read it. */
const allowed = ['MIT', 'MIT-0', 'ISC', '0BSD', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0'];

const isOwn = ({ name }) => name.startsWith('@alongside/');
const isAllowed = (one) => isOwn(one) || allowed.includes(one.license);

/** Returns the notice of one package. Some packages name their licence and author, and have no file with its text. */
const noticeOf = ({ name, version, license: licence, licenseText, noticeText, author }) =>
  [
    `${name} ${version} (${licence})`,
    licenseText ?? (author ? `Copyright ${author.text()}` : ''),
    noticeText ?? '',
  ]
    .map((text) => text.trim())
    .filter(Boolean)
    .join('\n\n');

const bundle = await rolldown({
  input: {
    alongside: inClone('src', 'cli', 'main.ts'),
    testing: inClone('src', 'kit', 'index.ts'),
    'testing-node': inClone('src', 'kit', 'node.ts'),
    'pcsc-process': inClone('identity-agent', 'card', 'pcsc-process.ts'),
    'pkcs11-process': inClone('identity-agent', 'card', 'pkcs11-process.ts'),
  },
  platform: 'node',
  // Native modules, which the user installs.
  external: ['pkcs11js', 'pcsc-mini', 'pg-native'],
  plugins: [
    license({
      thirdParty: {
        includeSelf: false,
        allow: { test: isAllowed, failOnUnlicensed: true, failOnViolation: true },
        output: {
          file: join(folder, 'THIRD-PARTY-NOTICES.txt'),
          template: (packages) =>
            `Alongside contains these packages:\n\n${packages
              .filter((one) => !isOwn(one))
              .map(noticeOf)
              .sort()
              .join(`\n\n${'-'.repeat(80)}\n\n`)}\n`,
        },
      },
    }),
  ],
});
await bundle.write({
  dir: join(folder, 'dist'),
  format: 'esm',
  minify: true,
  comments: { legal: false, annotation: false, jsdoc: false },
  entryFileNames: '[name].js',
  chunkFileNames: '[name]-[hash].js',
});
await bundle.close();
