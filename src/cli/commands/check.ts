import { consoleCommand, text, yes } from '../command.ts';

const flags = {
  person: text,
  pin: text,
  signedIn: text,
  page: text,
  signOut: text,
  sign: text,
  signed: text,
  keyCache: text,
  html: text,
  evidence: text,
  compare: text,
  list: yes,
};

export const check = consoleCommand({
  name: 'check',
  flags,
  lists: ['only'],
  actions: {
    '': {
      words: '[URL]',
      help: [
        [
          '',
          'URL starts a sign-in of the application, which is registered at the running instance, in either pattern',
        ],
        ['  --person P', 'who signs in, by persona or uid (gp); --pin PIN (123456)'],
        [
          '  --signed-in TEXT',
          'a text that only a signed-in page shows (by default uid or family name of the person)',
        ],
        ['  --page URL', 'a page that shows it (by default the one where a sign-in ends)'],
        ['  --sign-out URL', 'an address that signs out (default: found on the signed-in page)'],
        [
          '  --sign URL',
          'an address that starts a signature with the Digital Signature Service, for applications that prescribe',
        ],
        [
          '  --signed TEXT',
          'a text that only the page after a signature shows (default: the whole page, without words with digits)',
        ],
        ['  --only NAME', 'this check; several with commas between, or each with --only'],
        ['  --key-cache SECONDS', 'how long an application may use cached keys of CIS2 (35)'],
        ['  --html FILE', 'write the report as a page too'],
        [
          '  --evidence FILE',
          'write what was shown for each row of technical conformance, as FILE.json and FILE.html for printing',
        ],
        [
          '--compare BEFORE AFTER',
          'compare the JSON files of two runs with --evidence; exit code 1 if a row or a check is worse',
        ],
        ['  --list', 'every check with its actions'],
      ],
      // Loaded here, because other commands do not need them.
      run: async (call, url?: string) => (await import('../check/command.ts')).runCheck(call, url),
    },
  },
  notes: [
    'It acts as the browser of a user with a card in the reader, and makes CIS2 faulty: wrong tokens, responses of another browser, ended sessions. It follows redirects and forms that submit themselves; it runs no scripts of the application. During the checks the instance is faulty for all users, its signing key changes, and the reader holds the card of the user.',
    'Exit code 0: no check failed; 1: at least one failed. With --json: {"ok", "url", "counts", "checks": [{"name", "outcome", "done", "expected", "received", "source", "fix"}]}, where "outcome" is passed, failed, warning or notRun. Development only.',
  ],
  examples: ['alongside check http://localhost:3000/login --signed-in "Sign out"', 'alongside check --list'],
});
