import { type Check, ok, remark, wrong } from './check.ts';

/** Whether the server is on another machine, which does not accept virtual cards. */
const isRealDesk = (cisUrl: string): boolean =>
  !['localhost', '127.0.0.1', '[::1]'].includes(new URL(cisUrl).hostname);

export const reader: Check = {
  name: 'reader',
  run({ agent }) {
    if (!agent) return [];
    const { reader: name, readerProblem, cisUrl } = agent.configuration;
    if (name === 'Virtual reader' && isRealDesk(cisUrl))
      return [
        remark(
          'The reader is the virtual one, which no real card goes into.',
          'Set "reader" to "pcsc" or "pkcs11" in the policy, and start the agent again.',
        ),
      ];
    if (name !== null) return [ok(name)];
    return [
      wrong(
        readerProblem ?? 'The agent has no card reader.',
        'Plug the reader in, and see that its driver and the card service (pcscd; on Windows "Smart Card") run.',
      ),
    ];
  },
};
