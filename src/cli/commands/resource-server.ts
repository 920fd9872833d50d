import { noSuch } from '../../kit/known.ts';
import { consoleCommand, listing } from '../command.ts';

const missing = (id: string) =>
  `There is no application ${id} that may introspect tokens. List them with "alongside resource-server list".`;

const extent = (resources: readonly string[]): string =>
  resources.length === 0 ? 'all tokens' : resources.join(' ');

export const resourceServer = consoleCommand({
  name: 'resource-server',
  lists: ['resource'],
  actions: {
    list: {
      help: 'the applications that may introspect tokens, and for which resources',
      async run({ api }) {
        const found = await api.must('GET', '/resource-servers');
        const rows = found.resourceServers.map(({ application, name, clientId, resources }) => [
          application,
          name,
          clientId ?? '-',
          extent(resources),
        ]);
        return listing(found, rows, 'No application may introspect tokens.');
      },
    },
    put: {
      words: 'APPLICATION',
      help: [
        [
          '[--resource ADDRESS]',
          'allow an application of the standard or fapi2 profile with a secret or key to introspect tokens at /oauth2.1/introspect: those for these resources, or all',
        ],
        ['  --resource', 'again for another resource; the list replaces the former one'],
      ],
      async run({ api, lists: { resource: resources } }, application) {
        const made = await api.mustFind(
          noSuch('application', application),
          'PUT',
          '/resource-servers/{application}',
          { path: { application }, body: { resources } },
        );
        return {
          json: made,
          lines: [
            `${made.name} (client ${made.clientId}) may introspect ${made.resources.length === 0 ? 'all tokens' : `tokens for ${made.resources.join(' and ')}`}.`,
          ],
        };
      },
    },
    delete: {
      words: 'APPLICATION',
      help: 'no longer allow it; the application stays',
      async run({ api }, application) {
        await api.mustFind(missing(application), 'DELETE', '/resource-servers/{application}', {
          path: { application },
        });
        return {
          json: { removed: application },
          lines: [`${application} may no longer introspect tokens; the application stays.`],
        };
      },
    },
  },
  examples: ['alongside resource-server put records --resource https://records.example.test/fhir'],
});
