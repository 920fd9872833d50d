import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { clone, inClone } from '../prepare/clone.mjs';
import { Stop } from '../prepare/say.mjs';
import { emit, withJavaScriptImports } from './emit.mjs';
import { commonMembers, manifestOf } from './manifest.mjs';

/** The modules that applications import, and the program. */
const entries = ['index', 'web/index', 'page/index'];
const program = 'cli/main';
const exportOf = (entry) => `./${entry}`.replace(/\/index$/, '');
const targetsOf = (entry) => ({ types: `./dist/${entry}.d.ts`, default: `./dist/${entry}.js` });

/**
 * Creates the folder of the client library's package: everything that its index imports, as JavaScript with type declarations.
 */
export async function clientPackage(node, folder) {
  const code = join(folder, 'dist');
  mkdirSync(code, { recursive: true });
  const files = [...entries, program].map((entry) => inClone('client', `${entry}.ts`));
  await emitClient(node, code, { files }, { declaration: true });
  copyFileSync(inClone('LICENSE'), join(folder, 'LICENSE'));
  writeFileSync(join(folder, 'README.md'), readme());
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest(), undefined, 2)}\n`);
}

/** Emits modules of the client library to a folder, and those of the kernel that they import to its folder `kernel`. */
export async function emitClient(node, folder, input, options) {
  // The compiler emits a module of another package for certain only if it is named, also one that such a module imports.
  const kernelFiles = ['windows-users', 'ffi'].map((name) => inClone('kernel', `${name}.ts`));
  const files = [...(input.files ?? []), ...kernelFiles];
  await emit(node, folder, { ...input, files }, { rootDir: clone, ...options });
  cpSync(join(folder, 'client'), folder, { recursive: true });
  rmSync(join(folder, 'client'), { recursive: true });
  for (const file of readdirSync(folder, { recursive: true })) {
    if (!/\.(js|d\.ts)$/.test(file)) continue;
    const path = join(folder, file);
    const kernel = `./${relative(dirname(path), join(folder, 'kernel')).replaceAll('\\', '/')}`;
    const text = readFileSync(path, 'utf8').replace(/'@alongside\/kernel\/([a-z-]+)'/g, `'${kernel}/$1.js'`);
    const code = file.endsWith('.js') ? text : withJavaScriptImports(text);
    const missing = [...code.matchAll(/from '(\.[^']+\.js)'/g)].find(
      ([, target]) => !existsSync(join(dirname(path), target)),
    );
    if (missing) throw new Stop(`${file} imports ${missing[1]}, which was not emitted`);
    writeFileSync(path, code);
  }
}

/** Returns the clone's manifest with the emitted files. */
function manifest() {
  const own = manifestOf('client');
  const { name, version, description, license, type, engines } = own;
  // Suppliers get fixes of a dependency without a new release.
  const ranges = Object.entries(own.dependencies).map(([dependency, exact]) => [dependency, `^${exact}`]);
  return {
    name,
    version,
    description,
    license,
    type,
    engines,
    ...commonMembers(['client', 'pds', 'fhir']),
    dependencies: Object.fromEntries(ranges),
    files: ['dist'],
    sideEffects: false,
    // For tools that do not support exports.
    main: './dist/index.js',
    types: './dist/index.d.ts',
    // One program, so that npx finds it by the name of the package.
    bin: { 'alongside-client': `./dist/${program}.js` },
    exports: {
      ...Object.fromEntries(entries.map((entry) => [exportOf(entry), targetsOf(entry)])),
      './package.json': './package.json',
    },
  };
}

/** Returns the README with links to missing files replaced by their text. */
function readme() {
  return readFileSync(inClone('client', 'README.md'), 'utf8').replace(/\[([^\]]+)\]\(\.\.\/[^)]*\)/g, '$1');
}
