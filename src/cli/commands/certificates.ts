import { z } from 'zod';
import { consoleCommand } from '../command.ts';

export const certificates = consoleCommand({
  name: 'certificates',
  flags: { use: z.enum(['signing'], 'must be signing').default('signing') },
  actions: {
    authority: {
      help: [
        [
          '--use signing',
          'PEM of the authority that issues signing certificates, then its root: for verifiers',
        ],
      ],
      async run({ api }) {
        const pem = await api.text('/certificates/signing/authority.pem');
        return { json: { use: 'signing', pem }, lines: pem.trimEnd().split('\n') };
      },
    },
  },
  examples: ['alongside certificates authority --use signing > authority.pem'],
});
