import { OperatorError } from '@alongside/kernel/operator';
import { trustAuthority } from '../../boot/tls.ts';
import { configShape } from '../../config.ts';
import type { StateFile } from '../../state-file.ts';
import { command } from '../command.ts';
import { ask } from '../doctor/subject.ts';
import { instanceFlags, placeOf, readStateFile, tlsAuthorityOf } from '../instance.ts';

/** Returns where the instance may answer `/readyz`: its local ports, then, for one that ends TLS itself, its public addresses. */
function addresses({ ports, urls }: StateFile): string[] {
  const local = [ports.console, ports.api, ports.apis, ports.cis2, ports.cis].map(
    (port) => `http://127.0.0.1:${port}`,
  );
  return [...local, urls.api, urls.apis, new URL(urls.cis2Issuer).origin, urls.cis];
}

export const ready = command({
  name: 'ready',
  base: { ...instanceFlags, tlsAuthority: configShape.tlsAuthority },
  open: (selection) => ({ selection }),
  actions: {
    '': {
      help: 'ask the instance of this machine for /readyz; exit code 0: it can serve, 1: it cannot',
      async run({ selection }) {
        const { origin, stateFile } = placeOf(selection);
        trustAuthority(tlsAuthorityOf(selection))();
        const origins = stateFile === undefined ? [origin] : addresses(readStateFile(stateFile));
        for (const one of origins) {
          const { status, body } = await ask(`${one}/readyz`);
          if (status === 200) return { json: { ready: true, failed: [] }, lines: ['It is ready.'] };
          const { failed } = (body ?? {}) as { failed?: unknown };
          if (status === 503 && Array.isArray(failed))
            return {
              code: 1,
              json: { ready: false, failed },
              lines: [`It is not ready: ${failed.join(', ')}.`],
            };
        }
        throw new OperatorError(
          'No service of the instance responds. alongside doctor looks for the reason.',
        );
      },
    },
  },
  examples: ['alongside ready --data /data'],
});
