import { startInstance, type TestInstance } from '../../testing/instance.ts';
import { share } from '../../testing/shared.ts';

/** Returns the instance of all plans, with a signed-in GP: sign-ins pass through the agent without a prompt, unless requested. */
export const sharedInstance = (): Promise<{ part: TestInstance; end(): Promise<void> }> =>
  share('instance of the conformance plans', async () => {
    const part = await startInstance({ trustedProxies: '127.0.0.1' });
    await part.signInAtDesk('gp');
    return { part, end: () => part.stop() };
  });
