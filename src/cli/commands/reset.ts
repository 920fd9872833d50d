import { consoleCommand } from '../command.ts';

export const reset = consoleCommand({
  name: 'reset',
  actions: {
    '': {
      help: 'seed people, cards, applications and patients again; delete sessions, tokens and events',
      async run({ api }) {
        await api.must('POST', '/reset');
        return { json: { reset: true }, lines: ['The instance is reset to the seed.'] };
      },
    },
  },
});
