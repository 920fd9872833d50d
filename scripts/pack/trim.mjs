import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inClone } from '../prepare/clone.mjs';

const library = (...path) => inClone('node_modules', ...path);

/**
 * How the bundle finds modules: those with `import`, from which unused code can be removed, before those with `require`. Packages
 * that require @opentelemetry/api share the copy of those that import it.
 */
export const resolve = {
  mainFields: ['module', 'main'],
  alias: {
    '@opentelemetry/api': library('@opentelemetry', 'api', 'dist', 'index.mjs'),
  },
};

/**
 * The modules of these packages only declare ASN.1 types, so those without a used export are left out; their package.json does not
 * say so.
 */
export const treeshake = {
  moduleSideEffects: [{ test: /node_modules[\\/]@peculiar[\\/]asn1-/, sideEffects: false }],
};

/** Uses the first of several copies of one version of a package that npm installed in different folders. */
function onceEachVersion() {
  const folders = new Map();
  return {
    name: 'once-each-version',
    async resolveId(id, importer, options) {
      const found = await this.resolve(id, importer, { ...options, skipSelf: true });
      const [, folder, name] =
        /^(.*[\\/]node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+))[\\/]/.exec(found?.id ?? '') ?? [];
      if (folder === undefined) return found;
      const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
      const key = `${name}@${version}`;
      if (!folders.has(key)) folders.set(key, folder);
      return { ...found, id: folders.get(key) + found.id.slice(folder.length) };
    },
  };
}

/** Makes a module of the polyfill for tsyringe. As a script, it would run after the modules that need it. */
const polyfillFirst = {
  name: 'polyfill-first',
  transform: {
    filter: { id: /reflect-metadata[\\/]Reflect\.js$/ },
    handler: (code) => `${code}\nexport {};`,
  },
};

/**
 * Turns the static blocks with which these packages name each class into static fields, which do not keep an unused class in the
 * bundle.
 */
const staticFields = {
  name: 'static-fields',
  transform: {
    filter: { id: /node_modules[\\/](pkijs|asn1js)[\\/]/ },
    handler: (code) =>
      code.replace(/static \{((?:\s*this\.\w+ = [^;{}]+;)+)\s*\}/g, (_, names) =>
        names.replace(/this\.(\w+ = )/g, 'static $1'),
      ),
  },
};

/** Leaves out nodemailer's table of types of attachments (14 KB packed), because our mails have none. */
const withoutAttachments = {
  name: 'without-attachments',
  load: {
    filter: { id: /nodemailer[\\/]dist[\\/]esm[\\/]mime-funcs[\\/]mime-types\.js$/ },
    handler: () => `export const detectMimeType = () => 'application/octet-stream';
      export const detectExtension = () => 'bin';`,
  },
};

/** Leaves out the worker threads of pino, because the product's log writes to its own destination. */
const withoutLogWorkers = {
  name: 'without-log-workers',
  load: {
    filter: { id: /pino[\\/]lib[\\/]transport\.js$/ },
    handler: () => `module.exports = () => { throw new Error('this build of pino has no transports'); };`,
  },
};

/** Removes from a bundle the code of other packages that the product never runs. */
export const trims = [onceEachVersion(), polyfillFirst, staticFields, withoutAttachments, withoutLogWorkers];
