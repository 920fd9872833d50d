import type { Command } from '../command.ts';

export const check: Command = {
  name: 'check',
  summary: "run the relying-party checks against a supplier's application",
  help: [
    'alongside check URL    URL starts a sign-in of the application, which is registered at the running instance',
    '',
    '  --person P           who signs in, by persona or uid (gp); --pin PIN (123456)',
    '  --signed-in TEXT     a text that only a signed-in page shows (by default uid or family name of the person)',
    '  --page URL           a page that shows it (by default the one where a sign-in ends)',
    '  --sign-out URL       an address that signs out (default: found on the signed-in page)',
    '  --only NAME          this check; several with commas between, or each with --only',
    '  --patience SECONDS   how long an application may use cached keys of CIS2 (35)',
    '  --list               every check, and what it does',
    '',
    'Example: alongside check http://localhost:3000/login --signed-in "Sign out"',
    '',
    'It acts as the browser of a user with a card in the reader, and makes CIS2 faulty: wrong tokens, responses of another',
    'browser, ended sessions. It follows redirects and forms that send themselves; it runs no scripts of the application.',
    'Meanwhile the instance is faulty for all users, its signing key changes, and the reader holds the card of the user.',
    'Exit code 0: nothing failed; 1: something did. With --json: {"ok", "url", "counts", "checks": [{"name", "outcome", "did",',
    '"expected", "got", "source"}]}, where "outcome" is passed, failed, warning or notRun. Development only.',
  ],
  run: async (invocation) => (await import('../check/command.ts')).runCheck(invocation),
};
