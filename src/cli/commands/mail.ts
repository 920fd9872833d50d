import { consoleCommand } from '../command.ts';

export const mail = consoleCommand({
  name: 'mail',
  actions: {
    '': {
      help: 'the newest first: codes that unlock a card',
      async run({ api }) {
        const found = await api.must('GET', '/mail');
        const lines = found.mails.flatMap(({ to, subject, text, createdAt, state }) => [
          `${createdAt}  ${state}  to ${to}`,
          `  ${subject}`,
          ...text
            .trimEnd()
            .split('\n')
            .map((line) => `    ${line}`),
        ]);
        return { json: found, lines, notes: lines.length === 0 ? ['There is no mail.'] : [] };
      },
    },
  },
});
