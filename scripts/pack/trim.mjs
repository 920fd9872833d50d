import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inClone } from '../prepare/clone.mjs';

const library = (...path) => inClone('node_modules', ...path);

/**
 * How the bundle finds modules: those with `import`, from which unused code can be removed, before those with `require`. Packages
 * that require @opentelemetry/api share the copy of those that import it. yaml offers its modules with `import` to browsers only.
 */
export const resolve = {
  mainFields: ['module', 'main'],
  alias: {
    '@opentelemetry/api': library('@opentelemetry', 'api', 'dist', 'index.mjs'),
    yaml: library('yaml', 'browser', 'dist', 'index.js'),
  },
};

/**
 * Reading a property has no effect in what we bundle. The modules of these packages only declare ASN.1 types, so those without a used export are left out; their package.json does not
 * say so.
 */
export const treeshake = {
  propertyReadSideEffects: false,
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

/**
 * Puts the names of the classes of these packages into static fields. The static blocks and assignments in which they are would keep
 * an unused class in the bundle.
 */
const staticFields = {
  name: 'static-fields',
  transform: {
    filter: { id: /node_modules[\\/](pkijs|asn1js|@peculiar[\\/]x509)[\\/]/ },
    handler(code) {
      const names = new Map();
      return (
        code
          .replace(/^(\w+)\.NAME = ("[^"]*");$/gm, (_, made, name) => {
            names.set(made, name);
            return '';
          })
          .replace(/^class (\w+)( extends \w+)? \{$/gm, (head, made) =>
            names.has(made) ? `${head} static NAME = ${names.get(made)};` : head,
          )
          .replace(/static \{((?:\s*this\.\w+ = [^;{}]+;)+)\s*\}/g, (_, assignments) =>
            assignments.replace(/this\.(\w+ = )/g, 'static $1'),
          )
          // Attributes of certificate requests, which the product neither reads nor writes.
          .replace(/^AttributeFactory\.register\(.*$/gm, '')
      );
    },
  },
};

/** Classes of pkijs that convert keys to JWK with `toJSON`, and their members. */
const jsonClasses = /^(?:\w*P(?:ublic|rivate)Key(?:Info)?|OtherPrimeInfo|AlgorithmIdentifier|Attribute)$/;

/** Checks of CMS and OCSP responses by chain (the product checks OCSP signatures itself, and only parses CMS), and PKCS #12. */
const unusedOf = {
  SignedData: ['async verify'],
  BasicOCSPResponse: ['async verify'],
  CryptoEngine: [
    'async encryptEncryptedContentInfo',
    'async decryptEncryptedContentInfo',
    'async stampDataWithPassword',
    'async verifyDataStampedWithPassword',
  ],
};

/**
 * Removes methods of pkijs that the product never calls, and with them what only they use: other conversions to JSON,
 * comparisons with defaults, those above, and Certificate Transparency.
 */
const unusedMethods = {
  name: 'unused-methods',
  transform: {
    filter: { id: /node_modules[\\/]pkijs[\\/]build[\\/]index\.js$/ },
    handler: (code) =>
      code
        .split(/^(?=var \w+ = class)/m)
        .map((part) => {
          const [, name = ''] = /^var (\w+)/.exec(part) ?? [];
          const unused = [
            ...(jsonClasses.test(name) ? [] : ['toJSON']),
            ...(code.includes(`${name}.compareWithDefault(`) ? [] : ['static compareWithDefault']),
            ...(unusedOf[name] ?? []),
          ];
          return unused.reduce(
            (rest, method) => rest.replace(new RegExp(`^\\t${method}\\([\\s\\S]*?^\\t\\}\\n`, 'm'), ''),
            part,
          );
        })
        .join('')
        .replace(/^\s*ExtensionValueFactory\.register\(id_SignedCertificateTimestampList.*$/m, ''),
  },
};

/**
 * Modules that the product never reaches, or of which it needs little, with what the bundle contains instead. One that is reached
 * after all says so.
 */
const replaced = [
  // Types of attachments: our mails have none.
  [
    /nodemailer[\\/]dist[\\/]esm[\\/]mime-funcs[\\/]mime-types\.js$/,
    `export const detectMimeType = () => 'application/octet-stream';
    export const detectExtension = () => 'bin';`,
  ],
  // Transports other than SMTP, and content from files or addresses, which our settings forbid.
  [
    /nodemailer[\\/]dist[\\/]esm[\\/]((sendmail|ses|stream|json)-transport|fetch)[\\/]index\.js$/,
    `export default function absent() { throw new Error('this build of nodemailer only sends by SMTP'); }`,
  ],
  // Addresses of mail services by name: --smtp-url has the address.
  [/nodemailer[\\/]dist[\\/]esm[\\/]well-known[\\/]services\.js$/, 'export const services = {};'],
  // Signatures of mails: our settings have no key for them.
  [
    /nodemailer[\\/]dist[\\/]esm[\\/]dkim[\\/]index\.js$/,
    `export default function absent() { throw new Error('this build of nodemailer signs no mails'); }`,
  ],
  // Metrics of several processes, quantiles of one, and their upload: the product has counters, gauges and histograms to be read.
  [
    /prom-client[\\/]lib[\\/](cluster|summary|pushgateway)\.js$/,
    `module.exports = class { constructor() { throw new Error('this build of prom-client lacks this class'); } };`,
  ],
  // Worker threads and several destinations: the product's log writes to one of its own.
  [
    /pino[\\/]lib[\\/](transport|multistream)\.js$/,
    `module.exports = () => { throw new Error('this build of pino has no transports'); };`,
  ],
  // The entities of HTML: the product only parses XML with xmldom.
  [
    /@xmldom[\\/]xmldom[\\/]lib[\\/]entities\.js$/,
    `exports.XML_ENTITIES = Object.freeze({ amp: '&', apos: "'", gt: '>', lt: '<', quot: '"' });
    Object.defineProperty(exports, 'HTML_ENTITIES', {
      get() { throw new Error('this build of xmldom does not parse HTML'); },
    });`,
  ],
  // FIDO's metadata service: it has no statement about any model until someone starts it, and the product does not.
  [
    /@simplewebauthn[\\/]server[\\/]esm[\\/]services[\\/]metadataService\.js$/,
    'export const MetadataService = { getStatement: async () => undefined };',
  ],
  [
    /@simplewebauthn[\\/]server[\\/]esm[\\/]metadata[\\/]verifyAttestationWithMetadata\.js$/,
    `export const verifyAttestationWithMetadata = async () => {
      throw new Error('this build of @simplewebauthn/server has no metadata service');
    };`,
  ],
  [
    /@simplewebauthn[\\/]server[\\/]esm[\\/]services[\\/]defaultRootCerts[\\/]mds\.js$/,
    `export const GlobalSign_Root_CA_R3 = '', GlobalSign_Root_R46 = '';`,
  ],
  // Certificates in a CMS file, which @peculiar/x509 exports and imports on request.
  [
    /@peculiar[\\/]asn1-cms[\\/].*[\\/]index\.m?js$/,
    `export const id_signedData = '1.2.840.113549.1.7.2';
    export const id_data = '1.2.840.113549.1.7.1';
    export class ContentInfo {
      constructor() { throw new Error('this build of @peculiar/x509 has no CMS'); }
    }
    export {
      ContentInfo as Attribute, ContentInfo as CMSVersion, ContentInfo as CertificateChoices, ContentInfo as CertificateSet,
      ContentInfo as EncapsulatedContent, ContentInfo as SignedData, ContentInfo as SignerInfo,
    };`,
  ],
  // Hashes in JavaScript, with which pkijs derives keys of PKCS #12: those of Node.js return the same.
  [
    /@noble[\\/]hashes[\\/](legacy|sha2)\.js$/,
    `import { hash } from 'node:crypto';
    const by = (name) => (data) => new Uint8Array(hash(name, data, 'buffer'));
    export const sha1 = by('sha1');
    export const sha256 = by('sha256');
    export const sha384 = by('sha384');
    export const sha512 = by('sha512');`,
  ],
  // The client of PostgreSQL in C.
  [
    /pg[\\/]lib[\\/]native[\\/]index\.js$/,
    `throw Object.assign(new Error('this build of pg has no native client'), { code: 'MODULE_NOT_FOUND' });`,
  ],
  // Dependency injection with its polyfill of reflection: @peculiar/x509 registers classes whose constructors have no parameters.
  [/reflect-metadata[\\/]Reflect\.js$/, 'export {};'],
  [
    /tsyringe[\\/]dist[\\/]esm5[\\/]index\.js$/,
    `const classes = new Map();
    const instances = new Map();
    const instanceOf = (made) => {
      if (!instances.has(made)) instances.set(made, new made());
      return instances.get(made);
    };
    export const container = {
      registerSingleton: (token, made) => classes.set(token, [...(classes.get(token) ?? []), made]),
      resolve: (token) => instanceOf(classes.get(token).at(-1)),
      resolveAll: (token) => classes.get(token).map(instanceOf),
    };
    export const injectable = () => () => {};`,
  ],
];

/** Puts the replacements into the bundle. */
const replacements = replaced.map(([id, code]) => ({
  name: 'replacement',
  load: { filter: { id }, handler: () => code },
}));

/** Removes from a bundle the code of other packages that the product never runs. */
export const trims = [onceEachVersion(), unusedMethods, staticFields, ...replacements];
