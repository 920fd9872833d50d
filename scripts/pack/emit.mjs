import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { clone, inClone } from '../prepare/clone.mjs';
import { Stop } from '../prepare/say.mjs';
import { runToEnd } from '../test/run-to-end.mjs';

/**
 * Emits a part of the clone to a folder as JavaScript for the oldest supported Node. `npm run check` has checked the types.
 * @param input `files` or `include` of a tsconfig.json
 * @param options further compiler options
 */
export async function emit(node, folder, input, options) {
  const project = join(folder, 'tsconfig.json');
  const compilerOptions = {
    noEmit: false,
    noCheck: true,
    rewriteRelativeImportExtensions: true,
    outDir: '.',
    // By default they are searched from the project's file, which is outside the clone.
    typeRoots: [inClone('node_modules', '@types')],
    ...options,
  };
  writeFileSync(
    project,
    JSON.stringify({ extends: inClone('tsconfig.json'), compilerOptions, include: [], ...input }),
  );
  const compiler = inClone('node_modules', '@typescript', 'native', 'bin', 'tsc');
  // The compiler's output is not the result of the calling command.
  const stdio = ['ignore', process.stderr, process.stderr];
  if ((await runToEnd(node, [compiler, '-p', project], { cwd: clone, stdio })) !== 0)
    throw new Stop('the package could not be emitted as JavaScript: see the errors above');
  rmSync(project);
}

/**
 * Bundles the product, or the agent alone, into a folder.
 * @param form `package`, `agent` or `executable`
 */
export async function bundle(node, folder, form) {
  const stdio = ['ignore', process.stderr, process.stderr];
  const script = inClone('scripts', 'pack', 'bundle.mjs');
  if ((await runToEnd(node, [script, folder, form], { stdio })) !== 0)
    throw new Stop('the product could not be bundled: see the errors above');
}

/** Renames imports in declarations; the compiler only does this in JavaScript. */
export const withJavaScriptImports = (text) =>
  text.replace(/(from |import\()(['"])(\.[^'"]*)\.ts\2/g, '$1$2$3.js$2');
