import { type Check, ok, wrong } from './check.ts';

export const reader: Check = {
  name: 'reader',
  run({ agent }) {
    if (!agent) return [];
    const { reader: name, readerProblem } = agent.configuration;
    if (name !== null) return [ok(name)];
    return [
      wrong(
        readerProblem ?? 'The agent has no card reader.',
        'Plug the reader in, and see that its driver and the card service (pcscd; on Windows "Smart Card") run.',
      ),
    ];
  },
};
