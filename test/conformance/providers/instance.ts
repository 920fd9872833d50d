import { readFileSync } from 'node:fs';
import { makeAuthority } from '../../testing/authority.ts';
import { startInstance, type TestInstance } from '../../testing/instance.ts';
import { share } from '../../testing/shared.ts';

/** Returns the instance of all plans, with a signed-in GP: sign-ins pass through the agent without a prompt, unless requested. */
export const sharedInstance = (): Promise<{ part: TestInstance; end(): Promise<void> }> =>
  share('instance of the conformance plans', async () => {
    const part = await startInstance({ trustedProxies: '127.0.0.1', dynamicRegistration: true });
    await part.signInAtDesk('gp');
    return { part, end: () => part.stop() };
  });

/** Starts an instance with `--tls` that trusts another authority too, which certifies the endpoints of clients. */
export async function startSecureInstance() {
  const authority = makeAuthority();
  const part = await startInstance({ tls: true, tlsAuthority: authority.certificate });
  await part.signInAtDesk('gp');
  return {
    part,
    certify(name: string) {
      const { certificate, key } = authority.issue(name);
      return { cert: readFileSync(certificate), key: readFileSync(key) };
    },
    async end() {
      await part.stop();
      authority.discard();
    },
  };
}
