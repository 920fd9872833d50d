import type { Command, DescribedCommand } from './command.ts';

/** The purpose of a command in one line of `alongside --help`, and its module: each loads only its own. */
type Entry = readonly [summary: string, load: () => Promise<object>];

/** All commands in the order of the help, by the work for which users need them. Their summaries are here so that the help loads none. */
const groups: Readonly<Record<string, Readonly<Record<string, Entry>>>> = {
  'Run Alongside': {
    up: [
      'start everything on this machine, in the foreground until Ctrl-C',
      () => import('./commands/up.ts'),
    ],
    exec: [
      'start an instance, run a command with its addresses in the environment, and stop: for tests and CI',
      () => import('./commands/exec.ts'),
    ],
    serve: [
      'serve in production, in the foreground until an end signal; no development features',
      () => import('./commands/serve.ts'),
    ],
    stop: ['stop the instance of this folder in order, also on Windows', () => import('./commands/stop.ts')],
  },
  'See what is there, and what is wrong': {
    status: [
      'desk, clock, faults, addresses, people, cards, and applications with their credentials',
      () => import('./commands/status.ts'),
    ],
    ready: [
      'ask whether the instance of this machine can serve requests, for health checks',
      () => import('./commands/ready.ts'),
    ],
    doctor: ['check the instance and this machine, and suggest fixes', () => import('./commands/doctor.ts')],
    explain: ['show why a request was refused', () => import('./commands/explain.ts')],
    journeys: [
      'what people and applications did, step by step, and how it ended',
      () => import('./commands/journeys.ts'),
    ],
    validate: [
      'check a client assertion or a request as the API platform would, without using it up',
      () => import('./commands/validate.ts'),
    ],
  },
  'Sign in at the workstation': {
    card: ['the virtual smartcards and the reader of the local agent', () => import('./commands/card.ts')],
    agent: [
      'the user who is signed in at the Identity Agent of this machine: show, sign in, sign out',
      () => import('./commands/agent.ts'),
    ],
  },
  'Test an application': {
    init: [
      'write a first test, a CI file and .env.example into a project',
      () => import('./commands/init.ts'),
    ],
    'sign-in': [
      'sign in as a native application, with a browser, and print the tokens: for any language',
      () => import('./commands/native.ts'),
    ],
    token: [
      'the same, and print the access token; with --watch keep it fresh',
      () => import('./commands/native.ts'),
    ],
    refresh: ['renew the tokens of sign-in', () => import('./commands/native.ts')],
    revoke: ['revoke the tokens of sign-in', () => import('./commands/native.ts')],
    app: [
      'applications that are registered at the API platform and at CIS2',
      () => import('./commands/app.ts'),
    ],
    api: ['APIs behind the gateway, each added by its OpenAPI file', () => import('./commands/api.ts')],
    product: [
      'products of the API platform: bundles of APIs, scopes and limits',
      () => import('./commands/product.ts'),
    ],
    'resource-server': [
      'applications that may introspect tokens: APIs that check them without the gateway',
      () => import('./commands/resource-server.ts'),
    ],
    developer: [
      'developers of applications; those of an inactive one are refused everywhere',
      () => import('./commands/developer.ts'),
    ],
    check: [
      "run the relying-party checks against a supplier's application",
      () => import('./commands/check.ts'),
    ],
    fault: [
      'faults for tests: wrong tokens, unavailable endpoints; development only',
      () => import('./commands/fault.ts'),
    ],
    clock: [
      'the clock of an instance: move it, stop it, return to real time; development only',
      () => import('./commands/clock.ts'),
    ],
  },
  'Change people and cards': {
    person: [
      'the people of the directory, with their roles and organisations',
      () => import('./commands/person.ts'),
    ],
    citizen: [
      'citizens who sign in at the mock realms, in development',
      () => import('./commands/citizen.ts'),
    ],
    patients: [
      'fictitious patients of the PDS: a population, or one; development only',
      () => import('./commands/patients.ts'),
    ],
    authenticator: [
      'authenticators other than smartcards: security keys, passkeys, tablets, authenticator apps',
      () => import('./commands/authenticator.ts'),
    ],
    session: [
      'sessions at CIS2, and the back-channel logout messages of ended sessions',
      () => import('./commands/session.ts'),
    ],
    directory: [
      'export and import the people of CIS as one file, JSON or CSV',
      () => import('./commands/directory.ts'),
    ],
    'registration-authority': [
      'cards as CIS records them: order, revoke, replace, renew, unblock; every act is audited',
      () => import('./commands/registration-authority.ts'),
    ],
    mail: [
      'show mail of CIS, also without a mail server; development only',
      () => import('./commands/mail.ts'),
    ],
  },
  'Keep data': {
    export: ['write the whole set-up into a folder of JSON files', () => import('./commands/export.ts')],
    import: ['make a running instance match an export', () => import('./commands/import.ts')],
    reset: ['reset a running instance to its seed', () => import('./commands/reset.ts')],
  },
  'Operate an installation': {
    backup: [
      'write all data into one file, while instances run; verify such a file',
      () => import('./commands/backup.ts'),
    ],
    restore: ['replace the data by those of a backup', () => import('./commands/restore.ts')],
    admin: [
      'administrators of an instance in production: invite, list, remove',
      () => import('./commands/admin.ts'),
    ],
    upgrade: [
      'check what this version would do to the data of an earlier one',
      () => import('./commands/upgrade.ts'),
    ],
    migrate: [
      'migrate the data of an earlier version, or only plan it',
      () => import('./commands/migrate.ts'),
    ],
    config: [
      'the settings of alongside serve: value, origin, and whether a reload changes them',
      () => import('./commands/config.ts'),
    ],
    keys: ['signing keys of cis2, authorisation and cis', () => import('./commands/keys.ts')],
    certificates: [
      'the authority of signing certificates, for those who verify signatures',
      () => import('./commands/certificates.ts'),
    ],
    audit: ['the audit log: verify, search, export', () => import('./commands/audit.ts')],
  },
  'Set up a shell': {
    completion: [
      'print a script that completes commands, subcommands and flags in a shell',
      () => import('./commands/completion.ts'),
    ],
  },
};

const entries: Readonly<Record<string, Entry>> = Object.assign({}, ...Object.values(groups));

export const commandNames: readonly string[] = Object.keys(entries);

export const commandGroups = Object.entries(groups).map(([title, commands]) => ({
  title,
  commands: Object.entries(commands).map(([name, [summary]]) => [name, summary] as const),
}));

/** Returns the command of this name among the exports of its module. */
async function load(name: string, [summary, module]: Entry): Promise<DescribedCommand> {
  const commands: Command[] = Object.values(await module());
  const command = commands.find((one) => one.name === name);
  if (!command) throw new Error(`The module of the command ${name} does not have it.`);
  return { ...command, summary };
}

export async function loadCommand(name: string): Promise<DescribedCommand | undefined> {
  const entry = Object.hasOwn(entries, name) ? entries[name] : undefined;
  return entry && load(name, entry);
}

/** Returns all commands, for the documentation and completion. */
export const allCommands = (): Promise<readonly DescribedCommand[]> =>
  Promise.all(Object.entries(entries).map(([name, entry]) => load(name, entry)));
