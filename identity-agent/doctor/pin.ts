import { type Check, ok, remark, wrong } from './check.ts';

export const pin: Check = {
  name: 'pin',
  run({ agent }) {
    const { card, problem, attemptsLeft } = agent?.status ?? {};
    if (!agent || !card) return [];
    if (problem === 'card_blocked')
      return [
        wrong(
          'The PIN of the card is blocked.',
          `The holder unblocks it at ${agent.configuration.url}/card with a mailed code, or the Registration Authority does.`,
        ),
      ];
    if (attemptsLeft == null) return [];
    return attemptsLeft < 3
      ? [remark(`${attemptsLeft} PIN attempt${attemptsLeft === 1 ? ' is' : 's are'} left.`)]
      : [ok('All PIN attempts are left.')];
  },
};
