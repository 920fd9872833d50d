// Who may import whom (docs/architecture.md): kernel <- storage, oauth <- the domain folders <- main.ts, cli/.

/** Folders of services. They call each other over HTTP and never import each other. */
const domains = 'cis|cis2|authorisation|gateway|signing|console|sample|mock';
/** The protocol of a folder: all that other services may import. Schemas are apart where the agent would load them. */
const protocol = '^(src/[^/]+|identity-agent)/protocol(/answers)?\\.ts$';
/** The parts of a long protocol, which its protocol.ts re-exports. */
const protocolParts = '^(src/[^/]+|identity-agent)/protocol/[^/]+\\.ts$';
/** Tests and their helpers. */
const tests = '\\.test\\.ts$|/testing/';
/** All source of the project. Other rules cover packages. */
const ours = '^(src|kernel|identity-agent|client|test|examples|bench|scripts)/';

/** The layers of src/cis2, from the bottom: each imports only those before it. */
const cis2Layers = [
  'protocol.ts',
  'text/',
  'errors/',
  'model/',
  'faults/',
  'programs.ts',
  'pages/',
  'responses/',
  'sessions/',
  'sign-in/',
  'enrolment/',
  'authenticators/',
  'openid/',
  'registration/',
  'administration/',
  'dependencies.ts',
  'realms/',
  'index.ts',
];

/** The layers of src/cis, from the bottom: each imports only those before it. */
const cisLayers = [
  'protocol',
  'errors',
  'json-body.ts',
  'shapes.ts',
  'endpoint.ts',
  'limits.ts',
  'issuing-authority/',
  'revocation/',
  'examination/',
  'directory/',
  'signing/',
  'sessions/',
  'mail/',
  'cards/',
  'legacy/',
  'services.ts',
  'index.ts',
];

/** The floors of src/console, from the bottom: each imports only those before it. The web is the pages and their frame. */
const consoleFloors = [
  'model/',
  'explanations/',
  'service/',
  'web/assets.ts',
  'web/programs.ts',
  'web/sign-in/',
  'web/frame/',
  'web/parts/',
  'web/pages/',
  'web/markup.ts',
  'web/console-stylesheet.ts',
  'web/routes.ts',
  'index.ts',
];

/** One rule for each layer: it imports no layer above it. An entry that is not in the list is refused by `unlisted`. */
const layered = (root, layers) => {
  const at = (names) => `^${root}(${names.map((name) => name.replace('.', '\\.')).join('|')})`;
  return [
    ...layers.slice(0, -1).map((layer, index) => ({
      name: `${root}${layer}`,
      comment: 'a layer imports only the layers below it',
      severity: 'error',
      from: { path: at([layer]), pathNot: tests },
      to: { path: at(layers.slice(index + 1)) },
    })),
    {
      name: `${root} unlisted`,
      comment: 'each file belongs to a layer of the list',
      severity: 'error',
      from: { path: `^${root}`, pathNot: [at(layers), tests] },
      to: {},
    },
  ];
};

/** Rules: files at `from` import only `allowed` files of the project; their tests also import shared test helpers. */
const only = (name, comment, from, allowed, { shared = ['^test/testing/'] } = {}) => [
  {
    name,
    comment,
    severity: 'error',
    from: { path: from, pathNot: tests },
    to: { path: ours, pathNot: allowed },
  },
  {
    name: `${name}-in-tests`,
    comment: `${comment}; its tests may use test/testing`,
    severity: 'error',
    from: { path: `${from}.*(${tests})` },
    to: { path: ours, pathNot: [...allowed, ...shared] },
  },
];

module.exports = {
  forbidden: [
    ...only('kernel-alone', 'kernel imports nothing of the others', '^kernel/', ['^kernel/']),
    ...only('storage-on-kernel', 'storage imports kernel only', '^src/storage/', [
      '^kernel/',
      '^src/storage/',
    ]),
    ...only('oauth-on-kernel-and-storage', 'oauth imports kernel and storage only', '^src/oauth/', [
      '^kernel/',
      '^src/storage/',
      '^src/oauth/',
    ]),
    ...only('seed-on-oauth', 'the seed imports kernel, storage and oauth only', '^src/seed/', [
      '^kernel/',
      '^src/(storage|oauth|seed)/',
    ]),
    {
      name: 'seed-outermost',
      comment: 'only the composition root and the console, which shows its secrets, import the seed',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/(main|composition)\\.ts$', '^src/(seed|console)/', tests] },
      to: { path: '^src/seed/' },
    },
    ...only(
      'client-alone',
      'the client library imports only the calls of Windows from the others: they are in its package',
      '^client/',
      ['^client/', '^kernel/(ffi|windows-users)\\.ts$'],
      { shared: [] },
    ),
    ...only('agent-on-kernel', "the agent imports kernel and others' protocol.ts only", '^identity-agent/', [
      '^kernel/',
      '^identity-agent/',
      protocol,
    ]),
    {
      name: 'domains-apart',
      comment: 'a domain folder imports no other domain folder but its protocol.ts: they talk over HTTP',
      severity: 'error',
      from: { path: `^src/(${domains})/` },
      to: { path: `^src/(${domains})/`, pathNot: ['^src/$1/', protocol] },
    },
    {
      name: 'agent-light',
      comment:
        "the agent imports only types of the kernel's server, which is not in its package, and of schemas, so as not to load Zod",
      severity: 'error',
      from: { path: '^identity-agent/', pathNot: tests },
      to: {
        path: ['^kernel/(http|peer|trial)\\.ts$', '/protocol/answers\\.ts$'],
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'agent-by-protocol',
      comment: "the services know the agent's protocol.ts, not the agent",
      severity: 'error',
      from: { path: `^src/(${domains})/` },
      to: { path: '^identity-agent/', pathNot: protocol },
    },
    ...layered('src/cis/', cisLayers),
    ...layered('src/cis2/', cis2Layers),
    ...layered('src/console/', consoleFloors),
    {
      name: 'authenticators-apart',
      comment: 'an authenticator imports what authenticators share, and no other authenticator',
      severity: 'error',
      from: {
        path: '^src/cis2/authenticators/([^/]+)/',
        pathNot: [tests, '^src/cis2/authenticators/tablet/'],
      },
      to: { path: '^src/cis2/authenticators/[^/]+/', pathNot: '^src/cis2/authenticators/($1|shared)/' },
    },
    {
      name: 'tablet-on-webauthn',
      comment: 'the tablet verifies its holder by WebAuthn, and imports no other authenticator',
      severity: 'error',
      from: { path: '^src/cis2/authenticators/tablet/', pathNot: tests },
      to: {
        path: '^src/cis2/authenticators/[^/]+/',
        pathNot: '^src/cis2/authenticators/(tablet|webauthn|shared)/',
      },
    },
    {
      name: 'client-for-applications',
      comment: 'only the sample application and the commands of the native journey use the client library',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/sample/', '^src/cli/commands/native\\.ts$', tests] },
      to: { path: '^client/' },
    },
    {
      name: 'wires-light',
      comment:
        'a protocol.ts is types, schemas and names: whoever imports it must not get the service with it',
      severity: 'error',
      from: { path: [protocol, protocolParts] },
      to: { path: ours, pathNot: ['^kernel/', protocol, protocolParts] },
    },
    {
      name: 'wires-by-one-door',
      comment: 'the parts of a protocol are imported through its protocol.ts',
      severity: 'error',
      from: { pathNot: [protocol, protocolParts] },
      to: { path: protocolParts, pathNot: protocol },
    },
    {
      name: 'oauth-core-outermost',
      comment: 'the primitives of oauth do not import the authorization-server core, which is built on them',
      severity: 'error',
      from: { path: '^src/oauth/', pathNot: '^src/oauth/server/' },
      to: { path: '^src/oauth/server/' },
    },
    {
      name: 'nhs-beside-the-core',
      comment: '/oauth2 keeps its published order and bytes: it uses the primitives of oauth, not the core',
      severity: 'error',
      from: { path: '^src/authorisation/nhs/' },
      to: { path: '^src/oauth/server/' },
    },
    {
      name: 'database-drivers-in-storage',
      comment: 'only storage imports a database driver',
      severity: 'error',
      from: { path: '^(src|kernel|identity-agent|client)/', pathNot: '^src/storage/' },
      to: { path: '(^|/)node_modules/(@types/)?pg/|^(node:)?sqlite$' },
    },
    {
      name: 'traces-lazy',
      comment:
        'the SDK of OpenTelemetry is loaded only where traces are sent: src/boot/tracing.ts imports it at run time',
      severity: 'error',
      from: { pathNot: ['^src/boot/tracing/', tests] },
      to: {
        path: ['^src/boot/tracing/(provider|spans)\\.ts$', '(^|/)node_modules/@opentelemetry/'],
        dependencyTypesNot: ['dynamic-import'],
      },
    },
    {
      name: 'programs-alone',
      comment: 'a program of a page runs in the browser: it imports other programs, and types',
      severity: 'error',
      from: { path: '[.]browser[.]ts$' },
      to: { path: ours, pathNot: '[.]browser[.]ts$', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'programs-served',
      comment: 'the server sends the programs of pages and imports none of them',
      severity: 'error',
      from: { path: '^src/', pathNot: '[.]browser[.]ts$' },
      to: { path: '[.]browser[.]ts$', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'outside-on-the-model',
      comment:
        'of the console, commands and start know the model alone: roles, and the administrators of data without a server',
      severity: 'error',
      from: { path: '^src/(cli|boot)/', pathNot: tests },
      to: { path: '^src/console/', pathNot: '^src/console/model/' },
    },
    {
      name: 'main-from-cli',
      comment: 'the composition root is imported by the commands and the tests alone',
      severity: 'error',
      from: { pathNot: '^(src/cli|test)/' },
      to: { path: '^src/main\\.ts$' },
    },
    {
      name: 'commands-outermost',
      comment: 'only tests, benchmarks and scripts import the commands',
      severity: 'error',
      from: { pathNot: ['^src/cli/', '^test/', '^bench/', '^scripts/'] },
      to: { path: '^src/cli/' },
    },
    {
      name: 'no-circle',
      comment: 'no circular imports',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'tests-outermost',
      comment: 'what ships imports no test, example, benchmark or script',
      severity: 'error',
      from: { path: '^(src|kernel|identity-agent|client)/', pathNot: tests },
      to: { path: ['^(test|examples|bench|scripts)/', tests] },
    },
    {
      name: 'development-packages-in-tests',
      comment: 'what ships imports no development package',
      severity: 'error',
      from: { path: '^(src|kernel|identity-agent|client)/', pathNot: tests },
      to: {
        dependencyTypes: ['npm-dev'],
        dependencyTypesNot: ['type-only'],
        pathNot: '/node_modules/@types/',
      },
    },
    {
      name: 'resolvable',
      comment:
        'every import exists; the user installs test runners, and what an example or a test of a library is for',
      severity: 'error',
      from: {},
      to: {
        couldNotResolve: true,
        pathNot:
          '^(@playwright/test|vitest|next/.*|electron|@auth/core|express-session|passport|passport-openidconnect|simple-oauth2|hono|@hono/.*|@azure/msal-node|@openid/appauth.*)$',
      },
    },
  ],
  options: {
    doNotFollow: { path: '(^|/)node_modules/' },
    exclude: { path: '(^|/)(dist|\\.cache|\\.node|\\.alongside)/|^test/delivery/packages/supplier/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'types', 'default'],
      extensions: ['.ts', '.mjs', '.js', '.cjs', '.d.ts', '.json'],
    },
    builtInModules: { add: ['sqlite'] },
  },
};
