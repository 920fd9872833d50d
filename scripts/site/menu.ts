/** A section of the site's menu: files of the clone, or folders of generated pages, with their labels. */
export interface Section {
  label: string;
  collapsed?: boolean;
  pages: readonly (readonly [file: string, label?: string])[];
}

/** The pages of the site in the order of its menu. `test/pages/blocks.test.ts` finds pages of docs/ that are missing. */
export const menu: readonly Section[] = [
  {
    label: 'Start',
    pages: [
      ['docs/README.md', 'Overview'],
      ['docs/start.md', 'Five-minute start'],
      ['docs/comparison.md', 'Other tools'],
    ],
  },
  {
    label: 'Sign users in',
    pages: [
      ['docs/patterns.md', 'The two patterns'],
      ['docs/native-applications.md', 'Native applications'],
      ['docs/browser-applications.md', 'Browser applications'],
      ['docs/moving-to-cis2.md', 'Move from CIS to CIS2'],
      ['docs/signing.md', 'Sign prescriptions'],
      ['docs/profiles.md', 'Profiles'],
      ['docs/authenticators.md', 'Authenticators'],
      ['docs/journey.md', 'Every step'],
    ],
  },
  {
    label: 'Sign in from',
    pages: [
      ['docs/java.md', 'Java and Spring'],
      ['docs/dotnet.md', '.NET'],
      ['docs/python.md', 'Python'],
      ['docs/go.md', 'Go'],
      ['docs/rust.md', 'Rust'],
      ['docs/php.md', 'PHP'],
      ['docs/node.md', 'Node.js'],
      ['docs/keycloak.md', 'Keycloak'],
      ['docs/oauth2-proxy.md', 'oauth2-proxy'],
    ],
  },
  {
    label: 'Test',
    pages: [
      ['docs/testing.md', 'Tests and CI'],
      ['docs/any-language.md', 'Tests in any language'],
      ['docs/people.md', 'Seeded people'],
      ['docs/check.md', 'Check a relying party'],
      ['docs/apis.md', 'APIs behind the gateway'],
      ['docs/resource-servers.md', 'Your API checks tokens itself'],
      ['docs/injected-faults.md', 'Injected faults'],
      ['docs/fixed-host-names.md', 'Fixed host names'],
    ],
  },
  {
    label: 'Solve problems',
    pages: [
      ['docs/finding-mistakes.md', 'Find a mistake'],
      ['docs/console.md', 'The console'],
      ['docs/troubleshooting.md', 'By symptom'],
      ['docs/errors.md', 'By error'],
    ],
  },
  {
    label: 'Reference',
    pages: [
      ['client/README.md', 'Client library'],
      ['reference/client', 'Client functions and types'],
      ['docs/commands.md', 'Commands'],
      ['docs/configuration.md', 'Configuration'],
      ['docs/console-api.md', 'Console API'],
      ['reference/console', 'Console API calls'],
      ['docs/desktop-applications.md', 'Identity Agent calls'],
      ['docs/legacy-interface.md', 'Legacy interface of CIS'],
      ['docs/compatibility.md', 'Compatibility'],
    ],
  },
  {
    label: 'Operate',
    collapsed: true,
    pages: [
      ['docs/self-hosting.md', 'Host for others'],
      ['docs/server.md', 'Install a server'],
      ['docs/installing.md', 'Install on a server'],
      ['docs/windows.md', 'Windows'],
      ['docs/production.md', 'Production'],
      ['docs/operating.md', 'Operate'],
      ['docs/database-cluster.md', 'A database cluster'],
      ['docs/desk-engineers.md', 'Workstations'],
      ['docs/observability.md', 'Metrics, logs and traces'],
      ['docs/runbooks.md', 'Runbooks'],
      ['docs/audit.md', 'Audit log'],
      ['docs/faults.md', 'Behaviour under faults'],
    ],
  },
  {
    label: 'Develop Alongside',
    collapsed: true,
    pages: [
      ['CONTRIBUTING.md', 'Contributing'],
      ['docs/architecture.md', 'Architecture'],
      ['docs/tour.md', 'Tour of the code'],
      ['docs/steps.md', 'Step lists'],
      ['docs/adr', 'Decisions'],
      ['docs/dependencies.md', 'Dependencies'],
      ['docs/writing.md', 'Writing pages'],
      ['SECURITY.md', 'Security'],
      ['docs/threat-model.md', 'Threat model'],
      ['docs/assurance', 'Assurance'],
      ['bench/README.md', 'Benchmarks'],
      ['CHANGELOG.md', 'Changes'],
    ],
  },
];

/** Returns the address of a page on the site, without slashes at its ends: `docs/start.md` is at `start`. */
export const slugOf = (file: string): string =>
  file
    .replace(/^docs\//, '')
    // TypeDoc's module of client/index.ts; the name would mean the folder itself.
    .replace(/^reference\/client\/index\//, 'reference/client/main/')
    .replace(/\.md$/, '')
    .replace(/(^|\/)(README|index)$/, '')
    .toLowerCase();
