import type { Command, DescribedCommand } from './command.ts';

interface Entry {
  /** The purpose of the command, in one line of `alongside --help`. */
  readonly summary: string;
  /** Each command loads only its own modules. */
  load(): Promise<Command>;
}

/** All commands in the order of the help, by the work for which users need them. Their summaries are here so that the help loads none. */
const groups: Readonly<Record<string, Readonly<Record<string, Entry>>>> = {
  'Run Alongside': {
    up: {
      summary: 'start everything on this machine, in the foreground until Ctrl-C',
      load: async () => (await import('./commands/up.ts')).up,
    },
    exec: {
      summary:
        'start an instance, run a command with its addresses in the environment, and stop: for tests and CI',
      load: async () => (await import('./commands/exec.ts')).exec,
    },
    serve: {
      summary: 'serve in production, in the foreground until an end signal; no development features',
      load: async () => (await import('./commands/serve.ts')).serve,
    },
  },
  'See what is there, and what is wrong': {
    status: {
      summary: 'addresses, people, cards, applications and their credentials of a running instance',
      load: async () => (await import('./commands/status.ts')).status,
    },
    ready: {
      summary: 'ask whether the instance of this machine can serve requests, for health checks',
      load: async () => (await import('./commands/ready.ts')).ready,
    },
    doctor: {
      summary: 'check the instance and this machine, and suggest fixes',
      load: async () => (await import('./commands/doctor.ts')).doctor,
    },
    explain: {
      summary: 'show why a request was refused',
      load: async () => (await import('./commands/explain.ts')).explain,
    },
    validate: {
      summary: 'check a client assertion or a request as the API platform would, without using it up',
      load: async () => (await import('./commands/validate.ts')).validate,
    },
  },
  'Sign in at the workstation': {
    card: {
      summary: 'the virtual smartcards and the reader of the local agent',
      load: async () => (await import('./commands/card.ts')).card,
    },
    agent: {
      summary: 'the user who is signed in at the Identity Agent of this machine: show, sign in, sign out',
      load: async () => (await import('./commands/agent.ts')).agent,
    },
  },
  'Test an application': {
    init: {
      summary: 'write a first test, a CI file and .env.example into a project',
      load: async () => (await import('./commands/init.ts')).init,
    },
    'sign-in': {
      summary: 'sign in as a native application, with a browser, and print the tokens: for any language',
      load: async () => (await import('./commands/native.ts')).signIn,
    },
    token: {
      summary: 'the same, and print the access token; with --watch keep it fresh',
      load: async () => (await import('./commands/native.ts')).token,
    },
    refresh: {
      summary: 'renew the tokens of sign-in',
      load: async () => (await import('./commands/native.ts')).refresh,
    },
    revoke: {
      summary: 'revoke the tokens of sign-in',
      load: async () => (await import('./commands/native.ts')).revoke,
    },
    app: {
      summary: 'applications that are registered at the API platform and at CIS2',
      load: async () => (await import('./commands/app.ts')).app,
    },
    api: {
      summary: 'APIs behind the gateway, each added by its OpenAPI file',
      load: async () => (await import('./commands/api.ts')).api,
    },
    product: {
      summary: 'products of the API platform: bundles of APIs, scopes and limits',
      load: async () => (await import('./commands/product.ts')).product,
    },
    developer: {
      summary: 'developers of applications; those of an inactive one are refused everywhere',
      load: async () => (await import('./commands/developer.ts')).developer,
    },
    check: {
      summary: "run the relying-party checks against a supplier's application",
      load: async () => (await import('./commands/check.ts')).check,
    },
    fault: {
      summary: 'faults for tests: wrong tokens, unavailable endpoints; development only',
      load: async () => (await import('./commands/fault.ts')).fault,
    },
  },
  'Change people and cards': {
    person: {
      summary: 'the people of the directory, with their roles and organisations',
      load: async () => (await import('./commands/person.ts')).person,
    },
    citizen: {
      summary: 'citizens who sign in at the mock realms, in development',
      load: async () => (await import('./commands/citizen.ts')).citizen,
    },
    patients: {
      summary: 'fictitious patients of the PDS: a population, or one; development only',
      load: async () => (await import('./commands/patients.ts')).patients,
    },
    authenticator: {
      summary: 'authenticators other than smartcards: security keys, passkeys, tablets, authenticator apps',
      load: async () => (await import('./commands/authenticator.ts')).authenticator,
    },
    session: {
      summary: 'sessions at CIS2, and the back-channel logout messages of ended sessions',
      load: async () => (await import('./commands/session.ts')).session,
    },
    directory: {
      summary: 'export and import the people of CIS as one file, JSON or CSV',
      load: async () => (await import('./commands/directory.ts')).directory,
    },
    'registration-authority': {
      summary: 'cards as CIS records them: order, revoke, replace, renew, unblock; every act is audited',
      load: async () => (await import('./commands/registration-authority.ts')).registrationAuthority,
    },
    mail: {
      summary: 'show mail of CIS, also without a mail server; development only',
      load: async () => (await import('./commands/mail.ts')).mail,
    },
  },
  'Keep data': {
    export: {
      summary: 'write the whole set-up into a folder of JSON files',
      load: async () => (await import('./commands/export.ts')).exportCommand,
    },
    import: {
      summary: 'make a running instance match an export',
      load: async () => (await import('./commands/import.ts')).importCommand,
    },
    reset: {
      summary: 'reset a running instance to its seed',
      load: async () => (await import('./commands/reset.ts')).reset,
    },
  },
  'Operate an installation': {
    backup: {
      summary: 'write all data into one file, while instances run; verify such a file',
      load: async () => (await import('./commands/backup.ts')).backup,
    },
    restore: {
      summary: 'replace the data by those of a backup',
      load: async () => (await import('./commands/restore.ts')).restore,
    },
    admin: {
      summary: 'administrators of an instance in production: invite, list, remove',
      load: async () => (await import('./commands/admin.ts')).admin,
    },
    upgrade: {
      summary: 'check what this version would do to the data of an earlier one',
      load: async () => (await import('./commands/upgrade.ts')).upgrade,
    },
    migrate: {
      summary: 'migrate the data of an earlier version, or only plan it',
      load: async () => (await import('./commands/migrate.ts')).migrate,
    },
    config: {
      summary: 'the settings of alongside serve: value, origin, and whether a reload changes them',
      load: async () => (await import('./commands/config.ts')).config,
    },
    keys: {
      summary: 'signing keys of cis2, authorisation and cis',
      load: async () => (await import('./commands/keys.ts')).keys,
    },
    audit: {
      summary: 'the audit log: verify, search, export',
      load: async () => (await import('./commands/audit.ts')).audit,
    },
  },
  'Set up a shell': {
    completion: {
      summary: 'print a script that completes commands, subcommands and flags in a shell',
      load: async () => (await import('./commands/completion.ts')).completion,
    },
  },
};

const entries: Readonly<Record<string, Entry>> = Object.assign({}, ...Object.values(groups));

export const commandNames: readonly string[] = Object.keys(entries);

export const commandGroups = Object.entries(groups).map(([title, commands]) => ({
  title,
  commands: Object.entries(commands).map(([name, { summary }]) => [name, summary] as const),
}));

export const loadCommand = async (name: string): Promise<DescribedCommand | undefined> => {
  const entry = Object.hasOwn(entries, name) ? entries[name] : undefined;
  return entry && { ...(await entry.load()), summary: entry.summary };
};

/** Returns all commands, for the documentation and completion. */
export const allCommands = (): Promise<readonly DescribedCommand[]> =>
  Promise.all(Object.values(entries).map(async ({ summary, load }) => ({ ...(await load()), summary })));
